import { useEffect, useState } from 'preact/hooks';
import { t } from '../../i18n';
import { cursorPage } from '../../api/client';
import { own, type Moment } from '../../api/tulou';
import { href } from '../../app/router';
import { keep, recall } from '../../state/db';
import { Icon } from '../../ui/Icon';
import type { Person } from '../../ui/types';

/** The newest pictures of somebody's Moments; it leads to all of them. */
export function LatestMoments({ of }: { of: Person }) {
  const [latest, setLatest] = useState<Moment[]>([]);
  const name = 'moments:latest:' + of.id;
  useEffect(() => {
    setLatest([]);
    void recall<Moment[]>(name).then((was) => was && setLatest((now) => (now.length ? now : was)));
    cursorPage<Moment>(`${own}/accounts/${of.id}/moments`, { limit: 12 }).then((found) => {
      setLatest(found.items);
      void keep(name, found.items);
    }, () => {});
  }, [of.id]);
  const pictures = latest.flatMap((m) => m.media).filter((m) => m.preview_url).slice(0, 4);
  return (
    <a class="friend-moments" href={href('/moments/of/' + of.id)}>
      <span class="set-title">{t('discover.moments')}</span>
      <span class="friend-pictures">{pictures.map((m) => <img key={m.id} src={m.preview_url} alt={m.description} width={52} height={52} loading="lazy" decoding="async" onError={(e) => { e.currentTarget.hidden = true; }} />)}</span>
      <Icon name="next" size={16} />
    </a>
  );
}
