import { t } from '../i18n';
import { Button, IconButton } from './Button';
import { Field, Select } from './Field';
import { span } from './format';
import { Tick } from './Switch';

export interface PollDraft { options: string[]; multiple: boolean; seconds: number }

const lengths = [3600, 6 * 3600, 86_400, 3 * 86_400, 7 * 86_400];

/** A question's answers, how many may be chosen, and for how long. */
export function PollEditor({ poll, most, onChange, onRemove }: { poll: PollDraft; most: number; onChange: (poll: PollDraft) => void; onRemove: () => void }) {
  const set = (i: number, text: string) => onChange({ ...poll, options: poll.options.map((o, n) => (n === i ? text : o)) });
  return (
    <fieldset class="poll-edit">
      <legend class="poll-edit-head"><span>{t('compose.poll')}</span><IconButton icon="close" size={20} label={t('compose.poll-remove')} onClick={onRemove} /></legend>
      {poll.options.map((o, i) => (
        <div key={i} class="poll-edit-row">
          <Field quiet label={t('compose.answer', { at: i + 1 })} placeholder={t('compose.answer', { at: i + 1 })} dir="auto" value={o} onInput={(text) => set(i, text)} />
          {poll.options.length > 2 && <IconButton icon="trash" size={20} label={t('compose.answer-remove', { at: i + 1 })} onClick={() => onChange({ ...poll, options: poll.options.filter((_, n) => n !== i) })} />}
        </div>
      ))}
      {poll.options.length < most && <Button kind="plain" small icon="plus" onClick={() => onChange({ ...poll, options: [...poll.options, ''] })}>{t('compose.answer-add')}</Button>}
      <Tick checked={poll.multiple} onChange={(e) => onChange({ ...poll, multiple: e.currentTarget.checked })}>{t('compose.several')}</Tick>
      <Select label={t('compose.poll-for')} value={String(poll.seconds)} onInput={(v) => onChange({ ...poll, seconds: Number(v) })} options={lengths.map((s) => ({ value: String(s), label: span(s * 1000) }))} />
    </fieldset>
  );
}
