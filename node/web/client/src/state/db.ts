/**
 * What this browser keeps of one person: so that a start shows something before the network answers,
 * and so that nothing that was written is lost. Everything in it goes when they sign out.
 */
import { signal } from '@preact/signals';
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import { Failure } from '../api/client';
import { alive } from './alive';
import type { Account, Status } from '../api/entities';
import { memory } from './memory';
import type { Job } from './outbox-run';

interface Shape extends DBSchema {
  /** Small things by name: me, the node, the places where lists were left. */
  kv: { key: string; value: unknown };
  status: { key: string; value: Status & { keptAt: number }; indexes: { kept: number } };
  account: { key: string; value: Account };
  /** Any list by name: ids of its items, or the items themselves where they have no table. */
  list: { key: string; value: { key: string; ids: string[]; items?: unknown[]; next?: Record<string, string>; at: number } };
  outbox: { key: number; value: Job };
  draft: { key: string; value: { key: string; at: number; content: unknown } };
}

export type Database = IDBPDatabase<Shape>;
/** The number of the shape; raise it with a step in upgrade. */
const version = 1;
const prefix = 'tulou.';

let opened: Promise<Database> | undefined;

/** Whether what is written is kept: all of it, nothing since this browser keeps nothing, or no more since it is full. */
export const keeps = signal<'all' | 'nothing' | 'no more'>('all');

/** The database of whoever is signed in; the last one, until it is known who is. */
export function db(): Promise<Database> {
  return (opened ??= open().catch(inMemory));
}

function inMemory(): Database {
  keeps.value = 'nothing';
  return memory({ kv: '', status: 'id', account: 'id', list: 'key', outbox: 'id', draft: 'key' }) as Database;
}

async function open(): Promise<Database> {
  return openDB<Shape>(prefix + 'cache', version, {
    upgrade(made) {
      made.createObjectStore('kv');
      made.createObjectStore('status', { keyPath: 'id' }).createIndex('kept', 'keptAt');
      made.createObjectStore('account', { keyPath: 'id' });
      made.createObjectStore('list', { keyPath: 'key' });
      made.createObjectStore('outbox', { keyPath: 'id', autoIncrement: true });
      made.createObjectStore('draft', { keyPath: 'key' });
    },
    blocking(_from, _to, event) {
      (event.target as IDBDatabase).close(); // a newer build wants another shape
      opened = undefined;
    },
  });
}

export async function recall<T>(name: string): Promise<T | undefined> {
  try {
    return (await (await db()).get('kv', name)) as T | undefined;
  } catch {
    return undefined; // a browser that keeps nothing starts empty
  }
}

export async function keep(name: string, value: unknown): Promise<void> {
  if (!alive.peek()) return; // whoever it is of has left
  try {
    await (await db()).put('kv', value, name);
  } catch {
    // As above: what cannot be kept is asked for again.
  }
}

/**
 * Writes what must not be lost: where there is no room, what can be asked for again makes some. Throws a
 * Failure if that is not enough.
 */
export async function write<T>(act: (store: Database) => Promise<T>): Promise<T> {
  const store = await db();
  try {
    return await act(store);
  } catch (error) {
    if (!isFull(error)) throw error;
  }
  try {
    await makeRoom();
    return await act(store);
  } catch (error) {
    if (!isFull(error)) throw error;
    keeps.value = 'no more';
    throw new Failure('no-room', 0, String(error), '');
  }
}

const isFull = (error: unknown): boolean => (error as Error | null)?.name === 'QuotaExceededError';

/** Forgets what can be asked for again; what was written and what waits stays. */
export async function makeRoom(): Promise<void> {
  const tx = (await db()).transaction(['status', 'account', 'list', 'kv'], 'readwrite');
  const kept = /^(me|instance|places|unsent:|aside:|search\.recent)/;
  await Promise.all([tx.objectStore('status').clear(), tx.objectStore('account').clear(), tx.objectStore('list').clear()]);
  for (const key of await tx.objectStore('kv').getAllKeys()) if (!kept.test(key)) await tx.objectStore('kv').delete(key);
  await tx.done;
}

/** How long posts stay that no list shows any more, and how many lists and posts there may be. */
const keptFor = 14 * 24 * 60 * 60 * 1000;

/** Forgets what is old, when there is time. */
export async function tidy(): Promise<void> {
  const tx = (await db()).transaction('status', 'readwrite');
  for (let cursor = await tx.store.index('kept').openCursor(IDBKeyRange.upperBound(Date.now() - keptFor)); cursor; cursor = await cursor.continue()) await cursor.delete();
  await tx.done;
}

/** What somebody had written and not sent when another signed in on this device. */
interface Aside {
  outbox: Job[];
  draft: { key: string; at: number; content: unknown }[];
}
const asideName = 'aside:';

/** Whether something waits for somebody who was here before. */
export const waitsFor = async (id: string): Promise<boolean> => (await recall(asideName + id)) !== undefined;

/**
 * Forgets everything: somebody signed out. If somebody else signed in instead, from and to say who, and
 * what the one had written and not sent is put aside until they come back; what waits for the other is theirs.
 */
export async function forget(from = '', to = ''): Promise<void> {
  const all = await db();
  const stores = [...all.objectStoreNames];
  const tx = all.transaction(stores, 'readwrite');
  const kv = tx.objectStore('kv'), outbox = tx.objectStore('outbox'), draft = tx.objectStore('draft');
  const aside = new Map<string, Aside>();
  for (const key of await kv.getAllKeys()) if (key.startsWith(asideName)) aside.set(key, (await kv.get(key)) as Aside);
  const left: Aside = { outbox: await outbox.getAll(), draft: await draft.getAll() };
  if (from && left.outbox.length + left.draft.length > 0) aside.set(asideName + from, left);
  const back = aside.get(asideName + to);
  aside.delete(asideName + to);
  await Promise.all(stores.map((name) => tx.objectStore(name).clear()));
  for (const [key, value] of aside) await kv.put(value, key);
  for (const job of back?.outbox ?? []) await outbox.put(job);
  for (const one of back?.draft ?? []) await draft.put(one);
  await tx.done;
}
