import { useEffect, useState } from 'preact/hooks';
import { t } from '../../i18n';
import { get } from '../../api/client';
import { html } from '../../api/html';
import { Screen } from '../../app/Screen';
import { instance } from '../../state/session';
import { personLink } from '../../ui/links';
import { ContactRow } from '../../ui/Rows';
import { SettingsGroup, SettingsRow } from '../../ui/SettingsRow';
import { Note, useKnown } from './controls';

interface Blocked {
  domain: string;
  severity: 'silence' | 'suspend';
  comment: string | null;
}

/** Who runs this server, by which rules, with what, and with whom it does not exchange posts. */
export default function Server() {
  const node = instance.value;
  const more = useKnown<{ content: string }>('server.more', '/api/v1/instance/extended_description');
  if (!node) return <Screen title={t('server.title')} />;
  return (
    <Screen title={t('server.title')} remember>
      <div class="server-head">
        <h2 class="server-name">{node.title}</h2>
        {node.domain !== node.title && <p class="server-host"><bdi dir="ltr">{node.domain}</bdi></p>}
        <p class="server-words" dir="auto">{node.description}</p>
        {node.usage.users.active_month > 0 && <p class="hint">{t('server.people', { count: node.usage.users.active_month })}</p>}
      </div>
      {more.value?.content && <div class="server-more post-text" dir="auto">{html(more.value.content)}</div>}
      <SettingsGroup title={t('server.rules')}>
        {!node.rules.length && <Note>{t('server.no-rules')}</Note>}
        <ol class="server-rules">{node.rules.map((rule) => <li key={rule.id} dir="auto">{rule.text}{rule.hint && <span class="hint">{rule.hint}</span>}</li>)}</ol>
      </SettingsGroup>
      <SettingsGroup title={t('server.contact')}>
        {node.contact.account && <ContactRow who={node.contact.account} href={personLink(node.contact.account)} />}
        {node.contact.email && <SettingsRow icon="mention" title={<bdi dir="ltr">{node.contact.email}</bdi>} href={'mailto:' + node.contact.email} />}
        {!node.contact.account && !node.contact.email && <Note>{t('server.no-contact')}</Note>}
      </SettingsGroup>
      <Blocks />
      <SettingsGroup>
        <SettingsRow icon="info" title={t('server.version')} value={<bdi dir="ltr">{ownVersion(node.version)}</bdi>} />
        {node.source_url && <SettingsRow icon="external" title={t('server.source')} href={node.source_url} />}
      </SettingsGroup>
    </Screen>
  );
}

/** Our name and number: what stands before is for programs that know Mastodon's. */
const ownVersion = (said: string): string => /\(compatible; (.+)\)$/.exec(said)?.[1] ?? said;

function Blocks() {
  const [blocks, setBlocks] = useState<Blocked[]>();
  const closed = !instance.value?.configuration.domain_blocks?.enabled;
  useEffect(() => {
    if (!closed) get<Blocked[]>('/api/v1/instance/domain_blocks').then(setBlocks, () => {}); // the rest of the page is there
  }, [closed]);
  const domain = instance.value?.domain ?? '';
  return (
    <SettingsGroup title={t('server.blocked')}>
      {closed && <Note>{t('server.blocks-closed')}</Note>}
      {blocks && !blocks.length && <Note>{t('server.no-blocks', { host: domain })}</Note>}
      {!!blocks?.length && <Note>{t('server.blocks', { host: domain, count: blocks.length })}</Note>}
      {blocks?.map((b) => <SettingsRow key={b.domain} icon="server" title={<bdi dir="ltr">{b.domain}</bdi>} hint={b.comment || undefined} value={t(b.severity === 'suspend' ? 'server.closed' : 'server.limited')} />)}
    </SettingsGroup>
  );
}
