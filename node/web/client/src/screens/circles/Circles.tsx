import { useEffect } from 'preact/hooks';
import { t } from '../../i18n';
import { Failure } from '../../api/client';
import { sentence } from '../../app/failure';
import { go, href } from '../../app/router';
import { Screen } from '../../app/Screen';
import { openSheet } from '../../app/sheets';
import { circles, failure, heard, makeCircle, openFriends, refreshFriends } from '../../state/friends';
import { Button, IconButton } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { Skeleton } from '../../ui/Skeleton';
import { Icon } from '../../ui/Icon';
import { NameSheet } from './NameSheet';

/** One's circles: names one gives some of one's friends, for oneself alone. */
export default function Circles() {
  useEffect(() => void openFriends(), []);
  const all = circles.value;
  const make = () => openSheet(NameSheet, { title: t('circle.new'), act: t('circle.make'), name: '', save: async (name: string) => {
    try {
      const made = await makeCircle(name);
      go('/circles/' + made.id);
      return '';
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return sentence(error.kind);
    }
  } });
  const unknown = !all.length && !heard.value;
  return (
    <Screen title={t('friends.circles')} remember actions={<IconButton icon="plus-ring" label={t('circle.new')} onClick={make} />}>
      {unknown && !failure.value && <Skeleton of="contact" label={t('shell.loading')} />}
      {unknown && failure.value && <Empty act={<Button kind="filled" onClick={() => void refreshFriends()}>{t('ui.again')}</Button>}>{sentence(failure.value.kind)}</Empty>}
      {!all.length && heard.value > 0 && <Empty act={<Button kind="filled" onClick={make}>{t('circle.new')}</Button>}>{t('circle.empty')}</Empty>}
      {all.map((c) => (
        <a key={c.id} class="list-row contacts-place" href={href('/circles/' + c.id)}>
          <span class="contacts-sign"><Icon name="aud-circle" size={20} /></span>
          <bdi class="row-name one">{c.name}</bdi>
          <span class="row-under">{t('friends.count', { count: c.members })}</span>
          <Icon name="next" size={16} />
        </a>
      ))}
      {all.length > 0 && <p class="contacts-say">{t('circle.hint')}</p>}
    </Screen>
  );
}
