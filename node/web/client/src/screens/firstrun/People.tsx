import { t } from '../../i18n';
import { textOf } from '../../api/html';
import type { Account } from '../../api/entities';
import { get } from '../../api/client';
import { askRelations } from '../../state/relations';
import { me } from '../../state/session';
import { Empty } from '../../ui/Empty';
import { personLink } from '../../ui/links';
import { ContactRow } from '../../ui/Rows';
import { FollowButton } from '../people/FollowButton';
import { useKnown, Wait } from '../settings/controls';

/** How many are shown: enough to begin, few enough to look at each. */
const most = 10;

/** People who post here and want to be found. */
export function People() {
  const known = useKnown<Account[]>('welcome.people', async () => {
    const [suggested, directory] = await Promise.all([
      get<{ account: Account }[]>('/api/v2/suggestions', { limit: most }).then((list) => list.map((s) => s.account), () => []),
      get<Account[]>('/api/v1/directory', { limit: most, order: 'active', local: true }),
    ]);
    const all = new Map([...suggested, ...directory].filter((a) => a.id !== me.peek()?.id).map((a) => [a.id, a]));
    const list = [...all.values()].slice(0, most);
    await askRelations(list.map((a) => a.id));
    return list;
  });
  return (
    <>
      <Wait for={known} />
      {known.value && !known.value.length && <Empty>{t('welcome.nobody')}</Empty>}
      {known.value?.map((who) => <ContactRow key={who.id} who={who} href={personLink(who)} note={who.note ? textOf(who.note).replace(/\s+/g, ' ') : undefined} end={<span class="welcome-follow"><FollowButton who={who} small /></span>} />)}
    </>
  );
}
