import { useEffect, useState } from 'preact/hooks';
import { t } from '../../i18n';
import type { Account } from '../../api/entities';
import { cursorPage, get, type Failure } from '../../api/client';
import { sentence } from '../../app/failure';
import { go, href } from '../../app/router';
import { Screen } from '../../app/Screen';
import { me } from '../../state/session';
import { Banner } from '../../ui/Banner';
import { Button } from '../../ui/Button';
import { Chip } from '../../ui/Chip';
import { Empty } from '../../ui/Empty';
import { Field } from '../../ui/Field';
import { Icon } from '../../ui/Icon';
import { ContactRow } from '../../ui/Rows';
import { nameOf } from '../../ui/types';
import { keyOf } from './key';
import { roomOf } from './rooms';

/** How long somebody may pause in a name before the server is asked. */
const pause = 250;
/** More than this are a group, and that is for communities; it is also how many mentions fit well. */
const peopleMax = 8;

/** Chooses with whom: friends first, then whoever is found. */
export default function NewChat() {
  const [words, setWords] = useState('');
  const [found, setFound] = useState<Account[]>([]);
  const [friends, setFriends] = useState<Account[]>();
  const [chosen, setChosen] = useState<Account[]>([]);
  const [failed, setFailed] = useState('');
  useEffect(() => void cursorPage<{ account: Account }>('/api/tulou/v1/friends', { limit: 80 }).then((p) => setFriends(p.items.map((f) => f.account)), () => setFriends([])), []);
  useEffect(() => {
    setFailed('');
    const wanted = words.trim();
    if (!wanted) return setFound([]);
    const stop = new AbortController();
    const timer = setTimeout(() => {
      get<Account[]>('/api/v1/accounts/search', { q: wanted, limit: 20, resolve: /^@?[^@\s]+@[^@\s]+\.[^@\s]+$/.test(wanted) }, stop.signal)
        .then((list) => setFound(list.filter((a) => a.id !== me.peek()?.id)), (e: Failure) => stop.signal.aborted || setFailed(sentence(e.kind)));
    }, pause);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [words]);
  const begin = () => {
    const key = keyOf(chosen.map((p) => p.id));
    const room = roomOf(key);
    if (!room.people.peek().length) room.people.value = chosen;
    go('/chats/' + key, { replace: true });
  };
  const toggle = (p: Account) => {
    setChosen(chosen.some((c) => c.id === p.id) ? chosen.filter((c) => c.id !== p.id) : [...chosen, p].slice(0, peopleMax));
    setWords('');
  };
  const list = words.trim() ? found : (friends ?? []);
  return (
    <Screen title={t('chats.new')} foot={chosen.length > 0 && <div class="chat-begin"><Button kind="filled" wide onClick={begin}>{t('chats.write')}</Button></div>}>
      <p class="chat-lock chat-lock-flat"><Icon name="lock-open" size={16} /><span><b>{t('chats.plain')}</b> {t('chats.postcard')}</span></p>
      <div class="chat-to">
        <Field label={t('chats.to')} hint={t('chats.to-hint')} icon="search" type="search" data-first value={words} onInput={setWords} autocomplete="off" spellcheck={false} />
      </div>
      {chosen.length > 0 && <div class="chips chips-wrap">{chosen.map((p) => <Chip key={p.id} on onRemove={() => toggle(p)} removeLabel={t('chats.take-out', { name: nameOf(p) })}><bdi>{nameOf(p)}</bdi></Chip>)}</div>}
      {failed && <Banner kind="danger" icon="warning">{failed}</Banner>}
      {!words.trim() && list.length > 0 && <h2 class="set-head">{t('chats.friends')}</h2>}
      {list.map((p) => {
        const on = chosen.some((c) => c.id === p.id);
        return <ContactRow key={p.id} who={p} onClick={() => toggle(p)} current={on} end={on && <span class="chat-chosen"><Icon name="check" /></span>} />;
      })}
      {!list.length && !words.trim() && friends && <Empty act={<Button href={href('/add')}>{t('friends.add')}</Button>}>{t('chats.no-friends')}</Empty>}
      {!list.length && words.trim() && !failed && <Empty>{t('palette.none')}</Empty>}
    </Screen>
  );
}
