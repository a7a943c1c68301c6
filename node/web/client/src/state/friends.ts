/**
 * Friends, who asks, and circles: one address book for every screen. What was known is shown first; what
 * one notes about a friend is shown at once and promised to the outbox.
 */
import { computed, signal } from '@preact/signals';
import { cursorPage, del, Failure, get, patch, post, put } from '../api/client';
import { own, type Circle, type Friend, type FriendNotes } from '../api/tulou';
import type { Face } from '../ui/types';
import { nameOf } from '../ui/types';
import { keep, recall } from './db';
import { badge } from './badges';
import { promise, waiting, type Job } from './outbox';
import { instance, me } from './session';

/** What notes are in the outbox. */
export const noted = 'friend-notes';
/** As many as the server gives at once. */
const perPage = 200;

const known = signal<Friend[]>([]);
/** Who asks to be a friend, and whom one has asked. */
export const asking = signal<Friend[]>([]);
export const asked = signal<Friend[]>([]);
const namedCircles = signal<Circle[]>([]);
/** When the server was last heard of; 0 if what is there is from last time. */
export const heard = signal(0);
export const failure = signal<Failure | null>(null);

/** Friends, with what was noted about them that the server has not heard of. */
export const friends = computed(() => known.value.map(withNotes));
const byID = computed(() => new Map(friends.value.map((f) => [f.account.id, f])));

/** Circles, counted from the friends that are in them. */
export const circles = computed<Circle[]>(() => {
  const counts = new Map<string, number>();
  for (const f of friends.value) for (const id of f.circles) counts.set(id, (counts.get(id) ?? 0) + 1);
  return namedCircles.value.map((c) => ({ ...c, members: counts.get(c.id) ?? 0 }));
});

export function withNotes(friend: Friend): Friend {
  const mine = waiting.value.filter((job) => job.kind === noted && job.about === friend.account.id);
  return mine.length ? Object.assign({}, friend, ...mine.map((job) => job.body as object)) : friend;
}

/** A friend, if they are one. */
export const friendOf = (id: string): Friend | undefined => byID.value.get(id);

/** What somebody is called here: the name one has given them, else their own. */
export const calls = (who: Face): string => friendOf(who.id)?.remark || nameOf(who);

/** The server somebody lives on. */
export const serverOf = (who: { acct: string }): string => who.acct.split('@')[1] ?? instance.value?.domain ?? location.host;

/** The whole address. */
export const addressOf = (who: { acct: string; username: string }): string => `@${who.username}@${serverOf(who)}`;

let opening: Promise<void> | undefined;

/** Shows what was kept, once, and asks the server. */
export async function openFriends(): Promise<void> {
  await (opening ??= restore());
  await refreshFriends();
}

interface Kept {
  friends: Friend[];
  asking: Friend[];
  asked: Friend[];
  circles: Circle[];
}

async function restore(): Promise<void> {
  const was = await recall<Kept>('friends');
  if (!was || heard.peek()) return;
  known.value = was.friends;
  asking.value = was.asking;
  asked.value = was.asked;
  namedCircles.value = was.circles;
}

let running: Promise<void> | undefined;

/** Asks the server; those who ask meanwhile wait for the same answer. */
export function refreshFriends(): Promise<void> {
  return (running ??= ask().finally(() => (running = undefined)));
}

async function ask(): Promise<void> {
  try {
    const [all, incoming, outgoing, groups] = await Promise.all([
      everyone(`${own}/friends`), everyone(`${own}/friends/requests`, { direction: 'in' }), everyone(`${own}/friends/requests`, { direction: 'out' }),
      get<{ items: Circle[] }>(`${own}/circles`),
    ]);
    known.value = all;
    asking.value = incoming;
    asked.value = outgoing;
    namedCircles.value = groups.items;
    heard.value = Date.now();
    failure.value = null;
    save();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    failure.value = error;
  }
}

