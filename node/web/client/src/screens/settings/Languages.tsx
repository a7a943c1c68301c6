import { t, languages, choose, languageName, type Language } from '../../i18n';
import { patch } from '../../api/client';
import type { Me } from '../../api/entities';
import { Screen } from '../../app/Screen';
import { keep } from '../../state/db';
import { instance, me } from '../../state/session';
import { settings } from '../../state/settings';
import { SettingsGroup } from '../../ui/SettingsRow';
import { say } from '../../ui/Toast';
import { doNow } from '../post/menu';
import { Choice, Note } from './controls';

/** In which languages people write here most, before the rest by name. */
const often = ['en', 'zh', 'es', 'ar', 'hi', 'fr', 'pt', 'ja', 'de', 'ko', 'ru', 'id', 'tr', 'it', 'pl', 'nl', 'uk', 'vi', 'fa', 'th'];

/** The language of the app, and the one in which one writes. */
export default function Languages() {
  const who = me.value;
  const written = who?.source.language ?? '';
  const known = [...new Set([...(written ? [written] : []), ...(instance.value?.languages ?? []).map((l) => l.split('-')[0]!), ...often])];
  const write = (language: string) => {
    const before = me.peek();
    if (!before) return;
    me.value = { ...before, source: { ...before.source, language: language || null } };
    void doNow(patch<Me>('/api/v1/accounts/update_credentials', { source: { language } }).then((now) => keep('me', (me.value = now)))).then((ok) => { if (!ok) me.value = before; });
  };
  return (
    <Screen title={t('settings.language')} remember>
      <SettingsGroup>
        <Choice label={t('language.interface')} value={settings.value.language as Language | ''} onPick={(v) => void choose(v).catch(() => say(t('failure.offline')))}
          of={[['', t('settings.language-auto')], ...languages.filter((l) => DEV || l.id !== 'en-XA').map((l): [Language, string] => [l.id, l.name])]} />
      </SettingsGroup>
      <SettingsGroup>
        <Choice label={t('language.posts')} hint={t('language.posts-hint')} value={written} onPick={write}
          of={[['', t('language.as-interface')], ...known.map((code): [string, string] => [code, languageName(code)])]} />
        <Note>{t('language.each')}</Note>
      </SettingsGroup>
    </Screen>
  );
}
