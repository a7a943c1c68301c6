/** A post with what is above and below it: from what was kept at once, then from the server, then as it happens. */
import { batch, signal } from '@preact/signals';
import type { Context, Status } from '../../api/entities';
import { Failure, get } from '../../api/client';
import { listen } from '../../api/stream';
import { keep, recall } from '../../state/db';
import { change, keepPost, postOf, restore, store, type Post } from '../../state/posts';

export class Conversation {
  readonly main = signal<Post | undefined>(undefined);
  readonly above = signal<Post[]>([]);
  readonly below = signal<Post[]>([]);
  /** Whether the server has told of the answers. */
  readonly whole = signal(false);
  readonly failure = signal<Failure | null>(null);
  /** Answers that came while somebody looked; they are tinted. */
  readonly fresh = signal<ReadonlySet<string>>(new Set());

  private leave: (() => void) | undefined;

  constructor(readonly id: string) {}

  async open(): Promise<void> {
    this.leave = listen({ stream: 'user' }, { on: (event, payload) => this.happened(event, payload), onBack: () => void this.refresh() });
    await this.recall();
    await this.refresh();
  }

  close(): void {
    this.leave?.();
  }

  private async recall(): Promise<void> {
    const there = postOf(this.id) ?? (await restore([this.id]))[0];
    if (there) this.main.value = there;
    const kept = await recall<{ above: string[]; below: string[] }>('thread:' + this.id);
    if (!kept || this.whole.peek()) return;
    const [above, below] = await Promise.all([restore(kept.above), restore(kept.below)]);
    if (this.whole.peek()) return;
    batch(() => {
      this.above.value = above;
      this.below.value = below;
    });
  }

  async refresh(): Promise<void> {
    const path = '/api/v1/statuses/' + this.id;
    try {
      const [status, context] = await Promise.all([get<Status>(path), get<Context>(path + '/context')]);
      batch(() => {
        this.main.value = keepPost(status);
        this.above.value = context.ancestors.map(keepPost);
        this.below.value = context.descendants.map(keepPost);
        this.whole.value = true;
        this.failure.value = null;
      });
      await this.keep();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.failure.value = error;
    }
  }

  private async keep(): Promise<void> {
    const above = this.above.peek(), below = this.below.peek();
    await store([...above, this.main.peek()!, ...below]);
    await keep('thread:' + this.id, { above: above.map(id), below: below.map(id) });
  }

  /** Shows an answer if it belongs here. */
  add(status: Status): void {
    const known = [this.id, ...this.below.peek().map(id)];
    if (!status.in_reply_to_id || known.includes(status.id) || !known.includes(status.in_reply_to_id)) return;
    batch(() => {
      this.below.value = [...this.below.peek(), keepPost(status)];
      this.fresh.value = new Set([...this.fresh.peek(), status.id]);
    });
    if (this.whole.peek()) void this.keep();
  }

  private happened(event: string, payload: unknown): void {
    if (event === 'update') this.add(payload as Status);
    else if (event === 'notification') {
      const status = (payload as { status?: Status | null }).status;
      if (status) this.add(status);
    } else if (event === 'status.update') change((payload as Status).id, payload as Status);
    else if (event === 'delete') {
      const gone = String(payload);
      if (gone === this.id) this.failure.value = new Failure('gone', 404, '', '');
      this.above.value = this.above.peek().filter((p) => id(p) !== gone);
      this.below.value = this.below.peek().filter((p) => id(p) !== gone);
    }
  }
}

const id = (post: Post): string => post.peek().id;
