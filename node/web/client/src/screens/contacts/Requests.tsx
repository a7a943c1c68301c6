import { useState } from 'preact/hooks';
import { t } from '../../i18n';
import type { Friend } from '../../api/tulou';
import { Failure } from '../../api/client';
import { sentence } from '../../app/failure';
import { href } from '../../app/router';
import { accept, asking, decline, serverOf } from '../../state/friends';
import { RequestRow } from '../../ui/Rows';
import { say } from '../../ui/Toast';
import { nameOf } from '../../ui/types';

/** Everybody who asks, with their words in full. */
export function Requests() {
  if (!asking.value.length) return null;
  return (
    <section aria-label={t('friends.requests')}>
      <h2 class="contacts-head">{t('friends.requests')}</h2>
      {asking.value.map((f) => <Request key={f.account.id} friend={f} />)}
    </section>
  );
}

/** One who asks. */
export function Request({ friend: f, onDone }: { friend: Friend; onDone?: () => void }) {
  const [busy, setBusy] = useState(false);
  const name = nameOf(f.account);
  const answer = async (yes: boolean) => {
    setBusy(true);
    try {
      await (yes ? accept : decline)(f.account.id);
      say(yes ? t('friends.now', { name }) : t('friends.declined'));
      onDone?.();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      setBusy(false);
      say(sentence(error.kind));
    }
  };
  return (
    <RequestRow who={f.account} href={href('/friends/' + f.account.id)} greeting={f.greeting} busy={busy} onAccept={() => void answer(true)} onLater={() => void answer(false)}
      from={f.by_code ? t('friends.by-code') : t('friends.from-server', { server: serverOf(f.account) })} />
  );
}
