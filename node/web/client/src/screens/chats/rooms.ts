/**
 * Chats of plain messages. Other servers know no chats: they know posts that only the people named in
 * them are shown. All such posts among the same people are one chat here, whichever thread they are in.
 */
import { batch, signal, type Signal } from '@preact/signals';
import type { Account, Context, Conversation, Status } from '../../api/entities';
import { Failure, get, page, post } from '../../api/client';
import { listen } from '../../api/stream';
import { badge } from '../../state/badges';
import { keep, recall } from '../../state/db';
import { promise, type Job } from '../../state/outbox';
import { keepPerson } from '../../state/posts';
import { me } from '../../state/session';
import { idsOf, keyOf } from './key';

export interface Chat {
  /** The ids of the others, sorted: the same people are the same chat. */
  key: string;
  people: Account[];
  last: Status | null;
  /** Threads with something that was not read. */
  unread: string[];
  /** All threads of it that are known. */
  threads: { id: string; last: string | null }[];
}

/** A message that the server would not take; its words are kept. */
export interface Unsent {
  id: string;
  text: string;
  at: number;
  why: string;
}

const perPage = 40;
/** How many threads of a chat are read when it is opened: those that were spoken in last. */
const threadsMax = 8;
const keptMax = 120;

export const chats = signal<Chat[]>([]);
export const failure = signal<Failure | null>(null);
export const heard = signal(0);
export const loading = signal(false);
let next: Record<string, string> | undefined;
let kept = false;

export const timeOf = (chat: Chat): number => (chat.last ? Date.parse(chat.last.created_at) : 0);

function merged(before: Chat[], found: Conversation[]): Chat[] {
  const all = new Map(before.map((c) => [c.key, { ...c, unread: [...c.unread], threads: [...c.threads] }]));
  for (const c of found) {
    const people = c.accounts.filter((a) => a.id !== me.peek()?.id).map((a) => keepPerson(a).peek());
    const key = keyOf(people.map((p) => p.id));
    if (!key) continue;
    const chat = all.get(key) ?? { key, people, last: null, unread: [], threads: [] };
    chat.people = people;
    if (c.last_status && (!chat.last || c.last_status.created_at >= chat.last.created_at)) chat.last = c.last_status;
    chat.unread = chat.unread.filter((id) => id !== c.id).concat(c.unread ? [c.id] : []);
    chat.threads = [{ id: c.id, last: c.last_status?.id ?? null }, ...chat.threads.filter((t) => t.id !== c.id)];
    all.set(key, chat);
  }
  return [...all.values()].sort((a, b) => timeOf(b) - timeOf(a));
}

function show(list: Chat[]): void {
  chats.value = list;
  badge('chats', list.filter((c) => c.unread.length).length);
  void keep('chats', list.slice(0, keptMax));
}

/** Shows what was kept, then asks. */
export async function openChats(): Promise<void> {
  if (!kept) {
    kept = true;
    const old = await recall<Chat[]>('chats');
    if (old && !chats.peek().length) chats.value = old;
  }
  await refresh();
}

export async function refresh(): Promise<void> {
  await trying(async () => {
    const found = await page<Conversation>('/api/v1/conversations', { limit: perPage });
    if (!heard.peek()) next = found.next;
    batch(() => {
      show(merged(heard.peek() ? chats.peek() : [], found.items));
      heard.value = Date.now();
    });
  });
}

export const ended = (): boolean => heard.value > 0 && !next;

export async function more(): Promise<void> {
  if (!next || loading.peek()) return;
  await trying(async () => {
    const found = await page<Conversation>('/api/v1/conversations', next);
    next = found.items.length ? found.next : undefined;
    show(merged(chats.peek(), found.items));
  });
}

async function trying(act: () => Promise<void>): Promise<void> {
  loading.value = true;
  try {
    await act();
    failure.value = null;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    failure.value = error;
  } finally {
    loading.value = false;
  }
}

/** Listens for messages while a screen of chats is there. */
export function listenChats(): () => void {
  return listen({ stream: 'direct' }, {
    on: (event, payload) => {
      if (event !== 'conversation') return;
      const c = payload as Conversation;
      show(merged(chats.peek(), [c]));
      const key = keyOf(c.accounts.map((a) => a.id).filter((id) => id !== me.peek()?.id));
      if (c.last_status) take(key, [c.last_status]);
    },
    onBack: () => void refresh(),
  });
}

export interface Room {
  people: Signal<Account[]>;
  messages: Signal<Status[]>;
  unsent: Signal<Unsent[]>;
  /** The newest message that had been seen when the chat was opened. */
  seen: string;
  heard: Signal<number>;
  failure: Signal<Failure | null>;
}

const rooms = new Map<string, Room>();

/** What is shown of one chat; the same each time. */
export function roomOf(key: string): Room {
  let room = rooms.get(key);
  if (!room) {
    const people = chats.peek().find((c) => c.key === key)?.people ?? [];
    room = { people: signal(people), messages: signal([]), unsent: signal([]), seen: '', heard: signal(0), failure: signal(null) };
    rooms.set(key, room);
  }
  return room;
}

