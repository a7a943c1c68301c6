import { t } from '../../i18n';
import type { ScreenProps } from '../../app/routes';
import { OfPost } from './OfPost';

export default function Likers({ params }: ScreenProps) {
  return <OfPost id={params.id!} what="favourited_by" title={t('post.likers')} empty={t('people.none-liked')} />;
}
