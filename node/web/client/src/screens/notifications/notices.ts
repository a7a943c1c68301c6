/**
 * What somebody was told, from the three places that tell: Mastodon's groups, what friends do, and
 * Moments. They are one list by time; it ends where the first of them has not been asked further.
 */
import { batch, computed, signal } from '@preact/signals';
import type { Account, GroupedNotifications, NotificationGroup, Status } from '../../api/entities';
import { cursorPage, Failure, get, post, said as answer, send } from '../../api/client';
import { badge } from '../../state/badges';
import { keep, recall } from '../../state/db';
import { keepPerson, keepPost } from '../../state/posts';
import { me } from '../../state/session';
import { keyOf } from '../chats/key';

export type Show = 'all' | 'mentions';

/** One line of the list. */
export type Notice =
  | { id: string; at: number; key: string; from: 'group'; group: NotificationGroup; people: Account[]; status?: Status }
  | { id: string; at: number; key: string; from: 'friend'; type: string; people: Account[] }
  | { id: string; at: number; key: string; from: 'moment'; kind: 'like' | 'comment' | 'reply'; people: Account[]; text: string; words: string; moment: string };

interface OwnNotice {
  id: string;
  type: string;
  created_at: string;
  account: Account;
}

interface MomentNotice {
  id: string;
  kind: 'like' | 'comment' | 'reply';
  account: Account;
  comment: { text: string; created_at: string } | null;
  moment: { id: string; text: string; created_at: string; place: string };
}

type Query = Record<string, string | string[] | number>;
interface Source {
  items: Notice[];
  next?: Query;
  ask: (query: Query) => Promise<{ items: Notice[]; next?: Query }>;
}

const perPage = 40;
const keptMax = 80;

/** Ids are snowflakes of the time at which something was told: milliseconds above the lowest 22 bits. */
const timeOf = (id: string): number => Number(BigInt(id) >> 22n);

/** Compares ids, which are too large for a number. */
export const newer = (a: string, b: string): boolean => a.length > b.length || (a.length === b.length && a > b);

async function groups(query: Query): Promise<{ items: Notice[]; next?: Query }> {
  const response = await send('GET', '/api/v2/notifications', { query: { limit: perPage, grouped_types: ['favourite', 'reblog', 'follow'], ...query } });
  const said = await answer<GroupedNotifications>(response);
  const next = /<([^>]+)>;\s*rel="next"/.exec(response.headers.get('Link') ?? '')?.[1];
  const people = new Map(said.accounts.map((a) => [a.id, keepPerson(a).peek()]));
  const statuses = new Map(said.statuses.map((s) => [s.id, s]));
  said.statuses.forEach(keepPost);
  const items = said.notification_groups.map((group): Notice => ({
    id: group.most_recent_notification_id, key: 'g:' + group.group_key, from: 'group', group,
    at: Date.parse(group.latest_page_notification_at ?? '') || timeOf(group.most_recent_notification_id),
    people: group.sample_account_ids.map((id) => people.get(id)).filter((a) => a !== undefined),
    status: group.status_id ? statuses.get(group.status_id) : undefined,
  }));
  const max = next && new URL(next, location.href).searchParams.get('max_id');
  return { items, next: max ? { max_id: max } : undefined };
}

async function friends(query: Query): Promise<{ items: Notice[]; next?: Query }> {
  const found = await cursorPage<OwnNotice>('/api/tulou/v1/notifications', { limit: perPage, ...query });
  return {
    next: found.next as Query | undefined,
    items: found.items.map((n): Notice => ({ id: n.id, key: 'f:' + n.id, at: Date.parse(n.created_at), from: 'friend', type: n.type, people: [keepPerson(n.account).peek()] })),
  };
}

async function moments(query: Query): Promise<{ items: Notice[]; next?: Query }> {
  const found = await cursorPage<MomentNotice>('/api/tulou/v1/moments/notices', { limit: perPage, ...query });
  return {
    next: found.next as Query | undefined,
    items: found.items.map((n): Notice => ({
      id: n.id, key: 'm:' + n.id, at: n.comment ? Date.parse(n.comment.created_at) : timeOf(n.id), from: 'moment', kind: n.kind,
      people: [keepPerson(n.account).peek()], text: n.comment?.text ?? '', words: n.moment.text || n.moment.place, moment: n.moment.id,
    })),
  };
}

/** The name of the chat that a plain message belongs to, '' for all else. */
export function chatOf(n: Notice): string {
  if (n.from !== 'group' || n.group.type !== 'mention' || n.status?.visibility !== 'direct') return '';
  return keyOf([n.status.account.id, ...n.status.mentions.map((m) => m.id)].filter((id) => id !== me.peek()?.id));
}

