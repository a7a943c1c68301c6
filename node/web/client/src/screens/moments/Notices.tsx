import { useEffect, useState } from 'preact/hooks';
import { t, T } from '../../i18n';
import { cursorPage, Failure } from '../../api/client';
import { own, type MomentNotice } from '../../api/tulou';
import { sentence } from '../../app/failure';
import { href } from '../../app/router';
import { Screen } from '../../app/Screen';
import { keep, recall } from '../../state/db';
import { openFriends } from '../../state/friends';
import { hold, markSeen, notices, watchMoments } from '../../state/moments';
import { Avatar } from '../../ui/Avatar';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { Icon } from '../../ui/Icon';
import { Skeleton } from '../../ui/Skeleton';
import { Time } from '../../ui/Time';
import { called } from './view';

/** Likes and words about one's own Moments, and answers to one's comments. */
export default function Notices() {
  const [next, setNext] = useState<Record<string, string>>();
  const [heard, setHeard] = useState(false);
  const [failed, setFailed] = useState<Failure>();
  const load = async (more?: Record<string, string>) => {
    setFailed(undefined);
    try {
      const found = await cursorPage<MomentNotice>(`${own}/moments/notices`, more ?? { limit: 40 });
      found.items.forEach((n) => hold(n.moment));
      notices.value = more ? [...notices.peek(), ...found.items] : found.items;
      setNext(found.next);
      setHeard(true);
      if (!more) void keep('moment-notices', found.items);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      setFailed(error);
    }
  };
  useEffect(() => {
    watchMoments();
    void openFriends();
    if (!notices.peek().length) void recall<MomentNotice[]>('moment-notices').then((was) => was && !notices.peek().length && (notices.value = was));
    void load();
  }, []);
  const all = notices.value, newest = all[0]?.id;
  useEffect(() => {
    if (heard && newest) void markSeen({ notice: newest });
  }, [heard, newest]);
  return (
    <Screen title={t('moments.notices')} remember>
      {!all.length && !heard && !failed && <Skeleton of="contact" count={6} label={t('shell.loading')} />}
      {!all.length && failed && <Empty act={<Button kind="filled" onClick={() => void load()}>{t('ui.again')}</Button>}>{sentence(failed.kind)}</Empty>}
      {!all.length && heard && <Empty act={<Button href={href('/moments/new')}>{t('moments.write')}</Button>}>{t('moments.notices-empty')}</Empty>}
      {all.map((n) => <Row key={n.id} notice={n} />)}
      {next && <div class="contacts-more"><Button onClick={() => void load(next)}>{t('friends.more')}</Button></div>}
    </Screen>
  );
}

function Row({ notice: n }: { notice: MomentNotice }) {
  const who = <b>{called(n.account)}</b>;
  const picture = n.moment.media[0];
  return (
    <a class="list-row moment-notice" href={href('/moments/' + n.moment.id)}>
      <Avatar who={n.account} size={40} />
      <span class="row-words">
        <span class="notice-says">
          {n.kind === 'like' ? <>{T({ k: 'moments.notice-like', who })} <span class="notice-heart"><Icon name="like" size={16} on /></span></> : T({ k: n.kind === 'reply' ? 'moments.notice-answer' : 'moments.notice-comment', who })}
        </span>
        {n.comment && <span class="notice-comment" dir="auto">{n.comment.text}</span>}
        <span class="row-under"><Time at={n.comment?.created_at ?? n.moment.created_at} /></span>
      </span>
      {picture?.preview_url ? <img class="notice-moment" src={picture.preview_url} alt={picture.description} width={52} height={52} loading="lazy" /> : <span class="notice-moment notice-text" dir="auto">{n.moment.text}</span>}
    </a>
  );
}
