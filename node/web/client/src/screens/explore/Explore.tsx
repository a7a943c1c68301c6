import { useEffect, useState } from 'preact/hooks';
import { t } from '../../i18n';
import type { Account, LinkPreview, Status, Tag } from '../../api/entities';
import { del, Failure, get } from '../../api/client';
import { sentence } from '../../app/failure';
import { List } from '../../app/List';
import { href } from '../../app/router';
import { Screen } from '../../app/Screen';
import { keep, recall } from '../../state/db';
import { keepPerson, keepPost, type Post } from '../../state/posts';
import { askRelations } from '../../state/relations';
import { Avatar } from '../../ui/Avatar';
import { Button, IconButton } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { LinkCard } from '../../ui/LinkCard';
import { personLink } from '../../ui/links';
import { Address, Name } from '../../ui/Name';
import { Skeleton } from '../../ui/Skeleton';
import { nameOf } from '../../ui/types';
import { DiscoverTabs } from '../home/DiscoverTabs';
import { estimate } from '../home/Timeline';
import { FollowButton } from '../people/FollowButton';
import { leftOut, PostItem } from '../post/Item';
import { usePostKeys } from '../post/keys';
import { TagRow } from '../tags/Tags';

interface Suggestion {
  sources: string[];
  account: Account;
}

interface Trends {
  people: Suggestion[];
  tags: Tag[];
  links: (LinkPreview & { id?: string })[];
  posts: Status[];
}

const name = 'explore';

/** What goes around, and people whom one may want to know: for when there is nobody to look for. */
export default function Explore() {
  const [found, setFound] = useState<Trends>();
  const [posts, setPosts] = useState<Post[]>([]);
  const [failure, setFailure] = useState<Failure>();
  usePostKeys();
  const show = (trends: Trends) => {
    trends.people.forEach((p) => keepPerson(p.account));
    setPosts(trends.posts.map(keepPost));
    setFound(trends);
  };
  const load = async () => {
    setFailure(undefined);
    try {
      const [people, tags, links, posts] = await Promise.all([
        get<Suggestion[]>('/api/v2/suggestions', { limit: 20 }), get<Tag[]>('/api/v1/trends/tags', { limit: 5 }),
        get<Trends['links']>('/api/v1/trends/links', { limit: 3 }), get<Status[]>('/api/v1/trends/statuses', { limit: 40 }),
      ]);
      const trends = { people, tags, links, posts };
      show(trends);
      void keep(name, trends);
      await askRelations(people.map((p) => p.account.id));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      setFailure(error);
    }
  };
  useEffect(() => {
    void recall<Trends>(name).then((kept) => {
      if (kept) show(kept);
      void load();
    });
  }, []);
  const dismiss = (who: Account) => {
    setFound((now) => now && { ...now, people: now.people.filter((p) => p.account.id !== who.id) });
    del('/api/v1/suggestions/' + who.id).catch(() => {});
  };
  const nothing = found && !found.people.length && !found.tags.length && !found.links.length && !posts.length;
  const seen = posts.filter((p) => !leftOut(p, 'public'));
  return (
    <Screen title={t('tab.discover')} below={<DiscoverTabs at="/explore" />} compose>
      {!found && !failure && <Skeleton of="post" label={t('shell.loading')} />}
      {!found && failure && <Empty act={<Button kind="filled" onClick={() => void load()}>{t('ui.again')}</Button>}>{sentence(failure.kind)}</Empty>}
      {nothing && <Empty act={<Button href={href('/search')}>{t('shell.search')}</Button>}>{t('explore.empty')}</Empty>}
      {!!found?.people.length && (
        <section aria-labelledby="explore-people">
          <h2 id="explore-people" class="section-head">{t('explore.people')}</h2>
          <ul class="people-cards">{found.people.map((p) => <PersonCard key={p.account.id} of={p} onDismiss={() => dismiss(p.account)} />)}</ul>
          <div class="section-gap" />
        </section>
      )}
      {!!found?.tags.length && (
        <section aria-labelledby="explore-tags">
          <h2 id="explore-tags" class="section-head">{t('explore.tags')}</h2>
          <ul>{found.tags.map((tag) => <TagRow key={tag.name} tag={tag} hint={t('tags.two-days', { count: Number(tag.history[0]?.accounts ?? 0) + Number(tag.history[1]?.accounts ?? 0) })} />)}</ul>
          <div class="section-gap" />
        </section>
      )}
      {!!found?.links.length && (
        <section aria-labelledby="explore-links">
          <h2 id="explore-links" class="section-head">{t('explore.links')}</h2>
          <div class="trend-links">{found.links.map((link) => <LinkCard key={link.url} card={{ ...link, width: 0 }} />)}</div>
          <div class="section-gap" />
        </section>
      )}
      {seen.length > 0 && (
        <section aria-labelledby="explore-posts">
          <h2 id="explore-posts" class="section-head">{t('explore.posts')}</h2>
          <List items={seen} id={(p) => p.peek().id} place={name} label={t('explore.posts')} estimate={estimate} render={(post, i) => <PostItem post={post} position={i + 1} place="public" />} />
        </section>
      )}
      {!nothing && found && !found.tags.length && !found.links.length && !seen.length && <p class="feed-end">{t('explore.empty')}</p>}
      <div class="list-space" />
    </Screen>
  );
}

function PersonCard({ of, onDismiss }: { of: Suggestion; onDismiss: () => void }) {
  const who = of.account;
  return (
    <li class="person-card">
      <IconButton icon="close" size={16} label={t('explore.dismiss', { name: nameOf(who) })} onClick={onDismiss} />
      <a href={personLink(who)}>
        <Avatar who={who} size={56} />
        <span class="row-name one"><Name who={who} /></span>
        <span class="row-under one"><Address who={who} /></span>
        <span class="row-under one">{of.sources.includes('friends_of_friends') ? t('explore.by-friends') : t('explore.by-many')}</span>
      </a>
      <FollowButton who={who} small />
    </li>
  );
}
