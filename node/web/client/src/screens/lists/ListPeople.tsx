import { useEffect, useState } from 'preact/hooks';
import { t } from '../../i18n';
import type { Account } from '../../api/entities';
import { del, get, post } from '../../api/client';
import type { ScreenProps } from '../../app/routes';
import { Screen } from '../../app/Screen';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { Field } from '../../ui/Field';
import { personLink } from '../../ui/links';
import { ContactRow } from '../../ui/Rows';
import { nameOf } from '../../ui/types';
import { usePages } from '../people/usePages';
import { doNow } from '../post/menu';
import { listFeed } from './feed';

const pause = 200;

/** Who is on a list; people whom one follows can be added by a few letters of their name. */
export default function ListPeople({ params }: ScreenProps) {
  const id = params.id!, path = `/api/v1/lists/${id}/accounts`;
  const members = usePages<Account>('list-people:' + id, path, { limit: '0' });
  const [words, setWords] = useState('');
  const [found, setFound] = useState<Account[]>([]);
  useEffect(() => {
    if (!words.trim()) return setFound([]);
    const stop = new AbortController();
    const timer = setTimeout(() => get<Account[]>('/api/v1/accounts/search', { q: words.trim(), following: true, limit: 10 }, stop.signal).then(setFound, () => {}), pause);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [words]);
  const there = new Set(members.items.map((a) => a.id));
  const add = (who: Account) => {
    members.set((all) => [...all, who]);
    void doNow(post(path, { account_ids: [who.id] })).then((ok) => { if (ok) void listFeed(id).refresh(); else members.set((all) => all.filter((a) => a.id !== who.id)); });
  };
  const remove = (who: Account) => {
    members.set((all) => all.filter((a) => a.id !== who.id));
    void doNow(del(path, { account_ids: [who.id] })).then((ok) => { if (ok) listFeed(id).removeOf(who.id); else members.set((all) => [...all, who]); });
  };
  const shown = words.trim() ? found : members.items;
  return (
    <Screen title={t('lists.members')} remember>
      <div class="line-form"><Field quiet icon="search" type="search" label={t('lists.find')} placeholder={t('lists.find')} value={words} onInput={setWords} /></div>
      {!words.trim() && members.heard && !members.items.length && <Empty>{t('lists.no-members')}</Empty>}
      {shown.map((who) => (
        <ContactRow key={who.id} who={who} href={personLink(who)} end={there.has(who.id)
          ? <Button small label={t('lists.remove-name', { name: nameOf(who) })} onClick={() => remove(who)}>{t('lists.remove')}</Button>
          : <Button small kind="plain" icon="plus" label={t('lists.add-name', { name: nameOf(who) })} onClick={() => add(who)}>{t('lists.add')}</Button>} />
      ))}
      <div class="list-space" />
    </Screen>
  );
}
