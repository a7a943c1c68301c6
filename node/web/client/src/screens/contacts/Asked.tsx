import { useEffect } from 'preact/hooks';
import { t } from '../../i18n';
import type { Friend } from '../../api/tulou';
import { Failure } from '../../api/client';
import { sentence } from '../../app/failure';
import { href } from '../../app/router';
import { Screen } from '../../app/Screen';
import { asked, openFriends, takeBack } from '../../state/friends';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { ContactRow } from '../../ui/Rows';
import { span } from '../../ui/format';
import { say } from '../../ui/Toast';

/** Whom one has asked, as long as they have not answered. */
export default function Asked() {
  useEffect(() => void openFriends(), []);
  return (
    <Screen title={t('friends.asked')} remember>
      {!asked.value.length && <Empty act={<Button kind="filled" icon="person-add" href={href('/add')}>{t('friends.add')}</Button>}>{t('friends.asked-empty')}</Empty>}
      {asked.value.map((f) => (
        <ContactRow key={f.account.id} who={f.account} href={href('/friends/' + f.account.id)} note={f.asked_at ? t('friends.asked-ago', { time: span(Date.now() - Date.parse(f.asked_at)) }) : undefined}
          end={<Button kind="plain" small onClick={() => void undo(f)}>{t('friends.take-back')}</Button>} />
      ))}
    </Screen>
  );
}

async function undo(f: Friend): Promise<void> {
  try {
    await takeBack(f.account.id);
    say(t('friends.taken-back'));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    say(sentence(error.kind));
  }
}
