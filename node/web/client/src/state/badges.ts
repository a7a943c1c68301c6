import { signal } from '@preact/signals';

/** Tells the other tabs, which show the same numbers. */
const tabs = new BroadcastChannel('tulou.badges');

/** What calls from the tab bar, the rail and the headers; whoever knows a number says it here. */
export const badges = signal<{ notifications: number; chats: number; requests: number }>({ notifications: 0, chats: 0, requests: 0 });

export function badge(kind: keyof typeof badges.value, count: number): void {
  if (badges.peek()[kind] !== count) tabs.postMessage((badges.value = { ...badges.peek(), [kind]: count }));
}

tabs.onmessage = (event) => (badges.value = event.data);
