import { useEffect, useState } from 'preact/hooks';
import { t, type Key } from '../../i18n';
import type { Account, Status, Tag } from '../../api/entities';
import { Failure } from '../../api/client';
import { List } from '../../app/List';
import { sentence } from '../../app/failure';
import { keepPost } from '../../state/posts';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { personLink } from '../../ui/links';
import { ContactRow } from '../../ui/Rows';
import { Skeleton } from '../../ui/Skeleton';
import { PostItem } from '../post/Item';
import { lookFor, type Kind } from './find';
import { TagRow } from './TagRow';

type Thing = Account | Status | Tag;
const titles: Record<Kind, Key> = { accounts: 'search.people', statuses: 'search.posts', hashtags: 'search.tags' };
const idOf = (thing: Thing): string => ('id' in thing ? thing.id : thing.name);

/** Everything of one kind. */
export function More({ kind, words, onBack }: { kind: Kind; words: string; onBack: () => void }) {
  const [found, setFound] = useState<Thing[]>([]);
  const [state, setState] = useState<'busy' | 'more' | 'ended' | Failure>('busy');
  const ask = async (from: Thing[]) => {
    setState('busy');
    try {
      const known = new Set(from.map(idOf));
      const more = (await lookFor(kind, words, from.length)).filter((thing) => !known.has(idOf(thing)));
      setFound([...from, ...more]);
      setState(more.length ? 'more' : 'ended');
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      setState(error);
    }
  };
  useEffect(() => void ask([]), [kind, words]);
  const show = (thing: Thing) => {
    if (kind === 'hashtags') return <TagRow name={(thing as Tag).name} />;
    if (kind === 'accounts') return <ContactRow who={thing as Account} href={personLink(thing as Account)} />;
    return <PostItem post={keepPost(thing as Status)} place="public" />;
  };
  return (
    <>
      <h2 class="search-head">{t(titles[kind])}<Button kind="plain" small onClick={onBack}>{t('search.everything')}</Button></h2>
      {!found.length && state === 'busy' && <Skeleton of={kind === 'statuses' ? 'post' : 'contact'} label={t('shell.loading')} />}
      {state instanceof Failure && <Empty act={<Button kind="filled" onClick={() => void ask(found)}>{t('ui.again')}</Button>}>{sentence(state.kind)}</Empty>}
      {!found.length && state === 'ended' && <Empty>{t('search.none', { words: words.trim() })}</Empty>}
      <List as={kind === 'statuses' ? undefined : 'list'} items={found} id={idOf} place={`search:${kind}:${words}`} label={t(titles[kind])} busy={state === 'busy'} estimate={() => (kind === 'statuses' ? 180 : 56)} onEnd={() => state === 'more' && void ask(found)} render={show} />
      <div class="feed-end">{state === 'ended' && found.length > 0 && t('feed.end')}</div>
    </>
  );
}
