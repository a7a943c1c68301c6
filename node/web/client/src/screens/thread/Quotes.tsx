import { t } from '../../i18n';
import type { ScreenProps } from '../../app/routes';
import { Screen } from '../../app/Screen';
import { feed, Feed } from '../../state/feed';
import { Timeline } from '../home/Timeline';

/** The posts that quote one, as far as one may see them. */
export default function Quotes({ params }: ScreenProps) {
  const name = 'quotes:' + params.id!, title = t('quote.list');
  const shown = feed(name, () => new Feed(name, `/api/v1/statuses/${params.id}/quotes`));
  return (
    <Screen title={title}>
      <Timeline feed={shown} name={name} label={title} empty={t('quote.none')} place="account" />
    </Screen>
  );
}
