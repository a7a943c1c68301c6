import { useEffect, useMemo, useState } from 'preact/hooks';
import { t } from '../../i18n';
import { dayWords } from '../../app/day';
import { List } from '../../app/List';
import { usePane } from '../../app/Pane';
import { sentence } from '../../app/failure';
import { href, stack } from '../../app/router';
import { match, type ScreenProps } from '../../app/routes';
import { Screen } from '../../app/Screen';
import { happened } from '../../state/counts';
import { Button } from '../../ui/Button';
import { Chip } from '../../ui/Chip';
import { Empty } from '../../ui/Empty';
import { DayLine } from '../../ui/NotificationGroup';
import { Skeleton } from '../../ui/Skeleton';
import { NoticeRow } from './NoticeRow';
import { chatOf, isNew, lists, markRead, recallRead, type Notice } from './notices';
import { Requests } from './Requests';

type Filter = 'all' | 'mentions' | 'requests';
type Row = { kind: 'day'; key: string; words: string } | { kind: 'notice'; key: string; notice: Notice };

/** What somebody was told: requests and new mentions first, then what happened, by day. */
export default function Notifications({ query }: ScreenProps) {
  const [filter, setFilter] = useState<Filter>((query.get('show') as Filter) || 'all');
  useReading();
  const filters: [Filter, string][] = [['all', t('notice.all')], ['mentions', t('notice.mentions')], ['requests', t('notice.requests')]];
  return (
    <Screen title={t('shell.notifications')} below={(
      <div class="chips notice-filters" role="group" aria-label={t('notice.filter')}>
        {filters.map(([id, label]) => <Chip key={id} on={filter === id} onClick={() => setFilter(id)}>{label}</Chip>)}
      </div>
    )}>
      {filter !== 'mentions' && <Requests alone={filter === 'requests'} />}
      {filter !== 'requests' && <Told key={filter} show={filter} />}
    </Screen>
  );
}

/** What was there when somebody leaves is read: not what they merely scrolled past. */
function useReading(): void {
  const pane = usePane();
  const here = stack().at(-1)?.id === pane.entry.id;
  useEffect(() => {
    if (!here) return;
    void recallRead().catch(() => {});
    const hidden = () => document.hidden && void markRead();
    document.addEventListener('visibilitychange', hidden);
    return () => {
      document.removeEventListener('visibilitychange', hidden);
      void markRead();
    };
  }, [here]);
}

function Told({ show }: { show: 'all' | 'mentions' }) {
  const notices = lists[show];
  useEffect(() => void notices.open(), [notices]);
  const news = happened.value;
  useEffect(() => {
    if (news && notices.heard.peek()) void notices.refresh();
  }, [news]);
  const items = notices.items.value, failure = notices.failure.value;
  const rows = useMemo(() => rowsOf(items, show === 'all'), [items, show]);
  const retry = <Button kind="filled" onClick={() => void notices.refresh()}>{t('ui.again')}</Button>;
  return (
    <>
      {!items.length && notices.loading.value && <Skeleton of="contact" count={8} label={t('shell.loading')} />}
      {!items.length && failure && <Empty act={retry}>{sentence(failure.kind)}</Empty>}
      {notices.empty.value && !failure && (
        <Empty act={match('/search') && <Button kind="filled" href={href('/search')}>{t('notice.find')}</Button>}>{t(show === 'all' ? 'notice.empty' : 'notice.empty-mentions')}</Empty>
      )}
      <List as="list" items={rows} id={(r) => r.key} place={'notices:' + show} label={t('shell.notifications')} busy={notices.loading.value} estimate={(r) => (r.kind === 'day' ? 40 : 116)}
        onEnd={() => void notices.more()} render={(row) => (row.kind === 'day' ? <DayLine>{row.words}</DayLine> : <NoticeRow notice={row.notice} />)} />
      <div class="feed-end">
        {notices.ended.value && items.length > 0 && t('feed.end')}
        {failure && items.length > 0 && <Button kind="plain" small onClick={() => void notices.more(true)}>{t('ui.again')}</Button>}
      </div>
    </>
  );
}

const isMention = (n: Notice) => n.from === 'group' && n.group.type === 'mention' && !chatOf(n);

/** New mentions stand first and alone; the rest has a line where a day begins. */
function rowsOf(items: Notice[], mentionsFirst: boolean): Row[] {
  const first = mentionsFirst ? items.filter((n) => isMention(n) && isNew(n)) : [];
  const rows: Row[] = first.length ? [{ kind: 'day', key: 'day:new', words: t('notice.new-mentions') }] : [];
  rows.push(...first.map((notice): Row => ({ kind: 'notice', key: notice.key, notice })));
  let day = '';
  for (const notice of items) {
    if (first.includes(notice)) continue;
    const words = dayWords(notice.at);
    if (words !== day) rows.push({ kind: 'day', key: 'day:' + words, words });
    day = words;
    rows.push({ kind: 'notice', key: notice.key, notice });
  }
  return rows;
}
