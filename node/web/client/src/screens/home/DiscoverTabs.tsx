import { t } from '../../i18n';
import { go } from '../../app/router';
import { discover } from '../../app/routes';
import { Tabs } from '../../ui/Tabs';

/** The lists of Discover as tabs. */
export function DiscoverTabs({ at }: { at: string }) {
  return (
    <Tabs label={t('tab.discover')} at={at} onPick={(path) => go(path, { replace: true })}
      tabs={discover.map((d) => ({ id: d.path, label: t(d.label) }))} />
  );
}
