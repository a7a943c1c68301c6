import { t } from '../../i18n';
import { href } from '../../app/router';
import { Screen } from '../../app/Screen';
import { instance, me } from '../../state/session';
import { Avatar } from '../../ui/Avatar';
import { Name } from '../../ui/Name';
import { SettingsGroup, SettingsRow } from '../../ui/SettingsRow';
import { Note } from './controls';

/** Who one is here. What asks for the password again is a page of the server. */
export default function Account() {
  const who = me.value;
  return (
    <Screen title={t('settings.account')} remember>
      {who && (
        <div class="me-card">
          <Avatar who={who} size={72} eager />
          <p class="me-name one"><Name who={who} /></p>
          <p class="me-address one"><bdi dir="ltr">@{who.acct}@{instance.value?.domain}</bdi></p>
        </div>
      )}
      <SettingsGroup>
        <SettingsRow icon="compose" title={t('account.profile')} hint={t('account.profile-hint')} href={href('/profile/edit')} />
      </SettingsGroup>
      <SettingsGroup title={t('account.safety')}>
        <SettingsRow icon="key" title={t('account.password')} href="/settings/password" />
        <SettingsRow icon="mention" title={t('account.email')} href="/settings/email" />
        <SettingsRow icon="shield" title={t('account.codes')} hint={t('account.codes-hint')} href="/settings/codes" />
        <Note>{t('account.asks-again')}</Note>
      </SettingsGroup>
      <SettingsGroup>
        <SettingsRow icon="trash" title={t('account.delete')} hint={t('account.delete-hint')} href="/settings/delete" danger />
      </SettingsGroup>
    </Screen>
  );
}
