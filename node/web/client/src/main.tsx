import { render } from 'preact';
import { ready, t } from './i18n';
import { registerWorker } from './api/trusted';
import { App } from './app/App';
import { sentence } from './app/failure';
import { listen } from './app/keys';
import { openLayer, followLinks, start } from './app/router';
import { tidy } from './state/db';
import { handleActions } from './state/actions';
import { resume } from './state/outbox';
import { loadPlaces } from './state/places';
import { recallSession, refreshSession } from './state/session';
import { say } from './ui/Toast';
import { layers } from './ui/useDialog';

async function main(): Promise<void> {
  const root = document.getElementById('app')!;
  layers.open = openLayer;
  handleActions((_, kind) => say(t('failure.not-done', { why: sentence(kind) })));
  const [known] = await Promise.all([recallSession(), loadPlaces(), ready()]);
  start();
  followLinks();
  listen();
  // What is known from last time is shown before the server says anything.
  const fresh = refreshSession();
  if (!known) await fresh.catch(() => {});
  render(<App />, root);
  await fresh.then(resume, () => {});
  if ('serviceWorker' in navigator && !DEV) {
    const registration = await registerWorker();
    (registration.active ?? registration.installing)?.postMessage({ warm: performance.getEntriesByType('resource').map((e) => new URL(e.name).pathname) });
  }
  setTimeout(() => void tidy(), 10_000);
}

void main();
