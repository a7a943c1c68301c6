import type { ComponentType } from 'preact';
import type { Key } from '../i18n';
import type { IconName } from '../ui/Icon';
import type { Shape } from '../ui/Skeleton';
import Home from '../screens/home/Home';
import { discoverLeft } from './discover';

/** What a screen is given: the parts of its address, and which entry of the stack it is. */
export interface ScreenProps {
  params: Record<string, string>;
  query: URLSearchParams;
  entry: number;
}

export type TabId = 'chats' | 'contacts' | 'discover' | 'wallet' | 'me';

export type Load = () => ComponentType<ScreenProps> | Promise<ComponentType<ScreenProps>>;

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
  /** A list: the detail that is shown beside it, where there is room, while none is opened. '/@' is one's own page. */
  rest?: string;
  /** Nothing stands beside it. */
  alone?: boolean;
  /** The shape that is drawn until it is there; posts for feeds, rows for all else. */
  shape?: Shape;
  /** Hides the tab bar on a phone: what has a field of its own at the foot. */
  bare?: boolean;
  /** The screen, at once if it is part of the first load. */
  load: Load;
  /** A third column about it, where there is room. */
  aside?: Load;
}

// The parts in which the program is fetched: few, since each request costs more than a few kilobytes.
const about = () => import('../bundles/about');
const chats = () => import('../bundles/chats');
const contacts = () => import('../bundles/contacts');
const finding = () => import('../bundles/finding');
const moderation = () => import('../bundles/moderation');
const moments = () => import('../bundles/moments');
const settings = () => import('../bundles/settings');
const writing = () => import('../bundles/writing');

