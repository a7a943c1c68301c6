import type { ComponentType } from 'preact';
import type { Key } from '../i18n';
import type { IconName } from '../ui/Icon';
import { discoverLeft } from './discover';

/** What a screen is given: the parts of its address, and which entry of the stack it is. */
export interface ScreenProps {
  params: Record<string, string>;
  query: URLSearchParams;
  entry: number;
}

export type TabId = 'chats' | 'contacts' | 'discover' | 'wallet' | 'me';

export interface Route {
  /** A path below /app; :name takes one part. The first that fits is taken. */
  path: string;
  /** The tab it belongs to; without one it opens in the tab where somebody is. */
  tab?: TabId;
  /** Lists stand beside the detail they lead to where there is room; feeds are wider. */
  pane: 'list' | 'feed' | 'detail';
  /** The list it stands on, also for whoever comes to it from elsewhere. */
  on?: string;
  /** The list it stands on if it is opened by its address; without one, the first of its tab. */
  under?: string;
  /** Hides the tab bar on a phone: what has a field of its own at the foot. */
  bare?: boolean;
  load: () => Promise<{ default: ComponentType<ScreenProps> }>;
}

/** Every screen there is, each a part of its own that is fetched when it is first shown. */
export const routes: Route[] = [
  { path: '/moments', tab: 'discover', pane: 'feed', bare: true, load: () => import('../screens/moments/Moments') },
  { path: '/moments/new', tab: 'discover', pane: 'detail', under: '/moments', bare: true, load: () => import('../screens/moments/Write') },
  { path: '/moments/notices', tab: 'discover', pane: 'detail', under: '/moments', load: () => import('../screens/moments/Notices') },
  { path: '/moments/settings', tab: 'discover', pane: 'detail', under: '/moments', load: () => import('../screens/moments/Settings') },
  { path: '/moments/of/:id', pane: 'detail', under: '/moments', load: () => import('../screens/moments/Of') },
  { path: '/moments/:id', pane: 'detail', under: '/moments', load: () => import('../screens/moments/One') },
  { path: '/home', tab: 'discover', pane: 'feed', load: () => import('../screens/home/Home') },
  { path: '/public', tab: 'discover', pane: 'feed', load: () => import('../screens/home/Public') },
  { path: '/contacts', tab: 'contacts', pane: 'list', load: () => import('../screens/contacts/Contacts') },
  { path: '/contacts/asked', tab: 'contacts', pane: 'detail', load: () => import('../screens/contacts/Asked') },
  { path: '/contacts/blocked', tab: 'contacts', pane: 'detail', load: () => import('../screens/contacts/Blocked') },
  { path: '/add', tab: 'contacts', pane: 'detail', load: () => import('../screens/addfriend/AddFriend') },
  { path: '/friends/:id', pane: 'detail', under: '/contacts', load: () => import('../screens/friend/FriendCard') },
  { path: '/circles', tab: 'contacts', pane: 'detail', load: () => import('../screens/circles/Circles') },
  { path: '/circles/:id', tab: 'contacts', pane: 'detail', load: () => import('../screens/circles/Circle') },
  { path: '/explore', tab: 'discover', pane: 'feed', load: () => import('../screens/explore/Explore') },
  { path: '/lists', pane: 'feed', load: () => import('../screens/lists/Lists') },
  { path: '/lists/:id', pane: 'feed', load: () => import('../screens/lists/ListPosts') },
  { path: '/lists/:id/people', pane: 'detail', load: () => import('../screens/lists/ListPeople') },
  { path: '/tags', pane: 'feed', load: () => import('../screens/tags/Tags') },
  { path: '/tags/:tag', pane: 'feed', load: () => import('../screens/tags/TagPosts') },
  { path: '/bookmarks', pane: 'feed', load: () => import('../screens/saved/Bookmarks') },
  { path: '/likes', pane: 'feed', load: () => import('../screens/saved/Likes') },
  { path: '/compose', pane: 'detail', bare: true, load: () => import('../screens/compose/Compose') },
  { path: '/drafts', pane: 'detail', load: () => import('../screens/compose/Drafts') },
  { path: '/profile/edit', pane: 'detail', bare: true, load: () => import('../screens/profile/Edit') },
  { path: '/@:acct', pane: 'detail', load: () => import('../screens/profile/Profile') },
  { path: '/@:acct/followers', pane: 'detail', load: () => import('../screens/profile/Followers') },
  { path: '/@:acct/following', pane: 'detail', load: () => import('../screens/profile/Following') },
  { path: '/@:acct/:id', pane: 'detail', load: () => import('../screens/thread/Thread') },
  { path: '/@:acct/:id/likes', pane: 'detail', load: () => import('../screens/people/Likers') },
  { path: '/@:acct/:id/shares', pane: 'detail', load: () => import('../screens/people/Sharers') },
  { path: '/@:acct/:id/history', pane: 'detail', load: () => import('../screens/thread/History') },
  { path: '/me', tab: 'me', pane: 'list', load: () => import('../screens/me/Me') },
  { path: '/chats', tab: 'chats', pane: 'list', load: () => import('../screens/chats/Chats') },
  { path: '/chats/new', tab: 'chats', pane: 'detail', load: () => import('../screens/chats/NewChat') },
  { path: '/chats/:key', tab: 'chats', pane: 'detail', bare: true, load: () => import('../screens/chats/Chat') },
  { path: '/search', pane: 'feed', load: () => import('../screens/search/Search') },
  { path: '/settings', tab: 'me', on: '/me', pane: 'list', load: () => import('../screens/settings/Settings') },
  { path: '/settings/account', tab: 'me', on: '/settings', pane: 'detail', load: () => import('../screens/settings/Account') },
  { path: '/settings/devices', tab: 'me', on: '/settings', pane: 'detail', load: () => import('../screens/settings/Devices') },
  { path: '/settings/privacy', tab: 'me', on: '/settings', pane: 'detail', load: () => import('../screens/settings/Privacy') },
  { path: '/settings/blocked', tab: 'me', on: '/settings', pane: 'detail', load: () => import('../screens/settings/Hidden') },
  { path: '/settings/muted', tab: 'me', on: '/settings', pane: 'detail', load: () => import('../screens/settings/Hidden') },
  { path: '/settings/servers', tab: 'me', on: '/settings', pane: 'detail', load: () => import('../screens/settings/Hidden') },
  { path: '/settings/notifications', tab: 'me', on: '/settings', pane: 'detail', load: () => import('../screens/settings/Alerts') },
  { path: '/settings/appearance', tab: 'me', on: '/settings', pane: 'detail', load: () => import('../screens/settings/Appearance') },
  { path: '/settings/language', tab: 'me', on: '/settings', pane: 'detail', load: () => import('../screens/settings/Languages') },
  { path: '/settings/storage', tab: 'me', on: '/settings', pane: 'detail', load: () => import('../screens/settings/Storage') },
  { path: '/settings/filters', tab: 'me', on: '/settings', pane: 'detail', load: () => import('../screens/settings/Filters') },
  { path: '/settings/filters/:id', tab: 'me', on: '/settings', pane: 'detail', load: () => import('../screens/settings/FilterEdit') },
  { path: '/settings/apps', tab: 'me', on: '/settings', pane: 'detail', load: () => import('../screens/settings/Apps') },
  { path: '/settings/server', tab: 'me', on: '/settings', pane: 'detail', load: () => import('../screens/settings/Server') },
  { path: '/moderation', tab: 'me', on: '/me', pane: 'list', load: () => import('../screens/moderation/Moderation') },
  { path: '/moderation/reports/:id', tab: 'me', on: '/moderation', pane: 'detail', bare: true, load: () => import('../screens/moderation/Case') },
  { path: '/welcome', pane: 'feed', bare: true, load: () => import('../screens/firstrun/Welcome') },
  { path: '/notifications', pane: 'feed', load: () => import('../screens/notifications/Notifications') },
];

