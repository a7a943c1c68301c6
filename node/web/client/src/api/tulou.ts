/** The entities of /api/tulou/v1 that the app uses, as its OpenAPI document has them. */
import type { Account } from './entities';

export const own = '/api/tulou/v1';

/** What oneself and somebody are to each other. */
export interface Friend {
  account: Account;
  state: 'none' | 'asked' | 'asking' | 'friend';
  since: string | null;
  asked_at: string | null;
  greeting: string;
  by_code: boolean;
  remark: string;
  starred: boolean;
  hide_theirs: boolean;
  hide_mine: boolean;
  mutual: boolean;
  can_ask: boolean;
  circles: string[];
}

/** What one notes about a friend and can change. */
export type FriendNotes = Pick<Friend, 'remark' | 'starred' | 'hide_theirs' | 'hide_mine' | 'circles'>;

export interface Circle {
  id: string;
  name: string;
  members: number;
}

export interface Suggestion {
  account: Account;
  friends_in_common: number;
}

export interface Found {
  friend: Friend;
  link: string;
  self: boolean;
}

export interface FriendLink {
  link: string;
  expires_at: string;
}

export interface OwnNotification {
  id: string;
  type: 'friend_request' | 'friend';
  created_at: string;
  account: Account;
  about_id: string;
}

export type AudienceKind = 'friends' | 'circles' | 'except' | 'myself';

export interface MomentAudience {
  kind: AudienceKind;
  circles: string[];
  people: string[];
}

export interface MomentFile {
  id: string;
  kind: 'image' | 'video' | 'gifv';
  /** waiting: it is still coming from the author's server. */
  state: 'ready' | 'waiting' | 'failed';
  url: string;
  preview_url: string;
  description: string;
  blurhash: string;
  width: number;
  height: number;
  /** Milliseconds. */
  duration: number;
}

export interface MomentComment {
  id: string;
  moment_id: string;
  account: Account;
  text: string;
  answers: Account | null;
  created_at: string;
  can_delete: boolean;
}

export interface Moment {
  id: string;
  account: Account;
  text: string;
  link: { url: string; title: string } | null;
  place: string;
  media: MomentFile[];
  created_at: string;
  audience: MomentAudience | null;
  liked: boolean;
  likes: Account[];
  comments: MomentComment[];
}

export interface MomentNotice {
  id: string;
  kind: 'like' | 'comment' | 'reply';
  account: Account;
  comment: MomentComment | null;
  moment: Moment;
}

export type Reach = 'three_days' | 'month' | 'half_year' | 'always';
