/**
 * What this browser keeps of one person: so that a start shows something before the network answers,
 * and so that nothing that was written is lost. Everything in it goes when they sign out.
 */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { Account, Status } from '../api/entities';
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

/** The database of whoever is signed in; the last one, until it is known who is. */
export function db(): Promise<Database> {
  return (opened ??= open());
}

function open(): Promise<Database> {
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
  try {
    await (await db()).put('kv', value, name);
  } catch {
    // As above: what cannot be kept is asked for again.
  }
}

/** How long posts stay that no list shows any more, and how many lists and posts there may be. */
const keptFor = 14 * 24 * 60 * 60 * 1000;

/** Forgets what is old, when there is time. */
export async function tidy(): Promise<void> {
  const tx = (await db()).transaction('status', 'readwrite');
  for (let cursor = await tx.store.index('kept').openCursor(IDBKeyRange.upperBound(Date.now() - keptFor)); cursor; cursor = await cursor.continue()) await cursor.delete();
  await tx.done;
}

/** Forgets everything: somebody signed out, or somebody else signed in. */
export async function forget(): Promise<void> {
  const all = await db();
  const stores = [...all.objectStoreNames];
  const tx = all.transaction(stores, 'readwrite');
  await Promise.all(stores.map((name) => tx.objectStore(name).clear()));
  await tx.done;
}
