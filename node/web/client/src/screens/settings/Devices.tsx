import { useState } from 'preact/hooks';
import { t, fullDate } from '../../i18n';
import { cursorPage, del } from '../../api/client';
import { Screen } from '../../app/Screen';
import { ask } from '../../app/sheets';
import { Button } from '../../ui/Button';
import { SettingsGroup, SettingsRow } from '../../ui/SettingsRow';
import { doNow } from '../post/menu';
import { Note, useKnown, Wait } from './controls';

interface Session {
  id: string;
  program: string;
  system: string;
  network: string;
  used_at: string;
  current: boolean;
}

/** Where one is signed in; each other place can be ended. */
export default function Devices() {
  const known = useKnown<Session[]>('sessions', () => cursorPage<Session>('/api/tulou/v1/sessions').then((p) => p.items));
  const [busy, setBusy] = useState('');
  const end = async (session: Session) => {
    setBusy(session.id);
    if (await doNow(del('/api/tulou/v1/sessions/' + session.id), t('devices.ended'))) known.set(known.value!.filter((s) => s.id !== session.id));
    setBusy('');
  };
  const endOthers = () => ask({ title: t('devices.end-others-title'), text: t('devices.end-others-text'), act: t('devices.end-others'), danger: true },
    () => void doNow(del('/api/tulou/v1/sessions'), t('devices.ended')).then((ok) => { if (ok) known.again(); }));
  const own = known.value?.find((s) => s.current), others = known.value?.filter((s) => !s.current) ?? [];
  return (
    <Screen title={t('devices.title')} remember>
      <Wait for={known} />
      {own && <SettingsGroup title={t('devices.this')}><SettingsRow icon="device" title={nameOf(own)} hint={t('devices.now')} /></SettingsGroup>}
      {known.value && (
        <SettingsGroup title={t('devices.others')}>
          {!others.length && <Note>{t('devices.none')}</Note>}
          {others.map((s) => (
            <SettingsRow key={s.id} icon="device" title={nameOf(s)} hint={s.network ? t('devices.used-from', { time: fullDate(Date.parse(s.used_at)), place: `\u2066${s.network}\u2069` }) : t('devices.used', { time: fullDate(Date.parse(s.used_at)) })}
              value={<Button small busy={busy === s.id} label={t('devices.end-one', { name: nameOf(s) })} onClick={() => void end(s)}>{t('devices.end')}</Button>} />
          ))}
        </SettingsGroup>
      )}
      {known.value && (
        <SettingsGroup>
          <SettingsRow icon="sign-out" title={t('devices.end-others')} hint={t('devices.end-others-hint')} onClick={endOthers} danger />
        </SettingsGroup>
      )}
    </Screen>
  );
}

function nameOf(s: Session): string {
  if (s.program && s.system) return t('devices.name', { program: s.program, system: s.system });
  return s.program || s.system || t('devices.unknown');
}
