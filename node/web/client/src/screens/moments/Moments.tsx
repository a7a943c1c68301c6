import { useEffect, useRef } from 'preact/hooks';
import { t } from '../../i18n';
import { List } from '../../app/List';
import { useKeys } from '../../app/keys';
import { go, href } from '../../app/router';
import { lastOfDiscover, leftDiscoverAt } from '../../app/discover';
import { sentence } from '../../app/failure';
import { openFriends } from '../../state/friends';
import { unread } from '../../state/friend-watch';
import { friendsMoments, heldMoment, markSeen, watchMoments, type Held } from '../../state/moments';
import { waiting } from '../../state/outbox';
import { me } from '../../state/session';
import { Faces } from '../../ui/Avatar';
import { Button, IconButton } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { Icon } from '../../ui/Icon';
import { MenuButton } from '../../ui/Menu';
import { Skeleton } from '../../ui/Skeleton';
import { nameOf } from '../../ui/types';
import { CameraButton } from './CameraButton';
import { changeCover } from './changeCover';
import { Cover } from './Cover';
import { CoverScreen } from './CoverScreen';
import { Item } from './Item';
import { OnItsWay } from './OnItsWay';
import { shareKind } from './view';

/** What friends show each other, under one's own cover. */
export default function Moments() {
  const feed = friendsMoments;
  useEffect(() => {
    leftDiscoverAt('/moments');
    watchMoments();
    void openFriends();
    void feed.open();
  }, []);
  const items = feed.items.value, failure = feed.failure.value;
  useSeen(items);
  const fresh = () => {
    feed.showFresh();
    dispatchEvent(new CustomEvent('tulou:top'));
  };
  useKeys(() => [{ keys: '.', label: 'keys.new-moments', run: fresh }], []);
  const mine = me.value;
  const leaving = waiting.value.filter((job) => job.kind === shareKind).reverse();
  return (
    <CoverScreen title={t('discover.moments')} onBack={() => go(lastOfDiscover(), { replace: true })} actions={(
      <>
        <IconButton icon="compose" label={t('moments.words')} href={href('/moments/new')} />
        <CameraButton />
        <MenuButton label={t('post.more')} rows={() => [
          { label: t('moments.own'), icon: 'clock', onPick: () => go('/moments/of/' + mine!.id) },
          { label: t('moments.notices'), icon: 'bell', onPick: () => go('/moments/notices') },
          { label: t('moments.cover-change'), icon: 'picture', onPick: () => void changeCover() },
          'gap',
          { label: t('moments.settings'), icon: 'settings', onPick: () => go('/moments/settings') },
        ]} />
      </>
    )}>
      {mine && <Cover of={mine} own><Unread /></Cover>}
      <Pill items={feed.fresh.value} onClick={fresh} />
      {leaving.map((job) => <OnItsWay key={job.id} job={job} />)}
      {!items.length && feed.loading.value && !feed.heard.value && <Skeleton of="post" label={t('shell.loading')} />}
      {failure && !items.length && <Empty act={<Button kind="filled" onClick={() => void feed.refresh()}>{t('ui.again')}</Button>}>{sentence(failure.kind)}</Empty>}
      {feed.empty.value && !leaving.length && <Empty act={<Button kind="filled" href={href('/moments/new')}>{t('moments.first')}</Button>}>{t('moments.empty')}</Empty>}
      <List items={items} id={(m) => m.peek().id} place="moments" label={t('discover.moments')} busy={feed.loading.value} estimate={estimate} onEnd={() => void feed.more()}
        render={(m) => <Item held={m} />} />
      <div class="feed-end">
        {feed.ended.value && items.length > 0 && t('moments.end')}
        {failure && items.length > 0 && <Button kind="plain" small onClick={() => void feed.more(true)}>{t('ui.again')}</Button>}
      </div>
    </CoverScreen>
  );
}

/** The newest that was shown counts as seen. */
function useSeen(items: Held[]): void {
  const said = useRef('');
  const newest = items[0]?.peek().id ?? '';
  useEffect(() => {
    if (!newest || said.current === newest || !friendsMoments.heard.peek()) return;
    said.current = newest;
    const timer = setTimeout(() => void markSeen({ moment: newest }), 500);
    return () => clearTimeout(timer);
  }, [newest, friendsMoments.heard.value]);
}

/** What was said about one's own since one looked. */
function Unread() {
  const count = unread.value.notices;
  if (!count) return null;
  return (
    <p class="moments-unread"><a class="moments-new" href={href('/moments/notices')}><Icon name="bell" size={16} /><span>{t('moments.unread', { count })}</span><Icon name="next" size={14} /></a></p>
  );
}

function Pill({ items, onClick }: { items: Held[]; onClick: () => void }) {
  if (!items.length) return null;
  const people = [...new Map(items.map((m) => [m.peek().account.id, m.peek().account])).values()];
  return (
    <div class="pill-row moments-pill">
      <button type="button" class="pill" onClick={onClick} title={people.map(nameOf).join(t('moments.comma'))}><Faces who={people} size={24} /><span>{t('moments.new', { count: items.length })}</span></button>
    </div>
  );
}

/** About how high one is: its lines, its pictures, what was said. */
export function estimate(held: Held): number {
  const m = heldMoment(held.peek().id)?.peek() ?? held.peek();
  const pictures = m.media.length === 0 ? 0 : m.media.length === 1 ? 200 : m.media.length === 4 ? 200 : Math.ceil(m.media.length / 3) * 97;
  return 90 + Math.ceil(m.text.length / 38) * 24 + pictures + (m.place ? 26 : 0) + (m.likes.length ? 36 : 0) + m.comments.length * 24;
}