const asks = (n: Notice): boolean => (n.from === 'friend' && n.type === 'friend_request') || (n.from === 'group' && n.group.type === 'follow_request');

export class Notices {
  readonly loading = signal(false);
  readonly failure = signal<Failure | null>(null);
  readonly heard = signal(0);
  private readonly sources = signal<Source[]>([]);

  /** Everything that is known. */
  readonly known = computed(() => this.sources.value.flatMap((s) => s.items));
  /** What is shown, newest first, as far as all sources reach. Who asks has a place of their own. */
  readonly items = computed(() => {
    const reach = Math.max(0, ...this.sources.value.filter((s) => s.next && s.items.length).map((s) => s.items.at(-1)!.at));
    const seen = new Set<string>();
    // Of a chat only what was said last is told; the rest is in the chat.
    return this.known.value.filter((n) => n.at >= reach && !asks(n)).sort((a, b) => b.at - a.at).filter((n) => {
      const chat = chatOf(n);
      return !chat || (!seen.has(chat) && seen.add(chat));
    });
  });
  readonly ended = computed(() => this.heard.value > 0 && !this.sources.value.some((s) => s.next));
  readonly empty = computed(() => this.ended.value && !this.items.value.length);

  constructor(private readonly show: Show) {}

  /** Shows what was kept, then asks. */
  async open(): Promise<void> {
    if (!this.heard.peek()) {
      const kept = await recall<Notice[]>('notices:' + this.show);
      if (kept && !this.heard.peek()) this.sources.value = [{ items: kept, ask: groups }];
    }
    await this.refresh();
  }

  /** Asks for the newest. */
  async refresh(): Promise<void> {
    const from = this.show === 'all' ? [groups, friends, moments] : [(q: Query) => groups({ ...q, types: ['mention', 'quote'] })];
    await this.trying(async () => {
      const pages = await Promise.all(from.map((ask) => ask({})));
      batch(() => {
        this.sources.value = pages.map((page, i) => ({ ...page, ask: from[i]! }));
        this.heard.value = Date.now();
      });
      void keep('notices:' + this.show, this.items.peek().slice(0, keptMax));
    });
  }

  /** Asks for what is older, of whichever reaches least far. */
  async more(again = false): Promise<void> {
    if (this.loading.peek() || this.ended.peek() || !this.heard.peek() || (this.failure.peek() && !again)) return;
    const least = this.sources.peek().filter((s) => s.next).sort((a, b) => (b.items.at(-1)?.at ?? 0) - (a.items.at(-1)?.at ?? 0))[0];
    if (!least) return;
    await this.trying(async () => {
      const page = await least.ask(least.next!);
      const known = new Set(least.items.map((n) => n.key));
      const more = { ...least, items: [...least.items, ...page.items.filter((n) => !known.has(n.key))], next: page.items.length ? page.next : undefined };
      this.sources.value = this.sources.peek().map((s) => (s === least ? more : s));
    });
  }

  private async trying(act: () => Promise<void>): Promise<void> {
    this.loading.value = true;
    try {
      await act();
      this.failure.value = null;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.failure.value = error;
    } finally {
      this.loading.value = false;
    }
  }
}

export const lists: Record<Show, Notices> = { all: new Notices('all'), mentions: new Notices('mentions') };

/** Up to where somebody had read when they came, so that what is new stays marked until they leave. */
export const read = signal<{ notice: string; moment: string } | undefined>(undefined);

/** Asks how far somebody has read. */
export async function recallRead(): Promise<void> {
  const [markers, unread] = await Promise.all([
    get<{ notifications?: { last_read_id: string } }>('/api/v1/markers', { timeline: ['notifications'] }),
    get<{ notices: number }>('/api/tulou/v1/moments/unread'),
  ]);
  const told = lists.all.known.peek().filter((n) => n.from === 'moment');
  read.value = { notice: markers.notifications?.last_read_id || '0', moment: unread.notices ? (told[unread.notices]?.id ?? '0') : (told[0]?.id ?? '0') };
}

export const isNew = (n: Notice): boolean => !!read.value && newer(n.id, n.from === 'moment' ? read.value.moment : read.value.notice);

/** Says that all that is there was read: when somebody leaves. */
export async function markRead(): Promise<void> {
  const all = lists.all.known.peek();
  const last = (moment: boolean) => all.filter((n) => (n.from === 'moment') === moment).reduce((top, n) => (newer(n.id, top) ? n.id : top), '0');
  const before = read.peek();
  if (!before) return;
  const [notice, moment] = [last(false), last(true)];
  badge('notifications', 0);
  await Promise.allSettled([
    newer(notice, before.notice) ? post('/api/v1/markers', { notifications: { last_read_id: notice } }) : undefined,
    newer(moment, before.moment) ? post('/api/tulou/v1/moments/read', { notice: moment }) : undefined,
  ]);
}