async function everyone(path: string, query: Record<string, string> = {}): Promise<Friend[]> {
  const all: Friend[] = [];
  let next: Record<string, string | number> | undefined = { ...query, limit: perPage };
  while (next) {
    const found: { items: Friend[]; next?: Record<string, string> } = await cursorPage<Friend>(path, next);
    all.push(...found.items);
    next = found.next;
  }
  return all;
}

function save(): void {
  badge('requests', asking.peek().length);
  void keep('friends', { friends: known.peek(), asking: asking.peek(), asked: asked.peek(), circles: namedCircles.peek() } satisfies Kept);
}

/** Puts what the server says of somebody where it belongs. */
export function settle(friend: Friend): Friend {
  const id = friend.account.id;
  const into = (list: Friend[], belongs: boolean) => {
    const at = list.findIndex((f) => f.account.id === id);
    if (!belongs) return at < 0 ? list : list.filter((f) => f.account.id !== id);
    return at < 0 ? [friend, ...list] : list.with(at, friend);
  };
  known.value = into(known.peek(), friend.state === 'friend');
  asking.value = into(asking.peek(), friend.state === 'asking');
  asked.value = into(asked.peek(), friend.state === 'asked');
  if (heard.peek()) save();
  return friend;
}

/** Notes something about a friend. */
export function note(id: string, notes: Partial<FriendNotes>): void {
  void promise({ kind: noted, about: id, method: 'PATCH', path: `${own}/friends/${id}`, body: notes });
}

/** The server has noted it. */
export function isNoted(job: Job, answer: Friend): void {
  settle(answer);
  waiting.value = waiting.peek().filter((other) => other.id !== job.id);
}

/** What oneself and somebody are to each other. */
export const look = async (id: string): Promise<Friend> => settle(await get<Friend>(`${own}/friends/${id}`));

export interface Asking {
  account_id: string;
  /** What was scanned. */
  link?: string;
  greeting?: string;
  remark?: string;
}

/** Asks somebody to be a friend. */
export const askFriend = async (what: Asking): Promise<Friend> => settle(await post<Friend>(`${own}/friends/requests`, what));
export const accept = async (id: string): Promise<Friend> => settle(await post<Friend>(`${own}/friends/requests/${id}/accept`));
export const decline = async (id: string): Promise<Friend> => settle(await post<Friend>(`${own}/friends/requests/${id}/decline`));
export const takeBack = async (id: string): Promise<Friend> => settle(await del<Friend>(`${own}/friends/requests/${id}`));
export const end = async (id: string): Promise<Friend> => settle(await del<Friend>(`${own}/friends/${id}`));
export const block = async (id: string): Promise<Friend> => settle(await put<Friend>(`${own}/friends/${id}/block`));
export const unblock = async (id: string): Promise<Friend> => settle(await del<Friend>(`${own}/friends/${id}/block`));

export async function makeCircle(name: string): Promise<Circle> {
  const made = await post<Circle>(`${own}/circles`, { name });
  namedCircles.value = [...namedCircles.peek(), made];
  save();
  return made;
}

export async function renameCircle(id: string, name: string): Promise<void> {
  const now = await patch<Circle>(`${own}/circles/${id}`, { name });
  namedCircles.value = namedCircles.peek().map((c) => (c.id === id ? now : c));
  save();
}

export async function dropCircle(id: string): Promise<void> {
  await del(`${own}/circles/${id}`);
  namedCircles.value = namedCircles.peek().filter((c) => c.id !== id);
  known.value = known.peek().map((f) => ({ ...f, circles: f.circles.filter((c) => c !== id) }));
  save();
}

/** Puts a friend into a circle or takes them out. */
export function inCircle(friend: Friend, circle: string, into: boolean): void {
  const without = friend.circles.filter((c) => c !== circle);
  note(friend.account.id, { circles: into ? [...without, circle] : without });
}

/** Whether it is oneself. */
export const isMe = (who: { id: string }): boolean => who.id === me.value?.id;
