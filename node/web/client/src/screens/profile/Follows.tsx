import { t, T } from '../../i18n';
import { sentence } from '../../app/failure';
import { Screen } from '../../app/Screen';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { Skeleton } from '../../ui/Skeleton';
import { nameOf } from '../../ui/types';
import { PeopleList } from '../people/PeopleList';
import { usePerson } from './use';

/** Who follows somebody, or whom they follow. */
export function Ties({ acct, side, title }: { acct: string; side: 'followers' | 'following'; title: string }) {
  const { who, failure, again } = usePerson(acct);
  const host = acct.split('@')[1];
  return (
    <Screen title={title}>
      {!who && !failure && <Skeleton of="contact" label={t('shell.loading')} />}
      {!who && failure && <Empty act={<Button kind="filled" onClick={again}>{t('ui.again')}</Button>}>{sentence(failure.kind)}</Empty>}
      {who && (
        <PeopleList name={`${side}:${who.id}`} path={`/api/v1/accounts/${who.id}/${side}`} query={{ limit: '40' }} label={title} empty={t(side === 'followers' ? 'profile.no-followers' : 'profile.no-following', { name: nameOf(who) })}
          foot={host && who.url ? <p class="screen-hint"><T k="profile.all-ties" host={<a href={who.url} target="_blank" rel="noopener noreferrer"><bdi>{host}</bdi></a>} /></p> : undefined} />
      )}
    </Screen>
  );
}
