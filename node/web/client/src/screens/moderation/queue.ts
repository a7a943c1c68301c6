/** What those who moderate see: Mastodon's admin entities, as far as the screens need them. */
import { signal } from '@preact/signals';
import type { Key } from '../../i18n';
import type { Account, Rule, Status } from '../../api/entities';
import { Failure, get, page } from '../../api/client';
import { keep, recall } from '../../state/db';
import { me } from '../../state/session';

export interface AdminAccount {
  id: string;
  username: string;
  domain: string | null;
  created_at: string;
  email: string | null;
  invite_request: string | null;
  confirmed: boolean;
  disabled: boolean;
  silenced: boolean;
  suspended: boolean;
  sensitized: boolean;
  account: Account | null;
}

export type Category = 'spam' | 'violation' | 'legal' | 'other';

/** The kinds of reports, in words. */
export const kinds: Record<Category, Key> = { spam: 'moderation.spam', violation: 'moderation.violation', legal: 'moderation.legal', other: 'moderation.other' };

export interface Report {
  id: string;
  action_taken: boolean;
  action_taken_at: string | null;
  category: Category;
  comment: string;
  forwarded: boolean;
  created_at: string;
  account: AdminAccount | null;
  target_account: AdminAccount | null;
  assigned_account: AdminAccount | null;
  action_taken_by_account: AdminAccount | null;
  statuses: Status[];
  rules: Rule[];
}

export interface Act {
  id: string;
  action: string;
  target: string;
  text: string;
  created_at: string;
  moderator_account: AdminAccount | null;
}

export interface Appeal {
  id: string;
  text: string;
  created_at: string;
  decision: Act & { target_account: AdminAccount | null };
}

/** Several reports about one person that say the same are one thing to decide. */
export interface Case {
  key: string;
  reports: Report[];
  /** The oldest, which waits longest. */
  first: Report;
  /** 2: the law or the rules, or many people; 1: some; 0: one who did not say why. */
  weight: number;
}

const perPage = 100;
/** From how many who say the same it weighs more. */
const many = 5, some = 2;

export type Which = 'open' | 'mine' | 'done';
export const reports = signal<Record<'open' | 'done', Report[]>>({ open: [], done: [] });
export const heard = signal(0);
export const failure = signal<Failure | null>(null);

export async function openQueue(): Promise<void> {
  if (!reports.peek().open.length) {
    const kept = await recall<Report[]>('reports');
    if (kept && !heard.peek()) reports.value = { ...reports.peek(), open: kept };
  }
  try {
    const [open, done] = await Promise.all([page<Report>('/api/v1/admin/reports', { limit: perPage }), page<Report>('/api/v1/admin/reports', { limit: 40, resolved: true })]);
    reports.value = { open: open.items, done: done.items };
    heard.value = Date.now();
    failure.value = null;
    void keep('reports', open.items);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    failure.value = error;
  }
}

/** The report as it is now, from the queue or from the server. */
export async function reportOf(id: string): Promise<Report> {
  const now = await get<Report>('/api/v1/admin/reports/' + id);
  place(now);
  return now;
}

/** Puts a report where it belongs after something was done about it. */
export function place(now: Report): void {
  const without = (list: Report[]) => list.filter((r) => r.id !== now.id);
  const { open, done } = reports.peek();
  const sorted = (list: Report[]) => list.sort((a, b) => Number(BigInt(b.id) - BigInt(a.id)));
  reports.value = now.action_taken ? { open: without(open), done: sorted([now, ...without(done)]) } : { open: sorted([now, ...without(open)]), done: without(done) };
}

/** What there is to decide, the weightiest first, then what waits longest. */
export function cases(which: Which): Case[] {
  const mine = me.value?.id;
  const list = which === 'done' ? reports.value.done : reports.value.open.filter((r) => which === 'open' || r.assigned_account?.id === mine);
  const all = new Map<string, Report[]>();
  for (const r of list) {
    const key = which === 'done' ? r.id : `${r.target_account?.id}:${r.category}`;
    all.set(key, [...(all.get(key) ?? []), r]);
  }
  const made = [...all].map(([key, those]): Case => ({ key, reports: those, first: those.at(-1)!, weight: weigh(those) }));
  return which === 'done' ? made : made.sort((a, b) => b.weight - a.weight || a.first.created_at.localeCompare(b.first.created_at));
}

function weigh(those: Report[]): number {
  if (those.length >= many || those[0]!.category === 'legal') return 2;
  return those.length >= some || those[0]!.category === 'violation' ? 1 : 0;
}

/** An address as a moderator needs it: with its server, unless it is ours; it runs from left to right within any words. */
export const handleOf = (a: AdminAccount | null): string => (a ? `\u2066@${a.username}${a.domain ? '@' + a.domain : ''}\u2069` : '');
