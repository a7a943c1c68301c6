/**
 * Moments, each once: a like in one list is a like in every list. What was kept is shown first, what is new
 * waits, events keep it true. What oneself did and the server has not heard of is drawn over it from the
 * outbox (screens/moments/view.ts), so nothing here has to be taken back.
 */
import { batch, computed, signal, type Signal } from '@preact/signals';
import { cursorPage, Failure, get, post } from '../api/client';
import { listen } from '../api/stream';
import { own, type Moment, type MomentFile, type MomentNotice } from '../api/tulou';
import { keep, recall } from './db';
import { countUnread, unread } from './friend-watch';
import { waiting, type Job } from './outbox';
import { me } from './session';

export type Held = Signal<Moment>;

/** How many of a list are kept for the next start. */
const keptMax = 80;
const perPage = 20;
/** How often and how long apart it is asked whether pictures have come from their server. */
const arrivalTries = 5, arrivalPause = 3000;

const all = new Map<string, Held>();

/** Takes a Moment from the server; the newest says what is so. */
export function hold(moment: Moment): Held {
  const there = all.get(moment.id);
  if (!there) {
    const made = signal(moment);
    all.set(moment.id, made);
    if (comes(moment)) void arrive(moment.id, 1);
    return made;
  }
  there.value = moment;
  return there;
}

export const heldMoment = (id: string): Held | undefined => all.get(id);

const comes = (moment: Moment): boolean => moment.media.some((m) => m.state === 'waiting');

/** Asks again for one whose pictures are still on their way. */
async function arrive(id: string, tries: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, arrivalPause * tries));
  const now = await get<Moment>(`${own}/moments/${id}`).catch(() => undefined);
  if (now) hold(now);
  if (tries < arrivalTries && (!now || comes(now))) await arrive(id, tries + 1);
}

/** A list of Moments: everybody's, or one person's. */
export class MomentFeed {
  readonly items = signal<Held[]>([]);
  /** What came since, newest first. */
  readonly fresh = signal<Held[]>([]);
  readonly ended = signal(false);
  readonly loading = signal(false);
  readonly failure = signal<Failure | null>(null);
  /** When the server was last heard of; 0 for what comes from the cache alone. */
  readonly heard = signal(0);
  readonly empty = computed(() => !this.items.value.length && this.heard.value > 0 && !this.loading.value);
  private next: Record<string, string> | undefined;
  private begun: Promise<void> | undefined;

  constructor(private readonly name: string, private readonly path: string) {}

  /** Shows what was kept, then asks the server. */
  async open(): Promise<void> {
    await (this.begun ??= this.restore());
    await this.refresh();
  }

  private async restore(): Promise<void> {
    const kept = await recall<Moment[]>(this.name);
    if (kept && !this.items.peek().length) this.items.value = kept.map((m) => heldMoment(m.id) ?? hold(m));
  }

  async refresh(): Promise<void> {
    await this.ask(undefined, (found, next) => {
      const shown = this.items.peek(), known = new Set(shown.map(id));
      const news = found.filter((m) => !known.has(id(m)));
      // A page without anything that is shown leaves a hole: what is shown begins anew.
      if (!shown.length || news.length === found.length || !found.length) {
        this.items.value = found;
        this.fresh.value = [];
        this.next = next;
        this.ended.value = !next;
      } else {
        const there = new Set(found.map(id)), oldest = id(found.at(-1)!);
        // What the server does not have any more within the page is gone.
        this.items.value = shown.filter((m) => there.has(id(m)) || before(id(m), oldest));
        this.fresh.value = news;
      }
      this.heard.value = Date.now();
    });
  }

  showFresh(): void {
    batch(() => {
      this.items.value = [...this.fresh.peek(), ...this.items.peek()];
      this.fresh.value = [];
    });
    this.save();
  }

  /** Asks for what is older. After a failure only somebody who says so asks again. */
  async more(again = false): Promise<void> {
    const last = this.items.peek().at(-1);
    if (this.ended.peek() || this.loading.peek() || !last || (this.failure.peek() && !again) || !this.heard.peek()) return;
    await this.ask(this.next ?? { limit: String(perPage), cursor: id(last) }, (found, next) => {
      const known = new Set(this.items.peek().map(id));
      this.items.value = [...this.items.peek(), ...found.filter((m) => !known.has(id(m)))];
      this.next = next;
      this.ended.value = !next || !found.length;
    });
  }

  private async ask(query: Record<string, string> | undefined, then: (found: Held[], next: Record<string, string> | undefined) => void): Promise<void> {
    this.loading.value = true;
    try {
      const found = await cursorPage<Moment>(this.path, query ?? { limit: perPage });
      batch(() => {
        then(found.items.map(hold), found.next);
        this.failure.value = null;
      });
      this.save();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.failure.value = error;
    } finally {
      this.loading.value = false;
    }
  }

