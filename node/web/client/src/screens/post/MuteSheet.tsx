import { useState } from 'preact/hooks';
import { t } from '../../i18n';
import type { Account } from '../../api/entities';
import { insist } from '../../state/relations';
import { Button } from '../../ui/Button';
import { Select } from '../../ui/Field';
import { span } from '../../ui/format';
import { Sheet } from '../../ui/Sheet';
import { Tick } from '../../ui/Switch';
import { doNow } from './menu';

const lengths = [0, 3600, 86_400, 7 * 86_400, 30 * 86_400];

/** Mutes somebody: for how long, and whether what they do to one's posts is told. */
export default function MuteSheet({ who, onClose }: { who: Account; onClose: () => void }) {
  const [seconds, setSeconds] = useState(0);
  const [also, setAlso] = useState(true);
  const [busy, setBusy] = useState(false);
  const name = '@' + who.acct;
  const mute = async (close: () => void) => {
    setBusy(true);
    if (await doNow(insist(who.id, 'mute', { duration: seconds, notifications: also }), t('person.muted', { name }))) close();
    else setBusy(false);
  };
  return (
    <Sheet title={t('person.mute', { name })} onClose={onClose} foot={(close) => <Button kind="filled" busy={busy} onClick={() => void mute(close)}>{t('person.mute-act')}</Button>}>
      <div class="stack">
        <p class="sheet-text">{t('person.mute-text')}</p>
        <Select label={t('person.mute-for')} value={String(seconds)} onInput={(v) => setSeconds(Number(v))} options={lengths.map((s) => ({ value: String(s), label: s ? span(s * 1000) : t('person.mute-always') }))} />
        <Tick checked={also} onChange={(e) => setAlso(e.currentTarget.checked)}>{t('person.mute-notifications')}</Tick>
      </div>
    </Sheet>
  );
}
