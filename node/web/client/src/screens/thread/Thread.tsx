import { useComputed } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { t, T } from '../../i18n';
import { List } from '../../app/List';
import { sentence } from '../../app/failure';
import { href } from '../../app/router';
import type { ScreenProps } from '../../app/routes';
import { Screen } from '../../app/Screen';
import { leave, left } from '../../state/places';
import type { Post } from '../../state/posts';
import { Banner } from '../../ui/Banner';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { shortCount } from '../../ui/format';
import { postLink } from '../../ui/links';
import { Skeleton } from '../../ui/Skeleton';
import { estimate } from '../home/Timeline';
import { PostItem } from '../post/Item';
import { usePostKeys } from '../post/keys';
import { Unsent } from '../post/Unsent';
import { Conversation } from './conversation';
import { ReplyField } from './ReplyField';
import { rowsOf, type Row } from './tree';

/** How high the header is above the post that one came for. */
const underHeader = 52;

/** A post with what it answers and what answers it. */
export default function Thread({ params }: ScreenProps) {
  const id = params.id!;
  const thread = useMemo(() => new Conversation(id), [id]);
  const place = 'thread:' + id;
  if (!left(place)) leave(place, { id, offset: underHeader });
  useEffect(() => {
    void thread.open();
    return () => thread.close();
  }, [thread]);
  usePostKeys();
  const rows = useComputed(() => (thread.main.value ? rowsOf(thread.main.value, thread.above.value, thread.below.value) : [])).value;
  const main = thread.main.value, failure = thread.failure.value;
  const gone = failure?.kind === 'gone';
  return (
    <Screen title={t('thread.title')} foot={main && !gone && <ReplyField key={id} post={main} />}>
      {gone && <Empty title={t('thread.gone')} act={<Button kind="filled" href={href('/home')}>{t('missing.home')}</Button>}>{t('thread.gone-text')}</Empty>}
      {failure && !gone && !main && <Empty act={<Button kind="filled" onClick={() => void thread.refresh()}>{t('ui.again')}</Button>}>{sentence(failure.kind)}</Empty>}
      {failure && !gone && main && <Banner icon="offline" act={{ label: t('ui.again'), onPick: () => void thread.refresh() }}>{sentence(failure.kind)}</Banner>}
      {!main && !failure && <Skeleton of="post" label={t('shell.loading')} />}
      {!gone && (
        <List items={rows} id={rowName} place={place} label={t('thread.title')} busy={!thread.whole.value} estimate={(row) => (row.kind === 'more' ? 44 : estimate(row.post))}
          render={(row) => <RowView row={row} main={main!} fresh={thread.fresh.value.has(row.post.peek().id)} />} />
      )}
      {main && !gone && (
        <div class={thread.above.value.length ? 'thread-end thread-end-long' : 'thread-end'}>
          <Unsent reply={id} />
          {thread.whole.value && <Foot post={main} shown={thread.below.value.length} />}
        </div>
      )}
    </Screen>
  );
}

const rowName = (row: Row): string => (row.kind === 'more' ? 'more:' : '') + row.post.peek().id;

function RowView({ row, main, fresh }: { row: Row; main: Post; fresh: boolean }) {
  const author = row.post.value.account.id === main.value.account.id;
  switch (row.kind) {
    case 'above': return <PostItem post={row.post} place="thread" as="reply" line={row.first ? 'down' : 'both'} />;
    case 'main': return <PostItem post={row.post} place="thread" as="main" line={row.under ? 'up' : undefined} below={<Counts post={row.post} />} />;
    case 'more': return (
      <article class="answer answer-more" data-depth={row.depth}>
        <Twigs rails={row.rails} last />
        <a href={postLink(row.post.value)}>{t('thread.more', { count: row.count })}</a>
      </article>
    );
    case 'answer': return (
      <div class={fresh ? 'answer answer-fresh' : 'answer'} data-depth={row.depth}>
        <Twigs rails={row.rails} last={row.last} />
        <PostItem post={row.post} place="thread" as="reply" author={author} line={row.parent ? 'down' : undefined} />
      </div>
    );
  }
}

/** Lines from the faces above to this one, in the columns of the faces. */
function Twigs({ rails, last }: { rails: boolean[]; last: boolean }) {
  return <>{rails.map((_, level) => {
    const near = level === rails.length - 1;
    if (!near && !rails[level + 1]) return null;
    return <i key={level} class={near ? `twig twig-near${last ? ' twig-last' : ''}` : 'twig'} data-level={level} aria-hidden="true" />;
  })}</>;
}

/** Who shared and liked it, in words; each a way to the people. */
function Counts({ post }: { post: Post }) {
  const status = post.value, path = postLink(status);
  if (!status.reblogs_count && !status.favourites_count) return null;
  const number = (n: number) => <b class="num">{shortCount(n)}</b>;
  return (
    <p class="thread-counts">
      {status.reblogs_count > 0 && <a class="reach" href={path + '/shares'}><T k="thread.shares" count={status.reblogs_count} number={number(status.reblogs_count)} /></a>}
      {status.favourites_count > 0 && <a class="reach" href={path + '/likes'}><T k="thread.likes" count={status.favourites_count} number={number(status.favourites_count)} /></a>}
    </p>
  );
}

/** Where to find answers that were counted and are not here: where the post was written. */
function Foot({ post, shown }: { post: Post; shown: number }) {
  const status = post.value, host = status.account.acct.split('@')[1];
  const missing = host && status.replies_count > shown;
  return (
    <div class="thread-foot">
      {!shown && !missing && <p>{t('thread.none')}</p>}
      {missing && status.url && <p><T k="thread.elsewhere" host={<a href={status.url} target="_blank" rel="noopener noreferrer"><bdi>{host}</bdi></a>} /></p>}
    </div>
  );
}
