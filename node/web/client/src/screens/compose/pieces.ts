/** The pictures, films and sounds of a draft: taken in, put in order, described. */
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../../i18n';
import type { Instance } from '../../api/entities';
import { kindOf, type Piece } from '../../state/writing';
import type { Attachment } from '../../ui/Attachments';
import { say } from '../../ui/Toast';

export function usePieces(media: Piece[], set: (media: Piece[]) => void, limits?: Instance['configuration']) {
  const urls = useRef(new Map<string, string>()).current;
  const now = useRef(media);
  now.current = media;
  for (const piece of media) if (piece.file && piece.kind === 'image' && !urls.has(piece.key)) urls.set(piece.key, URL.createObjectURL(piece.file));
  useEffect(() => () => urls.forEach((url) => URL.revokeObjectURL(url)), []);
  const put = (next: Piece[]) => {
    now.current = next;
    set(next);
  };
  return {
    /** Where pictures of this device are drawn from. */
    urls,
    add(files: File[]) {
      const most = limits?.statuses.max_media_attachments ?? 4;
      const fit = files.filter((file) => fits(file, limits));
      const room = Math.max(0, most - now.current.length);
      if (fit.length > room) say(t('compose.too-many', { count: most }));
      else if (fit.length < files.length) say(t('compose.not-taken'));
      const made = fit.slice(0, room).map((file): Piece => ({ key: crypto.randomUUID(), file, name: file.name, kind: kindOf(file), description: '' }));
      if (made.length) put([...now.current, ...made]);
    },
    remove: (key: string) => put(now.current.filter((p) => p.key !== key)),
    move(key: string, by: -1 | 1) {
      const next = [...now.current], at = next.findIndex((p) => p.key === key);
      const [piece] = next.splice(at, 1);
      next.splice(at + by, 0, piece!);
      put(next);
    },
    change: (key: string, by: Partial<Piece>) => put(now.current.map((p) => (p.key === key ? { ...p, ...by } : p))),
  };
}

/** Whether the server takes such a file. */
function fits(file: File, limits?: Instance['configuration']): boolean {
  const of = limits?.media_attachments;
  if (!of) return true;
  const most = file.type.startsWith('image/') ? of.image_size_limit : of.video_size_limit;
  return of.supported_mime_types.includes(file.type) && file.size <= most;
}

export const attachmentsOf = (media: Piece[], urls: Map<string, string>): Attachment[] =>
  media.map((p) => ({ id: p.key, kind: p.kind, preview: urls.get(p.key) ?? p.preview, name: p.name, description: p.description }));
