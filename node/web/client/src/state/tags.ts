/** Which hashtags one follows; shown at once. */
import { signal, type Signal } from '@preact/signals';
import { handle, promise } from './outbox';

const followed = new Map<string, Signal<boolean | undefined>>();

export function tagOf(name: string): Signal<boolean | undefined> {
  const key = name.toLowerCase();
  let there = followed.get(key);
  if (!there) followed.set(key, (there = signal(undefined)));
  return there;
}

export function followTag(name: string, on: boolean): void {
  tagOf(name).value = on;
  void promise({ kind: 'tag', about: name, method: 'POST', path: `/api/v1/tags/${encodeURIComponent(name)}/${on ? 'follow' : 'unfollow'}` });
}

export function handleTags(failed: (why: string) => void): void {
  handle('tag', {
    refused: (job, why) => {
      tagOf(job.about).value = job.path.endsWith('/unfollow');
      failed(why.kind);
    },
  });
}
