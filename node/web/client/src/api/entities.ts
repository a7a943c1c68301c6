/** The entities of Mastodon's client API that the app uses, as its documentation has them. */
import type { Emoji, LinkPreview, Media, Person, PollView } from '../ui/types';

export type { Emoji, LinkPreview, Media } from '../ui/types';

export type Visibility = 'public' | 'unlisted' | 'private' | 'direct';

export interface Account extends Person {
  url: string;
  uri: string;
  avatar_static: string;
  header: string;
  header_static: string;
  note: string;
  locked: boolean;
  bot: boolean;
  group: boolean;
  discoverable: boolean | null;
  noindex?: boolean | null;
  created_at: string;
  last_status_at: string | null;
  statuses_count: number;
  followers_count: number;
  following_count: number;
  emojis: Emoji[];
  fields: Field[];
  moved?: Account | null;
  suspended?: boolean;
  limited?: boolean;
  memorial?: boolean;
  roles?: { id: string; name: string; color: string }[];
}

export interface Field {
  name: string;
  value: string;
  verified_at: string | null;
}

/** The account of whoever is signed in. */
export interface Me extends Account {
  source: {
    privacy: Visibility;
    sensitive: boolean;
    language: string | null;
    note: string;
    fields: Field[];
    follow_requests_count: number;
    indexable?: boolean;
    hide_collections?: boolean | null;
    discoverable?: boolean | null;
    attribution_domains?: string[];
    quote_policy?: string;
  };
  role: { id: string; name: string; permissions: string; color: string; highlighted: boolean };
}

export interface Mention {
  id: string;
  username: string;
  url: string;
  acct: string;
}

export interface Poll extends PollView {
  voters_count: number | null;
  emojis: Emoji[];
}

export interface Application {
  name: string;
  website: string | null;
}

export interface Filter {
  id: string;
  title: string;
  context: string[];
  expires_at: string | null;
  filter_action: 'warn' | 'hide' | 'blur';
  keywords?: { id: string; keyword: string; whole_word: boolean }[];
  statuses?: { id: string; status_id: string }[];
}

export interface FilterResult {
  filter: Filter;
  keyword_matches: string[] | null;
  status_matches: string[] | null;
}

export interface Status {
  id: string;
  uri: string;
  url: string | null;
  created_at: string;
  edited_at: string | null;
  account: Account;
  content: string;
  text?: string;
  visibility: Visibility;
  sensitive: boolean;
  spoiler_text: string;
  language: string | null;
  media_attachments: Media[];
  application?: Application | null;
  mentions: Mention[];
  tags: { name: string; url: string }[];
  emojis: Emoji[];
  reblogs_count: number;
  favourites_count: number;
  replies_count: number;
  quotes_count?: number;
  in_reply_to_id: string | null;
  in_reply_to_account_id: string | null;
  reblog: Status | null;
  quote?: { state: string; quoted_status?: Status | null } | null;
  quote_approval?: { automatic: string[]; manual: string[]; current_user: string };
  poll: Poll | null;
  card: (LinkPreview & { type: string; html: string; author_url: string; provider_url: string; embed_url: string }) | null;
  favourited?: boolean;
  reblogged?: boolean;
  muted?: boolean;
  bookmarked?: boolean;
  pinned?: boolean;
  filtered?: FilterResult[];
}

export interface Context {
  ancestors: Status[];
  descendants: Status[];
}

export interface Relationship {
  id: string;
  following: boolean;
  showing_reblogs: boolean;
  notifying: boolean;
  languages: string[] | null;
  followed_by: boolean;
  blocking: boolean;
  blocked_by: boolean;
  muting: boolean;
  muting_notifications: boolean;
  muting_expires_at?: string | null;
  requested: boolean;
  requested_by: boolean;
  domain_blocking: boolean;
  endorsed: boolean;
  note: string;
}

export interface Notification {
  id: string;
  type: string;
  group_key: string;
  created_at: string;
  account: Account;
  status?: Status | null;
}

export interface NotificationGroup {
  group_key: string;
  notifications_count: number;
  type: string;
  most_recent_notification_id: string;
  page_min_id?: string;
  page_max_id?: string;
  latest_page_notification_at?: string;
  sample_account_ids: string[];
  status_id?: string | null;
}

export interface GroupedNotifications {
  accounts: Account[];
  statuses: Status[];
  notification_groups: NotificationGroup[];
}

export interface Conversation {
  id: string;
  unread: boolean;
  accounts: Account[];
  last_status: Status | null;
}

export interface List {
  id: string;
  title: string;
  replies_policy: 'followed' | 'list' | 'none';
  exclusive: boolean;
}

export interface Tag {
  name: string;
  url: string;
  history: { day: string; uses: string; accounts: string }[];
  following?: boolean;
}

export interface Search {
  accounts: Account[];
  statuses: Status[];
  hashtags: Tag[];
}

export interface ScheduledStatus {
  id: string;
  scheduled_at: string;
  params: { text: string; visibility: Visibility; spoiler_text: string | null; media_ids: string[] | null };
  media_attachments: Media[];
}

export interface Markers {
  home?: { last_read_id: string; version: number; updated_at: string };
  notifications?: { last_read_id: string; version: number; updated_at: string };
}

export interface Rule {
  id: string;
  text: string;
  hint: string;
}

/** What the node says of itself (v2). */
export interface Instance {
  domain: string;
  title: string;
  version: string;
  source_url: string;
  description: string;
  usage: { users: { active_month: number } };
  thumbnail: { url: string; blurhash?: string };
  languages: string[];
  configuration: {
    urls: { streaming: string };
    vapid?: { public_key: string };
    accounts: { max_featured_tags: number; max_pinned_statuses: number };
    statuses: { max_characters: number; max_media_attachments: number; characters_reserved_per_url: number };
    media_attachments: {
      supported_mime_types: string[];
      image_size_limit: number;
      image_matrix_limit: number;
      video_size_limit: number;
      description_limit?: number;
    };
    polls: { max_options: number; max_characters_per_option: number; min_expiration: number; max_expiration: number };
    translation: { enabled: boolean };
    domain_blocks?: { enabled: boolean };
  };
  registrations: { enabled: boolean; approval_required: boolean; message: string | null };
  contact: { email: string; account: Account | null };
  rules: Rule[];
}
