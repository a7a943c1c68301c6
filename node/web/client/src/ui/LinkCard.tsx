import { Blurhash } from './Blurhash';
import { Icon } from './Icon';
import type { LinkPreview } from './types';

function hostOf(url: string): string {
  try {
    return new URL(url).hostname.replace(/^www\./, '');
  } catch {
    return '';
  }
}

/** What a link leads to: its picture, title and where it is. Wide pictures stand above, others beside. */
export function LinkCard({ card }: { card: LinkPreview }) {
  const wide = !!card.image && (card.width ?? 0) >= 400 && (card.width ?? 0) > (card.height ?? 0) * 1.2;
  return (
    <a class={wide ? 'card card-wide' : 'card'} href={card.url} target="_blank" rel="noopener noreferrer">
      <span class="card-image">
        {card.blurhash && <Blurhash hash={card.blurhash} />}
        {card.image ? <img src={card.image} alt="" loading="lazy" decoding="async" /> : <Icon name="link" size={24} />}
      </span>
      <span class="card-words">
        <span class="card-from one"><bdi>{card.provider_name || hostOf(card.url)}</bdi></span>
        <span class="card-title" dir="auto">{card.title}</span>
        {card.description && <span class="card-text one" dir="auto">{card.description}</span>}
      </span>
    </a>
  );
}
