import { useEffect, useState } from 'preact/hooks';
import { t } from '../../i18n';
import type { List } from '../../api/entities';
import { del, Failure, get } from '../../api/client';
import { back, go, href } from '../../app/router';
import { usePane } from '../../app/Pane';
import type { ScreenProps } from '../../app/routes';
import { Screen } from '../../app/Screen';
import { ask, openSheet } from '../../app/sheets';
import { keep, recall } from '../../state/db';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { MenuButton, type MenuRows } from '../../ui/Menu';
import { Timeline } from '../home/Timeline';
import { stale } from '../people/usePages';
import { doNow } from '../post/menu';
import { listFeed, listKey } from './feed';
import { ListSheet } from './ListSheet';

/** The posts of the people on a list. */
export default function ListPosts({ params }: ScreenProps) {
  const { entry } = usePane();
  const id = params.id!, key = listKey(id);
  const shown = listFeed(id);
  const [list, setList] = useState<List>();
  const [gone, setGone] = useState(false);
  const set = (now: List) => {
    setList(now);
    void keep(key, now);
  };
  useEffect(() => {
    void recall<List>(key).then((kept) => kept && setList((now) => now ?? kept));
    get<List>('/api/v1/lists/' + id).then(set, (e) => setGone(e instanceof Failure && e.kind === 'gone'));
  }, [id]);
  const rows = (): MenuRows => [
    { label: t('lists.members'), icon: 'contacts', onPick: () => go(`/lists/${id}/people`) },
    { label: t('lists.edit'), icon: 'compose', onPick: () => openSheet(ListSheet, { list, onDone: (now: List) => { set(now); stale('lists'); } }) },
    'gap',
    { label: t('lists.delete'), icon: 'trash', danger: true, onPick: () => ask({ title: t('lists.delete-title', { name: list?.title ?? '' }), text: t('lists.delete-text'), act: t('lists.delete'), danger: true }, () => void doNow(del('/api/v1/lists/' + id)).then((ok) => { if (ok) { stale('lists'); back(entry); } })) },
  ];
  if (gone) return <Screen title={t('lists.title')}><Empty act={<Button kind="filled" href={href('/lists')}>{t('lists.title')}</Button>}>{t('lists.gone')}</Empty></Screen>;
  return (
    <Screen title={list?.title ?? t('lists.title')} compose actions={<MenuButton label={t('post.more')} rows={rows} />}>
      <Timeline feed={shown} name={key} label={list?.title ?? t('lists.title')} empty={t('lists.empty')} emptyAct={<Button kind="filled" href={href(`/lists/${id}/people`)}>{t('lists.add-people')}</Button>} />
    </Screen>
  );
}
