import type { ComponentChildren } from 'preact';
import { t } from '../i18n';
import { Avatar, GroupAvatar } from './Avatar';
import { Badge, Dot } from './Badge';
import { Button } from './Button';
import { Icon, type IconName } from './Icon';
import { Address, Name } from './Name';
import { Time } from './Time';
import { nameOf, type Face } from './types';

export interface ChatRowProps {
  name: string;
  /** One face, or those of a group. */
  faces: Face[];
  group?: boolean;
  href: string;
  at: string | number;
  /** Who spoke last, in a group or where it was oneself. */
  sender?: string;
  preview: ComponentChildren;
  lang?: string;
  previewIcon?: IconName;
  draft?: string;
  unread?: number;
  mentioned?: boolean;
  muted?: boolean;
  pinned?: boolean;
  /** Not private: the servers that carry it can read it. Only this lock is drawn. */
  open?: boolean;
  current?: boolean;
}

/** One chat in the list: who, when, and what was said last. */
export function ChatRow(p: ChatRowProps) {
  const one = p.faces[0];
  return (
    <a class={`list-row chat-row${p.unread && !p.muted ? ' row-unread' : ''}`} href={p.href} aria-current={p.current ? 'page' : undefined}>
      {p.group || !one ? <GroupAvatar faces={p.faces} size={48} /> : <Avatar who={one} size={48} />}
      <span class="row-words">
        <span class="row-line">
          <bdi class="row-name one">{p.name}</bdi>
          {p.open && <span title={t('chat.open')}><Icon name="lock-open" size={14} /><span class="hear">{t('chat.open')}</span></span>}
          {p.muted && <span title={t('chat.muted')}><Icon name="muted" size={14} /><span class="hear">{t('chat.muted')}</span></span>}
          <span class="row-time"><Time at={p.at} as="last" /></span>
        </span>
        <span class="row-line">
          <span class="row-preview" lang={p.lang}>
            {p.draft !== undefined ? <><b class="row-draft">{t('chat.draft')}</b><bdi class="one">{p.draft}</bdi></> : <>{p.sender && <b>{t('chat.sender', { name: p.sender })}</b>}{p.previewIcon && <Icon name={p.previewIcon} size={16} />}<bdi class="one">{p.preview}</bdi></>}
          </span>
          {p.mentioned && <span class="row-mention" title={t('chat.mentioned')}><Icon name="mention" size={16} /><span class="hear">{t('chat.mentioned')}</span></span>}
          {!!p.unread && <><Badge count={p.unread} kind={p.muted ? 'muted' : 'row'} /><span class="hear">{t('chat.unread', { count: p.unread })}</span></>}
          {p.pinned && <Icon name="pin" size={16} />}
        </span>
      </span>
    </a>
  );
}

/** A person in a list. The name one has chosen for them stands first, their own under it. */
export function ContactRow({ who, remark, note, href, onClick, end, current, shape, online }: {
  who: Face; remark?: string; note?: ComponentChildren; href?: string; onClick?: () => void; end?: ComponentChildren; current?: boolean; shape?: 'person' | 'app'; online?: boolean;
}) {
  const inside = (
    <>
      <span class="row-face"><Avatar who={who} size={40} shape={shape} />{online && <span class="row-here"><Dot label={t('people.here')} /></span>}</span>
      <span class="row-words">
        <bdi class="row-name one">{remark || <Name who={who} />}</bdi>
        <span class="row-under one">{note ?? (remark ? <Name who={who} /> : <Address who={who} />)}</span>
      </span>
    </>
  );
  return (
    <div class="list-row contact-row">
      {href
        ? <a class="row-main" href={href} aria-current={current ? 'page' : undefined}>{inside}</a>
        : <button type="button" class="row-main" onClick={onClick}>{inside}</button>}
      {end}
    </div>
  );
}

/** Somebody asks to be a friend or to follow: their words in full, where they come from, yes or not now. */
export function RequestRow({ who, href, greeting, from, accept, busy, onAccept, onLater, done }: {
  who: Face; href: string; greeting?: string; from?: ComponentChildren; accept?: string; busy?: boolean; onAccept: () => void; onLater: () => void; done?: string;
}) {
  return (
    <section class="request" aria-label={nameOf(who)}>
      <a href={href} tabIndex={-1} aria-hidden="true"><Avatar who={who} size={48} /></a>
      <div class="row-words">
        <a class="row-name one reach" href={href}><Name who={who} /></a>
        <p class="row-under one"><Address who={who} /></p>
        {greeting && <p class="request-words" dir="auto">{greeting}</p>}
        {from && <p class="row-under">{from}</p>}
        {done ? <p class="row-under" role="status">{done}</p> : (
          <div class="request-acts">
            <Button kind="filled" small busy={busy} onClick={onAccept}>{accept ?? t('people.accept')}</Button>
            <Button kind="plain" small disabled={busy} onClick={onLater}>{t('people.not-now')}</Button>
          </div>
        )}
      </div>
    </section>
  );
}
