import { useState } from 'preact/hooks';
import { t, span } from '../../i18n';
import type { Status } from '../../api/entities';
import { del, type Failure } from '../../api/client';
import { html, textOf } from '../../api/html';
import { sentence } from '../../app/failure';
import { go } from '../../app/router';
import { ask, fetchSheet } from '../../app/sheets';
import { me } from '../../state/session';
import { Bubble } from '../../ui/Bubble';
import { Button } from '../../ui/Button';
import { LinkCard } from '../../ui/LinkCard';
import { MediaGrid } from '../../ui/MediaGrid';
import type { MenuRows } from '../../ui/Menu';
import { say } from '../../ui/Toast';
import { drop } from './rooms';

export interface Drawn {
  message: Status;
  own: boolean;
  first: boolean;
  last: boolean;
}

/** An answer to one of the last few messages needs no quote: it follows them. */
const plainlyFollows = 3;
/** After how long a message that waits says for how long. */
const lateAfter = 10_000;

export function Message({ chat, message: m, own, first, last, group, all, onAnswer }: Drawn & { chat: string; group: boolean; all: Status[]; onAnswer: () => void }) {
  const [shown, setShown] = useState(!m.spoiler_text);
  const at = all.indexOf(m);
  const parent = all.findIndex((other) => other.id === m.in_reply_to_id);
  const quoted = parent >= 0 && at - parent > plainlyFollows ? all[parent]! : undefined;
  const words = textOf(m.content, { unaddressed: true });
  const media = shown && m.media_attachments.length > 0 && <MediaGrid media={m.media_attachments} small covered={m.sensitive && !m.spoiler_text} onOpen={(i) => fetchSheet(() => import('../../bundles/sheets').then((all) => all.Viewer), { post: m, at: i })} />;
  const card = shown && !media && m.card && <LinkCard card={m.card} />;
  return (
    <Bubble from={m.account} own={own} group={group} first={first} last={last} at={m.created_at} edited={!!m.edited_at} lang={m.language} sent={own ? 'sent' : undefined}
      plain={shown ? words : ''} media={media || card || undefined} onReply={onAnswer} menu={() => menuOf(chat, m, own, words, onAnswer)}
      reply={quoted && { from: quoted.account, text: textOf(quoted.content, { unaddressed: true }), onJump: () => jump(quoted.id) }}>
      <span data-message={m.id} />
      {m.spoiler_text && <span class="chat-warning"><b>{m.spoiler_text}</b> <button type="button" class="link reach" aria-expanded={shown} onClick={() => setShown(!shown)}>{t(shown ? 'post.hide' : 'post.show')}</button></span>}
      {shown && html(m.content, { emojis: m.emojis, mentions: m.mentions, unaddressed: true })}
    </Bubble>
  );
}

function jump(id: string): void {
  const row = document.querySelector(`[data-message="${CSS.escape(id)}"]`)?.closest<HTMLElement>('.bubble-row');
  row?.scrollIntoView({ block: 'center' });
  row?.focus({ preventScroll: true });
}

function menuOf(chat: string, m: Status, own: boolean, words: string, onAnswer: () => void): MenuRows {
  const rows: MenuRows = [
    { label: t('post.reply'), icon: 'reply', onPick: onAnswer },
    { label: t('chats.copy'), icon: 'copy', onPick: () => void navigator.clipboard.writeText(words).then(() => say(t('chats.copied')), () => say(t('failure.forbidden'))) },
    { label: t('chats.as-post'), icon: 'external', onPick: () => go(`/@${m.account.acct}/${m.id}`) },
  ];
  if (own) rows.push('gap', { label: t('chats.delete'), icon: 'trash', danger: true, onPick: () => ask({ title: t('chats.delete-title'), text: t('chats.delete-text'), act: t('chats.delete'), danger: true }, () => void remove(chat, m)) });
  return rows;
}

async function remove(chat: string, m: Status): Promise<void> {
  try {
    await del(`/api/v1/statuses/${m.id}`);
    drop(chat, m.id);
  } catch (error) {
    say(t('failure.not-done', { why: sentence((error as Failure).kind) }));
  }
}

/** A message of one's own that the server does not have: it waits, or was refused. */
export function Outgoing({ text, at, first, last, late, why, onRetry, onDrop }: { text: string; at: number; first: boolean; last: boolean; late?: boolean; why?: string; onRetry?: () => void; onDrop?: () => void }) {
  const who = me.value;
  if (!who) return null;
  return (
    <>
      <Bubble from={who} own first={first} last={last} at={at} plain={text} sent={why ? 'failed' : 'sending'} onRetry={onRetry}><span class="chat-words">{text}</span></Bubble>
      {late && Date.now() - at > lateAfter && <p class="chat-late">{t('chats.waits', { time: span(Date.now() - at) })}</p>}
      {why && <p class="chat-late">{why} <Button kind="plain" small onClick={onDrop}>{t('chats.throw-away')}</Button></p>}
    </>
  );
}
