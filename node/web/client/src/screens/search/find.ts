/** What search knows: the words, what was looked for before, and what was found. */
import { signal } from '@preact/signals';
import type { Account, Search, Status, Tag } from '../../api/entities';
import { get } from '../../api/client';
import { keep, recall } from '../../state/db';
import { keepPerson, keepPost } from '../../state/posts';

export type Kind = 'accounts' | 'statuses' | 'hashtags';

/** What is typed stays while one looks at what was found. */
export const words = signal('');
export const recent = signal<string[]>([]);

const recentMax = 10;
const pageMost = 20;

export async function recallRecent(): Promise<void> {
  recent.value = (await recall<string[]>('search.recent')) ?? [];
}

/** Remembers what was looked for, once somebody went on with it. */
export function remember(text: string): void {
  const said = text.trim();
  if (!said) return;
  recent.value = [said, ...recent.peek().filter((r) => r !== said)].slice(0, recentMax);
  void keep('search.recent', recent.peek());
}

export function forget(text?: string): void {
  recent.value = text === undefined ? [] : recent.peek().filter((r) => r !== text);
  void keep('search.recent', recent.peek());
}

/** Whether words are an address or a link: somebody means just that, wherever it is. */
export const exact = (text: string): boolean => /^@?[\w.-]+@[\w-]+(\.[\w-]+)+(:\d+)?$/.test(text.trim()) || /^https?:\/\/\S+$/.test(text.trim());

function taken(found: Search): Search {
  found.accounts.forEach(keepPerson);
  found.statuses.forEach(keepPost);
  return found;
}

/** Asks for a little of everything. An exact address is fetched from its server. */
export async function look(text: string, stop: AbortSignal): Promise<Search> {
  return taken(await get<Search>('/api/v2/search', { q: text.trim(), limit: 8, resolve: exact(text) }, stop));
}

/** Asks for more of one kind, from how many there are. */
export async function lookFor(kind: Kind, text: string, offset: number): Promise<(Account | Status | Tag)[]> {
  const found = taken(await get<Search>('/api/v2/search', { q: text.trim(), type: kind, limit: pageMost, offset, resolve: false }));
  return found[kind];
}
