import { t } from '../../i18n';
import { href } from '../../app/router';
import { match } from '../../app/routes';
import { Screen } from '../../app/Screen';
import { waiting } from '../../state/outbox';
import { instance, me } from '../../state/session';
import { Avatar } from '../../ui/Avatar';
import { Badge } from '../../ui/Badge';
import { IconButton } from '../../ui/Button';
import type { IconName } from '../../ui/Icon';
import { personLink } from '../../ui/links';
import { Name } from '../../ui/Name';
import { SettingsGroup, SettingsRow } from '../../ui/SettingsRow';
import { SignOut } from '../settings/SignOut';
import { moderates } from './role';

/** Oneself, what one keeps, and the way to settings. */
export default function Me() {
  const who = me.value;
  return (
    <Screen title={t('tab.me')} remember actions={<IconButton icon="settings" label={t('me.settings')} href={href('/settings')} />}>
      {who && (
        <a class="me-card" href={personLink(who)}>
          <Avatar who={who} size={72} eager />
          <span class="me-name one"><Name who={who} /></span>
          <span class="me-address one"><bdi dir="ltr">@{who.acct}@{instance.value?.domain}</bdi></span>
        </a>
      )}
      <SettingsGroup>
        <Row icon="qr" title={t('me.code')} to="/add" />
        <Row icon="compose" title={t('account.profile')} to="/profile/edit" />
      </SettingsGroup>
      <SettingsGroup>
        <Row icon="bookmark" title={t('me.bookmarks')} to="/bookmarks" />
        <Row icon="like" title={t('me.likes')} to="/likes" />
        <Row icon="file" title={t('drafts.title')} to="/drafts" />
        <Row icon="list" title={t('lists.title')} to="/lists" />
        <Row icon="hash" title={t('tags.title')} to="/tags" />
      </SettingsGroup>
      <SettingsGroup>
        <Row icon="settings" title={t('me.settings')} to="/settings" />
        {waiting.value.length > 0 && <SettingsRow icon="clock" title={t('storage.outbox')} value={<Badge count={waiting.value.length} />} href={href('/settings/storage')} />}
        {moderates() && <Row icon="shield" title={t('moderation.title')} to="/moderation" />}
        <Row icon="server" title={t('server.title')} to="/settings/server" />
      </SettingsGroup>
      <SettingsGroup><SignOut /></SettingsGroup>
    </Screen>
  );
}

/** A row whose place is there. */
function Row({ icon, title, to }: { icon: IconName; title: string; to: string }) {
  return match(to) && <SettingsRow icon={icon} title={title} href={href(to)} />;
}
