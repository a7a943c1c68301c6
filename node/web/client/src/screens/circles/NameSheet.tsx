import { useState } from 'preact/hooks';
import { t } from '../../i18n';
import { Button } from '../../ui/Button';
import { Field } from '../../ui/Field';
import { Sheet } from '../../ui/Sheet';

const nameMax = 30;

/** Names a circle. save returns what is wrong, in words, or nothing. */
export function NameSheet({ title, act, name: was, save, onClose }: { title: string; act: string; name: string; save: (name: string) => Promise<string>; onClose: () => void }) {
  const [name, setName] = useState(was);
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState('');
  const submit = async (close: () => void) => {
    setBusy(true);
    const why = await save(name.trim());
    setBusy(false);
    setWrong(why);
    if (!why) close();
  };
  return (
    <Sheet title={title} onClose={onClose} foot={(close) => <Button kind="filled" busy={busy} disabled={!name.trim()} onClick={() => void submit(close)}>{act}</Button>}>
      <Field label={t('circle.name')} dir="auto" value={name} onInput={setName} maxLength={nameMax} hint={t('circle.hint')} error={wrong || undefined} />
    </Sheet>
  );
}
