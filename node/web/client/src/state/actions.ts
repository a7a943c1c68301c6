/** What one does with a post: shown at once, promised to the outbox, taken back if it is refused. */
import type { Status } from '../api/entities';
import { handle, promise, waiting } from './outbox';
import { change, keepPost, overlay, postOf } from './posts';

interface Toggle {
  on: string;
  off: string;
  flag: 'favourited' | 'reblogged' | 'bookmarked';
  count?: 'favourites_count' | 'reblogs_count';
}

const toggles = {
  like: { on: 'favourite', off: 'unfavourite', flag: 'favourited', count: 'favourites_count' },
  share: { on: 'reblog', off: 'unreblog', flag: 'reblogged', count: 'reblogs_count' },
  bookmark: { on: 'bookmark', off: 'unbookmark', flag: 'bookmarked' },
} satisfies Record<string, Toggle>;

overlay.of = (status) => {
  const mine = waiting.peek().filter((job) => job.about === status.id && job.kind in toggles);
  return mine.length ? Object.assign({}, ...mine.map((job) => effect(toggles[job.kind as ToggleKind], status, turnsOn(job.kind as ToggleKind, job.path)))) : undefined;
};

export type ToggleKind = keyof typeof toggles;

/** Likes, shares or bookmarks a post, or takes it back. */
export function toggle(kind: ToggleKind, id: string): void {
  const how: Toggle = toggles[kind];
  const on = !postOf(id)?.peek()[how.flag];
  show(how, id, on);
  void promise({ kind, about: id, method: 'POST', path: `/api/v1/statuses/${id}/${on ? how.on : how.off}` });
}

function show(how: Toggle, id: string, on: boolean): void {
  change(id, (now) => effect(how, now, on));
}

function effect(how: Toggle, now: Status, on: boolean): Partial<Status> {
  return { [how.flag]: on, ...(how.count && !!now[how.flag] !== on ? { [how.count]: Math.max(0, now[how.count] + (on ? 1 : -1)) } : {}) };
}

const turnsOn = (kind: ToggleKind, path: string): boolean => path.endsWith('/' + toggles[kind].on);

/** Says what happens after these acts; say tells somebody that one was refused. */
export function handleActions(say: (kind: ToggleKind, refusal: string) => void): void {
  for (const [kind, how] of Object.entries(toggles) as [ToggleKind, Toggle][]) {
    handle(kind, {
      done: (_, answer: Status) => keepPost(answer.reblog ?? answer),
      refused: (job, why) => {
        show(how, job.about, !turnsOn(kind, job.path));
        say(kind, why.kind);
      },
    });
  }
}