export interface Tab {
  id: TabId;
  /** Where it opens first; Discover, where it was left. */
  readonly path: string;
  label: Key;
  icon: IconName;
}

/** The tabs there are: one whose service is not there is left out. */
export const tabs: Tab[] = [
  { id: 'chats', path: '/chats', label: 'tab.chats', icon: 'chats' },
  { id: 'contacts', path: '/contacts', label: 'tab.contacts', icon: 'contacts' },
  { id: 'discover', get path() { return discoverLeft() ?? '/home'; }, label: 'tab.discover', icon: 'discover' },
  { id: 'me', path: '/me', label: 'tab.me', icon: 'me' },
];

/** The lists of Discover, as tabs at the top of each. */
export const discover: { path: string; label: Key }[] = [
  { path: '/moments', label: 'discover.moments' },
  { path: '/home', label: 'discover.home' },
  { path: '/public', label: 'discover.public' },
  { path: '/explore', label: 'discover.explore' },
];

const patterns = new Map(routes.map((route) => [route, new RegExp('^' + route.path.replace(/:(\w+)/g, '(?<$1>[^/]+)') + '/?$')]));

/** The route of a path below /app, and the parts that it names. */
export function match(path: string): { route: Route; params: Record<string, string> } | null {
  const bare = path.split('?')[0]!;
  for (const [route, pattern] of patterns) {
    const found = pattern.exec(bare);
    if (!found) continue;
    const params: Record<string, string> = {};
    for (const [name, value] of Object.entries(found.groups ?? {})) params[name] = safeDecode(value);
    return { route, params };
  }
  return null;
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
