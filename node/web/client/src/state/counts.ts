/**
 * The numbers that call from the tab bar: asked for once, then whenever something happened that
 * changes them. What a screen knows better it says itself (state/badges.ts).
 */
import { signal } from '@preact/signals';
import { cursorPage, get } from '../api/client';
import type { Conversation } from '../api/entities';
import { listen } from '../api/stream';
import { badge } from './badges';

/** How long to wait for more of the same before asking: a thread that is liked is liked by several. */
const pause = 800;

/** Counts what happened that a list of notifications may want to show. */
export const happened = signal(0);

let timer: ReturnType<typeof setTimeout> | undefined;

/** Keeps the numbers true as long as the page is there. */
export function watchCounts(): void {
  void count();
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => void count(), pause);
  };
  const on = (event: string) => {
    if (event !== 'notification' && event !== 'conversation' && !event.endsWith('.notice')) return;
    if (event !== 'conversation') happened.value++;
    soon();
  };
  for (const stream of ['user', 'direct', 'moments']) listen({ stream }, { on, onBack: soon });
  addEventListener('online', soon);
  // What was read on another device says nothing; who comes back sees how it is.
  document.addEventListener('visibilitychange', () => document.hidden || soon());
}

/** Asks for the numbers. What cannot be asked now keeps the last one. */
export async function count(): Promise<void> {
  const [told, moments, chats, asking] = await Promise.allSettled([
    get<{ count: number }>('/api/v2/notifications/unread_count'),
    get<{ notices: number }>('/api/tulou/v1/moments/unread'),
    get<Conversation[]>('/api/v1/conversations', { limit: 40 }),
    cursorPage<unknown>('/api/tulou/v1/friends/requests', { direction: 'in', limit: 40 }),
  ]);
  if (told.status === 'fulfilled') badge('notifications', told.value.count + (moments.status === 'fulfilled' ? moments.value.notices : 0));
  if (chats.status === 'fulfilled') badge('chats', chats.value.filter((c) => c.unread).length);
  if (asking.status === 'fulfilled') badge('requests', asking.value.items.length);
}
