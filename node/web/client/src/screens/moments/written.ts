/** What is being written, and how it goes out: first its pictures, then its words, in one lane of the outbox. */
import { Failure } from '../../api/client';
import { own, type MomentAudience } from '../../api/tulou';
import { dropDraft, keepDraft } from '../../state/drafts';
import { promise, withdrawLane } from '../../state/outbox';
import { shareKind, uploadKind } from './view';

export interface Piece {
  id: string;
  blob: Blob;
  film: boolean;
  description: string;
}

export interface Written {
  text: string;
  place: string;
  link: string;
  audience: MomentAudience;
  pieces: Piece[];
}

export const draftName = 'moment';
/** Under which name what is on its way is kept until it is out. */
export const sentName = (lane: string): string => 'sent:' + lane;

export const textMax = 2000, placeMax = 100, picturesMax = 9, descriptionMax = 1500;

export const nothing = (): Written => ({ text: '', place: '', link: '', audience: { kind: 'friends', circles: [], people: [] }, pieces: [] });

/** Whether there is nothing to lose. */
export const blank = (w: Written): boolean => !w.text.trim() && !w.link.trim() && !w.pieces.length;

/** Pictures and films among files, as far as they fit beside what is there. */
export function taken(files: File[], there: Piece[]): Piece[] {
  const found = files.filter((f) => /^(image|video)\//.test(f.type)).map((f): Piece => ({ id: crypto.randomUUID(), blob: f, film: f.type.startsWith('video/'), description: '' }));
  const film = found.find((p) => p.film);
  if (!there.length && film) return [film];
  if (there.some((p) => p.film)) return there;
  return [...there, ...found.filter((p) => !p.film)].slice(0, picturesMax);
}

/** Promises it to the outbox. Throws a Failure if this device has no room for it. */
export async function share(w: Written): Promise<void> {
  const lane = 'moment:' + crypto.randomUUID();
  await keepDraft(sentName(lane), w);
  const media: string[] = [];
  for (const piece of w.pieces) {
    const form: [string, string | Blob][] = [['file', piece.blob]];
    if (piece.description.trim()) form.push(['description', piece.description.trim()]);
    // The first version of the operation answers when the file is ready, as a Moment needs it.
    const job = await promise({ kind: uploadKind, more: true, lane, about: piece.id, method: 'POST', path: '/api/v1/media', form });
    if (!job) {
      await Promise.all([withdrawLane(lane), dropDraft(sentName(lane))]);
      throw new Failure('no-room', 0, '', '');
    }
    media.push('@job:' + job);
  }
  const body: Record<string, unknown> = { text: w.text.trim(), audience: w.audience };
  if (w.place.trim()) body.place = w.place.trim();
  if (media.length) body.media = media;
  else if (w.link.trim()) body.link = w.link.trim();
  await promise({ kind: shareKind, lane, about: lane, method: 'POST', path: `${own}/moments`, body });
  await dropDraft(draftName);
}
