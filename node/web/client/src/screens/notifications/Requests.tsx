import { useEffect, useState } from 'preact/hooks';
import { t } from '../../i18n';
import type { Account } from '../../api/entities';
import { cursorPage, Failure, get, page, post } from '../../api/client';
import { sentence } from '../../app/failure';
import { happened } from '../../state/counts';
import { badge } from '../../state/badges';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { personLink } from '../../ui/links';
import { DayLine } from '../../ui/NotificationGroup';
import { ContactRow, RequestRow } from '../../ui/Rows';
import { Skeleton } from '../../ui/Skeleton';
import { say } from '../../ui/Toast';

interface Friend {
  account: Account;
  greeting: string;
  by_code: boolean;
}

/** Somebody whose notifications wait, because the policy keeps strangers apart. */
interface Waiting {
  id: string;
  notifications_count: string;
  account: Account;
}

interface Asking {
  friends: Friend[];
  followers: Account[];
  waiting: Waiting[];
}

/** What is shown of each kind above other notices; the rest is one tap away. */
const shortMax = 3;

let known: Asking | undefined;

async function ask(): Promise<Asking> {
  const [friends, followers, waiting] = await Promise.all([
    cursorPage<Friend>('/api/tulou/v1/friends/requests', { direction: 'in', limit: 40 }),
    page<Account>('/api/v1/follow_requests', { limit: 40 }),
    get<Waiting[]>('/api/v1/notifications/requests', { limit: 40 }),
  ]);
  badge('requests', friends.items.length);
  return { friends: friends.items, followers: followers.items, waiting };
}

/** Who asks: to be a friend, to follow, or to be heard at all. */
export function Requests({ alone }: { alone: boolean }) {
  const [asking, setAsking] = useState(known);
  const [failure, setFailure] = useState<Failure>();
  const news = happened.value;
  const look = () => ask().then((a) => {
    setAsking((known = a));
    setFailure(undefined);
  }, (e) => setFailure(e));
  useEffect(() => void look(), [news]);
  if (!asking) {
    if (!alone) return null;
    return failure ? <Empty act={<Button kind="filled" onClick={() => void look()}>{t('ui.again')}</Button>}>{sentence(failure.kind)}</Empty> : <Skeleton of="contact" label={t('shell.loading')} />;
  }
  const { friends, followers, waiting } = asking;
  if (!friends.length && !followers.length && !waiting.length) return alone ? <Empty>{t('notice.empty-requests')}</Empty> : null;
  const short = <T,>(list: T[]) => (alone ? list : list.slice(0, shortMax));
  return (
    <>
      {friends.length > 0 && <DayLine>{t('notice.friend-requests', { count: friends.length })}</DayLine>}
      {short(friends).map((f) => (
        <Request key={f.account.id} who={f.account} greeting={f.greeting} from={f.by_code ? t('notice.by-code') : undefined} path={`/api/tulou/v1/friends/requests/${f.account.id}`}
          yes="accept" no="decline" done={t('notice.now-friends')} />
      ))}
      {followers.length > 0 && <DayLine>{t('notice.follow-requests', { count: followers.length })}</DayLine>}
      {short(followers).map((who) => (
        <Request key={who.id} who={who} path={`/api/v1/follow_requests/${who.id}`} yes="authorize" no="reject" accept={t('notice.let-follow')} done={t('notice.now-follows')} />
      ))}
      {waiting.length > 0 && <DayLine>{t('notice.waiting', { count: waiting.length })}</DayLine>}
      {short(waiting).map((w) => <Waits key={w.id} of={w} onDone={() => void look()} />)}
    </>
  );
}

function Request({ who, greeting, from, path, yes, no, accept, done }: { who: Account; greeting?: string; from?: string; path: string; yes: string; no: string; accept?: string; done: string }) {
  const [state, setState] = useState('');
  const [busy, setBusy] = useState(false);
  const answer = async (how: string, said: string) => {
    setBusy(true);
    try {
      await post(`${path}/${how}`);
      setState(said);
    } catch (error) {
      say(sentence((error as Failure).kind));
    } finally {
      setBusy(false);
    }
  };
  return (
    <RequestRow who={who} href={personLink(who)} greeting={greeting} from={from} accept={accept} busy={busy} done={state}
      onAccept={() => void answer(yes, done)} onLater={() => void answer(no, t('notice.declined'))} />
  );
}

function Waits({ of, onDone }: { of: Waiting; onDone: () => void }) {
  const act = (how: 'accept' | 'dismiss') => post(`/api/v1/notifications/requests/${of.id}/${how}`).then(onDone, (e: Failure) => say(sentence(e.kind)));
  return (
    <ContactRow who={of.account} href={personLink(of.account)} note={t('notice.waiting-count', { count: Number(of.notifications_count) })}
      end={<><Button small onClick={() => void act('accept')}>{t('notice.show')}</Button><Button kind="plain" small onClick={() => void act('dismiss')}>{t('notice.leave')}</Button></>} />
  );
}
