import { t, fullDate, names } from '../../i18n';
import type { Filter } from '../../api/entities';
import { href } from '../../app/router';
import { Screen } from '../../app/Screen';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { SettingsRow } from '../../ui/SettingsRow';
import { contexts } from './contexts';
import { Note, useKnown, Wait } from './controls';

/** The filters that one has made. */
export default function Filters() {
  const known = useKnown<Filter[]>('filters', '/api/v2/filters');
  const make = <Button kind="filled" href={href('/settings/filters/new')}>{t('filters.new')}</Button>;
  return (
    <Screen title={t('filters.title')} remember actions={!!known.value?.length && <Button small icon="plus" href={href('/settings/filters/new')}>{t('filters.new')}</Button>}>
      <Wait for={known} />
      {known.value && !known.value.length && <Empty act={make}>{t('filters.empty')}</Empty>}
      {!!known.value?.length && <Note>{t('filters.text')}</Note>}
      {known.value?.map((f) => <SettingsRow key={f.id} icon="filter" title={<bdi>{f.title}</bdi>} hint={hint(f)} href={href('/settings/filters/' + f.id)} />)}
    </Screen>
  );
}

function hint(f: Filter): string {
  if (f.expires_at && Date.parse(f.expires_at) < Date.now()) return t('filters.over');
  const where = names(contexts.filter(([id]) => f.context.includes(id)).map(([, key]) => t(key)));
  const words = t('filters.count', { count: f.keywords?.length ?? 0 });
  return f.expires_at ? t('filters.line-until', { words, where, time: fullDate(Date.parse(f.expires_at)) }) : t('filters.line', { words, where });
}
