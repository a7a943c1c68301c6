import { t } from '../../i18n';
import type { ScreenProps } from '../../app/routes';
import { SavedPosts } from './SavedPosts';

/** The posts that quote one. */
export default function Quotes({ params }: ScreenProps) {
  return <SavedPosts name={'quotes:' + params.id!} path={`/api/v1/statuses/${params.id}/quotes`} title={t('quote.list')} empty={t('quote.none')} />;
}
