/**
 * The outbox without a page: jobs in the database, sent one after the other in each lane. The page and
 * the service worker both run it, never at once (Web Locks). A job is a request that was promised; it
 * goes when the server has taken it, or refused it for good.
 */
import { Failure, said, send } from '../api/client';
import { db } from './db';

export interface Job {
  id?: number;
  /** Jobs of a lane keep their order: a chat, a post with its pictures. */
  lane: string;
  /** What it is, for whoever hears how it went: 'post', 'like', … */
  kind: string;
  /** What it is about, such as the id of a post. */
  about: string;
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  /**
   * Sent as JSON, with the text '@job:7' replaced by the id that the answer to job 7 had. With files it
   * is a form.
   */
  body?: unknown;
  form?: [string, string | Blob][];
  /** So that what arrived twice is done once. */
  key: string;
  at: number;
  tries: number;
  /** Not to be tried before. */
  due: number;
  /** Others of its lane will come that refer to it, even if they are not there yet. */
  more?: boolean;
  /** The answer of one that others refer to. */
  answer?: { id?: string };
}

export interface Outcome {
  job: Job;
  answer?: unknown;
  /** Why it was refused for good. */
  refused?: { kind: string; status: number; detail: string };
}

/** Tells all pages how a job went. */
export const news = new BroadcastChannel('tulou.outbox');

const firstPause = 2000, longestPause = 5 * 60_000;

/** No promise waits longer than this for its next try. If it seems to, the clock was set back. */
const dueWithin = 60 * 60_000;
const wait = (job: Job): number => (job.due - Date.now() > dueWithin ? 0 : Math.max(0, job.due - Date.now()));

/** Sends what is due, and returns when to run again: milliseconds, or undefined if nothing waits. */
export async function run(tell: (outcome: Outcome) => void): Promise<number | undefined> {
  return navigator.locks.request('tulou.outbox', { ifAvailable: true }, async (lock) => {
    if (!lock) return firstPause; // another page does it
    const stopped = new Set<string>();
    let next: number | undefined;
    for (;;) {
      const jobs = (await (await db()).getAll('outbox')).filter((j) => !j.answer && !stopped.has(j.lane));
      const job = jobs.find((j) => !wait(j) && !jobs.some((other) => other.lane === j.lane && other.id! < j.id!));
      if (!job) {
        for (const j of jobs) next = Math.min(next ?? Infinity, wait(j));
        return next;
      }
      const pause = await attempt(job, tell);
      if (pause !== undefined) {
        stopped.add(job.lane);
        next = Math.min(next ?? Infinity, pause);
      }
    }
  });
}

/** Tries one job. It returns how long its lane has to wait, undefined if the job is over. */
async function attempt(job: Job, tell: (outcome: Outcome) => void): Promise<number | undefined> {
  const store = await db();
  try {
    const answers = await store.getAll('outbox').then((all) => new Map(all.filter((j) => j.answer).map((j) => [String(j.id), j.answer!.id ?? ''])));
    const body = job.form ? formOf(job.form) : filled(job.body, answers);
    const response = await send(job.method, job.path, { body, idempotencyKey: job.key });
    const answer = response.status === 204 ? undefined : await said(response);
    // Others of its lane may refer to it; with the last of them it goes.
    const others = (await store.getAll('outbox')).filter((j) => j.lane === job.lane && j.id !== job.id);
    if (job.more || others.some((j) => !j.answer)) await store.put('outbox', { ...job, answer: { id: (answer as { id?: string })?.id } });
    else await Promise.all([job, ...others].map((j) => store.delete('outbox', j.id!)));
    tell({ job, answer });
    return undefined;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.passes || error.kind === 'signed-out') {
      const pause = Math.min(error.retryAfter * 1000, dueWithin) || Math.min(firstPause * 2 ** job.tries, longestPause);
      await store.put('outbox', { ...job, tries: job.tries + 1, due: Date.now() + pause });
      return pause;
    }
    await store.delete('outbox', job.id!);
    tell({ job, refused: { kind: error.kind, status: error.status, detail: error.detail } });
    return undefined;
  }
}

function formOf(fields: [string, string | Blob][]): FormData {
  const form = new FormData();
  for (const [name, value] of fields) form.append(name, value as Blob);
  return form;
}

function filled(body: unknown, answers: Map<string, string>): unknown {
  if (typeof body === 'string') return body.startsWith('@job:') ? (answers.get(body.slice(5)) ?? body) : body;
  if (Array.isArray(body)) return body.map((b) => filled(b, answers));
  if (body && typeof body === 'object') return Object.fromEntries(Object.entries(body).map(([k, v]) => [k, filled(v, answers)]));
  return body;
}
