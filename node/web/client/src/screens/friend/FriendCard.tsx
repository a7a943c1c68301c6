import { useEffect, useState } from 'preact/hooks';
import { t } from '../../i18n';
import { Failure } from '../../api/client';
import type { Friend } from '../../api/tulou';
import { sentence } from '../../app/failure';
import { go, href } from '../../app/router';
import { match, type ScreenProps } from '../../app/routes';
import { Screen } from '../../app/Screen';
import { ask, openSheet } from '../../app/sheets';
import { addressOf, asked, asking, block, circles, end, friendOf, isMe, look, note, openFriends, serverOf, takeBack, withNotes } from '../../state/friends';
import { waiting } from '../../state/outbox';
import { Avatar } from '../../ui/Avatar';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { dayName, names } from '../../ui/format';
import { Icon } from '../../ui/Icon';
import { personLink } from '../../ui/links';
import { MenuButton, type MenuRows } from '../../ui/Menu';
import { Name } from '../../ui/Name';
import { RichText } from '../../ui/RichText';
import { SettingsGroup, SettingsRow } from '../../ui/SettingsRow';
import { Skeleton } from '../../ui/Skeleton';
import { Switch } from '../../ui/Switch';
import { say } from '../../ui/Toast';
import { nameOf } from '../../ui/types';
import { Request } from '../contacts/Requests';
import { AskSheet } from './AskSheet';
import { CirclesSheet } from './CirclesSheet';
import { LatestMoments } from './LatestMoments';
import { RemarkSheet } from './RemarkSheet';

/** What oneself and somebody are to each other, and what one has noted about them. */
export default function FriendCard({ params }: ScreenProps) {
  const id = params.id!;
  const [seen, setSeen] = useState<Friend>();
  const [failed, setFailed] = useState<Failure>();
  const load = () => {
    setFailed(undefined);
    look(id).then(setSeen, (error) => error instanceof Failure ? setFailed(error) : Promise.reject(error));
  };
  useEffect(() => {
    void openFriends();
    load();
  }, [id]);
  const found = friendOf(id) ?? asking.value.find((f) => f.account.id === id) ?? asked.value.find((f) => f.account.id === id) ?? seen;
  const f = found && waiting.value.length ? withNotes(found) : found;
  if (!f) {
    return (
      <Screen title={t('friend.title')}>
        {failed ? <Empty act={<Button kind="filled" onClick={load}>{t('ui.again')}</Button>}>{sentence(failed.kind)}</Empty> : <Skeleton of="profile" label={t('shell.loading')} />}
      </Screen>
    );
  }
  return (
    <Screen title={f.remark || nameOf(f.account)} remember actions={!isMe(f.account) && <MenuButton label={t('post.more')} rows={() => menu(f, setSeen)} />}>
      <Head friend={f} />
      {f.state === 'friend' ? <Notes friend={f} /> : !isMe(f.account) && <Between friend={f} onChange={setSeen} />}
      <SettingsGroup>
        {match(`/@${f.account.acct}`) && <SettingsRow icon="me" title={t('friend.profile')} href={personLink(f.account)} />}
      </SettingsGroup>
    </Screen>
  );
}

function Head({ friend: f }: { friend: Friend }) {
  const address = addressOf(f.account);
  return (
    <div class="friend-head">
      <Avatar who={f.account} size={72} eager />
      <div class="friend-names">
        <p class="friend-name one">{f.remark ? <bdi>{f.remark}</bdi> : <Name who={f.account} />}{f.starred && <span title={t('friend.star')}><Icon name="star" size={16} on /><span class="hear">{t('friend.star')}</span></span>}</p>
        {f.remark && <p class="friend-own one"><Name who={f.account} /></p>}
        <button type="button" class="friend-address reach" title={t('profile.copy')} onClick={() => void copy(address)}><bdi class="one" dir="ltr">{address}</bdi><Icon name="copy" size={14} /></button>
      </div>
      {f.account.note && <div class="friend-words" dir="auto"><RichText text={f.account.note} emojis={f.account.emojis} /></div>}
    </div>
  );
}

const copy = (text: string) => navigator.clipboard.writeText(text).then(() => say(t('friend.copied')), () => say(t('friend.copy-refused')));

