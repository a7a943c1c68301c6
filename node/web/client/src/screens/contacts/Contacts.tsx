import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../../i18n';
import type { Friend } from '../../api/tulou';
import { sentence } from '../../app/failure';
import { href } from '../../app/router';
import { usePane } from '../../app/Pane';
import { Screen } from '../../app/Screen';
import { asked, asking, circles, failure, friends, heard, openFriends, refreshFriends } from '../../state/friends';
import { friendsChanged } from '../../state/friend-watch';
import { Button, IconButton } from '../../ui/Button';
import { Chip } from '../../ui/Chip';
import { Empty } from '../../ui/Empty';
import { Field } from '../../ui/Field';
import { Icon, type IconName } from '../../ui/Icon';
import { LetterIndex } from '../../ui/LetterIndex';
import { ContactRow } from '../../ui/Rows';
import { Skeleton } from '../../ui/Skeleton';
import { nameOf } from '../../ui/types';
import { byLetter, plain } from './letters';
import { Mutuals } from './Mutuals';
import { Requests } from './Requests';

/** The two lists that are no circle. */
const everybody = '', mutuals = 'mutuals';
/** From how many friends on letters at the side help. */
const indexFrom = 12;

/** Everybody one knows: who asks, then friends by letter or by circle, and apart who is followed both ways. */
export default function Contacts() {
  const [words, setWords] = useState('');
  const [group, setGroup] = useState(everybody);
  useEffect(() => void openFriends(), [friendsChanged.value]);
  const shown = circles.value.some((c) => c.id === group) || group === mutuals ? group : everybody;
  const members = shown === everybody ? friends.value : friends.value.filter((f) => f.circles.includes(shown));
  const groups = [...circles.value].filter((c) => c.members > 0);
  return (
    <Screen title={t('tab.contacts')} remember actions={<IconButton icon="person-add" label={t('friends.add')} href={href('/add')} />}
      below={(
        <div class="contacts-find">
          <Field quiet label={t('friends.search')} type="search" icon="search" placeholder={t('friends.search')} dir="auto" value={words} onInput={setWords} autocomplete="off" />
        </div>
      )}>
      {words.trim() ? <Matches words={words.trim()} /> : (
        <>
          <Requests />
          <Places />
          <div class="chips contacts-groups" role="group" aria-label={t('friends.groups')}>
            <Chip on={shown === everybody} onClick={() => setGroup(everybody)}>{t('friends.all')}</Chip>
            {groups.map((c) => <Chip key={c.id} on={shown === c.id} onClick={() => setGroup(c.id)}>{c.name}</Chip>)}
            <Chip on={shown === mutuals} onClick={() => setGroup(mutuals)}>{t('friends.mutuals')}</Chip>
          </div>
          {shown === mutuals ? <Mutuals /> : <Book of={members} stars={shown === everybody} />}
        </>
      )}
    </Screen>
  );
}

/** Where else people are kept. */
function Places() {
  const row = (icon: IconName, label: string, path: string, count?: number) => (
    <a class="list-row contacts-place" href={href(path)}>
      <span class="contacts-sign"><Icon name={icon} size={20} /></span>
      <span class="row-name one">{label}</span>
      {!!count && <span class="row-under num">{count}</span>}
      <Icon name="next" size={16} />
    </a>
  );
  return (
    <nav class="contacts-places" aria-label={t('friends.places')}>
      {asked.value.length > 0 && row('clock', t('friends.asked'), '/contacts/asked', asked.value.length)}
      {row('aud-circle', t('friends.circles'), '/circles', circles.value.length)}
      {row('block', t('friends.blocked'), '/contacts/blocked')}
    </nav>
  );
}

/** Friends by letter, those with a star before them. */
function Book({ of, stars }: { of: Friend[]; stars: boolean }) {
  const { scroller } = usePane();
  const box = useRef<HTMLDivElement>(null);
  const starred = stars ? of.filter((f) => f.starred) : [];
  const sections = byLetter(of, called);
  const jump = (letter: string) => {
    const head = box.current?.querySelector<HTMLElement>(`[data-letter="${CSS.escape(letter)}"]`);
    const top = scroller.current;
    if (!head || !top) return;
    const under = top.querySelector<HTMLElement>('.head')?.offsetHeight ?? 0;
    top.scrollTop += head.getBoundingClientRect().top - top.getBoundingClientRect().top - under;
  };
  if (!of.length) return <Nobody all={stars} />;
  return (
    <div ref={box} class={of.length >= indexFrom ? 'contacts-book contacts-indexed' : 'contacts-book'}>
      {of.length >= indexFrom && <div class="contacts-index"><LetterIndex letters={sections.map((s) => s.letter)} onJump={jump} /></div>}
      {starred.length > 0 && <Part letter="★" label={t('friends.starred')} friends={byLetter(starred, called).flatMap((s) => s.items)} />}
      {sections.map((s) => <Part key={s.letter} letter={s.letter} friends={s.items} />)}
      <p class="contacts-count">{t('friends.count', { count: of.length })}</p>
    </div>
  );
}

function Part({ letter, label, friends: those }: { letter: string; label?: string; friends: Friend[] }) {
  return (
    <section class="contacts-part" aria-label={label ?? letter} data-letter={letter}>
      <h2 class="letter-head">{label ?? letter}</h2>
      {those.map((f) => <Row key={f.account.id} friend={f} />)}
    </section>
  );
}

export const called = (f: Friend): string => f.remark || nameOf(f.account);

/** A friend in a list; it leads to their card. */
export function Row({ friend: f }: { friend: Friend }) {
  return <ContactRow who={f.account} remark={f.remark || undefined} href={href('/friends/' + f.account.id)} current={location.pathname === href('/friends/' + f.account.id)} />;
}

/** Nobody is there: since nobody is, since it is not known yet, or since the server did not say. */
function Nobody({ all }: { all: boolean }) {
  if (!all) return <Empty act={<Button kind="soft" href={href('/circles')}>{t('friends.circles')}</Button>}>{t('friends.circle-empty')}</Empty>;
  if (failure.value && !heard.value) return <Empty act={<Button kind="filled" onClick={() => void refreshFriends()}>{t('ui.again')}</Button>}>{sentence(failure.value.kind)}</Empty>;
  if (!heard.value) return <Skeleton of="contact" count={6} label={t('shell.loading')} />;
  return <Empty act={<Button kind={asking.value.length ? 'soft' : 'filled'} icon="person-add" href={href('/add')}>{t('friends.add')}</Button>}>{t('friends.empty')}</Empty>;
}

/** Friends of whose name, remark or address the words are a part. */
function Matches({ words }: { words: string }) {
  const wanted = plain(words);
  const found = friends.value.filter((f) => [f.remark, nameOf(f.account), f.account.acct].some((text) => plain(text).includes(wanted)));
  if (!found.length) {
    return (
      <Empty act={<Button kind="filled" icon="search" href={href('/add?text=' + encodeURIComponent(words))}>{t('friends.look-elsewhere')}</Button>}>{t('friends.no-match', { words })}</Empty>
    );
  }
  return <div class="contacts-book">{byLetter(found, called).flatMap((s) => s.items).map((f) => <Row key={f.account.id} friend={f} />)}</div>;
}
