import { useComputed } from '@preact/signals';
import { t } from '../i18n';
import { badges } from '../state/badges';
import { me } from '../state/session';
import { Avatar } from '../ui/Avatar';
import { Badge } from '../ui/Badge';
import { Icon, type IconName } from '../ui/Icon';
import { Mark } from '../ui/Mark';
import { Pane } from './Pane';
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
  const two = beside();
  return (
    <div class="shell" data-room={room.value} data-kind={panes[0]!.route?.pane} data-bare={bare || undefined}>
      <a class="skip" href="#content" onClick={skip}>{t('shell.skip')}</a>
      {!compact && <Rail />}
      <main class="panes" id="content" tabIndex={-1}>
        {panes.map(({ entry, route }, i) => (
          <Pane key={entry.id} entry={entry} kind={route?.pane ?? 'detail'} under={!two && i < panes.length - 1} first={i === 0} offline={offline && i === 0} />
        ))}
        {two && panes.length === 1 && <div class="pane pane-detail pane-none" aria-hidden="true"><Mark size={96} /></div>}
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
