/**
 * What somebody did that the server has not heard of yet. It is written down before it is shown, so that
 * it survives a reload and goes out when there is a network. Show the effect at once, give the act to
 * the outbox, and undo the effect in `refused` if the server says no.
 */
import { signal } from '@preact/signals';
import { db, write } from './db';
import { Failure } from '../api/client';
import { alive } from './alive';
import { news, run, type Job, type Outcome } from './outbox-run';

export type { Job, Outcome } from './outbox-run';

/** What waits, oldest first. */
export const waiting = signal<Job[]>([]);

export interface Handler {
  /** The server did it. */
  done?: (job: Job, answer: never) => void;
  /** It will not do it: take back what was shown, and say why. */
  refused?: (job: Job, why: NonNullable<Outcome['refused']>) => void;
}

const handlers = new Map<string, Handler>();

/** Says what happens after acts of a kind; on every start, since they may be from the last one. */
export function handle(kind: string, handler: Handler): void {
  handlers.set(kind, handler);
}

type Act = Pick<Job, 'kind' | 'about' | 'method' | 'path'> & Partial<Pick<Job, 'lane' | 'body' | 'form' | 'key' | 'more'>>;

/**
 * Promises an act. It returns the number of the job, which later ones of the lane may name; 0 if there is
 * no room to write it down, which is a refusal.
 */
export async function promise(act: Act): Promise<number> {
  const job: Job = { lane: `${act.kind}:${act.about}`, key: crypto.randomUUID(), ...act, at: Date.now(), tries: 0, due: 0 };
  let id = 0;
  try {
    id = await write((store) => store.add('outbox', job));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    settle({ job, refused: error });
  }
  await list();
  void flush();
  return id;
}

/** Takes back what was not sent yet of a lane. */
export async function withdrawLane(lane: string): Promise<void> {
  for (const job of await (await db()).getAll('outbox')) if (job.lane === lane) await withdraw(job.id!);
}

/** Takes back an act that was not sent yet; false if it is too late. */
export async function withdraw(id: number): Promise<boolean> {
  return navigator.locks.request('tulou.outbox', async () => {
    const store = await db();
    const there = !!(await store.get('outbox', id));
    await store.delete('outbox', id);
    await list();
    return there;
  });
}

/** Reads what waits; before anything is shown, since it is shown as done. */
export async function list(): Promise<void> {
  waiting.value = (await (await db()).getAll('outbox')).filter((j) => !j.answer);
}

let timer: ReturnType<typeof setTimeout> | undefined;
let running = false, again = false;

/** Sends what waits, and comes back when something is due. */
export async function flush(): Promise<void> {
  if (running) return void (again = true);
  clearTimeout(timer);
  running = true;
  try {
    do {
      again = false;
      const next = alive.value ? await run((outcome) => { settle(outcome); news.postMessage(outcome); }) : undefined;
      await list();
      if (next !== undefined) timer = setTimeout(flush, next);
    } while (again);
  } finally {
    running = false;
  }
}

function settle({ job, answer, refused }: Outcome): void {
  const handler = handlers.get(job.kind);
  if (refused) handler?.refused?.(job, refused);
  else handler?.done?.(job, answer as never);
}

/** Goes on with what waits from before; asks the service worker to do it if the page is closed. */
export async function resume(): Promise<void> {
  news.onmessage = (event) => {
    settle(event.data as Outcome);
    void list();
  };
  addEventListener('online', () => void hurry());
  await hurry();
}

/** Tries again at once what waits for its next try. */
export async function hurry(): Promise<void> {
  const store = await db();
  for (const job of await store.getAll('outbox')) if (job.due) await store.put('outbox', { ...job, due: 0 });
  const registration = await navigator.serviceWorker?.getRegistration('/app/');
  if (waiting.value.length) await (registration as { sync?: { register(tag: string): Promise<void> } } | undefined)?.sync?.register('outbox').catch(() => {});
  await flush();
}
