/** What somebody writes before it is a post: the draft, and how it becomes promises of the outbox. */
import type { Instance, Media, Poll, Status, Visibility } from '../api/entities';
import { Failure } from '../api/client';
import { dropDraft, keepDraft } from './drafts';
import { promise, withdrawLane } from './outbox';
import type { PostBody } from './own-posts';
import { change } from './posts';

/** A picture, film or sound that goes with a post: a file of this device, or one that the server has. */
export interface Piece {
  key: string;
  kind: 'image' | 'video' | 'audio' | 'gifv' | 'unknown';
  file?: Blob;
  name?: string;
  /** What the server calls it, and where it shows it. */
  id?: string;
  preview?: string;
  description: string;
  focus?: { x: number; y: number };
}

export interface PollDraft {
  options: string[];
  multiple: boolean;
  seconds: number;
}

export interface Draft {
  text: string;
  /** Undefined: no warning; '': a field for one. */
  warning?: string;
  audience: Visibility;
  language: string;
  sensitive: boolean;
  poll?: PollDraft;
  media: Piece[];
  /** When it is to be posted, as a date field has it. */
  at?: string;
  /** What it answers. */
  reply?: { id: string; acct: string; author: string };
  /** What it quotes. */
  quote?: { id: string };
  /** Who may quote it; undefined: as always. */
  quotable?: string;
  /** The post that it changes. */
  edit?: string;
  /** What it was before anybody wrote: an untouched draft is not kept. */
  began: string;
}

/** Whether there is anything in it that would be missed. */
export const worthKeeping = (d: Draft): boolean => (d.text.trim() !== d.began.trim() && d.text.trim() !== '') || d.media.length > 0 || !!d.poll || !!d.warning?.trim();

const pollLasts = (poll: Poll): number => {
  const left = poll.expires_at ? (Date.parse(poll.expires_at) - Date.now()) / 1000 : 0;
  return [3600, 6 * 3600, 86_400, 3 * 86_400, 7 * 86_400].find((s) => s >= left) ?? 86_400;
};

/** A draft that says what a post says: to change it, or to write it anew. */
export function draftOf(status: Status, text: string, node: Instance | null): Draft {
  return {
    text, warning: status.spoiler_text || undefined, audience: status.visibility, language: status.language ?? node?.languages[0] ?? 'en', sensitive: status.sensitive && !status.spoiler_text,
    poll: status.poll ? { options: status.poll.options.map((o) => o.title), multiple: status.poll.multiple, seconds: pollLasts(status.poll) } : undefined,
    media: status.media_attachments.map(pieceOf),
    quote: status.quote?.quoted_status ? { id: status.quote.quoted_status.id } : undefined,
    reply: status.in_reply_to_id ? { id: status.in_reply_to_id, acct: '', author: '' } : undefined,
    began: '',
  };
}

const pieceOf = (m: Media): Piece => ({ key: m.id, id: m.id, kind: m.type as Piece['kind'], preview: m.preview_url ?? undefined, description: m.description ?? '', focus: m.meta?.focus });

const focusText = (p: Piece): string | undefined => (p.focus ? `${p.focus.x.toFixed(2)},${p.focus.y.toFixed(2)}` : undefined);

/** The name under which the draft of what waits in the outbox is kept, until the server has taken it. */
const sentName = 'sent:';
export const isSent = (name: string): boolean => name.startsWith(sentName);

/**
 * Promises the post, or the change of one. Its draft stays until it is out, since it may be refused. Throws a
 * Failure if this device has no room for it.
 */
export async function publish(name: string, draft: Draft): Promise<void> {
  const lane = sentName + crypto.randomUUID();
  await keepDraft(lane, draft);
  const ids: string[] = [];
  for (const piece of draft.media) {
    const job = piece.file && !piece.id ? await upload(lane, piece) : 0;
    if (piece.file && !piece.id && !job) return noRoom(lane);
    ids.push(job ? `@job:${job}` : piece.id!);
  }
  if (draft.edit) await promiseEdit(lane, draft, ids);
  else {
    const body = {
      status: draft.text, spoiler_text: draft.warning?.trim() || undefined, sensitive: draft.sensitive || undefined, visibility: draft.audience, language: draft.language,
      in_reply_to_id: draft.reply?.id, quoted_status_id: draft.quote?.id, quote_approval_policy: draft.quotable, media_ids: ids.length ? ids : undefined, poll: pollBody(draft), scheduled_at: draft.at ? new Date(draft.at).toISOString() : undefined,
    } satisfies PostBody & Record<string, unknown>;
    for (const piece of draft.media) {
      if (piece.id) await promise({ lane, kind: 'upload', about: lane, method: 'PUT', path: '/api/v1/media/' + piece.id, body: { description: piece.description, focus: focusText(piece) } });
    }
    await promise({ lane, kind: 'post', about: lane, method: 'POST', path: '/api/v1/statuses', body });
  }
  await dropDraft(name);
}

/** Nothing of it is sent, and the words stay where they are. */
async function noRoom(lane: string): Promise<never> {
  await Promise.all([withdrawLane(lane), dropDraft(lane)]);
  throw new Failure('no-room', 0, '', '');
}

async function upload(lane: string, piece: Piece): Promise<number> {
  const form: [string, string | Blob][] = [['file', piece.file!], ['description', piece.description]];
  const focus = focusText(piece);
  if (focus) form.push(['focus', focus]);
  return promise({ lane, more: true, kind: 'upload', about: lane, method: 'POST', path: '/api/v1/media', form });
}

async function promiseEdit(lane: string, draft: Draft, ids: string[]): Promise<void> {
  const body = {
    status: draft.text, spoiler_text: draft.warning?.trim() ?? '', sensitive: draft.sensitive, language: draft.language, media_ids: ids, poll: pollBody(draft),
    media_attributes: draft.media.filter((p) => p.id).map((p) => ({ id: p.id, description: p.description, focus: focusText(p) })),
  };
  change(draft.edit!, { spoiler_text: body.spoiler_text, sensitive: draft.sensitive || !!body.spoiler_text, edited_at: new Date().toISOString() });
  await promise({ lane, kind: 'edit', about: lane, method: 'PUT', path: '/api/v1/statuses/' + draft.edit, body });
}

const pollBody = ({ poll }: Draft) => poll && { options: poll.options.map((o) => o.trim()).filter(Boolean), expires_in: poll.seconds, multiple: poll.multiple };

/** What a file is, as far as its type says. */
export function kindOf(file: Blob): Piece['kind'] {
  const kind = file.type.split('/')[0];
  return kind === 'image' || kind === 'video' || kind === 'audio' ? kind : 'unknown';
}