function take(key: string, found: Status[]): void {
  const room = rooms.get(key);
  if (!room) return;
  const all = new Map(room.messages.peek().map((m) => [m.id, m]));
  for (const m of found) all.set(m.id, m);
  room.messages.value = [...all.values()].sort((a, b) => Date.parse(a.created_at) - Date.parse(b.created_at) || (a.id < b.id ? -1 : 1));
  void keep('chat:' + key, room.messages.peek().slice(-keptMax));
}

/** Takes away a message that was deleted. */
export function drop(key: string, id: string): void {
  const room = roomOf(key);
  room.messages.value = room.messages.peek().filter((m) => m.id !== id);
  void keep('chat:' + key, room.messages.peek().slice(-keptMax));
}

/** Shows what was kept of a chat, then reads its threads. */
export async function openRoom(key: string): Promise<void> {
  const room = roomOf(key);
  if (!room.heard.peek()) {
    const [messages, unsent, seen] = await Promise.all([recall<Status[]>('chat:' + key), recall<Unsent[]>('unsent:' + key), recall<string>('seen:' + key)]);
    room.seen = seen ?? '';
    if (messages) take(key, messages);
    if (unsent) room.unsent.value = unsent;
  }
  try {
    if (!chats.peek().length) await openChats();
    if (!room.people.peek().length) await findPeople(key, room);
    for (let tries = 0; !chats.peek().some((c) => c.key === key) && next && tries < 5; tries++) await more();
    const threads = chats.peek().find((c) => c.key === key)?.threads.slice(0, threadsMax) ?? [];
    await Promise.all(threads.map((t) => t.last && readThread(key, t.last)));
    batch(() => {
      room.heard.value = Date.now();
      room.failure.value = null;
    });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    room.failure.value = error;
  }
}

async function findPeople(key: string, room: Room): Promise<void> {
  const known = chats.peek().find((c) => c.key === key)?.people;
  room.people.value = known ?? (await get<Account[]>('/api/v1/accounts', { id: idsOf(key) })).map((a) => keepPerson(a).peek());
}

/** Reads a thread from its beginning: who answers the same message twice makes branches. */
async function readThread(key: string, last: string): Promise<void> {
  const [around, one] = await Promise.all([get<Context>(`/api/v1/statuses/${last}/context`), get<Status>(`/api/v1/statuses/${last}`)]);
  const root = around.ancestors[0];
  const below = root ? (await get<Context>(`/api/v1/statuses/${root.id}/context`)).descendants : around.descendants;
  const mine = me.peek()?.id ?? '';
  const among = (m: Status) => m.visibility === 'direct' && keyOf([m.account.id, ...m.mentions.map((x) => x.id)].filter((id) => id !== mine)) === key;
  take(key, [...around.ancestors, one, ...below].filter(among));
}

/** Says that what is there was read, once it was on the screen for a moment. */
export async function readRoom(key: string): Promise<void> {
  const chat = chats.peek().find((c) => c.key === key);
  const last = roomOf(key).messages.peek().at(-1);
  if (last) void keep('seen:' + key, last.id);
  if (!chat?.unread.length) return;
  show(chats.peek().map((c) => (c.key === key ? { ...c, unread: [] } : c)));
  await Promise.allSettled(chat.unread.map((id) => post(`/api/v1/conversations/${id}/read`)));
}

/** Promises a message to everybody in the chat. It is named to them, since that is how it finds them. */
export async function sendMessage(key: string, text: string, to?: string): Promise<void> {
  const room = roomOf(key);
  const names = room.people.peek().map((p) => '@' + p.acct).join(' ');
  const last = to ?? room.messages.peek().at(-1)?.id;
  await promise({
    kind: 'message', about: key, lane: 'chat:' + key, method: 'POST', path: '/api/v1/statuses',
    body: { status: `${names} ${text}`, visibility: 'direct', in_reply_to_id: last, language: document.documentElement.lang.split('-')[0] },
  });
}

/** The words of a message that waits, without the names it was given. */
export function wordsOf(body: unknown, people: Account[]): string {
  const text = String((body as { status?: string })?.status ?? '');
  const names = people.map((p) => '@' + p.acct).join(' ') + ' ';
  return text.startsWith(names) ? text.slice(names.length) : text;
}

export function forgetUnsent(key: string, id: string): void {
  const room = roomOf(key);
  room.unsent.value = room.unsent.peek().filter((u) => u.id !== id);
  void keep('unsent:' + key, room.unsent.peek());
}

/** The server has it. */
export function arrived(job: Job, message: Status): void {
  take(job.about, [message]);
  void refresh();
}

/** The server will not have it: it stays where it was, marked, until somebody tries again or throws it away. */
export async function refused(job: Job, why: string): Promise<void> {
  const room = roomOf(job.about);
  const before = room.unsent.peek().length ? room.unsent.peek() : ((await recall<Unsent[]>('unsent:' + job.about)) ?? []);
  room.unsent.value = [...before, { id: job.key, text: wordsOf(job.body, room.people.peek()), at: job.at, why }];
  await keep('unsent:' + job.about, room.unsent.peek());
}
