/** How a draft begins: as it was left, as the post that is changed, with the names of an answer, or empty. */
import type { Status } from '../../api/entities';
import { get } from '../../api/client';
import { language } from '../../i18n';
import type { Writing } from '../../app/write';
import { recall, keep } from '../../state/db';
import { draft } from '../../state/drafts';
import { keepPost, postOf, restore } from '../../state/posts';
import { instance, me } from '../../state/session';
import { draftOf, kindOf, worthKeeping, type Draft } from '../../state/writing';
import { nameOf } from '../../ui/types';
import { inherited } from './audience';

export interface Begun {
  name: string;
  draft: Draft;
  /** Whether it was found as it was left. */
  found: boolean;
  /** The post that is answered, if it is known. */
  parent?: Status;
  /** The post that is quoted, if it is known. */
  quoted?: Status;
}

export async function begin(what: Writing, shared: boolean): Promise<Begun> {
  const name = what.draft ?? (what.edit ? 'edit:' + what.edit : what.reply ? 'reply:' + what.reply : what.quote ? 'quote:' + what.quote : 'compose');
  const kept = await draft<Draft>(name);
  const wants = !!what.text || shared;
  if (kept && !wants) {
    const parent = kept.reply && (await statusOf(kept.reply.id).catch(() => undefined));
    const quoted = kept.quote && (await statusOf(kept.quote.id).catch(() => undefined));
    return { name, draft: kept, found: worthKeeping(kept), parent, quoted };
  }
  if (what.edit) return { name, draft: await ofPost(what.edit), found: false };
  const made = empty();
  if (what.quote) return { name, found: false, ...(await ofQuote(made, what.quote)) };
  if (what.reply) return { name, found: false, ...(await ofAnswer(made, what.reply)) };
  // What was being written keeps its place; this is another.
  const other = kept && wants && worthKeeping(kept) ? 'compose:' + crypto.randomUUID() : name;
  if (shared) return { name: other, draft: await ofShared(made), found: false };
  return { name: other, draft: { ...made, text: what.text ?? '', began: what.text ?? '' }, found: false };
}

/** A draft in which nothing is written yet. */
export function empty(): Draft {
  const source = me.peek()?.source;
  return { text: '', audience: source?.privacy ?? 'public', language: source?.language || language().split('-')[0]!, sensitive: !!source?.sensitive, media: [], began: '' };
}

async function statusOf(id: string): Promise<Status> {
  const there = postOf(id) ?? (await restore([id]))[0];
  return there?.peek() ?? keepPost(await get<Status>('/api/v1/statuses/' + id)).peek();
}

async function ofPost(id: string): Promise<Draft> {
  const [status, source] = await Promise.all([statusOf(id), get<{ text: string; spoiler_text: string }>(`/api/v1/statuses/${id}/source`)]);
  const of = draftOf(status, source.text, instance.peek());
  return { ...of, warning: source.spoiler_text || undefined, edit: id, reply: undefined, began: source.text };
}

async function ofAnswer(made: Draft, id: string): Promise<{ draft: Draft; parent: Status }> {
  const parent = await statusOf(id);
  const own = me.peek()?.acct;
  const names = [...new Set([parent.account.acct, ...parent.mentions.map((m) => m.acct)])].filter((acct) => acct !== own);
  const text = names.map((acct) => `@${acct} `).join('');
  return {
    parent,
    draft: {
      ...made, text, began: text, audience: inherited(parent.visibility, made.audience), warning: parent.spoiler_text || undefined, language: parent.language ?? made.language,
      reply: { id, acct: parent.account.acct, author: nameOf(parent.account) },
    },
  };
}

/** What is for followers is quoted for no more people than that. */
async function ofQuote(made: Draft, id: string): Promise<{ draft: Draft; quoted: Status }> {
  const quoted = await statusOf(id);
  const closed = quoted.visibility === 'private' && made.audience !== 'direct';
  return { quoted, draft: { ...made, audience: closed ? 'private' : made.audience, quote: { id } } };
}

/** What another app shared, as the service worker left it. */
async function ofShared(made: Draft): Promise<Draft> {
  const came = await recall<{ text: string; files: File[] }>('shared');
  await keep('shared', undefined);
  return { ...made, text: came?.text ?? '', media: (came?.files ?? []).map((file) => ({ key: crypto.randomUUID(), file, name: file.name, kind: kindOf(file), description: '' })) };
}
