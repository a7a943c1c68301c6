import { t } from '../../i18n';
import type { ScreenProps } from '../../app/routes';
import { OfPost } from './OfPost';

export default function Sharers({ params }: ScreenProps) {
  return <OfPost id={params.id!} what="reblogged_by" title={t('post.sharers')} empty={t('people.none-shared')} />;
}
