import { useEffect, useState } from 'preact/hooks';
import { t, names } from '../../i18n';
import { textOf } from '../../api/html';
import { List } from '../../app/List';
import { sentence } from '../../app/failure';
import { href, stack } from '../../app/router';
import { Screen } from '../../app/Screen';
import { drafts } from '../../state/drafts';
import { waiting } from '../../state/outbox';
import { me } from '../../state/session';
import { Button, IconButton } from '../../ui/Button';
import { Chip } from '../../ui/Chip';
import { Empty } from '../../ui/Empty';
import { Field } from '../../ui/Field';
import { ChatRow } from '../../ui/Rows';
import { Skeleton } from '../../ui/Skeleton';
import { nameOf } from '../../ui/types';
import { chats, ended, failure, heard, listenChats, loading, more, openChats, timeOf, wordsOf, type Chat } from './rooms';

/** Everybody with whom there are messages, the last one first. */
export default function Chats() {
  const [words, setWords] = useState('');
  const [unread, setUnread] = useState(false);
  const [begun, setBegun] = useState<Map<string, string>>(new Map());
  const at = stack().at(-1)?.path;
  useEffect(() => {
    void openChats();
    return listenChats();
  }, []);
  useEffect(() => void drafts().then((all) => setBegun(new Map(all.filter((d) => d.key.startsWith('chat:')).map((d) => [d.key.slice(5), String(d.content)])))), [at]);
  const all = chats.value, failed = failure.value;
  const shown = all.filter((c) => (!unread || c.unread.length > 0) && fits(c, words));
  return (
    <Screen title={t('tab.chats')} actions={<IconButton icon="plus-ring" label={t('chats.new')} href={href('/chats/new')} />} below={all.length > 0 && (
      <div class="chats-find">
        <Field label={t('chats.search')} quiet placeholder={t('chats.search')} icon="search" type="search" value={words} onInput={setWords} />
        <div class="chips" role="group" aria-label={t('chats.which')}>
          <Chip on={!unread} onClick={() => setUnread(false)}>{t('notice.all')}</Chip>
          <Chip on={unread} onClick={() => setUnread(true)}>{t('chats.unread')}</Chip>
        </div>
      </div>
    )}>
      {!all.length && !heard.value && loading.value && <Skeleton of="chat" count={7} label={t('shell.loading')} />}
      {!all.length && failed && <Empty act={<Button kind="filled" onClick={() => void openChats()}>{t('ui.again')}</Button>}>{sentence(failed.kind)}</Empty>}
      {!all.length && heard.value > 0 && !failed && (
        <Empty act={<Button kind="filled" href={href('/chats/new')}>{t('chats.new')}</Button>}>{t('chats.empty')}</Empty>
      )}
      {all.length > 0 && !shown.length && <Empty>{t(unread && !words ? 'chats.all-read' : 'chats.none')}</Empty>}
      <List as="list" items={shown} id={(c) => c.key} place="chats" label={t('tab.chats')} busy={loading.value} estimate={() => 68}
        onEnd={() => !ended() && void more()} render={(chat) => <Row chat={chat} draft={begun.get(chat.key)} current={at === '/chats/' + chat.key} />} />
    </Screen>
  );
}

function Row({ chat, draft, current }: { chat: Chat; draft?: string; current: boolean }) {
  const pending = waiting.value.findLast((j) => j.kind === 'message' && j.about === chat.key);
  const own = chat.last?.account.id === me.value?.id;
  const group = chat.people.length > 1;
  const sender = pending || own ? t('chat.you') : group && chat.last ? nameOf(chat.last.account) : undefined;
  return (
    <ChatRow name={names(chat.people.map(nameOf))} faces={chat.people} group={group} href={href('/chats/' + chat.key)} open current={current}
      at={pending?.at ?? timeOf(chat)} sender={sender} previewIcon={pending ? 'clock' : undefined} draft={draft || undefined} unread={current ? 0 : chat.unread.length}
      lang={chat.last?.language ?? undefined} preview={pending ? wordsOf(pending.body, chat.people) : preview(chat)} />
  );
}

function preview(chat: Chat): string {
  const last = chat.last;
  if (!last) return t('chats.gone');
  const words = last.spoiler_text || textOf(last.content, { unaddressed: true }).replace(/\s+/g, ' ');
  return words || t(last.media_attachments.some((m) => m.type === 'video') ? 'media.video' : last.media_attachments.some((m) => m.type === 'audio') ? 'media.audio' : 'media.picture');
}

function fits(chat: Chat, words: string): boolean {
  const wanted = words.trim().toLocaleLowerCase();
  return !wanted || chat.people.some((p) => `${p.display_name} ${p.acct}`.toLocaleLowerCase().includes(wanted));
}
