import { useState } from 'preact/hooks';
import { t } from '../i18n';
import { Blurhash } from './Blurhash';
import { length } from './format';
import { Icon } from './Icon';
import { Sheet } from './Sheet';
import type { Media } from './types';

/** A single picture keeps its shape between these: taller or wider ones are cropped in the middle. */
const tallest = 4 / 5, widest = 16 / 9;

export interface MediaGridProps {
  media: Media[];
  covered?: boolean;
  onOpen: (index: number) => void;
  /** In a bubble or a quote, smaller. */
  small?: boolean;
}

/** One to four pictures or films in a grid whose size is known before they come; sounds below. */
export function MediaGrid({ media, covered, onOpen, small }: MediaGridProps) {
  const [shown, setShown] = useState(!covered);
  const seen = media.filter((m) => m.type !== 'audio' && m.type !== 'unknown');
  const heard = media.filter((m) => m.type === 'audio');
  const other = media.filter((m) => m.type === 'unknown');
  const rest = seen.length - 4;
  return (
    <div class={small ? 'media media-small' : 'media'}>
      {seen.length > 0 && (
        <div class={`grid grid-${Math.min(seen.length, 4)}`} style={seen.length === 1 ? { aspectRatio: `${shape(seen[0]!)}` } : undefined}>
          {seen.slice(0, 4).map((m, i) => (
            <Tile key={m.id} media={m} covered={!shown} more={i === 3 && rest > 0 ? rest : 0} onOpen={() => onOpen(media.indexOf(m))} />
          ))}
          {!shown && (
            <button type="button" class="uncover" data-cover onClick={() => setShown(true)}>
              <span class="uncover-words"><Icon name="eye-off" size={20} />{t('media.sensitive')}</span>
              <span class="uncover-act">{t('post.show')}</span>
            </button>
          )}
          {shown && covered && <button type="button" class="on-media media-hide reach" aria-label={t('post.hide')} title={t('post.hide')} onClick={() => setShown(false)}><Icon name="eye-off" size={20} /></button>}
        </div>
      )}
      {heard.map((m) => (
        <figure key={m.id} class="sound">
          <audio controls preload="none" src={m.url ?? undefined} aria-label={m.description ?? t('media.audio')} />
          {m.description && <figcaption dir="auto">{m.description}</figcaption>}
        </figure>
      ))}
      {other.map((m) => <a key={m.id} class="file" href={m.remote_url ?? m.url ?? undefined} target="_blank" rel="noopener noreferrer"><Icon name="file" size={20} /><span class="one">{m.description || t('media.elsewhere')}</span></a>)}
    </div>
  );
}

function shape(m: Media): number {
  const size = m.meta?.original ?? m.meta?.small;
  const ratio = size?.aspect ?? (size?.width && size.height ? size.width / size.height : 3 / 2);
  return Math.min(widest, Math.max(tallest, ratio));
}

function Tile({ media: m, covered, more, onOpen }: { media: Media; covered: boolean; more: number; onOpen: () => void }) {
  const [alt, setAlt] = useState(false);
  const film = m.type === 'video' || m.type === 'gifv';
  const seconds = m.meta?.original?.duration;
  const name = m.description || (film ? t('media.video') : t('media.picture'));
  return (
    <div class="tile">
      {m.blurhash && <Blurhash hash={m.blurhash} />}
      {!covered && (
        <button type="button" class="tile-open" aria-label={more ? t('media.more', { count: more }) : film ? t('media.play', { name }) : name} data-media={m.id} onClick={onOpen}>
          {m.preview_url && <img src={m.preview_url} alt="" loading="lazy" decoding="async" draggable={false} style={focus(m)} />}
          {film && <span class="tile-play"><Icon name="play" on /></span>}
          {more > 0 && <span class="tile-more num" dir="ltr">+{more}</span>}
        </button>
      )}
      {!covered && film && <span class="on-media tile-length num">{m.type === 'gifv' ? 'GIF' : seconds ? length(seconds) : t('media.video')}</span>}
      {!covered && m.description && <button type="button" class="on-media tile-alt reach" aria-label={t('media.alt-show')} onClick={() => setAlt(true)}>ALT</button>}
      {alt && <Sheet title={t('media.alt')} onClose={() => setAlt(false)}><p class="alt-text" dir="auto">{m.description}</p></Sheet>}
    </div>
  );
}

/** The point of the picture that must stay in view when it is cropped; Mastodon counts from -1 to 1, y upward. */
function focus(m: Media) {
  const f = m.meta?.focus;
  return f && (f.x || f.y) ? { objectPosition: `${50 + f.x * 50}% ${50 - f.y * 50}%` } : undefined;
}
