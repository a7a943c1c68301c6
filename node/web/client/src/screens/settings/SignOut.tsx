import { t } from '../../i18n';
import { ask } from '../../app/sheets';
import { waiting } from '../../state/outbox';
import { signOut } from '../../state/session';
import { SettingsRow } from '../../ui/SettingsRow';
import { say } from '../../ui/Toast';

/** Ends the session of this browser, after saying what goes with it. */
export function SignOut() {
  const leave = () => ask({
    title: t('settings.sign-out-title'), act: t('settings.sign-out'), danger: true,
    text: waiting.peek().length ? t('settings.sign-out-waiting', { count: waiting.peek().length }) : t('settings.sign-out-text'),
  }, () => void signOut().catch(() => say(t('failure.offline'))));
  return <SettingsRow icon="sign-out" title={t('settings.sign-out')} onClick={leave} danger />;
}
