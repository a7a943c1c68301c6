import { useState } from 'preact/hooks';
import { t, languages, choose, type Language } from '../../i18n';
import { Screen } from '../../app/Screen';
import { me, instance, signOut } from '../../state/session';
import { set, settings, type Settings } from '../../state/settings';
import { waiting } from '../../state/outbox';
import { Avatar } from '../../ui/Avatar';
import { Button } from '../../ui/Button';
import { Name } from '../../ui/Name';
import { Confirm } from '../../ui/Sheet';
import { say } from '../../ui/Toast';

/** Oneself, and how this browser shows things. */
export default function Me() {
  const [leaving, setLeaving] = useState(false);
  const who = me.value, s = settings.value;
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
      <h2 class="rows-title">{t('settings.appearance')}</h2>
      <Choice label={t('settings.theme')} value={s.theme} onPick={(v) => set('theme', v as Settings['theme'])}
        of={[['auto', t('settings.theme-auto')], ['light', t('settings.theme-light')], ['dark', t('settings.theme-dark')]]} />
      <Choice label={t('settings.text')} value={String(s.text)} onPick={(v) => set('text', Number(v) as Settings['text'])}
        of={(['87', '100', '112', '125', '137'] as const).map((n) => [n, t('settings.text-size', { percent: Number(n) })])} />
      <Choice label={t('settings.language')} value={s.language} onPick={(v) => void choose(v as Language | '')}
        of={[['', t('settings.language-auto')], ...languages.filter((l) => DEV || l.id !== 'en-XA').map((l): [string, string] => [l.id, l.name])]} />
      <Switch label={t('settings.clear')} hint={t('settings.clear-hint')} on={s.clear} onPick={(on) => set('clear', on)} />
      <Switch label={t('settings.contrast')} on={s.contrast === 'more'} onPick={(on) => set('contrast', on ? 'more' : 'auto')} />
      <Switch label={t('settings.motion')} on={s.motion === 'less'} onPick={(on) => set('motion', on ? 'less' : 'auto')} />
      <Switch label={t('settings.single-keys')} hint={t('settings.single-keys-hint')} on={s.singleKeys} onPick={(on) => set('singleKeys', on)} />
      <h2 class="rows-title">{t('settings.account')}</h2>
      <a class="row" href="/settings"><span class="row-title">{t('settings.on-server')}</span></a>
      <div class="row-act"><Button kind="soft" onClick={() => setLeaving(true)}>{t('settings.sign-out')}</Button></div>
      {leaving && (
        <Confirm title={t('settings.sign-out-title')} act={t('settings.sign-out')} danger onClose={() => setLeaving(false)} onYes={() => void leave()}
          text={waiting.value.length ? t('settings.sign-out-waiting', { count: waiting.value.length }) : t('settings.sign-out-text')} />
      )}
    </Screen>
  );
}

function Choice({ label, value, of, onPick }: { label: string; value: string; of: [string, string][]; onPick: (value: string) => void }) {
  return (
    <label class="row">
      <span class="row-title">{label}</span>
      <select class="select" value={value} onChange={(e) => onPick(e.currentTarget.value)}>
        {of.map(([id, name]) => <option key={id} value={id}>{name}</option>)}
      </select>
    </label>
  );
}

function Switch({ label, hint, on, onPick }: { label: string; hint?: string; on: boolean; onPick: (on: boolean) => void }) {
  return (
    <label class="row">
      <span class="row-title">{label}{hint && <span class="row-hint">{hint}</span>}</span>
      <input type="checkbox" role="switch" class="switch" checked={on} onChange={(e) => onPick(e.currentTarget.checked)} />
    </label>
  );
}