/** Every screen there is. */
export const routes: Route[] = [
  { path: '/moments', tab: 'discover', pane: 'feed', bare: true, load: () => moments().then((all) => all.Moments) },
  { path: '/moments/new', tab: 'discover', pane: 'detail', under: '/moments', bare: true, load: () => moments().then((all) => all.Write) },
  { path: '/moments/notices', tab: 'discover', pane: 'detail', under: '/moments', load: () => moments().then((all) => all.MomentNotices) },
  { path: '/moments/settings', tab: 'discover', pane: 'detail', under: '/moments', load: () => moments().then((all) => all.MomentSettings) },
  { path: '/moments/of/:id', pane: 'detail', shape: 'profile', under: '/moments', load: () => moments().then((all) => all.MomentsOf) },
  { path: '/moments/:id', pane: 'detail', under: '/moments', load: () => moments().then((all) => all.OneMoment) },
  { path: '/home', tab: 'discover', pane: 'feed', load: () => Home },
  { path: '/public', tab: 'discover', pane: 'feed', load: () => finding().then((all) => all.Public) },
  { path: '/contacts', tab: 'contacts', pane: 'list', rest: '/add', shape: 'contact', load: () => contacts().then((all) => all.Contacts) },
  { path: '/contacts/asked', tab: 'contacts', pane: 'detail', load: () => contacts().then((all) => all.Asked) },
  { path: '/contacts/blocked', tab: 'contacts', pane: 'detail', load: () => contacts().then((all) => all.Blocked) },
  { path: '/add', tab: 'contacts', pane: 'detail', load: () => contacts().then((all) => all.AddFriend) },
  { path: '/friends/:id', pane: 'detail', shape: 'profile', under: '/contacts', load: () => contacts().then((all) => all.FriendCard) },
  { path: '/circles', tab: 'contacts', pane: 'detail', load: () => contacts().then((all) => all.Circles) },
  { path: '/circles/:id', tab: 'contacts', pane: 'detail', load: () => contacts().then((all) => all.Circle) },
  { path: '/explore', tab: 'discover', pane: 'feed', load: () => finding().then((all) => all.Explore) },
  { path: '/lists', pane: 'feed', load: () => finding().then((all) => all.Lists) },
  { path: '/lists/:id', pane: 'feed', load: () => finding().then((all) => all.ListPosts) },
  { path: '/lists/:id/people', pane: 'detail', load: () => finding().then((all) => all.ListPeople) },
  { path: '/tags', pane: 'feed', load: () => finding().then((all) => all.Tags) },
  { path: '/tags/:tag', pane: 'feed', load: () => finding().then((all) => all.TagPosts) },
  { path: '/bookmarks', pane: 'feed', load: () => finding().then((all) => all.Bookmarks) },
  { path: '/likes', pane: 'feed', load: () => finding().then((all) => all.Likes) },
  { path: '/compose', pane: 'detail', bare: true, load: () => writing().then((all) => all.Compose) },
  { path: '/drafts', pane: 'detail', load: () => writing().then((all) => all.Drafts) },
  { path: '/profile/edit', pane: 'detail', bare: true, load: () => about().then((all) => all.Edit) },
  { path: '/@:acct', pane: 'detail', shape: 'profile', load: () => about().then((all) => all.Profile) },
  { path: '/@:acct/followers', pane: 'detail', shape: 'contact', load: () => about().then((all) => all.Followers) },
  { path: '/@:acct/following', pane: 'detail', shape: 'contact', load: () => about().then((all) => all.Following) },
  { path: '/@:acct/:id', pane: 'detail', shape: 'post', load: () => about().then((all) => all.Thread) },
  { path: '/@:acct/:id/likes', pane: 'detail', shape: 'contact', load: () => about().then((all) => all.Likers) },
  { path: '/@:acct/:id/shares', pane: 'detail', shape: 'contact', load: () => about().then((all) => all.Sharers) },
  { path: '/@:acct/:id/quotes', pane: 'detail', shape: 'post', load: () => about().then((all) => all.Quotes) },
  { path: '/@:acct/:id/history', pane: 'detail', load: () => about().then((all) => all.History) },
  { path: '/me', tab: 'me', pane: 'list', rest: '/@', load: () => settings().then((all) => all.Me) },
  { path: '/chats', tab: 'chats', pane: 'list', rest: '/chats/new', shape: 'chat', load: () => chats().then((all) => all.Chats) },
  { path: '/chats/new', tab: 'chats', pane: 'detail', shape: 'contact', load: () => chats().then((all) => all.NewChat) },
  { path: '/chats/:key', tab: 'chats', pane: 'detail', bare: true, shape: 'bubble', aside: () => chats().then((all) => all.ChatAside), load: () => chats().then((all) => all.Chat) },
  { path: '/search', pane: 'feed', load: () => finding().then((all) => all.Search) },
  { path: '/settings', tab: 'me', on: '/me', pane: 'list', rest: '/settings/account', load: () => settings().then((all) => all.Settings) },
  { path: '/settings/account', tab: 'me', on: '/settings', pane: 'detail', load: () => settings().then((all) => all.Account) },
  { path: '/settings/devices', tab: 'me', on: '/settings', pane: 'detail', load: () => settings().then((all) => all.Devices) },
  { path: '/settings/privacy', tab: 'me', on: '/settings', pane: 'detail', load: () => settings().then((all) => all.Privacy) },
  { path: '/settings/blocked', tab: 'me', on: '/settings', pane: 'detail', load: () => settings().then((all) => all.Hidden) },
  { path: '/settings/muted', tab: 'me', on: '/settings', pane: 'detail', load: () => settings().then((all) => all.Hidden) },
  { path: '/settings/servers', tab: 'me', on: '/settings', pane: 'detail', load: () => settings().then((all) => all.Hidden) },
  { path: '/settings/notifications', tab: 'me', on: '/settings', pane: 'detail', load: () => settings().then((all) => all.Alerts) },
  { path: '/settings/appearance', tab: 'me', on: '/settings', pane: 'detail', load: () => settings().then((all) => all.Appearance) },
  { path: '/settings/language', tab: 'me', on: '/settings', pane: 'detail', load: () => settings().then((all) => all.Languages) },
  { path: '/settings/storage', tab: 'me', on: '/settings', pane: 'detail', load: () => settings().then((all) => all.Storage) },
  { path: '/settings/filters', tab: 'me', on: '/settings', pane: 'detail', load: () => settings().then((all) => all.Filters) },
  { path: '/settings/filters/:id', tab: 'me', on: '/settings', pane: 'detail', load: () => settings().then((all) => all.FilterEdit) },
  { path: '/settings/apps', tab: 'me', on: '/settings', pane: 'detail', load: () => settings().then((all) => all.Apps) },
  { path: '/settings/server', tab: 'me', on: '/settings', pane: 'detail', load: () => settings().then((all) => all.Server) },
  { path: '/moderation', tab: 'me', on: '/me', pane: 'list', rest: '/settings/server', shape: 'contact', load: () => moderation().then((all) => all.Moderation) },
  { path: '/moderation/reports/:id', tab: 'me', on: '/moderation', pane: 'detail', bare: true, load: () => moderation().then((all) => all.Case) },
  { path: '/welcome', pane: 'feed', bare: true, alone: true, load: () => settings().then((all) => all.Welcome) },
  { path: '/notifications', pane: 'feed', load: () => finding().then((all) => all.Notifications) },
];

/** What stands beside a feed while nothing of it is opened. */
export const context: Route = { path: '', pane: 'detail', load: () => finding().then((all) => all.Beside) };

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
