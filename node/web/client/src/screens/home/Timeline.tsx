import { useEffect } from 'preact/hooks';
import { t } from '../../i18n';
import { List } from '../../app/List';
import { useKeys } from '../../app/keys';
import { go, href } from '../../app/router';
import { match } from '../../app/routes';
import { sentence } from '../../app/failure';
import { toggle } from '../../state/actions';
import type { Feed } from '../../state/feed';
import { current, type Post } from '../../state/posts';
import { Button } from '../../ui/Button';
import { Faces } from '../../ui/Avatar';
import { Empty } from '../../ui/Empty';
import { PostCard } from '../../ui/PostCard';
import type { MenuRows } from '../../ui/Menu';
import { Skeleton } from '../../ui/Skeleton';
import type { Post as View } from '../../ui/types';
import { say } from '../../ui/Toast';

/** A feed of posts with the pill for what is new. */
export function Timeline({ feed, name, label, empty }: { feed: Feed; name: string; label: string; empty: string }) {
  useEffect(() => {
    void feed.open();
    return () => feed.close();
  }, [feed]);
  const fresh = () => {
    feed.showFresh();
    dispatchEvent(new CustomEvent('tulou:top'));
  };
  useKeys(() => [{ keys: '.', label: 'keys.new-posts', run: fresh }], [feed]);
  const posts = feed.posts.value, failure = feed.failure.value;
  return (
    <>
      <Pill posts={feed.fresh.value} onClick={fresh} />
      {!posts.length && feed.loading.value && <Skeleton of="post" label={t('shell.loading')} />}
      {failure && !posts.length && (
        <Empty act={<Button kind="filled" onClick={() => void feed.refresh()}>{t('ui.again')}</Button>}>{sentence(failure.kind)}</Empty>
      )}
      {feed.empty.value && <Empty>{empty}</Empty>}
      <List items={posts} id={(p) => p.peek().id} place={name} label={label} busy={feed.loading.value} estimate={estimate} onEnd={() => void feed.more()}
        render={(post, i) => <Card post={post} position={i + 1} />} />
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

function Card({ post, position }: { post: Post; position: number }) {
  const status = current(post);
  const open = (view: View) => go(`/@${view.account.acct}/${view.id}`);
  return (
    <PostCard post={status} position={position} menu={menu} onOpen={match('/@a/1') ? open : undefined}
      onAct={(verb, view) => (verb === 'reply' ? go('/compose?reply=' + view.id) : toggle(verb, view.id))} />
  );
}

function menu(view: View): MenuRows {
  const link = view.url ?? location.origin + href(`/@${view.account.acct}/${view.id}`);
  return [
    { label: t('post.copy-link'), icon: 'link', onPick: () => void navigator.clipboard.writeText(link).then(() => say(t('post.copied'))) },
    { label: t('post.open-original'), icon: 'external', onPick: () => void open(link, '_blank', 'noopener') },
  ];
}

/** About how high a post is: its head, its lines and its pictures. */
function estimate(post: Post): number {
  const status = post.peek().reblog ?? post.peek();
  const lines = status.spoiler_text ? 2 : Math.min(12, Math.ceil(status.content.length / 60));
  return 100 + lines * 24 + (status.media_attachments.length ? 300 : 0) + (status.card && !status.media_attachments.length ? 90 : 0);
}
