import { useState } from 'preact/hooks';
import { t } from '../../i18n';
import { Failure } from '../../api/client';
import { sentence } from '../../app/failure';
import { circles, friendOf, inCircle, makeCircle } from '../../state/friends';
import { Button } from '../../ui/Button';
import { Field } from '../../ui/Field';
import { Sheet } from '../../ui/Sheet';
import { Tick } from '../../ui/Switch';
import { nameOf } from '../../ui/types';

const nameMax = 30;

/** In which circles a friend is. */
export function CirclesSheet({ id, onClose }: { id: string; onClose: () => void }) {
  const [name, setName] = useState('');
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState('');
  const friend = friendOf(id);
  if (!friend) return null;
  const make = async (e: Event) => {
    e.preventDefault();
    if (!name.trim()) return;
    setBusy(true);
    try {
      const made = await makeCircle(name.trim());
      inCircle(friend, made.id, true);
      setName('');
      setWrong('');
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      setWrong(sentence(error.kind));
    }
    setBusy(false);
  };
  return (
    <Sheet title={t('friend.circles-of', { name: friend.remark || nameOf(friend.account) })} onClose={onClose}>
      {circles.value.map((c) => <Tick key={c.id} checked={friend.circles.includes(c.id)} onChange={(e) => inCircle(friend, c.id, e.currentTarget.checked)}>{c.name}</Tick>)}
      <form class="circle-new" onSubmit={(e) => void make(e)}>
        <Field label={t('circle.new')} dir="auto" value={name} onInput={setName} maxLength={nameMax} error={wrong || undefined} />
        <Button type="submit" busy={busy} disabled={!name.trim()}>{t('circle.make')}</Button>
      </form>
      <p class="hint">{t('circle.hint')}</p>
    </Sheet>
  );
}
