import { useEffect, useState } from 'preact/hooks';
import { t } from '../../i18n';
import type { Account, Tag } from '../../api/entities';
import { cursorPage, get } from '../../api/client';
import { own, type Moment } from '../../api/tulou';
import { href, stack } from '../../app/router';
import { keep, recall } from '../../state/db';
import { keepPerson } from '../../state/posts';
import { askRelations } from '../../state/relations';
import { instance } from '../../state/session';
import { Icon } from '../../ui/Icon';
import { personLink } from '../../ui/links';
import { ContactRow } from '../../ui/Rows';
import { nameOf } from '../../ui/types';
import { FollowButton } from '../people/FollowButton';
import { TagRow } from '../tags/Tags';

interface Around {
  people: Account[];
  tags: Tag[];
  moments: Moment[];
}

/** How many of each are shown: what fits on a desk without scrolling. */
const peopleShown = 4, tagsShown = 5, picturesShown = 6;
const name = 'beside';

/** What stands beside a feed while nothing of it is opened: a way to search, friends, people, hashtags, the server. */
export default function Beside() {
  const [{ people, tags, moments }, setAround] = useState<Around>({ people: [], tags: [], moments: [] });
  const show = (around: Around) => {
    around.people.forEach(keepPerson);
    setAround(around);
  };
  useEffect(() => {
    void recall<Around>(name).then((was) => was && show(was)).then(ask).then((now) => {
      show(now);
      void keep(name, now);
      return askRelations(now.people.map((p) => p.id));
    }).catch(() => {}); // it is a bonus: what cannot be had is left out
  }, []);
  const at = stack().at(-1)?.path;
  const node = instance.value;
  const pictures = moments.flatMap((m) => m.media.filter((f) => f.preview_url).slice(0, 1).map((file) => ({ m, file }))).slice(0, picturesShown);
  return (
    <div class="beside" role="complementary" aria-label={t('beside.title')}>
      {at !== '/search' && <a class="beside-search" href={href('/search')}><Icon name="search" size={20} /><span>{t('shell.search')}</span><kbd>/</kbd></a>}
      {at !== '/moments' && pictures.length > 0 && (
        <section>
          <h2 class="beside-head">{t('beside.moments')}<a class="link" href={href('/moments')}>{t('beside.all-moments')}</a></h2>
          <div class="beside-pictures">
            {pictures.map(({ m, file }) => (
              <a key={m.id} href={href('/moments/' + m.id)} title={nameOf(m.account)}>
                <img src={file.preview_url} alt={file.description || nameOf(m.account)} loading="lazy" decoding="async" width={160} height={160} />
              </a>
            ))}
          </div>
        </section>
      )}
      {at !== '/explore' && people.length > 0 && (
        <section>
          <h2 class="beside-head">{t('explore.people')}<a class="link" href={href('/explore')}>{t('beside.more-people')}</a></h2>
          {people.slice(0, peopleShown).map((who) => <ContactRow key={who.id} who={who} href={personLink(who)} end={<FollowButton who={who} small />} />)}
        </section>
      )}
      {at !== '/explore' && tags.length > 0 && (
        <section>
          <h2 class="beside-head">{t('explore.tags')}</h2>
          <ul>{tags.slice(0, tagsShown).map((tag) => <TagRow key={tag.name} tag={tag} hint={t('tags.two-days', { count: Number(tag.history[0]?.accounts ?? 0) + Number(tag.history[1]?.accounts ?? 0) })} />)}</ul>
        </section>
      )}
      {node && (
        <section class="beside-node">
          <h2 class="beside-head"><bdi>{node.title}</bdi><a class="link" href={href('/settings/server')}>{t('server.title')}</a></h2>
          {node.description && <p dir="auto">{node.description}</p>}
        </section>
      )}
    </div>
  );
}

async function ask(): Promise<Around> {
  const [people, tags, moments] = await Promise.all([
    get<{ account: Account }[]>('/api/v2/suggestions', { limit: 20 }), get<Tag[]>('/api/v1/trends/tags', { limit: tagsShown }),
    cursorPage<Moment>(`${own}/moments`, { limit: 20 }),
  ]);
  return { people: people.map((p) => p.account), tags, moments: moments.items };
}
