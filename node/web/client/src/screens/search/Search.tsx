import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../../i18n';
import type { Search as Results } from '../../api/entities';
import type { Failure } from '../../api/client';
import { sentence } from '../../app/failure';
import { useKeys } from '../../app/keys';
import { announce } from '../../app/live';
import { go, href } from '../../app/router';
import type { ScreenProps } from '../../app/routes';
import { Screen } from '../../app/Screen';
import { keepPost } from '../../state/posts';
import { Button, IconButton } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { Field } from '../../ui/Field';
import { Icon } from '../../ui/Icon';
import { personLink, postLink } from '../../ui/links';
import { ContactRow } from '../../ui/Rows';
import { SettingsRow } from '../../ui/SettingsRow';
import { Skeleton } from '../../ui/Skeleton';
import { PostItem } from '../post/Item';
import { findSettings } from '../settings/places';
import { exact, forget, look, recallRecent, recent, remember, words, type Kind } from './find';
import { More } from './More';
import { Operators } from './Operators';
import { TagRow } from './TagRow';

/** How long somebody may pause in a word before the server is asked, and how many of each kind are shown at first. */
const pause = 220, few = 3;

/** Finds people, tags, posts and settings by what is typed. */
export default function Search({ query }: ScreenProps) {
  const [all, setAll] = useState<Kind>();
  const field = useRef<HTMLDivElement>(null);
  useEffect(() => {
    void recallRecent();
    const asked = query.get('q');
    if (asked !== null) words.value = asked;
    if (!matchMedia('(pointer: coarse)').matches || !words.peek()) field.current?.querySelector('input')?.focus({ preventScroll: true });
  }, []);
  useKeys(() => [{ keys: '/', label: 'keys.search', run: () => field.current?.querySelector('input')?.select() }], []);
  const text = words.value;
  const { found, failed, busy } = useFound(text);
  useEffect(() => setAll(undefined), [text]);
  const type = (now: string) => (words.value = now);
  return (
    <Screen title={t('shell.search')} below={(
      <form class="search-field" role="search" onSubmit={(e) => { e.preventDefault(); submit(text, found); }}>
        <div ref={field}>
          <Field label={t('shell.search')} quiet placeholder={t('search.hint')} icon="search" type="search" inputMode="search" enterkeyhint="search" autocomplete="off" spellcheck={false} dir="auto"
            value={text} onInput={type} after={text && <IconButton icon="close" size={20} label={t('search.clear')} onClick={() => { type(''); field.current?.querySelector('input')?.focus(); }} />} />
        </div>
        <Operators words={text} onWords={type} />
      </form>
    )}>
      {!text.trim() && <Recent onPick={type} />}
      {text.trim() && all && <More key={all} kind={all} words={text} onBack={() => setAll(undefined)} />}
      {text.trim() && !all && <Groups text={text} found={found} failed={failed} busy={busy} onAll={setAll} />}
    </Screen>
  );
}

/** What the server finds; the last answer stays until the next is there. */
function useFound(text: string): { found?: Results; failed?: Failure; busy: boolean } {
  const [state, setState] = useState<{ found?: Results; failed?: Failure; busy: boolean }>({ busy: false });
  useEffect(() => {
    if (!text.trim()) return setState({ busy: false });
    setState((now) => ({ ...now, busy: true }));
    const stop = new AbortController();
    const timer = setTimeout(() => void look(text, stop.signal).then((found) => {
      setState({ found, busy: false });
      announce(t('search.count', { count: found.accounts.length + found.hashtags.length + found.statuses.length }));
    }, (failed) => stop.signal.aborted || setState((now) => ({ ...now, failed, busy: false }))), pause);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [text]);
  return state;
}

/** Enter: an exact address leads where it points, anything else is remembered. */
function submit(text: string, found?: Results): void {
  remember(text);
  if (!exact(text) || !found) return;
  const [person, post] = [found.accounts[0], found.statuses[0]];
  if (person) go(personLink(person).slice('/app'.length));
  else if (post) go(postLink(post).slice('/app'.length));
}

function Groups({ text, found, failed, busy, onAll }: { text: string; found?: Results; failed?: Failure; busy: boolean; onAll: (kind: Kind) => void }) {
  const settings = findSettings(text, few);
  const noted = () => remember(text);
  const nothing = found && !found.accounts.length && !found.hashtags.length && !found.statuses.length && !settings.length;
  return (
    <div onClick={noted} aria-busy={busy}>
      {!found && !failed && busy && <Skeleton of="contact" count={5} label={t('shell.loading')} />}
      {failed && <Empty act={<Button kind="filled" onClick={() => (words.value = text + ' ')}>{t('ui.again')}</Button>}>{sentence(failed.kind)}</Empty>}
      {nothing && !busy && <Empty>{t(exact(text) ? 'search.none-exact' : 'search.none', { words: text.trim() })}</Empty>}
      <Group title={t('search.people')} more={(found?.accounts.length ?? 0) > few} onMore={() => onAll('accounts')} none={!found?.accounts.length}>
        {found?.accounts.slice(0, few).map((a) => <ContactRow key={a.id} who={a} href={personLink(a)} />)}
      </Group>
      <Group title={t('search.tags')} more={(found?.hashtags.length ?? 0) > few} onMore={() => onAll('hashtags')} none={!found?.hashtags.length}>
        {found?.hashtags.slice(0, few).map((tag) => <TagRow key={tag.name} name={tag.name} />)}
      </Group>
      <Group title={t('search.settings')} none={!settings.length}>
        {settings.map((s) => <SettingsRow key={s.path + s.words} icon={s.icon} title={s.words} hint={s.on} href={href(s.path)} />)}
      </Group>
      <Group title={t('search.posts')} more={(found?.statuses.length ?? 0) > few} onMore={() => onAll('statuses')} none={!found?.statuses.length}>
        {found?.statuses.slice(0, few).map((s) => <PostItem key={s.id} post={keepPost(s)} place="public" />)}
      </Group>
      <div class="list-space" />
    </div>
  );
}

function Group({ title, none, more, onMore, children }: { title: string; none: boolean; more?: boolean; onMore?: () => void; children: ComponentChildren }) {
  if (none) return null;
  return (
    <section class="search-group">
      <h2 class="search-head">{title}{more && <Button kind="plain" small label={`${t('search.all')}: ${title}`} onClick={onMore}>{t('search.all')}</Button>}</h2>
      {children}
    </section>
  );
}

/** What was looked for before. */
function Recent({ onPick }: { onPick: (text: string) => void }) {
  const list = recent.value;
  if (!list.length) return <Empty>{t('search.empty')}</Empty>;
  return (
    <section class="search-group">
      <h2 class="search-head">{t('search.recent')}<Button kind="plain" small onClick={() => forget()}>{t('search.forget')}</Button></h2>
      {list.map((text) => (
        <div key={text} class="list-row search-recent">
          <button type="button" class="row-main" onClick={() => onPick(text)}><Icon name="clock" size={20} /><span class="one" dir="auto">{text}</span></button>
          <IconButton icon="close" size={16} label={t('search.forget-one', { words: text })} onClick={() => forget(text)} />
        </div>
      ))}
    </section>
  );
}
