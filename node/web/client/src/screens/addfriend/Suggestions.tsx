import { useEffect, useState } from 'preact/hooks';
import { t } from '../../i18n';
import { del, Failure, get, patch } from '../../api/client';
import { own, type Suggestion } from '../../api/tulou';
import { sentence } from '../../app/failure';
import { href } from '../../app/router';
import { openSheet } from '../../app/sheets';
import { keep, recall } from '../../state/db';
import { look } from '../../state/friends';
import { Button, IconButton } from '../../ui/Button';
import { ContactRow } from '../../ui/Rows';
import { SettingsRow } from '../../ui/SettingsRow';
import { Switch } from '../../ui/Switch';
import { say } from '../../ui/Toast';
import { nameOf } from '../../ui/types';
import { AskSheet } from '../friend/AskSheet';

/** How many are shown before somebody wants all. */
const few = 5;

/** People with whom one has friends in common, all of whom let it be known. */
export function Suggestions() {
  const [those, setThose] = useState<Suggestion[]>([]);
  const [all, setAll] = useState(false);
  const [found, setFound] = useState<boolean>();
  const [busy, setBusy] = useState('');
  const load = () => get<{ items: Suggestion[] }>(`${own}/friends/suggestions`).then((answer) => {
    setThose(answer.items);
    void keep('friend-suggestions', answer.items);
  }, () => {});
  useEffect(() => {
    void recall<Suggestion[]>('friend-suggestions').then((was) => was && setThose((now) => (now.length ? now : was)));
    void load();
    get<{ suggestible: boolean }>(`${own}/friends/settings`).then((s) => setFound(s.suggestible), () => {});
  }, []);
  const without = (id: string) => setThose((now) => now.filter((s) => s.account.id !== id));
  const askFor = async (s: Suggestion) => {
    setBusy(s.account.id);
    try {
      openSheet(AskSheet, { friend: await look(s.account.id), onAsked: () => without(s.account.id) });
    } catch (error) {
      say(sentence(error instanceof Failure ? error.kind : 'broken'));
    }
    setBusy('');
  };
  const dismiss = (id: string) => {
    const before = those;
    without(id);
    del(`${own}/friends/suggestions/${id}`).catch((error) => {
      setThose(before);
      say(sentence(error instanceof Failure ? error.kind : 'broken'));
    });
  };
  const change = (suggestible: boolean) => {
    setFound(suggestible);
    patch(`${own}/friends/settings`, { suggestible }).then(load, (error) => {
      setFound(!suggestible);
      say(sentence(error instanceof Failure ? error.kind : 'broken'));
    });
  };
  return (
    <section class="add-known" aria-label={t('add.known')}>
      <h2 class="add-title">{t('add.known')}</h2>
      {!those.length && <p class="moments-none">{t('add.known-empty')}</p>}
      {those.slice(0, all ? undefined : few).map((s) => (
        <ContactRow key={s.account.id} who={s.account} href={href('/friends/' + s.account.id)} note={t('add.common', { count: s.friends_in_common })}
          end={<><Button small busy={busy === s.account.id} onClick={() => void askFor(s)}>{t('add.ask')}</Button><IconButton icon="close" size={20} label={t('add.dismiss', { name: nameOf(s.account) })} onClick={() => dismiss(s.account.id)} /></>} />
      ))}
      {!all && those.length > few && <div class="contacts-more"><Button onClick={() => setAll(true)}>{t('add.all')}</Button></div>}
      {found !== undefined && <SettingsRow title={t('add.suggestible')} hint={t('add.suggestible-hint')} control={(id) => <Switch id={id} checked={found} onChange={change} />} />}
    </section>
  );
}
