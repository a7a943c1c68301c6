/** What people are to whoever looks: followed, asked, muted, blocked. Shown at once, true when the server has answered. */
import { signal, type Signal } from '@preact/signals';
import type { Account, Relationship } from '../api/entities';
import { get, post } from '../api/client';
import { openFeeds } from './feed';
import { handle, promise } from './outbox';

const known = new Map<string, Signal<Relationship | undefined>>();

/** The relation to somebody; undefined until it is known. */
export function relation(id: string): Signal<Relationship | undefined> {
  let there = known.get(id);
  if (!there) known.set(id, (there = signal(undefined)));
  return there;
}

/** How many the server tells of at once. */
const perQuestion = 40;

/** Asks what several people are. */
export async function askRelations(ids: string[]): Promise<void> {
  for (let i = 0; i < ids.length; i += perQuestion) {
    for (const r of await get<Relationship[]>('/api/v1/accounts/relationships', { id: ids.slice(i, i + perQuestion) })) relation(r.id).value = r;
  }
}

function show(id: string, by: Partial<Relationship>): void {
  const now = relation(id);
  if (now.peek()) now.value = { ...now.peek()!, ...by };
}

/** Follows, or asks to where they decide; bell and shares are switches of a follow. */
export function follow(who: Pick<Account, 'id' | 'locked'>, how: { notify?: boolean; reblogs?: boolean } = {}): void {
  const now = relation(who.id).peek();
  const there = now?.following || now?.requested;
  show(who.id, { ...(there ? {} : who.locked ? { requested: true } : { following: true }), ...(how.notify === undefined ? {} : { notifying: how.notify }), ...(how.reblogs === undefined ? {} : { showing_reblogs: how.reblogs }) });
  void promise({ kind: 'follow', about: who.id, method: 'POST', path: `/api/v1/accounts/${who.id}/follow`, body: how });
}

export function unfollow(id: string): void {
  show(id, { following: false, requested: false, notifying: false });
  void promise({ kind: 'follow', about: id, method: 'POST', path: `/api/v1/accounts/${id}/unfollow` });
}

/** One's own words about somebody, which only oneself sees. */
export function setNote(id: string, comment: string): void {
  show(id, { note: comment });
  void promise({ kind: 'follow', about: id, method: 'POST', path: `/api/v1/accounts/${id}/note`, body: { comment } });
}

/** What waits for the answer, since it must be so when it is shown: muting, blocking, no longer being followed. */
export async function insist(id: string, verb: 'mute' | 'unmute' | 'block' | 'unblock' | 'remove_from_followers', body?: object): Promise<void> {
  relation(id).value = await post<Relationship>(`/api/v1/accounts/${id}/${verb}`, body);
  if (verb === 'mute' || verb === 'block') for (const feed of openFeeds()) feed.removeOf(id);
}

/** A server elsewhere that lets everybody follow says so in a moment, and nobody tells the page: milliseconds. */
const looksAgain = [700, 3000, 15_000];

function stillAsking(id: string): void {
  if (relation(id).peek()?.requested) void askRelations([id]).catch(() => {});
}

/** Says what happens after these acts, on every start. */
export function handleRelations(failed: (why: string) => void): void {
  handle('follow', {
    done: (job, answer: Relationship) => {
      relation(job.about).value = answer;
      if (answer.requested) for (const pause of looksAgain) setTimeout(() => stillAsking(job.about), pause);
    },
    refused: (job, why) => {
      void askRelations([job.about]).catch(() => {});
      failed(why.kind);
    },
  });
}
