import { useEffect, useState } from 'preact/hooks';
import { signal } from '@preact/signals';
import { t, T, names } from '../../i18n';
import type { Account, Status } from '../../api/entities';
import { get } from '../../api/client';
import { sentence } from '../../app/failure';
import { useKeys } from '../../app/keys';
import { go, href } from '../../app/router';
import type { ScreenProps } from '../../app/routes';
import { Screen } from '../../app/Screen';
import { ask, fetchSheet, openSheet } from '../../app/sheets';
import { beside } from '../../app/width';
import { write } from '../../app/write';
import { feed, Feed } from '../../state/feed';
import { keepPost, type Post } from '../../state/posts';
import { follow, insist, relation } from '../../state/relations';
import { instance, me } from '../../state/session';
import { Banner } from '../../ui/Banner';
import { Button, IconButton } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { MenuButton, type MenuRows } from '../../ui/Menu';
import { personLink } from '../../ui/links';
import { ProfileHeader } from '../../ui/ProfileHeader';
import { Skeleton } from '../../ui/Skeleton';
import { Tabs } from '../../ui/Tabs';
import { nameOf } from '../../ui/types';
import { friendOf, look } from '../../state/friends';
import { AskSheet } from '../friend/AskSheet';
import { Timeline } from '../home/Timeline';
import { FollowButton } from '../people/FollowButton';
import { against, copy, doNow } from '../post/menu';
import { MediaWall } from './MediaWall';
import { NoteSheet } from './NoteSheet';
import { usePerson } from './use';

type Tab = 'posts' | 'replies' | 'media';

/** A person: who they are, what they are to one, and what they say. */
export default function Profile({ params }: ScreenProps) {
  const acct = params.acct!;
  const { who, failure, again } = usePerson(acct);
  const [tab, setTab] = useState<Tab>('posts');
  const gone = failure?.kind === 'gone' || who?.suspended;
  if (!who || gone) {
    return (
      <Screen title={'@' + acct}>
        {gone
          ? <Empty title={t('profile.unknown')} act={<Button kind="filled" href={href('/home')}>{t('missing.home')}</Button>}>{t('profile.unknown-text', { address: '@' + acct })}</Empty>
          : failure ? <Empty act={<Button kind="filled" onClick={again}>{t('ui.again')}</Button>}>{sentence(failure.kind)}</Empty> : <Skeleton of="profile" label={t('shell.loading')} />}
      </Screen>
    );
  }
  return <Known who={who} tab={tab} onTab={setTab} />;
}

function Known({ who, tab, onTab }: { who: Account; tab: Tab; onTab: (tab: Tab) => void }) {
  const own = who.id === me.value?.id;
  const now = relation(who.id).value;
  const address = '@' + (who.acct.includes('@') ? who.acct : `${who.acct}@${instance.value?.domain ?? location.host}`);
  const path = `/@${who.acct}`;
  const [despite, setDespite] = useState(false);
  const friend = friendOf(who.id);
  useEffect(() => {
    if (!own) void look(who.id).catch(() => {}); // whether they are a friend
  }, [who.id]);
  const hidden = !own && !despite && (now?.blocking || now?.muting || now?.domain_blocking || who.limited);
  useKeys(() => [{ keys: 'f', label: 'keys.follow', run: () => { if (!own && now && !now.following) follow(who); } }], [who.id, now?.following]);
  return (
    <Screen title={nameOf(who)} compose={own && !beside()}>
      <div class="profile-plain">
        <ProfileHeader who={who} address={address} onCopy={(a) => void copy(a)} onFace={() => showFace(who)} followersHref={href(path + '/followers')} followingHref={href(path + '/following')}
          act={own ? <Button small icon="compose" href={href('/profile/edit')}>{t('profile.edit')}</Button> : friend ? <><Button kind="filled" small icon="chats" href={href('/chats/' + who.id)}>{t('friend.message')}</Button><FollowButton who={who} small /></> : <FollowButton who={who} small filled />}
          menu={<>
            {!own && now?.following && <IconButton icon="bell" iconOn={now.notifying} on={now.notifying} size={20} label={t('person.bell')} onClick={() => follow(who, { notify: !now.notifying })} />}
            <MenuButton label={t('post.more')} rows={() => rows(who, own)} />
          </>}
          remark={friend?.remark || undefined} ties={<Ties who={who} />} own={now?.note ? <><b>{t('person.note')}</b> <span dir="auto">{now.note}</span></> : undefined} />
        {who.moved && <Banner kind="info" icon="next" act={{ label: t('profile.moved-go'), onPick: () => go('/@' + who.moved!.acct) }}><T k="profile.moved" name={<a href={personLink(who.moved)}>{nameOf(who.moved)}</a>} /></Banner>}
        {who.memorial && <Banner icon="info">{t('profile.memorial')}</Banner>}
      </div>
      {now?.blocked_by ? <Empty>{t('person.blocks-you')}</Empty> : hidden ? (
        <Empty act={<Button onClick={() => setDespite(true)}>{t('post.show')}</Button>}>{t(now?.blocking ? 'person.you-block' : now?.muting ? 'person.you-mute' : now?.domain_blocking ? 'person.you-hide' : 'person.limited')}</Empty>
      ) : (
        <>
          <div class="profile-tabs">
            <Tabs even label={nameOf(who)} at={tab} onPick={(id) => (id === 'moments' ? go('/moments/of/' + who.id) : onTab(id as Tab))} tabs={[{ id: 'posts', label: t('profile.tab-posts') }, { id: 'replies', label: t('profile.tab-replies') }, { id: 'media', label: t('profile.tab-media') }, ...(friend ? [{ id: 'moments', label: t('discover.moments') }] : [])]} />
          </div>
          <Part key={who.id + tab} who={who} tab={tab} own={own} />
        </>
      )}
    </Screen>
  );
}

