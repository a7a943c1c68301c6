import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../../i18n';
import type { Status } from '../../api/entities';
import { textOf } from '../../api/html';
import { draft, dropDraft, saveDraft } from '../../state/drafts';
import { instance } from '../../state/session';
import { settings } from '../../state/settings';
import { IconButton } from '../../ui/Button';
import { count } from '../../ui/format';
import { Icon } from '../../ui/Icon';
import { nameOf } from '../../ui/types';

const defaultMax = 500;
/** From how many left on the counter is shown. */
const countFrom = 50;

/** The field at the foot of a chat. Enter sends, if that is set, and never while an input method composes. */
export function Writing({ chat, answer, onAnswered, onSend }: { chat: string; answer?: Status; onAnswered: () => void; onSend: (text: string, to?: string) => Promise<void> }) {
  const [text, setText] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => void draft<string>('chat:' + chat).then((was) => was && setText((now) => now || was)), [chat]);
  useEffect(() => answer && field.current?.focus(), [answer]);
  const write = (words: string) => {
    setText(words);
    if (words) saveDraft('chat:' + chat, words);
    else void dropDraft('chat:' + chat);
  };
  const left = (instance.value?.configuration.statuses.max_characters ?? defaultMax) - [...text].length;
  const send = () => {
    const words = text.trim();
    if (!words || left < 0) return;
    write('');
    onAnswered();
    void onSend(words, answer?.id);
    field.current?.focus();
  };
  return (
    <form class="chat-write" onSubmit={(e) => { e.preventDefault(); send(); }}>
      {answer && (
        <div class="chat-answer">
          <Icon name="reply" size={16} />
          <span class="one"><b><bdi>{nameOf(answer.account)}</bdi></b> <span dir="auto">{textOf(answer.content, { unaddressed: true })}</span></span>
          <IconButton icon="close" size={16} label={t('chats.no-answer')} onClick={onAnswered} />
        </div>
      )}
      <div class="chat-line-in">
        <label class="field-box field-long"><span class="hear">{t('chats.message')}</span>
          <textarea ref={field} class="field-input" rows={1} dir="auto" placeholder={t('chats.message')} value={text} onInput={(e) => write(e.currentTarget.value)}
            onKeyDown={(e) => {
              if (e.key !== 'Enter' || e.isComposing || e.shiftKey || !(settings.value.enterSends || e.ctrlKey || e.metaKey)) return;
              e.preventDefault();
              send();
            }} />
        </label>
        {left <= countFrom && <span class={left < 0 ? 'chat-left chat-over num' : 'chat-left num'} role="status" aria-label={t('compose.left', { count: left })}>{count(left)}</span>}
        <button type="submit" class="icon-btn icon-btn-round chat-send" aria-label={t('chats.send')} title={t('chats.send')} disabled={!text.trim() || left < 0}><Icon name="send" /></button>
      </div>
    </form>
  );
}
