import { t } from '../../i18n';
import { SavedPosts } from './SavedPosts';

export default function Bookmarks() {
  return <SavedPosts name="bookmarks" path="/api/v1/bookmarks" title={t('saved.bookmarks')} empty={t('saved.bookmarks-empty')} />;
}
