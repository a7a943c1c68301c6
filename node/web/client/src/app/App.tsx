import { useEffect } from 'preact/hooks';
import { t, language } from '../i18n';
import { connected } from '../api/stream';
import { online } from '../state/alive';
import { keeps } from '../state/db';
import { me } from '../state/session';
import { addCommands } from './commands';
import { bind } from './keys';
import { Overlays, overlay } from './overlays';
import { PopOut, write } from './write';
import { closeTop, go, toTab } from './router';
import { Sheets } from './sheets';
import { Shell } from './Shell';
import { tabs } from './routes';
import { LiveRegions } from './LiveRegions';
import { say, Toaster } from '../ui/Toast';

/** The whole page. */
export function App() {
  useEffect(globalKeys, []);
  useEffect(places, [language()]);
  useEffect(() => {
    if (keeps.value !== 'all') say(t(keeps.value === 'nothing' ? 'storage.nothing' : 'failure.no-room'));
  }, [keeps.value]);
  return (
    <>
      <Shell offline={!online.value} behind={!connected.value} signedIn={!!me.value} />
      <Overlays />
      <Sheets />
      <PopOut />
      <Toaster />
      <LiveRegions />
    </>
  );
}

function globalKeys() {
  return bind(
    { keys: '?', label: 'keys.list', run: () => (overlay.value = 'keys') },
    { keys: 'Mod+k', label: 'keys.palette', writing: true, run: () => (overlay.value = 'palette') },
    { keys: 'c', label: 'keys.compose', run: () => write() },
    { keys: '/', label: 'keys.search', run: () => go('/search') },
    { keys: 'g c', label: 'keys.go-chats', run: () => toTab('chats') },
    { keys: 'g n', label: 'keys.go-notifications', run: () => go('/notifications') },
    { keys: 'g s', label: 'keys.go-settings', run: () => go('/settings') },
    { keys: 'g m', label: 'keys.go-moments', run: () => go('/moments') },
    { keys: 'g h', label: 'keys.go-home', run: () => go('/home') },
    { keys: 'g d', label: 'keys.go-discover', run: () => toTab('discover') },
    { keys: 'g p', label: 'keys.go-me', run: () => toTab('me') },
    { keys: 'Escape', label: 'keys.close', writing: true, run: () => void closeTop() },
  );
}

/** The places that the palette leads to, by their names in this language. */
function places() {
  return addCommands(...tabs.map((tab) => ({ id: 'tab:' + tab.id, label: () => t(tab.label), icon: tab.icon, run: () => toTab(tab.id) })));
}
