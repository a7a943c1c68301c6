import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { t, names } from '../../i18n';
import { dayWords } from '../../app/day';
import { sentence } from '../../app/failure';
import { usePane } from '../../app/Pane';
import type { ScreenProps } from '../../app/routes';
import { Screen } from '../../app/Screen';
import { room } from '../../app/width';
import { waiting } from '../../state/outbox';
import { me } from '../../state/session';
import { set, settings } from '../../state/settings';
import { Banner } from '../../ui/Banner';
import { NewLine, SystemLine } from '../../ui/Bubble';
import { Button, IconButton } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { Icon } from '../../ui/Icon';
import { Skeleton } from '../../ui/Skeleton';
import { nameOf } from '../../ui/types';
import type { Status } from '../../api/entities';
import { About } from './About';
import { forgetUnsent, listenChats, openRoom, readRoom, roomOf, sendMessage, wordsOf } from './rooms';
import { Message, Outgoing, type Drawn } from './Message';
import { Writing } from './Writing';

/** How near the newest end counts as being there, and for how long something is shown before it counts as read. */
const near = 48, readAfter = 500;
/** How many messages are drawn at first. */
const drawnFirst = 60;

/** A chat of plain messages, which says above and below who can read it. */
export default function Chat({ params }: ScreenProps) {
  const key = params['key']!;
  const chat = roomOf(key);
  const [about, setAbout] = useState(false);
  const [drawn, setDrawn] = useState(drawnFirst);
  const [answer, setAnswer] = useState<Status>();
  useEffect(() => {
    void openRoom(key);
    return listenChats();
  }, [key]);
  const people = chat.people.value, messages = chat.messages.value, failed = chat.failure.value;
  const mine = waiting.value.filter((j) => j.kind === 'message' && j.about === key);
  const unsent = chat.unsent.value;
  useNewest([messages.length, mine.length, unsent.length]);
  useRead(key, messages.length);
  const wide = room.value === 'large';
  const tell = () => (wide ? set('aside', !settings.peek().aside) : setAbout(true));
  const title = people.length ? names(people.map(nameOf)) : t('chats.chat');
  return (
    <Screen title={title} actions={<IconButton icon="info" label={t('chats.about')} on={wide ? settings.value.aside : undefined} onClick={tell} />}
      below={<button type="button" class="chat-lock" onClick={tell}><Icon name="lock-open" size={16} /><span><b>{t('chats.plain')}</b> {t('chats.postcard')}</span></button>}
      foot={people.length > 0 && <Writing key={key} chat={key} answer={answer} onAnswered={() => setAnswer(undefined)} onSend={(text, to) => sendMessage(key, text, to)} />}>
      {failed && messages.length > 0 && <Banner kind="info" icon="offline" act={{ label: t('ui.again'), onPick: () => void openRoom(key) }}>{sentence(failed.kind)}</Banner>}
      {failed && !messages.length && <Empty act={<Button kind="filled" onClick={() => void openRoom(key)}>{t('ui.again')}</Button>}>{sentence(failed.kind)}</Empty>}
      {!messages.length && !chat.heard.value && !failed && <Skeleton of="chat" label={t('shell.loading')} />}
      {!messages.length && chat.heard.value > 0 && !mine.length && !unsent.length && <Empty>{t('chats.begin', { name: title })}</Empty>}
      <div class="chat" role="log" aria-label={title}>
        {messages.length > drawn && <p class="chat-earlier"><Button small onClick={() => setDrawn(drawn + drawnFirst)}>{t('chats.earlier')}</Button></p>}
        {linesOf(messages, Math.max(0, messages.length - drawn), chat.seen).map((line) => (
          line.kind === 'day' ? <SystemLine key={line.key}>{line.words}</SystemLine>
            : line.kind === 'new' ? <NewLine key="new" label={t('chats.new-line')} />
              : <Message key={line.message.id} chat={key} {...line} group={people.length > 1} all={messages} onAnswer={() => setAnswer(line.message)} />
        ))}
        {mine.map((job, i) => <Outgoing key={job.key} text={wordsOf(job.body, people)} at={job.at} first={i === 0} last={i === mine.length - 1} late={job.tries > 0} />)}
        {unsent.map((u) => (
          <Outgoing key={u.id} text={u.text} at={u.at} first last why={sentence(u.why)} onRetry={() => { forgetUnsent(key, u.id); void sendMessage(key, u.text); }} onDrop={() => forgetUnsent(key, u.id)} />
        ))}
      </div>
      {about && <About people={people} onClose={() => setAbout(false)} />}
    </Screen>
  );
}

/** Stays at the newest message unless somebody has read up. */
function useNewest(inputs: unknown[]): void {
  const { scroller } = usePane();
  const stuck = useRef(true);
  useEffect(() => {
    const box = scroller.current!;
    const note = () => (stuck.current = box.scrollHeight - box.scrollTop - box.clientHeight < near);
    box.addEventListener('scroll', note, { passive: true });
    // Pictures come, the keyboard opens: what was at the end stays there.
    const sizes = new ResizeObserver(() => stuck.current && (box.scrollTop = box.scrollHeight));
    sizes.observe(box);
    for (const child of box.querySelectorAll('.pane-body, .pane-foot')) sizes.observe(child);
    return () => {
      box.removeEventListener('scroll', note);
      sizes.disconnect();
    };
  }, []);
  useLayoutEffect(() => {
    const box = scroller.current;
    if (box && stuck.current) box.scrollTop = box.scrollHeight;
  }, inputs);
}

function useRead(key: string, count: number): void {
  useEffect(() => {
    if (!count) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = () => {
      clearTimeout(timer);
      if (!document.hidden && document.hasFocus()) timer = setTimeout(() => void readRoom(key), readAfter);
    };
    look();
    addEventListener('focus', look);
    return () => {
      clearTimeout(timer);
      removeEventListener('focus', look);
    };
  }, [key, count]);
}

type Line = { kind: 'day'; key: string; words: string } | { kind: 'new' } | ({ kind: 'message' } & Drawn);

/** Messages of one person within five minutes are a group; days and what is new have lines. */
function linesOf(messages: Status[], from: number, seen: string): Line[] {
  const lines: Line[] = [];
  const group = 5 * 60_000;
  const mine = me.value?.id;
  let day = '', newBegun = !seen || !messages.some((m) => m.id === seen);
  messages.forEach((message, i) => {
    const at = Date.parse(message.created_at);
    const near = (other: Status | undefined) => !!other && other.account.id === message.account.id && Math.abs(Date.parse(other.created_at) - at) <= group;
    if (i >= from) {
      const words = dayWords(at);
      if (words !== day) lines.push({ kind: 'day', key: words, words });
      const began = !newBegun && i > 0 && messages[i - 1]!.id === seen && message.account.id !== mine;
      if (began) lines.push({ kind: 'new' });
      newBegun ||= began;
      const broken = words !== day || began;
      lines.push({ kind: 'message', message, own: message.account.id === mine, first: broken || !near(messages[i - 1]), last: !near(messages[i + 1]) });
      day = words;
    }
  });
  return lines;
}
