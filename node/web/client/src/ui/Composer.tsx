import type { ComponentChildren } from 'preact';
import { useId, useRef } from 'preact/hooks';
import { t } from '../i18n';
import { audienceIcon, audienceWords } from './Audience';
import { Avatar } from './Avatar';
import { Button } from './Button';
import { Chip } from './Chip';
import { count } from './format';
import { Icon } from './Icon';
import type { Face } from './types';

/** From here on the counter is shown: earlier it would only hurry. */
const countFrom = 50;

export interface ComposerProps {
  who: Face;
  /** Who will see it: a word of the list, or a sentence where it needs more ("Friends (86)"). */
  audience: string;
  audienceLabel?: string;
  onAudience: () => void;
  text: string;
  onText: (text: string) => void;
  hint: string;
  lang?: string;
  warning?: string;
  onWarning?: (text: string) => void;
  left: number;
  /** Pictures, poll, quote, the post that is answered. */
  above?: ComponentChildren;
  children?: ComponentChildren;
  tools?: ComponentChildren;
  /** Who gets it and how many servers carry it, as a sentence. */
  foot?: ComponentChildren;
  /** The button says what it does: Post, Share with friends. */
  act: string;
  busy?: boolean;
  ready: boolean;
  onSubmit: () => void;
  onPaste?: (files: File[]) => void;
  textRef?: (el: HTMLTextAreaElement | null) => void;
}

/** Where something is written: first who will see it, then the words, what hangs on them, and the act. */
export function Composer(p: ComposerProps) {
  const id = useId();
  const form = useRef<HTMLFormElement>(null);
  const send = (e: Event) => {
    e.preventDefault();
    if (p.ready && !p.busy && p.left >= 0) p.onSubmit();
  };
  const files = (list: FileList | undefined | null, e: Event) => {
    if (!list?.length || !p.onPaste) return;
    e.preventDefault();
    p.onPaste([...list]);
  };
  return (
    <form ref={form} class="composer" onSubmit={send} onDragOver={(e) => e.preventDefault()} onDrop={(e) => files(e.dataTransfer?.files, e)}>
      <div class="composer-head">
        <Avatar who={p.who} size={40} eager />
        <Chip icon={audienceIcon(p.audience)} down onClick={p.onAudience}>{p.audienceLabel ?? audienceWords(p.audience)}</Chip>
      </div>
      {p.above}
      {p.warning !== undefined && (
        <label class="composer-warning"><Icon name="warning" size={20} /><span class="hear">{t('compose.warning')}</span>
          <input class="field-input" dir="auto" placeholder={t('compose.warning')} value={p.warning} onInput={(e) => p.onWarning?.(e.currentTarget.value)} /></label>
      )}
      <label class="hear" for={id}>{p.hint}</label>
      <textarea ref={p.textRef} id={id} class="composer-text" dir="auto" lang={p.lang} rows={3} placeholder={p.hint} value={p.text} data-first
        onInput={(e) => p.onText(e.currentTarget.value)} onPaste={(e) => files(e.clipboardData?.files, e)}
        onKeyDown={(e) => { if (e.key === 'Enter' && (e.ctrlKey || e.metaKey) && !e.isComposing) form.current?.requestSubmit(); }} />
      <div class="composer-on">{p.children}</div>
      {p.foot && <p class="composer-foot">{p.foot}</p>}
      <div class="composer-bar">
        {p.tools}
        {p.left <= countFrom && <span class={p.left < 0 ? 'composer-left composer-over num' : 'composer-left num'} role="status" aria-label={t('compose.left', { count: p.left })}>{count(p.left)}</span>}
        <Button kind="filled" small type="submit" busy={p.busy} disabled={!p.ready || p.left < 0}>{p.act}</Button>
      </div>
    </form>
  );
}
