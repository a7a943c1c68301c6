import { t } from '../../i18n';
import type { ScreenProps } from '../../app/routes';
import { Ties } from './Follows';

export default function Following({ params }: ScreenProps) {
  return <Ties acct={params.acct!} side="following" title={t('profile.following-title')} />;
}
