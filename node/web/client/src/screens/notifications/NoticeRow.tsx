import { useMemo } from 'preact/hooks';
import { t, T, names, type Key } from '../../i18n';
import { textOf } from '../../api/html';
import { href } from '../../app/router';
import { match } from '../../app/routes';
import { keepPost } from '../../state/posts';
import type { IconName } from '../../ui/Icon';
import { personLink, postLink } from '../../ui/links';
import { NotificationGroup } from '../../ui/NotificationGroup';
import { nameOf } from '../../ui/types';
import { PostItem } from '../post/Item';
import { chatOf, isNew, type Notice } from './notices';

type Sign = { icon: IconName; kind?: 'love' | 'accent' | 'warn'; words: Key };

/** How each kind looks and what it says; who is one sentence with it, as each language builds it. */
const signs: Record<string, Sign> = {
  favourite: { icon: 'like', kind: 'love', words: 'notice.liked' },
  reblog: { icon: 'share', kind: 'accent', words: 'notice.shared' },
  follow: { icon: 'person-add', kind: 'accent', words: 'notice.follows' },
  mention: { icon: 'mention', kind: 'accent', words: 'notice.mentioned' },
  message: { icon: 'chats', kind: 'accent', words: 'notice.wrote' },
  quote: { icon: 'quote', kind: 'accent', words: 'notice.quoted' },
  status: { icon: 'bell', kind: 'accent', words: 'notice.posted' },
  poll: { icon: 'poll', words: 'notice.poll' },
  update: { icon: 'compose', words: 'notice.edited' },
  quoted_update: { icon: 'compose', words: 'notice.edited' },
  'admin.sign_up': { icon: 'person-add', words: 'notice.signed-up' },
  'admin.report': { icon: 'flag', kind: 'warn', words: 'notice.reported' },
  severed_relationships: { icon: 'link', kind: 'warn', words: 'notice.severed' },
  moderation_warning: { icon: 'shield', kind: 'warn', words: 'notice.warned' },
  friend: { icon: 'contacts', kind: 'accent', words: 'notice.friend' },
  'moment.like': { icon: 'like', kind: 'love', words: 'notice.moment-liked' },
  'moment.comment': { icon: 'chats', kind: 'accent', words: 'notice.moment-commented' },
  'moment.reply': { icon: 'chats', kind: 'accent', words: 'notice.moment-answered' },
};
const unknown: Sign = { icon: 'bell', words: 'notice.other' };

/** How many names are said before the rest is a number. */
const namesMax = 2;

/** One line of the list: a mention is the post itself, so that one can answer where it stands. */
export function NoticeRow({ notice }: { notice: Notice }) {
  const fresh = isNew(notice);
  const post = useMemo(() => (notice.from === 'group' && notice.status ? keepPost(notice.status) : undefined), [notice]);
  if (notice.from === 'group' && notice.group.type === 'mention' && post && !chatOf(notice)) {
    return <PostItem post={post} place="notifications" unread={fresh} why={{ icon: 'mention', words: T({ k: 'notice.mentioned', count: 1, who: <bdi>{nameOf(notice.status!.account)}</bdi> }) }} />;
  }
  const sign = signs[typeOf(notice)] ?? unknown;
  const count = notice.from === 'group' ? Math.max(notice.group.notifications_count, 1) : 1;
  return (
    <NotificationGroup icon={sign.icon} kind={sign.kind} faces={notice.people} at={new Date(notice.at).toISOString()} href={linkOf(notice)} unread={fresh}
      sentence={T({ k: sign.words, count, who: <b>{whoOf(notice, count)}</b> })} post={chatOf(notice) ? undefined : post?.value}>
      {chatOf(notice) && post && <p class="note-post" dir="auto">{post.value.spoiler_text || textOf(post.value.content, { unaddressed: true })}</p>}
      {notice.from === 'moment' && (notice.text || notice.words) && <p class="note-post" dir="auto">{notice.text || notice.words}</p>}
    </NotificationGroup>
  );
}

const typeOf = (n: Notice): string => (chatOf(n) ? 'message' : n.from === 'group' ? n.group.type : n.from === 'friend' ? n.type : 'moment.' + n.kind);

/** "Ada, Noor and 12 others", as the language joins a list. */
function whoOf(notice: Notice, count: number): string {
  const known = notice.people.slice(0, namesMax).map(nameOf);
  const rest = count - known.length;
  if (rest === 1 && notice.people.length > namesMax) known.push(nameOf(notice.people[namesMax]!));
  else if (rest > 0 && known.length) known.push(t('notice.others', { count: rest }));
  return names(known);
}

function linkOf(n: Notice): string {
  if (n.from === 'moment') return href('/moments/' + n.moment);
  const person = n.people[0];
  if (n.from === 'group') {
    if (n.group.type === 'admin.report') return match('/moderation') ? href('/moderation') : '/settings';
    if (n.group.type === 'moderation_warning') return '/settings/appeals'; // what was decided, and where one answers
    if (chatOf(n)) return href('/chats/' + chatOf(n));
    if (n.status) return postLink(n.status);
  }
  return person ? personLink(person) : href('/notifications');
}
