/** Where each setting is, by the words it goes by: for the field of settings, for search and the palette. */
import { t, type Key } from '../../i18n';
import { match } from '../../app/routes';
import type { IconName } from '../../ui/Icon';

export interface Page {
  path: string;
  title: Key;
  icon: IconName;
  /** What is on it, as its rows say. */
  rows: Key[];
}

/** The pages of settings, in groups that belong together. */
export const groups: Page[][] = [
  [
    { path: '/settings/account', title: 'settings.account', icon: 'me', rows: ['account.profile', 'account.password', 'account.email', 'account.codes', 'account.delete'] },
    { path: '/settings/devices', title: 'devices.title', icon: 'device', rows: ['devices.this', 'devices.end-others'] },
    { path: '/settings/privacy', title: 'privacy.title', icon: 'lock', rows: ['privacy.locked', 'privacy.discoverable', 'privacy.indexable', 'privacy.hide-ties', 'privacy.suggest', 'privacy.audience', 'privacy.blocked', 'privacy.muted', 'privacy.servers'] },
    { path: '/settings/notifications', title: 'shell.notifications', icon: 'bell', rows: ['push.here', 'push.kinds', 'policy.title'] },
  ],
  [
    { path: '/settings/appearance', title: 'settings.appearance', icon: 'sun', rows: ['settings.theme', 'settings.text', 'settings.clear', 'settings.contrast', 'settings.motion', 'settings.single-keys', 'appearance.enter', 'appearance.start'] },
    { path: '/settings/language', title: 'settings.language', icon: 'translate', rows: ['language.interface', 'language.posts'] },
    { path: '/settings/storage', title: 'storage.title', icon: 'download', rows: ['storage.kept', 'storage.clear', 'storage.outbox'] },
  ],
  [
    { path: '/settings/filters', title: 'filters.title', icon: 'filter', rows: ['filters.new'] },
    { path: '/lists', title: 'lists.title', icon: 'list', rows: [] },
    { path: '/tags', title: 'tags.title', icon: 'hash', rows: [] },
    { path: '/drafts', title: 'drafts.title', icon: 'file', rows: ['drafts.later'] },
    { path: '/settings/apps', title: 'apps.title', icon: 'apps', rows: ['apps.end'] },
  ],
  [{ path: '/settings/server', title: 'server.title', icon: 'server', rows: ['server.rules', 'server.contact', 'server.version', 'server.blocked'] }],
];

export interface Found {
  path: string;
  icon: IconName;
  words: string;
  on: string;
}

/** The settings whose words have all of those that were typed. */
export function findSettings(typed: string, most = 20): Found[] {
  const wanted = typed.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  if (!wanted.length) return [];
  const has = (text: string) => wanted.every((w) => text.toLocaleLowerCase().includes(w));
  const found: Found[] = [];
  for (const page of groups.flat().filter((p) => match(p.path))) {
    const on = t(page.title);
    if (has(on)) found.push({ path: page.path, icon: page.icon, words: on, on: t('me.settings') });
    for (const row of page.rows) if (has(t(row))) found.push({ path: page.path, icon: page.icon, words: t(row), on });
  }
  return found.slice(0, most);
}
