import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../../i18n';
import { Failure, post } from '../../api/client';
import { own, type Found } from '../../api/tulou';
import { sentence } from '../../app/failure';
import { go } from '../../app/router';
import type { ScreenProps } from '../../app/routes';
import { Screen } from '../../app/Screen';
import { fetchSheet, openSheet } from '../../app/sheets';
import { settle } from '../../state/friends';
import { Button } from '../../ui/Button';
import { Field } from '../../ui/Field';
import { say } from '../../ui/Toast';
import { AskSheet } from '../friend/AskSheet';
import { choose } from '../moments/choose';
import { OwnCode } from './OwnCode';
import { Suggestions } from './Suggestions';

/** Ways to a friend: an address or a link, a code that is scanned, one's own that others scan, and people one may know. */
export default function AddFriend({ query }: ScreenProps) {
  const [text, setText] = useState(query.get('text') ?? '');
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState('');
  const began = useRef('');
  const find = async (words: string) => {
    if (!words.trim()) return;
    setBusy(true);
    setWrong('');
    try {
      show(await post<Found>(`${own}/friends/find`, { text: words.trim() }));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      setWrong(why(error, words));
    }
    setBusy(false);
  };
  const given = query.get('text') ?? '';
  useEffect(() => {
    if (given && began.current !== given) void find((began.current = given));
  }, [given]);
  const scanned = (words: string) => {
    setText(words);
    void find(words);
  };
  const fromPicture = async () => {
    const [file] = await choose({ accept: 'image/*' });
    if (!file) return;
    setBusy(true);
    const { readPicture } = await import('../../bundles/scan');
    const words = await readPicture(file).catch(() => '');
    setBusy(false);
    if (words) scanned(words);
    else setWrong(t('add.no-code'));
  };
  return (
    <Screen title={t('friends.add')} remember>
      <form class="add-find" onSubmit={(e) => { e.preventDefault(); void find(text); }}>
        <Field label={t('add.address')} dir="auto" autocapitalize="none" autocomplete="off" spellcheck={false} inputMode="email" enterkeyhint="search" value={text} onInput={setText} placeholder="@mei@hillside.town" hint={t('add.address-hint')} error={wrong || undefined}
          after={<Button type="submit" kind="plain" small busy={busy} disabled={!text.trim()}>{t('add.find')}</Button>} />
      </form>
      <div class="add-ways">
        <Button kind="filled" icon="scan" onClick={() => fetchSheet(() => import('../../bundles/scan').then((all) => all.ScanSheet), { onFound: scanned })}>{t('add.scan')}</Button>
        <Button icon="picture" onClick={() => void fromPicture()}>{t('add.picture')}</Button>
      </div>
      <OwnCode />
      <Suggestions />
    </Screen>
  );
}

/** Leads to who was found: to their card, or to the words with which one asks. */
function show(found: Found): void {
  const friend = settle(found.friend);
  if (found.self) return say(t('add.self'));
  if (friend.state === 'none' && friend.can_ask) return openSheet(AskSheet, { friend, link: found.link, onAsked: (f: Found['friend']) => { if (f.state === 'friend') go('/friends/' + f.account.id); } });
  go('/friends/' + friend.account.id);
}

function why(error: Failure, words: string): string {
  const server = /@?[^@\s]+@([^@\s/]+)$/.exec(words.trim())?.[1] ?? (URL.canParse(words.trim()) ? new URL(words.trim()).host : '');
  if (error.kind === 'gone') return t('add.nobody');
  if (error.kind === 'invalid') return t('add.not-address');
  if (error.kind === 'unavailable' && server) return t('add.away', { server });
  return sentence(error.kind);
}
