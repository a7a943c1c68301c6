/**
 * Posts and people, each once: a like in a thread is a like in every list. Lists hold the signals;
 * what no list holds is collected, and is in the database.
 */
import { signal, type Signal } from '@preact/signals';
import type { Account, Status } from '../api/entities';
import { db } from './db';

export type Post = Signal<Status>;
export type Person = Signal<Account>;

/**
 * What somebody did that the server has not heard of: it stays shown over what the server says, until
 * the outbox is empty of it. state/actions.ts fills it in.
 */
export const overlay: { of: (status: Status) => Partial<Status> | undefined } = { of: () => undefined };

const posts = new Map<string, WeakRef<Post>>();
const people = new Map<string, WeakRef<Person>>();

/** Takes a post from the server; the newest says what is so. */
export function keepPost(status: Status): Post {
  if (status.reblog) keepPost(status.reblog);
  if (status.quote?.quoted_status) keepPost(status.quote.quoted_status);
  keepPerson(status.account);
  return put(posts, { ...status, ...overlay.of(status) });
}

export function keepPerson(account: Account): Person {
  return put(people, account);
}

function put<T extends { id: string }>(all: Map<string, WeakRef<Signal<T>>>, value: T): Signal<T> {
  const there = all.get(value.id)?.deref();
  if (there) {
    there.value = { ...there.peek(), ...value };
    return there;
  }
  const made = signal(value);
  all.set(value.id, new WeakRef(made));
  return made;
}

/** A post that some list holds. */
export const postOf = (id: string): Post | undefined => posts.get(id)?.deref();
export const personOf = (id: string): Person | undefined => people.get(id)?.deref();

/**
 * The post as it is now. A share holds the shared one as it was when it came, so that is looked up by
 * its own id.
 */
export function current(post: Post): Status {
  const status = post.value;
  return status.reblog ? { ...status, reblog: postOf(status.reblog.id)?.value ?? status.reblog } : status;
}

/** Changes a post that is there, at once, everywhere. */
export function change(id: string, by: Partial<Status> | ((now: Status) => Partial<Status>)): void {
  const post = postOf(id);
  if (post) post.value = { ...post.peek(), ...(typeof by === 'function' ? by(post.peek()) : by) };
}

/** Writes posts down for the next start. */
export async function store(those: Post[]): Promise<void> {
  const keptAt = Date.now();
  const tx = (await db()).transaction('status', 'readwrite');
  for (const post of those) void tx.store.put({ ...current(post), keptAt });
  await tx.done;
}

/** Reads posts that were written down, in the order of the ids; what is missing is left out. */
export async function restore(ids: string[]): Promise<Post[]> {
  const tx = (await db()).transaction('status');
  const found = await Promise.all(ids.map((id) => postOf(id) ?? tx.store.get(id)));
  return found.filter((f) => f !== undefined).map((f) => ('peek' in f ? (f as Post) : keepPost(f as Status)));
}

/** Forgets a post that was deleted. */
export async function dropPost(id: string): Promise<void> {
  posts.delete(id);
  await (await db()).delete('status', id);
}

// Entries whose signals were collected are emptied now and then.
setInterval(() => {
  for (const all of [posts, people] as Map<string, WeakRef<object>>[]) for (const [id, ref] of all) if (!ref.deref()) all.delete(id);
}, 60_000);
