import { useState } from 'preact/hooks';
import { AudienceNote } from '../ui/Audience';
import { Avatar, Faces, GroupAvatar } from '../ui/Avatar';
import { Badge, Dot } from '../ui/Badge';
import { Banner } from '../ui/Banner';
import { Button, ComposeButton, IconButton } from '../ui/Button';
import { Chip } from '../ui/Chip';
import { Empty } from '../ui/Empty';
import { Field, Select, TextArea } from '../ui/Field';
import { Icon, type IconName } from '../ui/Icon';
import { icons } from '../ui/icons';
import { Mark } from '../ui/Mark';
import { Menu, MenuButton, type MenuRows } from '../ui/Menu';
import { MediaViewer } from '../ui/MediaViewer';
import { SettingsGroup, SettingsRow } from '../ui/SettingsRow';
import { Confirm, Sheet } from '../ui/Sheet';
import { Skeleton } from '../ui/Skeleton';
import { Switch, Tick } from '../ui/Switch';
import { Tabs } from '../ui/Tabs';
import { Time } from '../ui/Time';
import { Toast } from '../ui/Toast';
import * as who from './people';
import { Part } from './parts';

const nothing = () => {};

export const rows: MenuRows = [
  { label: 'Copy link', icon: 'link', onPick: nothing },
  { label: 'Quote', icon: 'quote', keys: 'q', onPick: nothing },
  { label: 'Keep on your profile', icon: 'pin', checked: true, onPick: nothing },
  { label: 'Edit', icon: 'compose', hint: 'Those who shared it are told', onPick: nothing },
  'gap',
  { label: 'Mute Ines', icon: 'muted', onPick: nothing },
  { label: 'Delete this post', icon: 'trash', danger: true, onPick: nothing },
];

