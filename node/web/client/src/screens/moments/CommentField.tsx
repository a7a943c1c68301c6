import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../../i18n';
import { draft, dropDraft, saveDraft } from '../../state/drafts';
import { IconButton } from '../../ui/Button';
import type { MomentView } from '../../ui/MomentsCard';
import { called, comment } from './view';

const textMax = 500;

/** Words about a Moment, in place. Enter sends, Esc leaves; what was written is kept. */
export function CommentField({ moment, to, onDone, onRemove }: { moment: string; to?: MomentView['comments'][number]; onDone: () => void; onRemove?: () => void }) {
  const [text, setText] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  const name = 'comment:' + moment;
  useEffect(() => {
    void draft<string>(name).then((was) => was && setText((now) => now || was));
    field.current?.focus({ preventScroll: true });
    field.current?.scrollIntoView({ block: 'nearest' });
  }, []);
  const label = to ? t('moments.answer-hint', { name: called(to.author) }) : t('moments.comment-hint');
  const left = textMax - [...text].length;
  const send = () => {
    if (!text.trim() || left < 0) return;
    comment(moment, text.trim(), to?.id);
    void dropDraft(name);
    onDone();
  };
  const keys = (e: KeyboardEvent) => {
    if (e.isComposing) return;
    if (e.key === 'Enter' && !e.shiftKey) {
      e.preventDefault();
      send();
    } else if (e.key === 'Escape') {
      e.preventDefault();
      e.stopPropagation();
      onDone();
    }
  };
  return (
    <div class="said-write">
      <textarea ref={field} class="field-input" rows={1} dir="auto" aria-label={label} placeholder={label} value={text} onKeyDown={keys}
        onInput={(e) => { setText(e.currentTarget.value); saveDraft(name, e.currentTarget.value); }} />
      {left <= 50 && <span class="said-left num" role="status">{left}</span>}
      {onRemove && <IconButton icon="trash" size={20} label={t('moments.uncomment')} onClick={onRemove} />}
      <IconButton icon="close" size={20} label={t('ui.close')} onClick={onDone} />
      <IconButton icon="send" size={20} label={t('moments.comment-send')} disabled={!text.trim() || left < 0} onClick={send} />
    </div>
  );
}
