import { useState } from 'preact/hooks';
import { nameOf, type Face } from './types';

/** A stable colour of the eight for everyone who has no picture. */
export function hueOf(id: string): number {
  let h = 7;
  for (let i = 0; i < id.length; i++) h = (h * 31 + id.charCodeAt(i)) >>> 0;
  return h % 8;
}

function letterOf(name: string): string {
  const first = [...name.replace(/[^\p{L}\p{N}]/gu, '')][0];
  return (first ?? '·').toLocaleUpperCase();
}

export interface AvatarProps {
  who: Face;
  size?: number;
  /** Shows what the account is: people are circles, apps and public accounts rounded squares. */
  shape?: 'person' | 'app';
  /** Named only where no name stands beside it. */
  label?: string;
  /** In a list that scrolls fast, the browser may load it late. */
  eager?: boolean;
}

/** A face: the picture, or a letter in the person's colour when there is none or it does not load. */
export function Avatar({ who, size = 44, shape, label, eager }: AvatarProps) {
  const [broken, setBroken] = useState('');
  const src = who.avatar;
  const shown = src && broken !== src && !/\/missing\.(png|svg)$/.test(src);
  const round = (shape ?? (who.group ? 'app' : 'person')) === 'app' ? 'avatar avatar-app' : 'avatar';
  const box = { inlineSize: `${size}px`, blockSize: `${size}px` };
  const name = label ? { role: 'img' as const, 'aria-label': label } : { 'aria-hidden': true as const };
  if (shown) {
    return (
      <span class={round} style={box} {...name}>
        <img src={src} width={size} height={size} alt="" decoding="async" loading={eager ? 'eager' : 'lazy'}
          draggable={false} onError={() => setBroken(src)} />
      </span>
    );
  }
  return (
    <span class={round} style={{ ...box, fontSize: `${Math.round(size * 0.42)}px` }} data-person={hueOf(who.id)} {...name}>
      {letterOf(nameOf(who))}
    </span>
  );
}

/** A group: up to four faces round a court; two stand before one another. */
export function GroupAvatar({ faces, size = 48, label }: { faces: Face[]; size?: number; label?: string }) {
  const each = Math.floor(size * (faces.length === 2 ? 0.62 : 0.45));
  return (
    <span class="court" style={{ inlineSize: `${size}px`, blockSize: `${size}px` }} {...(label ? { role: 'img' as const, 'aria-label': label } : { 'aria-hidden': true as const })}>
      {faces.slice(0, 4).map((f) => <Avatar key={f.id} who={f} size={each} />)}
    </span>
  );
}

/** Overlapping faces: who wrote the new posts, who liked. At most three. */
export function Faces({ who, size = 24 }: { who: Face[]; size?: number }) {
  return <span class="faces" aria-hidden="true">{who.slice(0, 3).map((f) => <Avatar key={f.id} who={f} size={size} />)}</span>;
}
