import { t } from '../../i18n';
import { Screen } from '../../app/Screen';
import { PeopleList } from './PeopleList';

/** Who liked or shared a post, as far as this server knows. */
export function OfPost({ id, what, title, empty }: { id: string; what: 'favourited_by' | 'reblogged_by'; title: string; empty: string }) {
  return (
    <Screen title={title}>
      <PeopleList name={`${what}:${id}`} path={`/api/v1/statuses/${id}/${what}`} label={title} empty={empty} foot={<p class="screen-hint">{t('people.counted-here')}</p>} />
    </Screen>
  );
}
