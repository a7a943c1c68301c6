import { t } from '../../i18n';
import type { ScreenProps } from '../../app/routes';
import { Ties } from './Follows';

export default function Followers({ params }: ScreenProps) {
  return <Ties acct={params.acct!} side="followers" title={t('profile.followers-title')} />;
}
