import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { t } from '../../i18n';
import type { Account } from '../../api/entities';
import { del, post } from '../../api/client';
import { sentence } from '../../app/failure';
import { href } from '../../app/router';
import type { ScreenProps } from '../../app/routes';
import { usePane } from '../../app/Pane';
import { Screen } from '../../app/Screen';
import { List } from '../../app/List';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { Field } from '../../ui/Field';
import { personLink } from '../../ui/links';
import { ContactRow } from '../../ui/Rows';
import { SettingsRow } from '../../ui/SettingsRow';
import { Skeleton } from '../../ui/Skeleton';
import { nameOf } from '../../ui/types';
import { usePages, type Pages } from '../people/usePages';
import { doNow } from '../post/menu';

/** Whom one has blocked or muted, or which servers one hides. */
export default function Hidden(_: ScreenProps) {
  const { entry } = usePane();
  const what = entry.path.split('/').pop();
  return what === 'servers' ? <Servers /> : <People what={what === 'muted' ? 'muted' : 'blocked'} />;
}

function State({ of, empty, act }: { of: Pick<Pages<unknown>, 'items' | 'failure' | 'heard' | 'again'>; empty: string; act?: ComponentChildren }) {
  if (of.items.length) return null;
  if (of.failure) return <Empty act={<Button kind="filled" onClick={of.again}>{t('ui.again')}</Button>}>{sentence(of.failure.kind)}</Empty>;
  return of.heard ? <Empty act={act}>{empty}</Empty> : <Skeleton of="contact" label={t('shell.loading')} />;
}

function People({ what }: { what: 'blocked' | 'muted' }) {
  const blocked = what === 'blocked';
  const people = usePages<Account>(what, blocked ? '/api/v1/blocks' : '/api/v1/mutes', { limit: '80' });
  const end = async (who: Account) => {
    if (await doNow(post(`/api/v1/accounts/${who.id}/${blocked ? 'unblock' : 'unmute'}`))) people.set((all) => all.filter((a) => a.id !== who.id));
  };
  const title = t(blocked ? 'privacy.blocked' : 'privacy.muted');
  return (
    <Screen title={title}>
      <State of={people} empty={t(blocked ? 'privacy.none-blocked' : 'privacy.none-muted')} act={<Button href={href('/settings/filters')}>{t('filters.title')}</Button>} />
      <List as="list" items={people.items} id={(a) => a.id} place={what} label={title} busy={people.loading} estimate={() => 56} onEnd={people.more} render={(who) => (
        <ContactRow who={who} href={personLink(who)} end={<Button small label={t(blocked ? 'privacy.unblock-name' : 'privacy.unmute-name', { name: nameOf(who) })} onClick={() => void end(who)}>{t(blocked ? 'privacy.unblock' : 'privacy.unmute')}</Button>} />
      )} />
    </Screen>
  );
}

function Servers() {
  const servers = usePages<string>('servers', '/api/v1/domain_blocks', { limit: '100' });
  const [name, setName] = useState('');
  const [busy, setBusy] = useState(false);
  const host = name.trim().replace(/^https?:\/\//, '').replace(/\/.*$/, '').toLowerCase();
  const hide = async () => {
    setBusy(true);
    if (await doNow(post('/api/v1/domain_blocks', { domain: host }), t('privacy.server-hidden', { host }))) {
      servers.set((all) => [host, ...all.filter((h) => h !== host)]);
      setName('');
    }
    setBusy(false);
  };
  const show = async (gone: string) => {
    if (await doNow(del('/api/v1/domain_blocks', { domain: gone }))) servers.set((all) => all.filter((h) => h !== gone));
  };
  return (
    <Screen title={t('privacy.servers')} remember>
      <form class="set-form" onSubmit={(e) => { e.preventDefault(); if (host) void hide(); }}>
        <Field label={t('privacy.server-name')} hint={t('privacy.server-hint')} dir="ltr" autocapitalize="none" spellcheck={false} placeholder="example.org" value={name} onInput={setName} />
        <Button type="submit" busy={busy} disabled={!/^[^\s.]+(\.[^\s.]+)+$/.test(host)}>{t('privacy.hide')}</Button>
      </form>
      <State of={servers} empty={t('privacy.none-servers')} />
      {servers.items.map((h) => <SettingsRow key={h} icon="server" title={<bdi dir="ltr">{h}</bdi>} value={<Button small label={t('privacy.show-name', { host: h })} onClick={() => void show(h)}>{t('notice.show')}</Button>} />)}
    </Screen>
  );
}
