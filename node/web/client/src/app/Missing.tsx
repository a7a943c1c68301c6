import { t } from '../i18n';
import { Button } from '../ui/Button';
import { Empty } from '../ui/Empty';
import { Screen } from './Screen';
import { href } from './router';

/** An address that leads nowhere, or a screen whose program could not be fetched. */
export function Missing({ retry }: { retry?: () => void }) {
  return (
    <Screen title={t(retry ? 'missing.offline-title' : 'missing.title')}>
      <Empty act={retry ? <Button kind="filled" onClick={retry}>{t('ui.again')}</Button> : <Button kind="filled" href={href('/home')}>{t('missing.home')}</Button>}>
        {t(retry ? 'missing.offline' : 'missing.text')}
      </Empty>
    </Screen>
  );
}
