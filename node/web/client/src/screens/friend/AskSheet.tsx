import { useState } from 'preact/hooks';
import { t } from '../../i18n';
import { Failure } from '../../api/client';
import type { Friend } from '../../api/tulou';
import { sentence } from '../../app/failure';
import { askFriend, serverOf } from '../../state/friends';
import { instance, me } from '../../state/session';
import { Avatar } from '../../ui/Avatar';
import { Button } from '../../ui/Button';
import { Field, TextArea } from '../../ui/Field';
import { Address, Name } from '../../ui/Name';
import { Sheet } from '../../ui/Sheet';
import { say } from '../../ui/Toast';
import { nameOf } from '../../ui/types';

/** What a greeting and a name given to somebody may have. */
const greetingMax = 200, remarkMax = 60;

/** Words to the one who is asked, before asking. */
export function AskSheet({ friend, link, onAsked, onClose }: { friend: Friend; link?: string; onAsked?: (f: Friend) => void; onClose: () => void }) {
  const name = nameOf(friend.account);
  const [greeting, setGreeting] = useState(() => t('ask.greeting', { name: me.peek() ? nameOf(me.peek()!) : '' }));
  const [remark, setRemark] = useState('');
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState('');
  const long = [...greeting].length > greetingMax;
  const send = async (close: () => void) => {
    setBusy(true);
    setWrong('');
    try {
      const now = await askFriend({ account_id: friend.account.id, link: link || undefined, greeting: greeting.trim(), remark: remark.trim() || undefined });
      say(now.state === 'friend' ? t('friends.now', { name }) : t('ask.sent', { name }));
      onAsked?.(now);
      close();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      setWrong(why(error, friend));
      setBusy(false);
    }
  };
  return (
    <Sheet title={t('friends.add')} onClose={onClose} foot={(close) => <Button kind="filled" busy={busy} disabled={long} onClick={() => void send(close)}>{t('ask.send')}</Button>}>
      <div class="ask">
        <p class="ask-who"><Avatar who={friend.account} size={48} /><span class="ask-names"><span class="row-name one"><Name who={friend.account} /></span><span class="row-under one"><Address who={friend.account} /></span></span></p>
        <TextArea label={t('ask.words')} value={greeting} onInput={setGreeting} hint={t('ask.words-hint')} error={long ? t('ask.too-long', { count: greetingMax }) : undefined} />
        <Field label={t('friend.remark')} dir="auto" value={remark} onInput={setRemark} maxLength={remarkMax} hint={t('friend.remark-hint')} />
        {wrong && <p class="ask-wrong" role="alert">{wrong}</p>}
      </div>
    </Sheet>
  );
}

/** Why asking did not work, as far as it may be said. */
export function why(error: Failure, friend: Friend): string {
  const server = serverOf(friend.account);
  if (error.kind === 'invalid') return server === instance.peek()?.domain ? t('ask.not-person') : t('friend.cannot', { server });
  if (error.kind === 'forbidden') return t('ask.refused', { name: nameOf(friend.account) });
  if (error.kind === 'too-many') return t('ask.later');
  return sentence(error.kind);
}
