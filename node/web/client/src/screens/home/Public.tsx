import { useState } from 'preact/hooks';
import { t } from '../../i18n';
import { Screen } from '../../app/Screen';
import { feed, Feed } from '../../state/feed';
import { instance } from '../../state/session';
import { Chip } from '../../ui/Chip';
import { DiscoverTabs } from './DiscoverTabs';
import { Timeline } from './Timeline';

/** What everybody has posted: on this server, or everywhere it has heard of. */
export default function Public() {
  const [everywhere, setEverywhere] = useState(false);
  const name = everywhere ? 'public' : 'public:local';
  const query: Record<string, string> = everywhere ? {} : { local: 'true' };
  const shown = feed(name, () => new Feed(name, '/api/v1/timelines/public', query, { stream: name }));
  const here = instance.value?.title ?? location.host;
  return (
    <Screen title={t('tab.discover')} below={<DiscoverTabs at="/public" />} compose>
      <div class="chips" role="group" aria-label={t('public.which')}>
        <Chip on={!everywhere} onClick={() => setEverywhere(false)}>{here}</Chip>
        <Chip on={everywhere} onClick={() => setEverywhere(true)}>{t('public.everywhere')}</Chip>
      </div>
      <Timeline key={name} feed={shown} name={name} label={t('discover.public')} empty={t('public.empty')} place="public" />
    </Screen>
  );
}
