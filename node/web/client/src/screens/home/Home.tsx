import { t } from '../../i18n';
import { Screen } from '../../app/Screen';
import { feed, Feed } from '../../state/feed';
import { DiscoverTabs } from './DiscoverTabs';
import { Timeline } from './Timeline';

/** What those one follows have posted. */
export default function Home() {
  const home = feed('home', () => new Feed('home', '/api/v1/timelines/home', {}, { stream: 'user' }));
  return (
    <Screen title={t('tab.discover')} below={<DiscoverTabs at="/home" />} compose>
      <Timeline feed={home} name="home" label={t('discover.home')} empty={t('home.empty')} />
    </Screen>
  );
}
