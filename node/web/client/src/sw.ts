/**
 * The service worker: the shell is there without a network, messages that are pushed are shown, what
 * other apps share comes in, and the outbox goes out after the page was closed. It never answers for
 * the API: what is known of that is the page's, in its database.
 */
import { get } from './api/client';
import { db, keeps, recall } from './state/db';
import { news, run } from './state/outbox-run';

interface Waits extends Event {
  waitUntil(done: Promise<unknown>): void;
}
interface Fetches extends Waits {
  request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Tab {
  url: string;
  focus(): Promise<Tab>;
  navigate(url: string): Promise<Tab>;
  postMessage(message: unknown): void;
}
interface Worker {
  addEventListener(kind: string, does: (event: never) => void): void;
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void>; matchAll(of: { type: 'window'; includeUncontrolled: boolean }): Promise<Tab[]>; openWindow(url: string): Promise<Tab | null> };
  registration: { showNotification(title: string, options: object): Promise<void> };
}

const worker = self as unknown as Worker;
const base = '/app/', page = '/app/index.html';
const cacheName = 'tulou.' + BUILD;

worker.addEventListener('install', (event: Waits) => event.waitUntil((async () => {
  const cache = await caches.open(cacheName);
  await cache.addAll([new Request(page, { cache: 'reload' }), ...SHELL.map((name) => base + name)]);
  await worker.skipWaiting(); // pages that are open go on with the files they have, which are kept by name
})()));

worker.addEventListener('activate', (event: Waits) => event.waitUntil((async () => {
  // The build before stays for pages that are open; older ones go.
  const old = (await caches.keys()).filter((name) => name.startsWith('tulou.') && name !== cacheName);
  await Promise.all(old.slice(0, -1).map((name) => caches.delete(name)));
  await worker.clients.claim();
})()));

/** When there is time, the other screens are fetched, too, and the words of the language that is spoken. */
worker.addEventListener('message', (event: Waits & { data: { warm?: string[] } }) => {
  const spoken = event.data?.warm?.filter((path) => path.startsWith(base + 'locale-')) ?? [];
  if (event.data?.warm) event.waitUntil(warm([...REST.map((name) => base + name), ...spoken]));
});

async function warm(paths: string[]): Promise<void> {
  const cache = await caches.open(cacheName);
  for (const path of paths) if (!(await cache.match(path))) await cache.add(path).catch(() => {});
}

worker.addEventListener('fetch', (event: Fetches) => {
  const { request } = event, url = new URL(request.url);
  if (url.origin !== location.origin || !url.pathname.startsWith(base)) return;
  if (request.method === 'POST' && url.pathname === base + 'share') return event.respondWith(share(request));
  if (request.method !== 'GET') return;
  if (request.mode === 'navigate') return event.respondWith(shell());
  if (/-[A-Z0-9]{8}\.(js|css)$/.test(url.pathname)) event.respondWith(file(request));
});

/** The page, from the network if that answers soon, since it names the newest build. */
async function shell(): Promise<Response> {
  const kept = await (await caches.open(cacheName)).match(page);
  try {
    const fresh = await fetch(page, { signal: kept ? AbortSignal.timeout(1500) : undefined });
    if (fresh.ok) return fresh;
  } catch {
    // Without a network the page is the one that was kept.
  }
  return kept ?? Response.error();
}

/** A file with its hash in its name never changes. */
async function file(request: Request): Promise<Response> {
  const kept = await caches.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) await (await caches.open(cacheName)).put(request, answer.clone());
  return answer;
}

/** What another app shares becomes a draft; where this browser cannot keep it, its words do. */
async function share(request: Request): Promise<Response> {
  const form = await request.formData();
  const text = ['title', 'text', 'url'].map((name) => String(form.get(name) ?? '')).filter(Boolean).join('\n');
  const files = form.getAll('files').filter((f) => f instanceof File && f.size > 0);
  try {
    await (await db()).put('kv', { text, files }, 'shared');
    if (keeps.value !== 'nothing') return Response.redirect(base + 'compose?shared=1', 303);
  } catch {
    // There is no room for it.
  }
  return Response.redirect(base + 'compose?' + new URLSearchParams({ text, ...(files.length ? { lost: '1' } : {}) }), 303);
}

interface Pushed {
  title: string;
  body: string;
  icon: string;
  notification_type: string;
  preferred_locale: string;
}

/** What a notification that is shown keeps: what it is about. */
interface About {
  id: string;
  type: string;
}

worker.addEventListener('push', (event: Waits & { data: { text(): string } | null }) => {
  const text = event.data?.text();
  if (!text) return;
  const said = JSON.parse(text) as Pushed;
  // The id is a number that is too large for one here.
  const about: About = { id: /"notification_id":\s*"?(\d+)/.exec(text)?.[1] ?? '', type: said.notification_type };
  event.waitUntil(worker.registration.showNotification(said.title, {
    body: said.body, icon: said.icon, lang: said.preferred_locale, badge: base + 'badge-96.png', tag: about.id, data: about,
  }));
});

/** How long somebody who tapped waits to learn where that leads. */
const tapPatience = 3000;

/** Where a notification leads: to the post or the person it is about; to all of them if that cannot be asked. */
async function placeOf({ id, type }: About): Promise<string> {
  if (type.startsWith('tulou.friend')) return '/contacts';
  if (type.startsWith('tulou.moment_')) return '/moments/notices';
  try {
    const { account, status } = await get<{ account?: { acct: string }; status?: { id: string; visibility: string; account: { acct: string } } }>('/api/v1/notifications/' + id, undefined, AbortSignal.timeout(tapPatience));
    if (status) return status.visibility === 'direct' ? '/chats' : `/@${status.account.acct}/${status.id}`;
    if (account) return '/@' + account.acct;
  } catch {
    // It is in the list, as far as that is known without a network.
  }
  return '/notifications';
}

worker.addEventListener('notificationclick', (event: Waits & { notification: { close(): void; data: About } }) => {
  event.notification.close();
  event.waitUntil((async () => {
    const path = await placeOf(event.notification.data);
    const tabs = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true });
    const open = tabs.find((tab) => new URL(tab.url).pathname.startsWith(base));
    if (!open) return worker.clients.openWindow(base + path.slice(1));
    open.postMessage({ go: path });
    return open.focus();
  })());
});

worker.addEventListener('sync', (event: Waits & { tag: string }) => {
  if (event.tag === 'outbox') event.waitUntil(sendOutbox());
});

/** Sends what waits, if whoever wrote it is still the one who is signed in. */
async function sendOutbox(): Promise<void> {
  const [was, is] = await Promise.all([recall<{ id: string }>('me'), get<{ id: string }>('/api/v1/accounts/verify_credentials')]);
  if (was?.id === is.id) await run((outcome) => news.postMessage(outcome));
}
