import { useEffect, useState } from 'preact/hooks';
import { t, percent, span } from '../../i18n';
import { Screen } from '../../app/Screen';
import { ask } from '../../app/sheets';
import { db, makeRoom } from '../../state/db';
import { hurry, waiting, withdraw } from '../../state/outbox';
import { locale } from '../../ui/format';
import { Button } from '../../ui/Button';
import { SettingsGroup, SettingsRow } from '../../ui/SettingsRow';
import { say } from '../../ui/Toast';
import { Note } from './controls';

interface Used {
  bytes: number;
  of: number;
  posts: number;
  drafts: number;
  persisted: boolean;
}

/** What this browser keeps, and what waits to be sent. */
export default function Storage() {
  const [used, setUsed] = useState<Used>();
  const look = () => void measure().then(setUsed);
  useEffect(look, []);
  const clear = () => ask({ title: t('storage.clear-title'), text: t('storage.clear-text'), act: t('storage.clear') }, () => void makeRoom().then(() => { look(); say(t('storage.cleared')); }));
  const protect = () => void navigator.storage?.persist?.().then((yes) => { look(); if (!yes) say(t('storage.not-protected')); });
  return (
    <Screen title={t('storage.title')} remember>
      <SettingsGroup title={t('storage.kept')}>
        <SettingsRow icon="download" title={t('storage.size')} hint={used && used.of > 0 ? t('storage.share', { share: percent(used.bytes / used.of) }) : undefined} value={used ? size(used.bytes) : '…'} />
        <SettingsRow icon="chats" title={t('storage.posts')} value={used?.posts ?? '…'} />
        <SettingsRow icon="compose" title={t('drafts.title')} value={used?.drafts ?? '…'} />
        {used && !used.persisted && <SettingsRow icon="shield" title={t('storage.protect')} hint={t('storage.protect-hint')} onClick={protect} />}
        <SettingsRow icon="trash" title={t('storage.clear')} hint={t('storage.clear-hint')} onClick={clear} />
      </SettingsGroup>
      <Outbox />
    </Screen>
  );
}

function Outbox() {
  const jobs = waiting.value;
  return (
    <SettingsGroup title={t('storage.outbox')}>
      {!jobs.length && <Note>{t('storage.outbox-empty')}</Note>}
      {jobs.map((job) => (
        <SettingsRow key={job.key} icon="clock" title={nameOf(job.kind)} hint={t('chats.waits', { time: span(Date.now() - job.at) })}
          value={<Button small onClick={() => void withdraw(job.id!).then((there) => say(t(there ? 'storage.withdrawn' : 'storage.too-late')))}>{t('storage.withdraw')}</Button>} />
      ))}
      {jobs.length > 0 && <SettingsRow icon="refresh" title={t('storage.hurry')} onClick={() => void hurry()} />}
    </SettingsGroup>
  );
}

/** What waits, in words that somebody knows it by. */
function nameOf(kind: string): string {
  switch (kind) {
    case 'message': return t('chats.message');
    case 'like': return t('post.like');
    case 'share': return t('post.share');
    case 'bookmark': return t('post.bookmark');
    case 'post': return t('storage.post');
  }
  return t('storage.act');
}

async function measure(): Promise<Used> {
  const [estimate, store, persisted] = await Promise.all([navigator.storage?.estimate?.() ?? {}, db(), navigator.storage?.persisted?.() ?? false]);
  const [posts, drafts] = await Promise.all([store.count('status'), store.count('draft')]);
  return { bytes: estimate.usage ?? 0, of: estimate.quota ?? 0, posts, drafts, persisted };
}

function size(bytes: number): string {
  const [n, unit] = bytes < 1e6 ? [bytes / 1e3, 'kilobyte'] : [bytes / 1e6, 'megabyte'];
  return new Intl.NumberFormat(locale(), { style: 'unit', unit, maximumFractionDigits: n < 10 ? 1 : 0 }).format(n);
}