/** What one keeps about a friend; nobody else sees it. */
function Notes({ friend: f }: { friend: Friend }) {
  const id = f.account.id;
  const inside = circles.value.filter((c) => f.circles.includes(c.id)).map((c) => c.name);
  return (
    <>
      {f.since && <p class="friend-since">{t('friend.since', { day: dayName(Date.parse(f.since)) })}</p>}
      <div class="friend-acts">
        {match('/chats') && <Button kind="filled" icon="chats" href={href('/chats/' + id)}>{t('friend.message')}</Button>}
      </div>
      <LatestMoments of={f.account} />
      <SettingsGroup title={t('friend.notes')}>
        <SettingsRow icon="tag" title={t('friend.remark')} value={f.remark || t('friend.none')} onClick={() => openSheet(RemarkSheet, { friend: f })} />
        <SettingsRow icon="aud-circle" title={t('friends.circles')} value={inside.length ? names(inside) : t('friend.none')} onClick={() => openSheet(CirclesSheet, { id })} />
        <SettingsRow icon="star" title={t('friend.star')} control={(label) => <Switch id={label} checked={f.starred} onChange={(starred) => note(id, { starred })} />} />
      </SettingsGroup>
      <SettingsGroup title={t('discover.moments')}>
        <SettingsRow icon="eye-off" title={t('friend.hide-theirs')} hint={t('friend.hide-theirs-hint')} control={(label) => <Switch id={label} checked={f.hide_theirs} onChange={(hide_theirs) => note(id, { hide_theirs })} />} />
        <SettingsRow icon="aud-me" title={t('friend.hide-mine')} hint={t('friend.hide-mine-hint')} control={(label) => <Switch id={label} checked={f.hide_mine} onChange={(hide_mine) => note(id, { hide_mine })} />} />
      </SettingsGroup>
    </>
  );
}

/** No friend yet: what can be done about it. */
function Between({ friend: f, onChange }: { friend: Friend; onChange: (f: Friend) => void }) {
  const again = () => void look(f.account.id).then(onChange).catch(() => {});
  if (f.state === 'asking') return <div class="friend-request"><Request friend={f} onDone={again} /></div>;
  if (f.state === 'asked') {
    return (
      <div class="friend-acts">
        <p class="friend-since">{t('friend.asked')}</p>
        <Button onClick={() => void attempt(takeBack(f.account.id).then(onChange), t('friends.taken-back'))}>{t('friends.take-back')}</Button>
      </div>
    );
  }
  return (
    <div class="friend-acts">
      {f.mutual && <p class="friend-since">{t('friend.mutual')}</p>}
      {!f.can_ask && <p class="friend-since">{t('friend.cannot', { server: serverOf(f.account) })}</p>}
      <Button kind={f.can_ask ? 'filled' : 'soft'} icon="person-add" onClick={() => openSheet(AskSheet, { friend: f, onAsked: onChange })}>{t('friends.add')}</Button>
    </div>
  );
}

function menu(f: Friend, onChange: (f: Friend) => void): MenuRows {
  const id = f.account.id, name = f.remark || nameOf(f.account);
  const rows: MenuRows = [{ label: t('profile.copy'), icon: 'copy', onPick: () => void copy(addressOf(f.account)) }];
  if (f.state === 'friend') rows.push({ label: f.starred ? t('friend.unstar') : t('friend.star'), icon: 'star', onPick: () => note(id, { starred: !f.starred }) });
  rows.push('gap');
  if (f.state === 'friend') {
    rows.push({ label: t('friend.end'), icon: 'person-remove', danger: true, onPick: () => ask({ title: t('friend.end-title', { name }), text: t('friend.end-text'), act: t('friend.end'), danger: true },
      () => void attempt(end(id).then(onChange), t('friend.ended')).then((done) => done && go('/contacts'))) });
  }
  rows.push({ label: t('friend.block'), icon: 'block', danger: true, onPick: () => ask({ title: t('friend.block-title', { name }), text: t('friend.block-text'), act: t('friend.block'), danger: true },
    () => void attempt(block(id).then(onChange), t('friend.blocked-done', { name })).then((done) => done && go('/contacts'))) });
  return rows;
}

/** Does something that has to be true before it is said. */
async function attempt(act: Promise<unknown>, done: string): Promise<boolean> {
  try {
    await act;
    say(done);
    return true;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    say(sentence(error.kind));
    return false;
  }
}
