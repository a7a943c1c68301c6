import type { Post } from './types';

// Where things are within the app: one place, so that a card and a notification lead to the same screen.
export const personLink = (p: { acct: string }) => `/app/@${p.acct}`;
export const postLink = (p: Pick<Post, 'id' | 'account'>) => `/app/@${p.account.acct}/${p.id}`;
export const tagLink = (name: string) => `/app/tags/${encodeURIComponent(name)}`;
