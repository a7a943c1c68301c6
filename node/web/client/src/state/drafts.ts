/** What is being written, saved at each pause, so that leaving never loses it. */
import { db, write } from './db';

/** The pause after which a draft is saved. */
const pause = 500;
const timers = new Map<string, ReturnType<typeof setTimeout>>();
const pending = new Map<string, unknown>();

/** The draft of a place ('compose', 'reply:12', 'moment'), if there is one. */
export async function draft<T>(key: string): Promise<T | undefined> {
  if (pending.has(key)) return pending.get(key) as T;
  return (await (await db()).get('draft', key))?.content as T | undefined;
}

/** Saves a draft soon; files in it are kept, too. */
export function saveDraft(key: string, content: unknown): void {
  pending.set(key, content);
  clearTimeout(timers.get(key));
  timers.set(key, setTimeout(() => void writeDraft(key).catch(() => {}), pause)); // that it is not kept is said once
}

/** Saves a draft now. */
export async function keepDraft(key: string, content: unknown): Promise<void> {
  clearTimeout(timers.get(key));
  pending.set(key, content);
  await writeDraft(key);
}

/** Forgets a draft: it was sent, or thrown away. */
export async function dropDraft(key: string): Promise<void> {
  clearTimeout(timers.get(key));
  pending.delete(key);
  await (await db()).delete('draft', key);
}

/** Every draft there is, the newest first. */
export async function drafts(): Promise<{ key: string; at: number; content: unknown }[]> {
  return (await (await db()).getAll('draft')).sort((a, b) => b.at - a.at);
}

async function writeDraft(key: string): Promise<void> {
  const content = pending.get(key);
  await write((store) => store.put('draft', { key, at: Date.now(), content }));
  if (pending.get(key) === content) pending.delete(key);
}

addEventListener('pagehide', () => pending.forEach((_, key) => void writeDraft(key).catch(() => {})));
