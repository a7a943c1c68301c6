import { t } from '../../i18n';
import { href } from '../../app/router';
import { Screen } from '../../app/Screen';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Empty';

/** For whoever comes here and does not moderate: nothing of it, and the way out. */
export function Closed() {
  return (
    <Screen title={t('moderation.title')}>
      <Empty act={<Button kind="filled" href={href('/home')}>{t('missing.home')}</Button>}>{t('moderation.closed-door')}</Empty>
    </Screen>
  );
}
