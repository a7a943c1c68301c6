/** Who is signed in, and on which node. */
import { signal } from '@preact/signals';
import type { Instance, Me } from '../api/entities';
import { get, whenSignedOut } from '../api/client';
import { alive } from './alive';
import { forget, keep, recall, waitsFor } from './db';

export const me = signal<Me | null>(null);
export const instance = signal<Instance | null>(null);

/** Is in localStorage while nobody is known to be signed in: the next one may be somebody else. */
const ended = 'tulou.ended';

/** What was known last time; true if that is enough to show something. */
export async function recallSession(): Promise<boolean> {
  if (localStorage.getItem(ended)) return false;
  [me.value, instance.value] = await Promise.all([recall<Me>('me'), recall<Instance>('instance')]).then((both) => both.map((v) => v ?? null) as [Me | null, Instance | null]);
  return !!me.value;
}

/** Asks who is signed in. If it is somebody else, what was kept is not theirs and goes; what was written waits aside. */
export async function refreshSession(): Promise<void> {
  const [now, node] = await Promise.all([get<Me>('/api/v1/accounts/verify_credentials'), get<Instance>('/api/v2/instance')]);
  const before = (me.value ?? (await recall<Me>('me')))?.id;
  if (before !== now.id && (before || (await waitsFor(now.id)))) {
    await forget(before, now.id);
    location.reload();
    return;
  }
  localStorage.removeItem(ended);
  me.value = now;
  instance.value = node;
  await Promise.all([keep('me', now), keep('instance', node)]);
}

/** Leads to the page where one signs in, and back here. */
export function toSignIn(): void {
  alive.value = false;
  localStorage.setItem(ended, '1');
  location.assign('/auth/sign_in?return_to=' + encodeURIComponent(location.pathname + location.search));
}

whenSignedOut(() => {
  if (!alive.value) return;
  // What is written stays until it is known that somebody else signs in.
  toSignIn();
});

// Who signs out in one tab is signed out in all.
addEventListener('storage', (event) => {
  if (event.key === ended && event.newValue && alive.value) toSignIn();
});

/** Ends the session of this browser, and forgets everything that was kept of it. */
export async function signOut(): Promise<void> {
  alive.value = false;
  const registration = await navigator.serviceWorker?.getRegistration('/app/');
  await registration?.pushManager?.getSubscription().then((s) => s?.unsubscribe());
  // The page answers with where to go; we go there ourselves.
  const answer = await fetch('/auth/sign_out', { method: 'POST', credentials: 'same-origin', redirect: 'manual', headers: { 'X-Tulou-Client': 'web' } });
  if (answer.type !== 'opaqueredirect' && !answer.ok) {
    alive.value = true;
    throw new Error('sign out: ' + answer.status);
  }
  localStorage.setItem(ended, '1');
  await forget();
  location.assign('/auth/sign_in');
}
