import type { ComponentChildren } from 'preact';
import { t } from '../../i18n';
import type { Account } from '../../api/entities';
import { sentence } from '../../app/failure';
import { List } from '../../app/List';
import { keepPerson } from '../../state/posts';
import { askRelations } from '../../state/relations';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { personLink } from '../../ui/links';
import { ContactRow } from '../../ui/Rows';
import { Skeleton } from '../../ui/Skeleton';
import { FollowButton } from './FollowButton';
import { usePages } from './usePages';

/** People in a list that goes on as one reads, each with the way to follow them. */
export function PeopleList({ name, path, query, label, empty, foot, end }: { name: string; path: string; query?: Record<string, string>; label: string; empty: ComponentChildren; foot?: ComponentChildren; end?: (who: Account) => ComponentChildren }) {
  const people = usePages<Account>(name, path, query, (found) => {
    found.forEach(keepPerson);
    void askRelations(found.map((a) => a.id)).catch(() => {});
  });
  const { items, failure } = people;
  return (
    <>
      {!items.length && people.loading && <Skeleton of="contact" label={t('shell.loading')} />}
      {!items.length && failure && <Empty act={<Button kind="filled" onClick={people.again}>{t('ui.again')}</Button>}>{sentence(failure.kind)}</Empty>}
      {!items.length && people.heard && !failure && <Empty>{empty}</Empty>}
      {items.length > 0 && <List as="list" items={items} id={(a) => a.id} place={name} label={label} busy={people.loading} estimate={() => 56} onEnd={people.more}
        render={(who) => <ContactRow who={who} href={personLink(who)} end={end ? end(who) : <FollowButton who={who} small />} />} />}
      {failure && items.length > 0 && <div class="feed-end"><Button kind="plain" small onClick={people.again}>{t('ui.again')}</Button></div>}
      {foot}
      {!foot && <div class="list-space" />}
    </>
  );
}
