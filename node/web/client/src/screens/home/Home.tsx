import { t } from '../../i18n';
import { go } from '../../app/router';
import { Screen } from '../../app/Screen';
import { feed, Feed } from '../../state/feed';
import { href } from '../../app/router';
import { Button } from '../../ui/Button';
import { MenuButton } from '../../ui/Menu';
import { Unsent } from '../post/Unsent';
import { DiscoverTabs } from './DiscoverTabs';
import { Timeline } from './Timeline';

/** What those one follows have posted. */
export default function Home() {
  const home = feed('home', () => {
    const made = new Feed('home', '/api/v1/timelines/home', {}, { stream: 'user' });
    made.takesOwn = true;
    return made;
  });
  return (
    <Screen title={t('tab.discover')} below={<DiscoverTabs at="/home" />} compose actions={<MenuButton icon="list" label={t('home.more')} rows={rows} />}>
      <Unsent />
      <Timeline feed={home} name="home" label={t('discover.home')} empty={t('home.empty')} emptyAct={<Button kind="filled" href={href('/explore')}>{t('home.find')}</Button>} />
    </Screen>
  );
}

const rows = () => [
  { label: t('lists.title'), icon: 'list' as const, onPick: () => go('/lists') },
  { label: t('tags.title'), icon: 'hash' as const, onPick: () => go('/tags') },
  'gap' as const,
  { label: t('saved.bookmarks'), icon: 'bookmark' as const, onPick: () => go('/bookmarks') },
  { label: t('saved.likes'), icon: 'like' as const, onPick: () => go('/likes') },
  'gap' as const,
  { label: t('drafts.title'), icon: 'compose' as const, onPick: () => go('/drafts') },
];
