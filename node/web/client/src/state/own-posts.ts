/** What one does with posts beyond a like: votes, pins, quiet threads, deleting, writing and changing. */
import { computed } from '@preact/signals';
import type { Poll, Status, Visibility } from '../api/entities';
import { del, get } from '../api/client';
import { openFeeds } from './feed';
import { handle, promise, waiting, type Job } from './outbox';
import { change, keepPost, postOf } from './posts';

/** Votes, at once; the counts are right when the server has answered. */
export function vote(post: Status, choices: number[]): void {
  const poll = post.poll;
  if (!poll) return;
  const voted: Poll = {
    ...poll, voted: true, own_votes: choices, votes_count: poll.votes_count + choices.length, voters_count: poll.voters_count === null ? null : (poll.voters_count ?? 0) + 1,
    options: poll.options.map((o, i) => (choices.includes(i) && o.votes_count !== null ? { ...o, votes_count: o.votes_count + 1 } : o)),
  };
  change(post.id, { poll: voted });
  void promise({ kind: 'vote', about: post.id, method: 'POST', path: `/api/v1/polls/${poll.id}/votes`, body: { choices } });
}

type Switch = 'pin' | 'mute';
const flags = { pin: 'pinned', mute: 'muted' } as const;

/** Pins a post to one's profile, or makes its thread quiet, or takes that back. */
export function turn(kind: Switch, id: string, on: boolean): void {
  change(id, { [flags[kind]]: on });
  void promise({ kind, about: id, method: 'POST', path: `/api/v1/statuses/${id}/${on ? '' : 'un'}${kind}` });
}

/** Deletes a post. The answer has its source, so that it can be written anew. */
export async function deletePost(id: string, withMedia: boolean): Promise<Status> {
  const was = await del<Status>(`/api/v1/statuses/${id}`, withMedia ? { delete_media: true } : undefined);
  gone(id);
  return was;
}

/** Takes a post out of every list that is shown. */
export function gone(id: string): void {
  for (const feed of openFeeds()) feed.remove(id);
}

/** The body of a post as the outbox has it. */
export interface PostBody {
  status: string;
  spoiler_text?: string;
  visibility: Visibility;
  language?: string;
  in_reply_to_id?: string;
  quoted_status_id?: string;
  media_ids?: string[];
  scheduled_at?: string;
}

/** Posts that wait to go out, the newest first; what is scheduled is not among them. */
export const unsent = computed<Job[]>(() => waiting.value.filter((job) => job.kind === 'post' && !(job.body as PostBody).scheduled_at).reverse());

export interface Told {
  /** One's own post is out. */
  posted: (status: Status, job: Job) => void;
  changed: (job: Job) => void;
  scheduled: (job: Job) => void;
  /** A post or a change was refused; its draft is named by what the job is about. */
  refused: (job: Job, why: string) => void;
  failed: (why: string) => void;
}

/** Says what happens after these acts, on every start. */
export function handleOwnPosts(tell: Told): void {
  handle('vote', {
    done: (job, poll: Poll) => change(job.about, { poll }),
    refused: (job, why) => {
      change(job.about, ({ poll }) => ({ poll: poll && { ...poll, voted: false, own_votes: [] } }));
      tell.failed(why.kind);
    },
  });
  for (const kind of ['pin', 'mute'] as const) {
    handle(kind, {
      done: (_, answer: Status) => keepPost(answer),
      refused: (job, why) => {
        change(job.about, { [flags[kind]]: job.path.includes('/un') });
        tell.failed(why.kind);
      },
    });
  }
  handle('post', {
    done: (job, answer: Status) => {
      if ((job.body as PostBody).scheduled_at) return tell.scheduled(job);
      for (const feed of openFeeds()) if (feed.takesOwn) feed.add(answer);
      const parent = answer.in_reply_to_id;
      if (parent && postOf(parent)) void get<Status>('/api/v1/statuses/' + parent).then(keepPost, () => {}); // it has an answer more
      tell.posted(answer, job);
    },
    refused: (job, why) => tell.refused(job, why.kind),
  });
  handle('edit', {
    done: (job, answer: Status) => {
      keepPost(answer);
      tell.changed(job);
    },
    refused: (job, why) => tell.refused(job, why.kind),
  });
  handle('upload', { refused: () => {} }); // the post that needs it is refused with it
}
