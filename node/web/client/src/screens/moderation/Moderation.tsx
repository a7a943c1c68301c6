import { useEffect, useState } from 'preact/hooks';
import { t } from '../../i18n';
import { sentence } from '../../app/failure';
import { List } from '../../app/List';
import { href, stack } from '../../app/router';
import { Screen } from '../../app/Screen';
import { Button } from '../../ui/Button';
import { Badge } from '../../ui/Badge';
import { Empty } from '../../ui/Empty';
import { Icon } from '../../ui/Icon';
import { Skeleton } from '../../ui/Skeleton';
import { Tabs } from '../../ui/Tabs';
import { Time } from '../../ui/Time';
import { moderates } from '../me/role';
import { Closed } from './Closed';
import { Appeals, Log, Wishes } from './Others';
import { cases, failure, handleOf, heard, kinds, openQueue, type Case, type Which } from './queue';

type Tab = Which | 'people' | 'appeals' | 'log';

/** What waits to be decided, and what was. */
export default function Moderation() {
  return moderates() ? <Queues /> : <Closed />;
}

function Queues() {
  const [tab, setTab] = useState<Tab>('open');
  useEffect(() => void openQueue(), []);
  const tabs: { id: Tab; label: string; count?: number }[] = [
    { id: 'open', label: t('moderation.open'), count: cases('open').length }, { id: 'mine', label: t('moderation.mine'), count: cases('mine').length }, { id: 'done', label: t('moderation.done') },
    { id: 'people', label: t('moderation.people') }, { id: 'appeals', label: t('moderation.appeals') }, { id: 'log', label: t('moderation.log') },
  ];
  return (
    <Screen title={t('moderation.title')} below={<Tabs label={t('moderation.title')} tabs={tabs} at={tab} onPick={(id) => setTab(id as Tab)} />}>
      {tab === 'people' ? <Wishes /> : tab === 'appeals' ? <Appeals /> : tab === 'log' ? <Log /> : <Queue which={tab} />}
    </Screen>
  );
}

function Queue({ which }: { which: Which }) {
  const list = cases(which), failed = failure.value, here = stack().at(-1)?.path;
  if (!list.length && failed) return <Empty act={<Button kind="filled" onClick={() => void openQueue()}>{t('ui.again')}</Button>}>{sentence(failed.kind)}</Empty>;
  if (!list.length && !heard.value) return <Skeleton of="contact" count={5} label={t('shell.loading')} />;
  if (!list.length) return <Empty>{t(which === 'open' ? 'moderation.none-open' : which === 'mine' ? 'moderation.none-mine' : 'moderation.none-done')}</Empty>;
  return <List as="list" items={list} id={(c) => c.key} place={'reports:' + which} label={t('moderation.title')} estimate={() => 68} render={(c) => <Row of={c} current={c.reports.some((r) => here === '/moderation/reports/' + r.id)} />} />;
}

function Row({ of, current }: { of: Case; current: boolean }) {
  const { first } = of;
  return (
    <a class="list-row chat-row" href={href('/moderation/reports/' + first.id)} aria-current={current ? 'page' : undefined}>
      <span class={`case-weight case-weight-${of.weight}`}><Icon name={of.weight > 1 ? 'warning' : 'flag'} /></span>
      <span class="row-words">
        <span class="row-line">
          <span class="row-name one">{t(kinds[first.category])}</span>
          {of.weight > 1 && <span class="hear">{t('moderation.urgent')}</span>}
          <span class="row-time"><Time at={first.created_at} /></span>
        </span>
        <span class="row-line">
          <span class="row-preview one"><bdi dir="ltr">{handleOf(first.target_account)}</bdi>{first.comment && <> · <span dir="auto">{first.comment}</span></>}</span>
          {of.reports.length > 1 && <><Badge count={of.reports.length} kind="muted" /><span class="hear">{t('moderation.reporters', { count: of.reports.length })}</span></>}
        </span>
      </span>
    </a>
  );
}
