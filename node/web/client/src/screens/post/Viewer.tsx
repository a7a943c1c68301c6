import { t } from '../../i18n';
import { Address, Name } from '../../ui/Name';
import { MediaViewer } from '../../ui/MediaViewer';
import { personLink } from '../../ui/links';
import type { Media, Post } from '../../ui/types';

/** The pictures and films of a post, large. Sounds and files stay where they are. */
export default function Viewer({ post, at, onClose }: { post: Post; at: number; onClose: () => void }) {
  const seen = post.media_attachments.filter((m) => m.type !== 'audio' && m.type !== 'unknown');
  const first = Math.max(0, seen.indexOf(post.media_attachments[at]!));
  const back = (id: string) => () => {
    onClose();
    // The thumbnail that was opened may have been drawn anew.
    requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-media="${CSS.escape(id)}"]`)?.focus({ preventScroll: true }));
  };
  return (
    <MediaViewer media={seen} at={first} onClose={back(seen[first]!.id)} menu={rows}
      caption={<p class="viewer-by"><a class="reach" href={personLink(post.account)}><Name who={post.account} /> <Address who={post.account} /></a></p>} />
  );
}

function rows(media: Media) {
  const link = media.url ?? media.remote_url ?? media.preview_url ?? '';
  return [
    { label: t('media.original'), icon: 'external' as const, onPick: () => void window.open(link, '_blank', 'noopener') },
    { label: t('media.download'), icon: 'download' as const, onPick: () => download(link) },
  ];
}

function download(link: string): void {
  const a = document.createElement('a');
  a.href = link;
  a.download = '';
  a.rel = 'noopener';
  a.target = '_blank';
  a.click();
}
