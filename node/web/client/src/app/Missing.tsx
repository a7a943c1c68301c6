import { t } from '../i18n';
import { Button } from '../ui/Button';
import { Screen } from './Screen';
import { href } from './router';

/** An address that leads nowhere, or a screen whose program could not be fetched. */
export function Missing({ retry }: { retry?: () => void }) {
  return (
    <Screen title={t(retry ? 'missing.offline-title' : 'missing.title')}>
      <div class="missing">
        <p>{t(retry ? 'missing.offline' : 'missing.text')}</p>
        {retry ? <Button kind="filled" onClick={retry}>{t('ui.again')}</Button> : <Button kind="filled" href={href('/home')}>{t('missing.home')}</Button>}
      </div>
    </Screen>
  );
}
