import { useEffect, useState } from 'preact/hooks';
import { t } from '../../i18n';
import type { Account } from '../../api/entities';
import { get } from '../../api/client';
import { List } from '../../app/List';
import { go, href } from '../../app/router';
import type { ScreenProps } from '../../app/routes';
import { sentence } from '../../app/failure';
import { calls, friendOf, isMe, openFriends } from '../../state/friends';
import { momentsOf, watchMoments } from '../../state/moments';
import { keepPerson } from '../../state/posts';
import { me } from '../../state/session';
import { Button, IconButton } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { MenuButton } from '../../ui/Menu';
import { Skeleton } from '../../ui/Skeleton';
import { CameraButton } from './CameraButton';
import { changeCover } from './changeCover';
import { Cover } from './Cover';
import { CoverScreen } from './CoverScreen';
import { Item } from './Item';
import { estimate } from './Moments';

/** The Moments of one person; one's own are one's history. */
export default function Of({ params }: ScreenProps) {
  const id = params.id!, feed = momentsOf(id), own = isMe({ id });
  const [person, setPerson] = useState<Account>();
  useEffect(() => {
    watchMoments();
    void openFriends();
    void feed.open();
    if (!own) get<Account>('/api/v1/accounts/' + id).then((a) => setPerson(keepPerson(a).peek()), () => {});
  }, [id]);
  const who = own ? me.value ?? undefined : friendOf(id)?.account ?? person ?? feed.items.value[0]?.peek().account;
  const items = feed.items.value, failure = feed.failure.value;
  const title = own ? t('moments.own') : who ? t('moments.of', { name: calls(who) }) : t('discover.moments');
  const actions = own ? (
    <>
      <IconButton icon="compose" label={t('moments.words')} href={href('/moments/new')} />
      <CameraButton />
      <MenuButton label={t('post.more')} rows={() => [{ label: t('moments.cover-change'), icon: 'picture', onPick: () => void changeCover() }, { label: t('moments.settings'), icon: 'settings', onPick: () => go('/moments/settings') }]} />
    </>
  ) : <IconButton icon="contacts" label={t('moments.card')} href={href('/friends/' + id)} />;
  return (
    <CoverScreen title={title} actions={actions}>
      {who ? <Cover of={who} own={own} /> : <div class="cover-head"><div class="cover" /></div>}
      {!items.length && feed.loading.value && !feed.heard.value && <Skeleton of="post" label={t('shell.loading')} />}
      {failure && !items.length && <Empty act={<Button kind="filled" onClick={() => void feed.refresh()}>{t('ui.again')}</Button>}>{sentence(failure.kind)}</Empty>}
      {feed.empty.value && <Empty act={own ? <Button kind="filled" href={href('/moments/new')}>{t('moments.first')}</Button> : undefined}>{own ? t('moments.own-empty') : t('moments.of-empty')}</Empty>}
      <List items={[...feed.fresh.value, ...items]} id={(m) => m.peek().id} place={'moments:' + id} label={title} busy={feed.loading.value} estimate={estimate} onEnd={() => void feed.more()} render={(m) => <Item held={m} />} />
      <div class="feed-end">
        {feed.ended.value && items.length > 0 && (own ? t('feed.end') : t('moments.end'))}
        {failure && items.length > 0 && <Button kind="plain" small onClick={() => void feed.more(true)}>{t('ui.again')}</Button>}
      </div>
    </CoverScreen>
  );
}
