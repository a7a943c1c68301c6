/** Whether this browser is told of what happens while no page is open (Web Push, RFC 8030). */
import { signal } from '@preact/signals';
import { del, post } from '../api/client';
import { instance } from './session';

/** 'never' where the browser cannot, or somebody told it not to ask. */
export type PushState = 'never' | 'off' | 'on';

export const pushState = signal<PushState>('never');

const kinds = ['mention', 'follow', 'follow_request', 'favourite', 'reblog', 'poll', 'status', 'update', 'quote', 'tulou.friend_request', 'tulou.friend', 'tulou.moment_like', 'tulou.moment_comment'];

async function manager(): Promise<PushManager | undefined> {
  return (await navigator.serviceWorker?.getRegistration('/app/'))?.pushManager;
}

/** Finds out how it is. */
export async function lookAtPush(): Promise<void> {
  const push = await manager();
  const possible = push && instance.value?.configuration.vapid && globalThis.Notification?.permission !== 'denied';
  pushState.value = !possible ? 'never' : (await push.getSubscription()) ? 'on' : 'off';
}

/** Asks the browser, then tells the node where to push to; or ends it. Throws what went wrong. */
export async function setPush(on: boolean): Promise<void> {
  const push = await manager();
  const key = instance.value?.configuration.vapid?.public_key;
  if (!push || !key) return;
  if (on) {
    const made = await push.subscribe({ userVisibleOnly: true, applicationServerKey: key });
    const { endpoint, keys } = made.toJSON();
    try {
      await post('/api/v1/push/subscription', { subscription: { endpoint, keys, standard: true }, data: { policy: 'all', alerts: Object.fromEntries(kinds.map((kind) => [kind, true])) } });
    } catch (error) {
      await made.unsubscribe();
      throw error;
    }
  } else {
    await (await push.getSubscription())?.unsubscribe();
    await del('/api/v1/push/subscription');
  }
  await lookAtPush();
}
