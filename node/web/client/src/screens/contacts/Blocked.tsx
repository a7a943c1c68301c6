import { useEffect, useState } from 'preact/hooks';
import { t } from '../../i18n';
import type { Account } from '../../api/entities';
import { Failure, page } from '../../api/client';
import { sentence } from '../../app/failure';
import { href } from '../../app/router';
import { Screen } from '../../app/Screen';
import { keep, recall } from '../../state/db';
import { unblock } from '../../state/friends';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { ContactRow } from '../../ui/Rows';
import { Skeleton } from '../../ui/Skeleton';
import { say } from '../../ui/Toast';
import { nameOf } from '../../ui/types';

/** Whom one has blocked. */
export default function Blocked() {
  const [all, setAll] = useState<Account[]>();
  const [next, setNext] = useState<Record<string, string>>();
  const [failed, setFailed] = useState<Failure>();
  const [busy, setBusy] = useState('');
  const load = async (more?: Record<string, string>) => {
    setFailed(undefined);
    try {
      const found = await page<Account>('/api/v1/blocks', more ?? { limit: 80 });
      setAll((now) => (more ? [...(now ?? []), ...found.items] : found.items));
      setNext(found.items.length ? found.next : undefined);
      if (!more) void keep('blocked', found.items);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      setFailed(error);
    }
  };
  useEffect(() => {
    void recall<Account[]>('blocked').then((was) => setAll((now) => now ?? was));
    void load();
  }, []);
  const free = async (who: Account) => {
    setBusy(who.id);
    try {
      await unblock(who.id);
      setAll((now) => now?.filter((a) => a.id !== who.id));
      say(t('friends.unblocked', { name: nameOf(who) }));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      say(sentence(error.kind));
    }
    setBusy('');
  };
  return (
    <Screen title={t('friends.blocked')} remember>
      {!all && !failed && <Skeleton of="contact" label={t('shell.loading')} />}
      {!all && failed && <Empty act={<Button kind="filled" onClick={() => void load()}>{t('ui.again')}</Button>}>{sentence(failed.kind)}</Empty>}
      {all?.length === 0 && <Empty act={<Button href={href('/settings/privacy')}>{t('privacy.title')}</Button>}>{t('friends.blocked-empty')}</Empty>}
      {all?.map((who) => (
        <ContactRow key={who.id} who={who} href={href('/friends/' + who.id)} end={<Button kind="plain" small busy={busy === who.id} onClick={() => void free(who)}>{t('friends.unblock')}</Button>} />
      ))}
      {next && <div class="contacts-more"><Button onClick={() => void load(next)}>{t('friends.more')}</Button></div>}
    </Screen>
  );
}
