import { useState } from 'preact/hooks';
import { t } from '../../i18n';
import type { Account } from '../../api/entities';
import { relation, setNote } from '../../state/relations';
import { Button } from '../../ui/Button';
import { TextArea } from '../../ui/Field';
import { Sheet } from '../../ui/Sheet';

/** One's own words about somebody. */
export function NoteSheet({ who, onClose }: { who: Account; onClose: () => void }) {
  const [text, setText] = useState(relation(who.id).peek()?.note ?? '');
  return (
    <Sheet title={t('person.note-edit')} onClose={onClose} foot={(close) => <Button kind="filled" onClick={() => { setNote(who.id, text.trim()); close(); }}>{t('ui.save')}</Button>}>
      <TextArea label={t('person.note-about', { name: '@' + who.acct })} hint={t('person.note-hint')} value={text} onInput={setText} maxLength={2000} />
    </Sheet>
  );
}
