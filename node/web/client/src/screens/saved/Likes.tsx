import { t } from '../../i18n';
import { SavedPosts } from './SavedPosts';

export default function Likes() {
  return <SavedPosts name="likes" path="/api/v1/favourites" title={t('saved.likes')} empty={t('saved.likes-empty')} />;
}
