import { useState } from 'preact/hooks';
import { t } from '../../i18n';
import { href, stack } from '../../app/router';
import { match } from '../../app/routes';
import { Screen } from '../../app/Screen';
import { Empty } from '../../ui/Empty';
import { Field } from '../../ui/Field';
import { SettingsGroup, SettingsRow } from '../../ui/SettingsRow';
import { findSettings, groups } from './places';
import { SignOut } from './SignOut';

/** Every page of settings, and a field that finds what is on them. */
export default function Settings() {
  const [words, setWords] = useState('');
  const found = findSettings(words);
  const here = stack().at(-1)?.path;
  return (
    <Screen title={t('me.settings')} remember below={(
      <div class="set-find"><Field label={t('settings.find')} quiet placeholder={t('settings.find')} icon="search" type="search" value={words} onInput={setWords} /></div>
    )}>
      {words.trim() && !found.length && <Empty>{t('palette.none')}</Empty>}
      {words.trim()
        ? <SettingsGroup>{found.map((f) => <SettingsRow key={f.path + f.words} icon={f.icon} title={f.words} hint={f.on} href={href(f.path)} />)}</SettingsGroup>
        : (
          <>
            {groups.map((group, i) => (
              <SettingsGroup key={i}>
                {group.filter((page) => match(page.path)).map((page) => (
                  <div key={page.path} class="set-at" aria-current={here === page.path ? 'page' : undefined}><SettingsRow icon={page.icon} title={t(page.title)} href={href(page.path)} /></div>
                ))}
              </SettingsGroup>
            ))}
            <SettingsGroup><SignOut /></SettingsGroup>
          </>
        )}
    </Screen>
  );
}
