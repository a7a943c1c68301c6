import { MediaViewer } from '../../ui/MediaViewer';
import type { MomentView } from '../../ui/MomentsCard';
import type { Media } from '../../ui/types';
import { called } from './view';

/** The pictures of a Moment, large, with whose they are and its words. */
export default function Viewer({ media, at, moment, onClose }: { media: Media[]; at: number; moment: MomentView; onClose: () => void }) {
  const seen = media.filter((m) => m.url);
  if (!seen.length) return null;
  return (
    <MediaViewer media={seen} at={Math.max(0, seen.findIndex((m) => m.id === media[at]?.id))} onClose={onClose}
      caption={<p class="viewer-by" dir="auto"><b>{called(moment.author)}</b> {moment.text}</p>} />
  );
}
