// What the components need of the Mastodon entities: a structural part of each, so that the client's full
// types fit without a cast and a demonstration can write them by hand. Field meanings are Mastodon's.

export interface Emoji { shortcode: string; url: string; static_url: string }

export interface Person {
  id: string;
  acct: string;
  username: string;
  display_name: string;
  avatar: string;
  avatar_static?: string;
  header?: string;
  note?: string;
  url?: string;
  bot?: boolean;
  group?: boolean;
  locked?: boolean;
  emojis?: Emoji[];
  fields?: Array<{ name: string; value: string; verified_at?: string | null }>;
  followers_count?: number;
  following_count?: number;
  statuses_count?: number;
  created_at?: string;
}

export interface MediaSize { width?: number; height?: number; aspect?: number; duration?: number }

export interface Media {
  id: string;
  type: string; // image, gifv, video, audio, unknown
  url: string | null;
  preview_url: string | null;
  remote_url?: string | null;
  description?: string | null;
  blurhash?: string | null;
  meta?: { original?: MediaSize; small?: MediaSize; focus?: { x: number; y: number }; length?: string } | null;
}

export interface PollView {
  id: string;
  expires_at: string | null;
  expired: boolean;
  multiple: boolean;
  votes_count: number;
  voters_count?: number | null;
  voted?: boolean;
  own_votes?: number[];
  options: Array<{ title: string; votes_count: number | null }>;
}

export interface LinkPreview {
  url: string;
  title: string;
  description?: string;
  provider_name?: string;
  author_name?: string;
  image?: string | null;
  image_description?: string;
  blurhash?: string | null;
  width?: number;
  height?: number;
}

export interface Post {
  id: string;
  created_at: string;
  edited_at?: string | null;
  url?: string | null;
  uri?: string;
  visibility: string;
  language?: string | null;
  content: string;
  text?: string;
  spoiler_text: string;
  sensitive: boolean;
  account: Person;
  reblog?: Post | null;
  in_reply_to_id?: string | null;
  in_reply_to_account_id?: string | null;
  media_attachments: Media[];
  emojis?: Emoji[];
  mentions?: Array<{ id: string; acct: string; username: string; url: string }>;
  tags?: Array<{ name: string; url: string }>;
  poll?: PollView | null;
  card?: LinkPreview | null;
  quote?: { state: string; quoted_status?: Post | null } | null;
  replies_count: number;
  reblogs_count: number;
  favourites_count: number;
  favourited?: boolean;
  reblogged?: boolean;
  bookmarked?: boolean;
  pinned?: boolean;
  muted?: boolean;
  filtered?: Array<{ filter: { title: string; filter_action: string } }>;
}

/** The part of a person that a face and a name are drawn from. */
export type Face = Pick<Person, 'id' | 'acct' | 'display_name' | 'avatar'> & { username?: string; emojis?: Emoji[]; group?: boolean; bot?: boolean };

/** What the person calls themselves, else the first half of their address. */
export function nameOf(p: { display_name: string; acct: string }): string {
  return p.display_name.trim() || p.acct.split('@')[0] || p.acct;
}
