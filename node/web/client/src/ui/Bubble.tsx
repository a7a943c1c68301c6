import type { ComponentChildren } from 'preact';
import { t } from '../i18n';
import { Avatar, hueOf } from './Avatar';
import { Icon, type IconName } from './Icon';
import { MenuButton, type MenuRows } from './Menu';
import { Time } from './Time';
import { nameOf, type Face } from './types';

export type Sent = 'sending' | 'sent' | 'delivered' | 'read' | 'failed';

export interface BubbleProps {
  from: Face;
  own?: boolean;
  /** In a group the first of a run carries the name, the last the face. */
  first?: boolean;
  last?: boolean;
  group?: boolean;
  at: string | number;
  /** The words; `plain` is the same for finding messages that are emoji alone. */
  children?: ComponentChildren;
  plain?: string;
  lang?: string | null;
  /** Pictures or a card above the words. */
  media?: ComponentChildren;
  reply?: { from: Face; text: string; onJump: () => void };
  reactions?: Array<{ emoji: string; count: number; own?: boolean; label: string }>;
  onReact?: (emoji: string) => void;
  sent?: Sent;
  onRetry?: () => void;
  edited?: boolean;
  menu?: () => MenuRows;
  onReply?: () => void;
}

const ticks: Record<Exclude<Sent, 'failed'>, { icon: IconName; label: 'chat.sending' | 'chat.sent' | 'chat.delivered' | 'chat.read' }> = {
  sending: { icon: 'clock', label: 'chat.sending' },
  sent: { icon: 'check', label: 'chat.sent' },
  delivered: { icon: 'ticks', label: 'chat.delivered' },
  read: { icon: 'ticks', label: 'chat.read' },
};

const emojiAlone = /^(?:\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier}|\u200D\p{Extended_Pictographic})*\s*){1,3}$/u;

/** One message. Runs of the same person within five minutes join; the time floats at the end of the last line. */
export function Bubble(p: BubbleProps) {
  const jumbo = !p.media && !p.reply && !!p.plain && emojiAlone.test(p.plain.trim());
  const look = ['bubble-row', p.own && 'bubble-row-own', p.first && 'bubble-first', p.last && 'bubble-last', jumbo && 'bubble-jumbo', p.sent === 'failed' && 'bubble-failed'];
  return (
    <div class={look.filter(Boolean).join(' ')} role="article" aria-label={p.own ? t('chat.you') : nameOf(p.from)} tabIndex={-1}>
      {!p.own && p.group && <span class="bubble-face">{p.last && <Avatar who={p.from} size={32} />}</span>}
      <div class="bubble" data-person={hueOf(p.from.id)}>
        {p.group && p.first && !p.own && <bdi class="bubble-name one">{nameOf(p.from)}</bdi>}
        {p.media && <div class="bubble-media">{p.media}</div>}
        {p.reply && (
          <button type="button" class="bubble-reply" data-person={hueOf(p.reply.from.id)} onClick={p.reply.onJump}>
            <bdi class="bubble-name one">{nameOf(p.reply.from)}</bdi>
            <span class="bubble-reply-text" dir="auto">{p.reply.text}</span>
          </button>
        )}
        <div class="bubble-text" dir="auto" lang={p.lang ?? undefined}>{p.children}<Meta {...p} /></div>
        {!!p.reactions?.length && (
          <div class="bubble-reactions">
            {p.reactions.map((r) => (
              <button key={r.emoji} type="button" class="reaction reach" aria-pressed={!!r.own} aria-label={r.label} onClick={() => p.onReact?.(r.emoji)}>
                <span aria-hidden="true">{r.emoji}</span><span class="num" aria-hidden="true">{r.count}</span>
              </button>
            ))}
          </div>
        )}
      </div>
      {(p.onReply || p.menu) && (
        <span class="bubble-tools">
          {p.onReply && <button type="button" class="icon-btn" aria-label={t('post.reply')} title={t('post.reply')} onClick={p.onReply}><Icon name="reply" size={20} /></button>}
          {p.menu && <MenuButton label={t('post.more')} size={20} rows={p.menu} />}
        </span>
      )}
      {p.sent === 'failed' && <button type="button" class="bubble-unsent" onClick={p.onRetry}><Icon name="warning" size={16} />{t('chat.unsent')}</button>}
    </div>
  );
}

function Meta({ at, edited, own, sent }: BubbleProps) {
  const tick = own && sent && sent !== 'failed' ? ticks[sent] : undefined;
  return (
    <span class="bubble-meta">
      {edited && <span>{t('post.edited')}</span>}
      <Time at={at} as="clock" />
      {tick && <span class={`tick-${sent}`} title={t(tick.label)}><Icon name={tick.icon} size={14} /><span class="hear">{t(tick.label)}</span></span>}
    </span>
  );
}

/** What happened, in the middle: a day begins, somebody came, a message was taken back. */
export function SystemLine({ children }: { children: ComponentChildren }) {
  return <p class="chat-line"><span>{children}</span></p>;
}

/** Above the first message that was unread when the chat was opened. */
export function NewLine({ label }: { label: string }) {
  return <p class="new-line" role="separator" aria-label={label}><span>{label}</span></p>;
}