const pins = new Map<string, ReturnType<typeof signal<Post[]>>>();

function Part({ who, tab, own }: { who: Account; tab: Tab; own: boolean }) {
  const name = `person:${who.id}:${tab}`;
  const pinned = pins.get(who.id) ?? signal<Post[]>([]);
  pins.set(who.id, pinned);
  useEffect(() => {
    if (tab === 'posts') get<Status[]>(`/api/v1/accounts/${who.id}/statuses`, { pinned: true }).then((list) => (pinned.value = list.map(keepPost)), () => {});
  }, [who.id, tab]);
  const query: Record<string, string> = tab === 'posts' ? { exclude_replies: 'true' } : tab === 'media' ? { only_media: 'true', exclude_reblogs: 'true' } : { exclude_reblogs: 'true' };
  const shown = feed(name, () => {
    const made = new Feed(name, `/api/v1/accounts/${who.id}/statuses`, query);
    made.takesOwn = own && tab !== 'media';
    return made;
  });
  const host = who.acct.split('@')[1];
  const label = t(tab === 'posts' ? 'profile.tab-posts' : tab === 'media' ? 'profile.tab-media' : 'profile.tab-replies');
  const more = host && who.url && <p class="screen-hint"><T k="profile.older" host={<a href={who.url} target="_blank" rel="noopener noreferrer"><bdi>{host}</bdi></a>} /></p>;
  if (tab === 'media') return <><MediaWall feed={shown} label={label} empty={t('profile.empty-media')} />{more}</>;
  return (
    <>
      <Timeline feed={shown} name={name} label={label} place="account" empty={t(own ? 'profile.empty-own' : 'profile.empty', { name: nameOf(who) })} pinned={tab === 'posts' ? pinned.value!.filter((p) => p.value.pinned !== false) : []} />
      {more}
    </>
  );
}

/** What you and they are to each other, and whom both know. */
function Ties({ who }: { who: Account }) {
  const now = relation(who.id).value;
  const [known, setKnown] = useState<Account[]>([]);
  const own = who.id === me.value?.id;
  useEffect(() => {
    if (!own) get<{ accounts: Account[] }[]>('/api/v1/accounts/familiar_followers', { id: [who.id] }).then((f) => setKnown(f[0]?.accounts ?? []), () => {});
  }, [who.id]);
  const said = [
    now?.followed_by && now.following ? t('person.mutual') : now?.followed_by ? t('person.follows-you') : now?.requested_by ? t('person.asks-you') : '',
    now?.muting && t('person.muted-tie'), now?.blocking && t('person.blocked-tie'),
  ].filter(Boolean) as string[];
  if (!said.length && !known.length) return null;
  return (
    <>
      {said.map((s) => <span key={s} class="profile-tag profile-tie">{s}</span>)}
      {known.length > 0 && <span class="profile-known">{known.length > 3 ? t('person.known-more', { names: names(known.slice(0, 2).map(nameOf)), count: known.length - 2 }) : t('person.known', { names: names(known.map(nameOf)) })}</span>}
    </>
  );
}

function showFace(who: Account): void {
  const face = { id: 'face', type: 'image', url: who.avatar, preview_url: who.avatar, description: t('profile.face', { name: nameOf(who) }) };
  fetchSheet(() => import('../../bundles/sheets').then((all) => all.Viewer), { post: { account: who, media_attachments: [face] } as unknown as Status, at: 0 });
}

/** Asks to be friends, unless they are already or one of them has asked. */
async function addFriend(who: Account): Promise<void> {
  await doNow(look(who.id).then((f) => (f.state === 'none' ? openSheet(AskSheet, { friend: f }) : go('/friends/' + who.id))));
}

function rows(who: Account, own: boolean): MenuRows {
  const remote = who.acct.includes('@');
  const link = who.url || location.origin + href('/@' + who.acct);
  const list: MenuRows = [{ label: t('post.copy-link'), icon: 'link', onPick: () => void copy(link) }];
  if (remote && who.url) list.push({ label: t('post.open-original'), icon: 'external', onPick: () => void open(who.url, '_blank', 'noopener') });
  if (own) return [...list, { label: t('saved.bookmarks'), icon: 'bookmark', onPick: () => go('/bookmarks') }, { label: t('saved.likes'), icon: 'like', onPick: () => go('/likes') }];
  const now = relation(who.id).peek();
  if (friendOf(who.id)) list.push({ label: t('person.friend'), icon: 'contacts', onPick: () => go('/friends/' + who.id) });
  else list.push({ label: t('friends.add'), icon: 'person-add', onPick: () => void addFriend(who) });
  list.push({ label: t('post.mention', { name: '@' + who.acct }), icon: 'mention', onPick: () => write({ text: `@${who.acct} ` }) });
  list.push({ label: t('person.note-edit'), icon: 'compose', onPick: () => openSheet(NoteSheet, { who }) });
  if (now?.following) {
    list.push({ label: t('person.lists'), icon: 'list', onPick: () => fetchSheet(() => import('../../bundles/sheets').then((all) => all.MemberSheet), { who }) });
    list.push({ label: t(now.showing_reblogs ? 'person.hide-shares' : 'person.show-shares'), icon: 'share', onPick: () => follow(who, { reblogs: !now.showing_reblogs }) });
  }
  list.push('gap');
  if (now?.followed_by) list.push({ label: t('person.remove-follower'), icon: 'person-remove', onPick: () => ask({ title: t('person.remove-follower-title', { name: nameOf(who) }), text: t('person.remove-follower-text'), act: t('person.remove-follower-act') }, () => void doNow(insist(who.id, 'remove_from_followers'))) });
  return [...list, ...against(who)];
}