export function Controls() {
  const [tab, setTab] = useState('home');
  const [on, setOn] = useState(true);
  const [text, setText] = useState('hillside');
  const people = [who.xiaoyu, who.mira, who.ben, who.tomas];
  return (
    <>
      <Part name="Mark: 16, 24, 32, 48, 72, one colour" pad><Mark size={16} /><Mark size={24} /><Mark size={32} /><Mark size={48} /><Mark size={72} /><Mark size={48} one /></Part>
      <Part name="Icons" pad><div class="part-icons">{(Object.keys(icons) as IconName[]).map((n) => <span key={n} title={n}><Icon name={n} /></span>)}</div></Part>
      <Part name="Icons, filled twins, small" pad>{(['chats', 'contacts', 'discover', 'wallet', 'me', 'bell', 'like', 'bookmark', 'star', 'pin', 'home', 'shield'] as IconName[]).map((n) => <><Icon key={n} name={n} on /><Icon name={n} size={16} /></>)}</Part>
      <Part name="Avatar: picture, letter in eight colours, app, group" pad>
        {[who.mei, who.yusuf, who.salma, who.hiro, who.kofi].map((p) => <Avatar key={p.id} who={p} />)}
        {['2', 'ab', 'c', 'dd', 'x5', 'y', 'q1', 'z9'].map((id, i) => <Avatar key={id} who={{ id, acct: id, display_name: 'ABCDEFGH'[i]!, avatar: '' }} size={32} />)}
        <Avatar who={who.noodles} size={48} /><GroupAvatar faces={people} /><GroupAvatar faces={people.slice(0, 3)} /><GroupAvatar faces={people.slice(0, 2)} /><Faces who={people} />
      </Part>
      <Part name="Button: filled, soft, plain, danger; small; busy; off" pad>
        <Button kind="filled">Add friend</Button><Button>Message</Button><Button kind="plain">Not now</Button><Button kind="danger">Delete this post</Button>
        <Button kind="filled" small icon="person-add">Follow</Button><Button small on>Following</Button><Button kind="filled" busy>Post</Button><Button kind="filled" disabled>Post</Button><Button kind="earth" icon="compose">Write</Button>
      </Part>
      <Part name="Icon button: plain, on, with a badge, off; compose" pad>
        <IconButton icon="search" label="Search" /><IconButton icon="panel" label="About" on /><IconButton icon="bell" label="Notifications, 5" badge={<Badge count={5} kind="call" />} /><IconButton icon="contacts" label="Contacts" badge={<Dot />} /><IconButton icon="phone" label="Call" disabled />
        <MenuButton label="More" rows={() => rows} /><ComposeButton label="Write a post" />
      </Part>
      <Part name="Badge: row, call, muted, many, dot" pad><Badge count={2} /><Badge count={5} kind="call" /><Badge count={14} kind="muted" /><Badge count={214} /><Dot label="New" /></Part>
      <Part name="Field: label, hint, prefix, wrong; text; list" pad>
        <div style={{ display: 'grid', gap: '16px', inlineSize: '100%' }}>
          <Field label="Name" value="Mei Lin" onInput={nothing} hint="Friends may call you what they like." />
          <Field label="Address" before="@" after="@hillside.town" value={text} onInput={setText} error="This address is taken. Try mei-lin." />
          <Field label="Search" quiet icon="search" type="search" placeholder="Search people, posts, settings" value="" onInput={nothing} after="Ctrl K" />
          <TextArea label="About you" value="Slow tea, fast bicycle." onInput={nothing} />
          <Select label="Delete my posts" value="never" onInput={nothing} options={[{ value: 'never', label: 'Never' }, { value: 'year', label: 'After a year' }]} />
        </div>
      </Part>
      <Part name="Switch, tick, radio" pad>
        <Switch checked={on} onChange={setOn} label="Sounds" /><Switch checked={!on} onChange={(v) => setOn(!v)} label="Other" /><Switch checked disabled label="Off" onChange={nothing} />
        <Tick checked>I have read the 4 rules</Tick><Tick>Not ticked</Tick><Tick type="radio" name="r" checked hint="Friends (86) and nobody else">Friends</Tick><Tick type="radio" name="r">Everyone</Tick>
      </Part>
      <Part name="Chips" pad><Chip on>All</Chip><Chip>Unread</Chip><Chip icon="tag">Family</Chip><Chip icon="aud-friends" down>Friends (86)</Chip><Chip onRemove={nothing} removeLabel="Remove from:mei">from:mei</Chip><Chip disabled>Groups</Chip></Part>
      <Part name="Tabs"><Tabs label="Discover" at={tab} onPick={setTab} tabs={[{ id: 'moments', label: 'Moments', dot: true }, { id: 'home', label: 'Home' }, { id: 'public', label: 'Public' }, { id: 'channels', label: 'Channels', count: 3 }, { id: 'apps', label: 'Apps' }]} /></Part>
      <Part name="Audience glyphs, always with the word" pad>{['public', 'unlisted', 'private', 'friends', 'circle', 'direct', 'me'].map((a) => <AudienceNote key={a} of={a} size={20} />)}</Part>
      <Part name="Time: age, last, clock, full" pad>{[2, 100, 3000, 900000].map((m) => <Time key={m} at={who.ago(m)} />)}{[2, 1500, 6000].map((m) => <Time key={m} at={who.ago(m)} as="last" />)}<Time at={who.ago(24)} as="clock" /><Time at={who.ago(24)} as="full" /></Part>
      <Part name="Banner: plain, info, caution, done, wrong">
        <Banner icon="offline">You are offline. Last updated 14:02, 2 posts wait.</Banner>
        <Banner kind="info" icon="refresh" act={{ label: 'Reload', onPick: nothing }}>A new version is ready.</Banner>
        <Banner kind="warn" icon="key" onClose={nothing}>Mei uses a new device.</Banner>
        <Banner kind="ok" icon="check">Everything is saved.</Banner>
        <Banner kind="danger" icon="warning" act={{ label: 'Try again', onPick: nothing }}>Not loaded: hillside.town is not answering.</Banner>
      </Part>
      <Part name="Toast: plain, with Undo" pad><Toast text="Link copied" onDone={nothing} /><Toast text="Post deleted" act={{ label: 'Undo', onPick: nothing }} onDone={nothing} /></Part>
      <Part name="Skeletons"><Skeleton of="post" count={2} label="Loading posts" /><Skeleton of="chat" count={2} label="Loading chats" /><Skeleton of="contact" count={2} label="Loading people" /><Skeleton of="profile" label="Loading" /></Part>
      <Part name="Empty"><Empty title="No chats yet" act={<Button kind="filled" icon="person-add">Add a friend</Button>}>Add a friend, and they appear here.</Empty></Part>
      <Part name="Settings rows">
        <SettingsGroup title="Appearance">
          <SettingsRow icon="moon" title="Theme" value="As the device" onClick={nothing} />
          <SettingsRow icon="text" title="Large and clear" hint="Larger text, more contrast, bigger buttons" control={(id) => <Switch id={id} checked={on} onChange={setOn} />} />
          <SettingsRow icon="globe" title="Language" value="English" href="#" />
        </SettingsGroup>
        <SettingsGroup title="Account"><SettingsRow icon="sign-out" title="Sign out" onClick={nothing} /><SettingsRow icon="trash" title="Delete this account" danger onClick={nothing} /></SettingsGroup>
      </Part>
    </>
  );
}

/** What lies above the page, one at a time, opened by name. */
export function Overlay({ name }: { name: string }) {
  const [open, setOpen] = useState(name);
  const close = () => setOpen('');
  if (open === 'menu') return <Menu rows={rows} label="Post" at={new DOMRect(innerWidth - 60, 120, 40, 40)} onClose={close} />;
  if (open === 'confirm') return <Confirm danger title="Delete this post?" text="Servers that have it are asked to delete it too; some may not." act="Delete the post" onYes={close} onClose={close} />;
  if (open === 'viewer') return <MediaViewer media={[who.pictures.frost, who.pictures.market, who.pictures.sea]} at={0} onClose={close} menu={() => rows} />;
  if (open !== 'sheet') return null;
  return (
    <Sheet title="Who will see it" onClose={close} foot={(end) => <Button kind="filled" onClick={end}>Choose friends</Button>}>
      {[['public', 'On the web, in search and public feeds'], ['unlisted', 'Not in search or public feeds'], ['private', '214 people who follow you'], ['friends', '86 people; their servers can read it'], ['me', 'Stays with you']].map(([a, hint], i) => (
        <Tick key={a} type="radio" name="aud" checked={i === 3} hint={hint}><AudienceNote of={a!} size={20} /></Tick>
      ))}
    </Sheet>
  );
}
