import { useEffect } from 'preact/hooks';
import { t } from '../../i18n';
import { leftDiscoverAt } from '../../app/discover';
import { go } from '../../app/router';
import { discover } from '../../app/routes';
import { unread } from '../../state/friend-watch';
import { Tabs } from '../../ui/Tabs';

/** The lists of Discover as tabs. */
export function DiscoverTabs({ at }: { at: string }) {
  useEffect(() => leftDiscoverAt(at), [at]);
  return (
    <Tabs label={t('tab.discover')} at={at} onPick={(path) => go(path, { replace: true })}
      tabs={discover.map((d) => ({ id: d.path, label: t(d.label), dot: d.path === '/moments' && unread.value.moments > 0 }))} />
  );
}
