import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../i18n';
import { Blurhash } from './Blurhash';
import { IconButton } from './Button';
import { MenuButton, type MenuRows } from './Menu';
import type { Media } from './types';
import { useDialog } from './useDialog';
import { useZoom } from './useZoom';

const rest = 3000; // after which what is around the picture fades

export interface MediaViewerProps {
  media: Media[];
  at: number;
  onClose: () => void;
  onMove?: (index: number) => void;
  /** Who made it and where it stands, under the picture. */
  caption?: ComponentChildren;
  menu?: (media: Media) => MenuRows;
}

/** Pictures and films on black, one at a time: pinch, double tap, swipe, pull down, arrows, Esc. */
export function MediaViewer({ media, at: first, onClose, onMove, caption, menu }: MediaViewerProps) {
  const { props, close } = useDialog(onClose);
  const [at, setAt] = useState(first);
  const [chrome, setChrome] = useState(true);
  const m = media[at]!;
  const go = (to: number) => {
    if (to < 0 || to >= media.length) return;
    setAt(to);
    onMove?.(to);
  };
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const wake = () => {
    setChrome(true);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setChrome(false), rest);
  };
  useEffect(() => {
    wake();
    return () => clearTimeout(timer.current);
  }, [at]);
  const keys = (e: KeyboardEvent) => {
    props.onKeyDown(e);
    wake();
    const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (!step || (e.target as Element).closest('video')) return;
    go(at + (getComputedStyle(e.currentTarget as Element).direction === 'rtl' ? -step : step));
  };
  const count = media.length > 1 ? t('media.of', { at: at + 1, all: media.length }) : '';
  return (
    <dialog class={chrome ? 'viewer' : 'viewer viewer-calm'} aria-label={t('media.viewer')} {...props} onKeyDown={keys} onPointerMove={(e) => { if (e.pointerType === 'mouse') wake(); }} onFocusIn={wake}>
      <div class="viewer-head">
        <IconButton icon="close" label={t('ui.close')} onClick={() => close()} />
        <span class="viewer-count num" role="status">{count}</span>
        {menu && <MenuButton label={t('post.more')} rows={() => menu(m)} />}
      </div>
      <Stage key={m.id} media={m} onNext={() => go(at + 1)} onBack={() => go(at - 1)} onClose={() => close()} onTap={() => (chrome ? setChrome(false) : wake())} />
      {media.length > 1 && (
        <>
          <span class="viewer-side viewer-back"><IconButton icon="back" label={t('media.back')} disabled={at === 0} onClick={() => go(at - 1)} round /></span>
          <span class="viewer-side viewer-next"><IconButton icon="next" label={t('media.next')} disabled={at === media.length - 1} onClick={() => go(at + 1)} round /></span>
        </>
      )}
      {(m.description || caption) && <div class="viewer-foot">{m.description && <p class="viewer-alt" dir="auto">{m.description}</p>}{caption}</div>}
    </dialog>
  );
}

interface StageProps { media: Media; onNext: () => void; onBack: () => void; onClose: () => void; onTap: () => void }

function Stage({ media: m, ...acts }: StageProps) {
  const box = useRef<HTMLDivElement | null>(null);
  const [come, setCome] = useState(false);
  useZoom(box, acts, m.id);
  const size = m.meta?.original;
  const film = m.type === 'video' || m.type === 'gifv';
  const ratio = size?.width && size.height ? { aspectRatio: `${size.width} / ${size.height}`, inlineSize: `min(100vw, ${(100 * size.width) / size.height}dvh, ${film ? 1600 : Math.max(size.width, 600)}px)` } : undefined;
  return (
    <div class="viewer-stage" ref={box}>
      <div class="viewer-frame" style={ratio}>
        {m.blurhash && !come && <Blurhash hash={m.blurhash} />}
        {film
          ? <video src={m.url ?? undefined} poster={m.preview_url ?? undefined} controls autoplay playsInline loop={m.type === 'gifv'} aria-label={m.description ?? t('media.video')} onLoadedData={() => setCome(true)} />
          : <img src={m.url ?? m.preview_url ?? ''} alt={m.description ?? ''} draggable={false} onLoad={() => setCome(true)} />}
      </div>
    </div>
  );
}
