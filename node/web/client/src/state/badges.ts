import { signal } from '@preact/signals';

/** What calls from the tab bar, the rail and the headers; whoever knows a number says it here. */
export const badges = signal<{ notifications: number; chats: number; requests: number }>({ notifications: 0, chats: 0, requests: 0 });

export function badge(kind: keyof typeof badges.value, count: number): void {
  if (badges.peek()[kind] !== count) badges.value = { ...badges.peek(), [kind]: count };
}
