import { t } from '../../i18n';
import { Screen } from '../../app/Screen';
import { tabs } from '../../app/routes';
import { set, settings, type Settings } from '../../state/settings';
import { SettingsGroup } from '../../ui/SettingsRow';
import { Choice, OnOff } from './controls';

const sizes = ['87', '100', '112', '125', '137'] as const;

/** How this browser shows things, and what its keys do. */
export default function Appearance() {
  const s = settings.value;
  const starts = tabs.filter((tab) => tab.id !== 'me').map((tab): [string, string] => [tab.id === 'discover' ? '/home' : tab.path, t(tab.label)]);
  return (
    <Screen title={t('settings.appearance')} remember>
      <SettingsGroup>
        <Choice label={t('settings.theme')} value={s.theme} onPick={(v) => set('theme', v)}
          of={[['auto', t('settings.theme-auto')], ['light', t('settings.theme-light')], ['dark', t('settings.theme-dark')]]} />
        <Choice label={t('settings.text')} value={String(s.text) as (typeof sizes)[number]} onPick={(v) => set('text', Number(v) as Settings['text'])}
          of={sizes.map((n) => [n, t('settings.text-size', { percent: Number(n) })] as const)} />
        <p class="set-sample" dir="auto">{t('appearance.sample')}</p>
      </SettingsGroup>
      <SettingsGroup>
        <OnOff label={t('settings.clear')} hint={t('settings.clear-hint')} on={s.clear} onPick={(on) => set('clear', on)} />
        <OnOff label={t('settings.contrast')} on={s.contrast === 'more'} onPick={(on) => set('contrast', on ? 'more' : 'auto')} />
        <OnOff label={t('settings.motion')} hint={t('appearance.motion-hint')} on={s.motion === 'less'} onPick={(on) => set('motion', on ? 'less' : 'auto')} />
      </SettingsGroup>
      <SettingsGroup>
        <Choice label={t('appearance.start')} value={starts.some(([path]) => path === s.start) ? s.start : '/home'} onPick={(v) => set('start', v)} of={starts} />
        <OnOff label={t('appearance.enter')} hint={t('appearance.enter-hint')} on={s.enterSends} onPick={(on) => set('enterSends', on)} />
        <OnOff label={t('settings.single-keys')} hint={t('settings.single-keys-hint')} on={s.singleKeys} onPick={(on) => set('singleKeys', on)} />
      </SettingsGroup>
    </Screen>
  );
}
