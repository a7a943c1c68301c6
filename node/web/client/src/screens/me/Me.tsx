import { useEffect, useState } from 'preact/hooks';
import { t, languages, choose, type Language } from '../../i18n';
import { Screen } from '../../app/Screen';
import { me, instance, signOut } from '../../state/session';
import { set, settings, type Settings } from '../../state/settings';
import { waiting } from '../../state/outbox';
import { lookAtPush, pushState, setPush } from '../../state/push';
import { Avatar } from '../../ui/Avatar';
import { Name } from '../../ui/Name';
import { SettingsGroup, SettingsRow } from '../../ui/SettingsRow';
import { Confirm } from '../../ui/Sheet';
import { Switch } from '../../ui/Switch';
import { say } from '../../ui/Toast';

/** Oneself, and how this browser shows things. */
export default function Me() {
  const [leaving, setLeaving] = useState(false);
  const who = me.value, s = settings.value;
  useEffect(() => void lookAtPush(), [instance.value]);
  const push = (on: boolean) => setPush(on).catch(() => say(t('settings.push-refused')));
  const leave = () => signOut().catch(() => {
    setLeaving(false);
    say(t('failure.offline'));
  });
  return (
    <Screen title={t('tab.me')} remember>
      {who && (
        <div class="me-card">
          <Avatar who={who} size={72} eager />
          <p class="me-name one"><Name who={who} /></p>
          <p class="me-address one">@{who.acct}@{instance.value?.domain}</p>
        </div>
      )}
      <SettingsGroup title={t('settings.appearance')}>
        <Choice label={t('settings.theme')} value={s.theme} onPick={(v) => set('theme', v as Settings['theme'])}
          of={[['auto', t('settings.theme-auto')], ['light', t('settings.theme-light')], ['dark', t('settings.theme-dark')]]} />
        <Choice label={t('settings.text')} value={String(s.text)} onPick={(v) => set('text', Number(v) as Settings['text'])}
          of={(['87', '100', '112', '125', '137'] as const).map((n) => [n, t('settings.text-size', { percent: Number(n) })])} />
        <Choice label={t('settings.language')} value={s.language} onPick={(v) => void choose(v as Language | '')}
          of={[['', t('settings.language-auto')], ...languages.filter((l) => DEV || l.id !== 'en-XA').map((l): [string, string] => [l.id, l.name])]} />
        <OnOff label={t('settings.clear')} hint={t('settings.clear-hint')} on={s.clear} onPick={(on) => set('clear', on)} />
        <OnOff label={t('settings.contrast')} on={s.contrast === 'more'} onPick={(on) => set('contrast', on ? 'more' : 'auto')} />
        <OnOff label={t('settings.motion')} on={s.motion === 'less'} onPick={(on) => set('motion', on ? 'less' : 'auto')} />
        <OnOff label={t('settings.single-keys')} hint={t('settings.single-keys-hint')} on={s.singleKeys} onPick={(on) => set('singleKeys', on)} />
      </SettingsGroup>
      <SettingsGroup title={t('settings.account')}>
        {pushState.value !== 'never' && <OnOff label={t('settings.push')} hint={t('settings.push-hint')} on={pushState.value === 'on'} onPick={(on) => void push(on)} />}
        <SettingsRow icon="key" title={t('settings.on-server')} href="/settings" />
        <SettingsRow icon="device" title={t('settings.sign-out')} onClick={() => setLeaving(true)} danger />
      </SettingsGroup>
      {leaving && (
        <Confirm title={t('settings.sign-out-title')} act={t('settings.sign-out')} danger onClose={() => setLeaving(false)} onYes={() => void leave()}
          text={waiting.value.length ? t('settings.sign-out-waiting', { count: waiting.value.length }) : t('settings.sign-out-text')} />
      )}
    </Screen>
  );
}

function Choice({ label, value, of, onPick }: { label: string; value: string; of: [string, string][]; onPick: (value: string) => void }) {
  return (
    <SettingsRow title={label} control={(id) => (
      <select id={id} class="me-choice" value={value} onChange={(e) => onPick(e.currentTarget.value)}>
        {of.map(([name, words]) => <option key={name} value={name}>{words}</option>)}
      </select>
    )} />
  );
}

function OnOff({ label, hint, on, onPick }: { label: string; hint?: string; on: boolean; onPick: (on: boolean) => void }) {
  return <SettingsRow title={label} hint={hint} control={(id) => <Switch id={id} checked={on} onChange={onPick} />} />;
}
