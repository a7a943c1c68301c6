import { t } from '../../i18n';
import type { List } from '../../api/entities';
import { sentence } from '../../app/failure';
import { href } from '../../app/router';
import { Screen } from '../../app/Screen';
import { openSheet } from '../../app/sheets';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { SettingsRow } from '../../ui/SettingsRow';
import { Skeleton } from '../../ui/Skeleton';
import { usePages } from '../people/usePages';
import { ListSheet } from './ListSheet';

/** The lists that one has made: people one wants to read apart. */
export default function Lists() {
  const lists = usePages<List>('lists', '/api/v1/lists');
  const make = () => openSheet(ListSheet, { onDone: (list: List) => lists.set((all) => [...all, list]) });
  return (
    <Screen title={t('lists.title')} remember actions={<Button small icon="plus" onClick={make}>{t('lists.new')}</Button>}>
      {!lists.items.length && lists.loading && <Skeleton of="contact" label={t('shell.loading')} />}
      {!lists.items.length && lists.failure && <Empty act={<Button kind="filled" onClick={lists.again}>{t('ui.again')}</Button>}>{sentence(lists.failure.kind)}</Empty>}
      {!lists.items.length && lists.heard && <Empty act={<Button kind="filled" onClick={make}>{t('lists.make')}</Button>}>{t('lists.none')}</Empty>}
      {lists.items.map((list) => <SettingsRow key={list.id} icon="list" title={<bdi>{list.title}</bdi>} hint={list.exclusive ? t('lists.is-exclusive') : undefined} href={href('/lists/' + list.id)} />)}
    </Screen>
  );
}
