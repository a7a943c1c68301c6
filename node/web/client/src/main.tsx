import { render } from 'preact';
import './core';
import { ready } from './i18n';
import { registerWorker } from './api/trusted';
import { App } from './app/App';
import { handlePromises } from './app/promises';
import { listen } from './app/keys';
import { followLinks, go, openLayer, start } from './app/router';
import { teachPalette } from './screens/contacts/palette';
import { begin } from './screens/firstrun/begin';
import { addSearch } from './screens/search/palette';
import { watchCounts } from './state/counts';
import { tidy } from './state/db';
import { watchFriends } from './state/friend-watch';
import { handle, list as recallOutbox, resume } from './state/outbox';
import { loadPlaces } from './state/places';
import { online } from './state/alive';
import { openFeeds } from './state/feed';
import { recallSession, refreshSession } from './state/session';
import { layers } from './ui/useDialog';

async function main(): Promise<void> {
  const root = document.getElementById('app')!;
  layers.open = openLayer;
  handlePromises();
  const chats = () => import('./bundles/chats');
  handle('message', { done: (job, sent) => void chats().then((c) => c.arrived(job, sent)), refused: (job, why) => void chats().then((c) => c.refused(job, why.kind)) });
  const outcomes = () => import('./bundles/moments');
  for (const kind of ['friend-notes', 'moment', 'moment-upload', 'moment-like', 'moment-comment', 'moment-uncomment']) handle(kind, { done: (job, answer) => void outcomes().then((o) => o.done(job, answer)), refused: (job, why) => void outcomes().then((o) => o.refused(job, why.kind)) });
  const [known] = await Promise.all([recallSession(), loadPlaces(), ready(), recallOutbox()]);
  start();
  followLinks();
  listen();
  // What is known from last time is shown before the server says anything.
  const fresh = refreshSession();
  if (!known) await fresh.catch(() => {});
  render(<App />, root);
  // The outbox goes on once it is known that the same person is signed in.
  void fresh.catch(again).then(resume);
  void fresh.then(begin, () => {});
  addEventListener('online', () => {
    for (const feed of openFeeds()) if (feed.failure.peek()) void feed.refresh();
  });
  if ('serviceWorker' in navigator && !DEV) {
    // A private window may have none; all but what needs one works without.
    const registration = await registerWorker().catch(() => undefined);
    (registration?.active ?? registration?.installing)?.postMessage({ warm: performance.getEntriesByType('resource').map((e) => new URL(e.name).pathname) });
  }
  setTimeout(() => void tidy(), 10_000);
  for (const run of [watchFriends, watchCounts, teachPalette, addSearch]) run();
}

/** Asks who is signed in until there is an answer. */
async function again(): Promise<void> {
  for (let pause = 2000; ; pause = Math.min(pause * 2, 60_000)) {
    await new Promise<void>((resolve) => {
      setTimeout(resolve, pause);
      addEventListener('online', () => resolve(), { once: true });
    });
    if (online.peek() && (await refreshSession().then(() => true, () => false))) return;
  }
}

/** Leads where a notification that was tapped says. */
navigator.serviceWorker?.addEventListener('message', (event) => {
  if (typeof event.data?.go === 'string') go(event.data.go);
});

void main();
