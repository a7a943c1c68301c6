import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { t } from '../../i18n';
import { List } from '../../app/List';
import { useKeys } from '../../app/keys';
import { sentence } from '../../app/failure';
import type { Feed } from '../../state/feed';
import type { Place } from '../../state/filters';
import type { Post } from '../../state/posts';
import { Button } from '../../ui/Button';
import { Faces } from '../../ui/Avatar';
import { Empty } from '../../ui/Empty';
import { Skeleton } from '../../ui/Skeleton';
import { leftOut, PostItem } from '../post/Item';
import { usePostKeys } from '../post/keys';

interface Props {
  feed: Feed;
  /** The name under which the place in it is remembered. */
  name: string;
  label: string;
  empty: ComponentChildren;
  emptyAct?: ComponentChildren;
  /** Which filters apply. */
  place?: Place;
  /** What stands above the posts and scrolls with them. */
  pinned?: Post[];
}

/** A feed of posts with the pill for what is new. */
export function Timeline({ feed, name, label, empty, emptyAct, place = 'home', pinned = [] }: Props) {
  useEffect(() => {
    void feed.open();
    return () => feed.close();
  }, [feed]);
  const fresh = () => {
    feed.showFresh();
    dispatchEvent(new CustomEvent('tulou:top'));
  };
  useKeys(() => [{ keys: '.', label: 'keys.new-posts', run: fresh }], [feed]);
  usePostKeys();
  const failure = feed.failure.value;
  const top = pinned.length;
  const posts = [...pinned, ...feed.posts.value.filter((p) => !pinned.includes(p))].filter((p) => !leftOut(p, place));
  return (
    <>
      <Pill posts={feed.fresh.value.filter((p) => !leftOut(p, place))} onClick={fresh} />
      {!posts.length && feed.loading.value && <Skeleton of="post" label={t('shell.loading')} />}
      {failure && !posts.length && (
        <Empty act={<Button kind="filled" onClick={() => void feed.refresh()}>{t('ui.again')}</Button>}>{sentence(failure.kind)}</Empty>
      )}
      {feed.empty.value && !posts.length && <Empty act={emptyAct}>{empty}</Empty>}
      {posts.length > 0 && <List items={posts} id={(p) => p.peek().id} place={name} label={label} busy={feed.loading.value} estimate={estimate} onEnd={() => void feed.more()}
        render={(post, i) => <PostItem post={post} position={i + 1} place={place} pinned={i < top} />} />}
      <div class="feed-end">
        {feed.ended.value && posts.length > 0 && t('feed.end')}
        {failure && posts.length > 0 && <Button kind="plain" small onClick={() => void feed.more(true)}>{t('ui.again')}</Button>}
      </div>
    </>
  );
}

/** What is new waits here; it never pushes. */
function Pill({ posts, onClick }: { posts: Post[]; onClick: () => void }) {
  if (!posts.length) return null;
  const people = [...new Map(posts.map((p) => [p.peek().account.id, p.peek().account])).values()];
  return (
    <div class="pill-row">
      <button type="button" class="pill" onClick={onClick}>
        <Faces who={people} size={24} />
        <span>{t('feed.new', { count: posts.length })}</span>
      </button>
    </div>
  );
}

/** About how high a post is: its head, its lines and its pictures. */
export function estimate(post: Post): number {
  const status = post.peek().reblog ?? post.peek();
  const lines = status.spoiler_text ? 2 : Math.min(12, Math.ceil(status.content.length / 60));
  return 100 + lines * 24 + (status.media_attachments.length ? 300 : 0) + (status.card && !status.media_attachments.length ? 90 : 0);
}
