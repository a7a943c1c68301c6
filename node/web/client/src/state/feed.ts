/**
 * A timeline: what was kept is shown first, then what is new waits behind a pill, and older pages come
 * as somebody reads on. Events of the stream keep it true.
 */
import { batch, computed, signal } from '@preact/signals';
import type { Status } from '../api/entities';
import { Failure, page, type Page } from '../api/client';
import { listen, type Channel } from '../api/stream';
import { alive } from './alive';
import { db } from './db';
import { change, dropPost, keepPost, restore, store, type Post } from './posts';

/** How many posts of a timeline are kept for the next start: as far as most people read back. */
const keptMax = 400;
const perPage = 40;

type Query = Record<string, string>;

export class Feed {
  /** What is shown, newest first. */
  readonly posts = signal<Post[]>([]);
  /** What came since, newest first, for the pill. */
  readonly fresh = signal<Post[]>([]);
  /** Whether there is nothing older. */
  readonly ended = signal(false);
  readonly loading = signal(false);
  /** Why the last attempt did not work. */
  readonly failure = signal<Failure | null>(null);
  /** When the server was last heard of; 0 for what comes from the cache alone. */
  readonly heard = signal(0);
  /** Nothing is there, and it is known. */
  readonly empty = computed(() => !this.posts.value.length && this.heard.value > 0 && !this.loading.value);

  private next: Query | undefined;
  private opening: Promise<void> | undefined;
  private leave: (() => void) | undefined;
  /** What is fresh does not reach down to what is shown. */
  private gap = false;

  /** Whether what one posts oneself belongs on top at once. */
  takesOwn = false;

  constructor(private readonly key: string, private readonly path: string, private readonly query: Query = {}, private readonly channel?: Channel) {}

  /** Shows what was kept, then asks the server, and listens until closed. Opening twice is opening once. */
  open(): Promise<void> {
    if (this.channel && !this.leave) {
      this.leave = listen(this.channel, { on: (event, payload) => this.happened(event, payload), onBack: () => void this.refresh() });
    }
    return (this.opening ??= this.begin());
  }

  close(): void {
    this.leave?.();
    this.leave = undefined;
    this.opening = undefined;
  }

  private async begin(): Promise<void> {
    if (!this.posts.peek().length) await this.recall();
    await this.refresh();
  }

  private async recall(): Promise<void> {
    const kept = await (await db()).get('list', this.key);
    if (!kept) return;
    const posts = await restore(kept.ids);
    if (!posts.length || this.posts.peek().length) return;
    batch(() => {
      this.posts.value = posts;
      this.next = kept.next;
    });
  }

  /** Asks for what is new. */
  async refresh(): Promise<void> {
    await this.ask({}, (found) => {
      const shown = this.posts.peek();
      const known = new Set(shown.map(id));
      const posts = found.items.map(keepPost);
      if (!shown.length || !posts.length) {
        this.posts.value = posts;
        this.next = found.next;
        this.ended.value = !found.next;
      } else {
        const fresh = posts.filter((p) => !known.has(id(p)));
        this.gap = fresh.length === posts.length;
        this.gapNext = found.next;
        this.fresh.value = fresh;
      }
      this.heard.value = Date.now();
      void this.keep();
    });
  }

  private gapNext: Query | undefined;

  /** Puts what waited on top. Older posts are asked for anew if there is a hole between. */
  showFresh(): void {
    batch(() => {
      if (this.gap) {
        this.posts.value = this.fresh.peek();
        this.next = this.gapNext;
        this.ended.value = !this.gapNext;
      } else this.posts.value = [...this.fresh.peek(), ...this.posts.peek()];
      this.fresh.value = [];
      this.gap = false;
    });
    void this.keep();
  }

  /** Asks for what is older. After a failure only somebody who says so asks again. */
  async more(again = false): Promise<void> {
    const last = this.posts.peek().at(-1);
    if (this.ended.peek() || this.loading.peek() || !last || (this.failure.peek() && !again)) return;
    await this.ask(this.next ?? { max_id: id(last) }, (found) => {
      const known = new Set(this.posts.peek().map(id));
      this.posts.value = [...this.posts.peek(), ...found.items.map(keepPost).filter((p) => !known.has(id(p)))];
      this.next = found.next;
      this.ended.value = !found.next || !found.items.length;
      void this.keep();
    });
  }

  private async ask(more: Query, then: (found: Page<Status>) => void): Promise<void> {
    this.loading.value = true;
    try {
      const found = await page<Status>(this.path, { limit: perPage, ...this.query, ...more });
      batch(() => {
        then(found);
        this.failure.value = null;
      });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.failure.value = error;
    } finally {
      this.loading.value = false;
    }
  }

  /** Shows a post of one's own at once. */
  add(status: Status): void {
    const post = keepPost(status);
    if (!this.posts.peek().some((p) => id(p) === status.id)) this.posts.value = [post, ...this.posts.peek()];
    this.fresh.value = this.fresh.peek().filter((p) => id(p) !== status.id);
  }

  private happened(event: string, payload: unknown): void {
    if (event === 'update') {
      const status = payload as Status;
      const post = keepPost(status);
      if (![...this.fresh.peek(), ...this.posts.peek()].some((p) => id(p) === status.id)) this.fresh.value = [post, ...this.fresh.peek()];
      if (this.ended.peek() && !this.posts.peek().length) this.showFresh(); // there is nothing that it would push away
    } else if (event === 'status.update') {
      const status = payload as Status;
      change(status.id, status);
    } else if (event === 'delete') this.remove(String(payload));
  }

  /** Takes a post away, and shares of it. */
  remove(gone: string): void {
    const stays = (p: Post) => id(p) !== gone && p.peek().reblog?.id !== gone;
    batch(() => {
      this.posts.value = this.posts.peek().filter(stays);
      this.fresh.value = this.fresh.peek().filter(stays);
    });
    void dropPost(gone);
  }

  /** Takes away what somebody wrote or shared, unless it is a list of theirs. */
  removeOf(person: string): void {
    if (this.path.includes(`/accounts/${person}/`)) return;
    const stays = (p: Post) => p.peek().account.id !== person && p.peek().reblog?.account.id !== person;
    batch(() => {
      this.posts.value = this.posts.peek().filter(stays);
      this.fresh.value = this.fresh.peek().filter(stays);
    });
    void this.keep();
  }

  private async keep(): Promise<void> {
    if (!alive.peek()) return;
    const posts = this.posts.peek().slice(0, keptMax);
    const next = this.posts.peek().length > keptMax ? undefined : this.next;
    await store(posts);
    await (await db()).put('list', { key: this.key, ids: posts.map(id), next, at: Date.now() });
  }
}

const id = (post: Post): string => post.peek().id;

const feeds = new Map<string, Feed>();

/** The timeline of a name; the same one each time, so that a tab is there at once when it is shown again. */
export function feed(key: string, make: () => Feed): Feed {
  let there = feeds.get(key);
  if (!there) feeds.set(key, (there = make()));
  return there;
}

/** Every timeline that was opened. */
export const openFeeds = (): Iterable<Feed> => feeds.values();