  /** Puts one on top at once: one's own. */
  add(moment: Held): void {
    if (!this.items.peek().some((m) => id(m) === id(moment))) this.items.value = [moment, ...this.items.peek()];
    this.fresh.value = this.fresh.peek().filter((m) => id(m) !== id(moment));
    this.save();
  }

  /** Keeps one that is new until somebody wants to see it; where nothing is that it would push away, it is shown. */
  wait(moment: Held): void {
    if (this.heard.peek() && !this.items.peek().length) this.add(moment);
    else if (![...this.items.peek(), ...this.fresh.peek()].some((m) => id(m) === id(moment))) this.fresh.value = [moment, ...this.fresh.peek()];
  }

  remove(gone: string): void {
    this.items.value = this.items.peek().filter((m) => id(m) !== gone);
    this.fresh.value = this.fresh.peek().filter((m) => id(m) !== gone);
    this.save();
  }

  private save(): void {
    void keep(this.name, this.items.peek().slice(0, keptMax).map((m) => m.peek()));
  }
}

const id = (m: Held): string => m.peek().id;
const before = (a: string, b: string): boolean => a.length - b.length < 0 || (a.length === b.length && a < b);

/** What friends show, and oneself. */
export const friendsMoments = new MomentFeed('moments', `${own}/moments`);
const ofPeople = new Map<string, MomentFeed>();

/** One person's. */
export function momentsOf(person: string): MomentFeed {
  let feed = ofPeople.get(person);
  if (!feed) ofPeople.set(person, (feed = new MomentFeed('moments:' + person, `${own}/accounts/${person}/moments`)));
  return feed;
}

const feeds = () => [friendsMoments, ...ofPeople.values()];

/** Takes one out of every list. */
export function forgetMoment(gone: string): void {
  for (const feed of feeds()) feed.remove(gone);
  all.delete(gone);
}

/** One's own that is out. */
export function posted(moment: Moment): void {
  const held = hold(moment);
  friendsMoments.add(held);
  ofPeople.get(moment.account.id)?.add(held);
}

/** Ends a job before the outbox is read again, so that its effect is not drawn twice. */
export function over(job: Job): void {
  waiting.value = waiting.peek().filter((other) => other.id !== job.id);
}

/** What others did about one's own Moments and comments, newest first. */
export const notices = signal<MomentNotice[]>([]);

let listening = false;

/** Keeps what is shown true, from the first time on that Moments are looked at. */
export function watchMoments(): void {
  if (listening) return;
  listening = true;
  listen({ stream: 'moments' }, {
    on: (event, payload) => {
      if (event === 'moment') {
        const held = hold(payload as Moment);
        if ((payload as Moment).account.id === me.peek()?.id) posted(payload as Moment);
        else friendsMoments.wait(held);
      } else if (event === 'moment.comment') hold(payload as Moment);
      else if (event === 'moment.delete') forgetMoment(String(payload));
      else if (event === 'moment.uncomment') uncommented(String(payload));
      else if (event === 'moment.notice') notices.value = [payload as MomentNotice, ...notices.peek().filter((n) => n.id !== (payload as MomentNotice).id)];
    },
    onBack: () => void friendsMoments.refresh(),
  });
}

let asking: ReturnType<typeof setTimeout> | undefined;

function uncommented(gone: string): void {
  for (const held of all.values()) {
    const now = held.peek();
    if (now.comments.some((c) => c.id === gone)) return void (held.value = { ...now, comments: now.comments.filter((c) => c.id !== gone) });
  }
  // A like: which one it was is not told.
  clearTimeout(asking);
  asking = setTimeout(() => void friendsMoments.refresh(), 1000);
}

/** Says that what is shown was seen, and which of the notices. */
export async function markSeen(what: { moment?: string; notice?: string }): Promise<void> {
  if (what.moment) unread.value = { ...unread.peek(), moments: 0 };
  if (what.notice) unread.value = { ...unread.peek(), notices: 0 };
  await post(`${own}/moments/read`, what).then(countUnread, () => {});
}

const coverSignals = new Map<string, Signal<MomentFile | null | undefined>>();

/** The picture above somebody's Moments; null if there is none, undefined until it is known. */
export function cover(person: string): Signal<MomentFile | null | undefined> {
  let there = coverSignals.get(person);
  if (!there) coverSignals.set(person, (there = signal(undefined)));
  return there;
}

/** Shows the cover that was kept, and asks for it. */
export async function openCover(person: string): Promise<void> {
  const there = cover(person), name = 'cover:' + person;
  if (there.peek() === undefined) {
    const kept = await recall<MomentFile | null>(name);
    if (kept !== undefined && there.peek() === undefined) there.value = kept;
  }
  try {
    setCover(person, await get<MomentFile | null>(`${own}/accounts/${person}/cover`));
  } catch (error) {
    if (!(error instanceof Failure)) throw error; // what was kept is still shown
  }
}

export function setCover(person: string, file: MomentFile | null): void {
  cover(person).value = file;
  void keep('cover:' + person, file);
}
