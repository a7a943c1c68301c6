import { useEffect, useState } from 'preact/hooks';
import { t } from '../../i18n';
import { Failure, get } from '../../api/client';
import { own, type Moment } from '../../api/tulou';
import { sentence } from '../../app/failure';
import { go } from '../../app/router';
import type { ScreenProps } from '../../app/routes';
import { Screen } from '../../app/Screen';
import { openFriends } from '../../state/friends';
import { heldMoment, hold, watchMoments, type Held } from '../../state/moments';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { Skeleton } from '../../ui/Skeleton';
import { Item } from './Item';

/** One Moment, as a notice leads to it. */
export default function One({ params }: ScreenProps) {
  const id = params.id!;
  const [held, setHeld] = useState<Held | undefined>(heldMoment(id));
  const [failed, setFailed] = useState<Failure>();
  const load = () => {
    setFailed(undefined);
    get<Moment>(`${own}/moments/${id}`).then((m) => setHeld(hold(m)), (error) => (error instanceof Failure ? setFailed(error) : Promise.reject(error)));
  };
  useEffect(() => {
    watchMoments();
    void openFriends();
    load();
  }, [id]);
  return (
    <Screen title={t('moments.one')} remember>
      {held && !(failed?.kind === 'gone') ? <Item held={held} onGone={() => go('/moments')} />
        : failed ? <Empty act={failed.kind === 'gone' ? undefined : <Button kind="filled" onClick={load}>{t('ui.again')}</Button>}>{failed.kind === 'gone' ? t('moments.gone') : sentence(failed.kind)}</Empty>
          : <Skeleton of="post" count={1} label={t('shell.loading')} />}
    </Screen>
  );
}
