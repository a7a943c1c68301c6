import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { t, T } from '../i18n';
import { withEmoji } from '../api/html';
import { AudienceNote } from './Audience';
import { Avatar } from './Avatar';
import { Blurhash } from './Blurhash';
import { Icon } from './Icon';
import { personLink } from './links';
import { MenuButton, type MenuRows } from './Menu';
import { Time } from './Time';
import { nameOf, type Face, type Media } from './types';

export interface MomentView {
  id: string;
  author: Face;
  /** What the reader calls the author. */
  remark?: string;
  text: string;
  language?: string | null;
  media: Media[];
  place?: string;
  at: string;
  /** Said where it is one's own, or narrower than all friends. */
  audience?: { of: string; words: string };
  likes: Face[];
  liked?: boolean;
  comments: Array<{ id: string; author: Face; to?: Face; text: string; own?: boolean; pending?: boolean; failed?: boolean }>;
  own?: boolean;
  link?: ComponentChildren;
}

export interface MomentsCardProps {
  moment: MomentView;
  /** How a person is called here: the remark name where there is one, "You" for oneself. */
  name?: (who: Face) => string;
  onLike: () => void;
  /** Comment, or answer the comment that was tapped. */
  onComment: (to?: MomentView['comments'][number]) => void;
  onMedia: (index: number) => void;
  menu?: () => MenuRows;
  /** The field to write a comment in, when it is open. */
  composer?: ComponentChildren;
}

/** A Moment of a friend: words, up to nine pictures, and under it what friends of both said. */
export function MomentsCard({ moment: m, name = nameOf, onLike, onComment, onMedia, menu, composer }: MomentsCardProps) {
  const [open, setOpen] = useState(false);
  const act = (then: () => void) => () => { setOpen(false); then(); };
  return (
    <article class="moment" aria-label={name(m.author)} tabIndex={0} data-id={m.id}>
      <a class="moment-face" href={personLink(m.author)} tabIndex={-1} aria-hidden="true"><Avatar who={m.author} /></a>
      <div class="moment-body">
        <div class="moment-head">
          <a class="moment-name one reach" href={personLink(m.author)}><bdi>{m.remark || name(m.author)}</bdi></a>
          {menu && <MenuButton label={t('post.more')} icon="down" size={16} rows={menu} />}
        </div>
        {m.text && <p class="moment-text" dir="auto" lang={m.language ?? undefined}>{withEmoji(m.text, m.author.emojis)}</p>}
        {m.link}
        {m.media.length > 0 && <Pictures media={m.media} onOpen={onMedia} />}
        {m.place && <p class="moment-place"><Icon name="place" size={16} /><bdi>{m.place}</bdi></p>}
        <div class="moment-foot">
          <Time at={m.at} />
          {m.audience && <AudienceNote of={m.audience.of} words={m.audience.words} />}
          <span class="moment-acts">
            {open && (
              <>
                <button type="button" class="moment-act" aria-pressed={!!m.liked} onClick={act(onLike)}><Icon name="like" size={16} on={m.liked} />{m.liked ? t('moments.unlike') : t('post.like')}</button>
                <button type="button" class="moment-act" onClick={act(() => onComment())}><Icon name="chats" size={16} />{t('moments.comment')}</button>
              </>
            )}
            <button type="button" class="moment-more reach" aria-label={t('moments.acts')} title={t('moments.acts')} aria-expanded={open} onClick={() => setOpen(!open)}><Icon name="more" size={20} /></button>
          </span>
        </div>
        {(m.likes.length > 0 || m.comments.length > 0 || composer) && <Said moment={m} name={name} onComment={onComment} composer={composer} />}
      </div>
    </article>
  );
}

/** One picture up to 228 wide in its own shape, four as two by two, else rows of three. */
function Pictures({ media, onOpen }: { media: Media[]; onOpen: (i: number) => void }) {
  const single = media.length === 1 ? media[0]! : undefined;
  const size = single?.meta?.original ?? single?.meta?.small;
  const ratio = Math.min(2, Math.max(0.6, size?.aspect ?? (size?.width && size.height ? size.width / size.height : 1)));
  return (
    <div class={`moment-pictures moment-pictures-${single ? 'one' : media.length === 4 ? 'four' : 'many'}`}
      style={single ? { aspectRatio: `${ratio}`, inlineSize: `${ratio >= 1 ? 228 : Math.round(280 * ratio)}px` } : undefined}>
      {media.slice(0, 9).map((m, i) => (
        <button key={m.id} type="button" class="moment-picture" aria-label={m.description || (m.type !== 'image' ? t('media.video') : t('media.picture'))} data-media={m.id} onClick={() => onOpen(i)}>
          {m.blurhash && <Blurhash hash={m.blurhash} />}
          {m.preview_url && <img src={m.preview_url} alt="" loading="lazy" decoding="async" draggable={false} onError={(e) => { e.currentTarget.hidden = true; }} />}
          {m.type !== 'image' && <span class="tile-play"><Icon name="play" on /></span>}
        </button>
      ))}
    </div>
  );
}

/** Likes and comments of the people both know. What the reader may not see leaves no trace. */
function Said({ moment: m, name, onComment, composer }: Pick<MomentsCardProps, 'moment' | 'onComment' | 'composer'> & { name: (who: Face) => string }) {
  const person = (who: Face, look = 'said-name') => <a class={look} href={personLink(who)}><bdi>{name(who)}</bdi></a>;
  return (
    <div class="said">
      {m.likes.length > 0 && (
        <p class="said-likes"><Icon name="like" size={16} on /><span class="hear">{t('moments.likes')}</span>
          <span>{m.likes.map((who, i) => <>{i > 0 && t('moments.comma')}{person(who, 'said-name reach')}</>)}</span></p>
      )}
      {m.comments.length > 0 && (
        <ul class="said-words">
          {m.comments.map((c) => (
            <li key={c.id} class={c.pending ? 'said-line said-pending' : 'said-line'}>
              {c.to ? T({ k: 'moments.answer', from: person(c.author), to: person(c.to) }) : person(c.author)}{t('moments.colon')}
              <span role="button" tabIndex={0} class="said-text" dir="auto" title={t('moments.answer-hint', { name: name(c.author) })} onClick={() => onComment(c)}
                onKeyDown={(e) => { if (e.key === 'Enter' || e.key === ' ') { e.preventDefault(); onComment(c); } }}>{c.text}</span>
              {c.failed && <span class="said-failed">{t('post.unsent')}</span>}
            </li>
          ))}
        </ul>
      )}
      {composer}
    </div>
  );
}
