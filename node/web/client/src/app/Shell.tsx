import { useComputed } from '@preact/signals';
import { Fragment } from 'preact';
import { t } from '../i18n';
import { badges } from '../state/badges';
import { me } from '../state/session';
import { settings } from '../state/settings';
import { Avatar } from '../ui/Avatar';
import { Badge } from '../ui/Badge';
import { Icon, type IconName } from '../ui/Icon';
import { Mark } from '../ui/Mark';
import { Divider } from './Divider';
import { Aside, atRest, Pane } from './Pane';
import { href, place, stack, toTab, type Entry } from './router';
import { match, tabs, type Route, type TabId } from './routes';
import { beside, room } from './width';

interface Shown {
  entry: Entry;
  route: Route | undefined;
}

/** Navigation and panes, in one of the layouts that fit the room. */
export function Shell({ offline }: { offline: boolean; behind: boolean; signedIn: boolean }) {
  const panes = useComputed(panesOf).value;
  const top = panes.at(-1)!;
  const compact = room.value === 'compact';
  const bare = compact && (top.route?.bare || top.route?.pane === 'detail');
  const { alone, pane: kind } = panes[0]!.route ?? {};
  // A chat is narrow enough to stand beside its list on a tablet.
  const two = !alone && (beside() || (room.value === 'medium' && panes[0]!.route?.path === '/chats'));
  const rest = two && panes.length === 1 && kind !== 'detail' ? restOf(panes[0]!) : undefined;
  const aside = room.value === 'large' && settings.value.aside && kind === 'list' && panes[1]?.route?.aside;
  const { list, feed } = settings.value;
  return (
    <div class="shell" data-room={room.value} data-kind={kind} data-bare={bare || undefined} data-alone={alone || undefined} data-two={two || undefined}
      style={{ '--list': list ? `${list}px` : null, '--feed': feed ? `${feed}px` : null }}>
      <a class="skip" href="#content" onClick={skip}>{t('shell.skip')}</a>
      {!compact && !alone && <Rail />}
      <main class="panes" id="content" tabIndex={-1}>
        {panes.map(({ entry, route }, i) => (
          <Fragment key={entry.id}>
            {two && i === 1 && kind !== 'detail' && <Divider of={kind!} />}
            <Pane entry={entry} kind={route?.pane ?? 'detail'} under={!two && i < panes.length - 1} first={i === 0} offline={offline && i === 0} />
          </Fragment>
        ))}
        {rest !== undefined && <Divider of={kind as 'list' | 'feed'} />}
        {rest !== undefined && <Pane key={'rest' + rest} entry={{ id: atRest, path: rest }} kind="detail" under={false} first={false} offline={false} />}
        {aside && <Aside key={panes[1]!.entry.id} entry={panes[1]!.entry} load={aside} params={match(panes[1]!.entry.path)!.params} />}
      </main>
      {compact && !bare && <TabBar />}
    </div>
  );
}

/** Moves the focus without an entry of the history, which the router would take for another screen. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById('content')?.focus();
}

/** What stands beside a list or a feed while nothing is opened: a detail of it, or what goes around. */
function restOf({ route }: Shown): string {
  return route?.rest === '/@' ? '/@' + (me.value?.acct ?? '') : (route?.rest ?? '');
}

/** The list that is nearest to the top of the stack, and what is on top of it. */
function panesOf(): Shown[] {
  const all = stack().map((entry) => ({ entry, route: match(entry.path)?.route }));
  const top = all.at(-1);
  if (!top) return [{ entry: { id: 0, path: '/' }, route: undefined }];
  const list = all.findLast((s) => s !== top && s.route && s.route.pane !== 'detail');
  return list && top.route?.pane === 'detail' ? [list, top] : [top];
}

function count(tab: TabId): number {
  return tab === 'chats' ? badges.value.chats : tab === 'contacts' ? badges.value.requests : 0;
}

function TabBar() {
  return (
    <nav class="tab-bar" aria-label={t('shell.main')}>
      {tabs.map((tab) => <TabButton key={tab.id} id={tab.id} icon={tab.icon} label={t(tab.label)} />)}
    </nav>
  );
}

function Rail() {
  return (
    <nav class="rail" aria-label={t('shell.main')}>
      <span class="rail-mark"><Mark size={32} /></span>
      {tabs.filter((tab) => tab.id !== 'me').map((tab) => <TabButton key={tab.id} id={tab.id} icon={tab.icon} label={t(tab.label)} />)}
      <span class="rail-gap" />
      {match('/search') && <RailLink path="/search" icon="search" label={t('shell.search')} />}
      {match('/notifications') && <RailLink path="/notifications" icon="bell" label={t('shell.notifications')} count={badges.value.notifications} />}
      <TabButton id="me" icon="me" label={t('tab.me')} face />
    </nav>
  );
}

function TabButton({ id, icon, label, face }: { id: TabId; icon: IconName; label: string; face?: boolean }) {
  const on = place.value.tab === id;
  const calls = count(id);
  return (
    <button type="button" class="tab-button" aria-current={on ? 'page' : undefined} aria-label={calls ? t('shell.tab-count', { tab: label, count: calls }) : undefined} onClick={() => toTab(id)}>
      <span class="tab-icon">
        {face && me.value ? <Avatar who={me.value} size={28} eager /> : <Icon name={icon} on={on} />}
        {calls > 0 && <Badge count={calls} kind="call" />}
      </span>
      <span class="tab-label one">{label}</span>
    </button>
  );
}

function RailLink({ path, icon, label, count = 0 }: { path: string; icon: IconName; label: string; count?: number }) {
  return (
    <a class="tab-button" href={href(path)} title={label} aria-label={count ? t('shell.tab-count', { tab: label, count }) : undefined}>
      <span class="tab-icon"><Icon name={icon} />{count > 0 && <Badge count={count} kind="call" />}</span>
      <span class="tab-label one">{label}</span>
    </a>
  );
}
