/** A thread as rows: what is above, the post itself, and the answers as a tree that is cut at a depth. */
import type { Post } from '../../state/posts';

export type Row =
  | { kind: 'above'; post: Post; first: boolean }
  | { kind: 'main'; post: Post; under: boolean }
  | { kind: 'answer'; post: Post; depth: number; rails: boolean[]; last: boolean; parent: boolean }
  | { kind: 'more'; post: Post; depth: number; rails: boolean[]; count: number };

/** How deep answers are drawn; what is deeper is a link to its own page. */
export const depthMax = 3;

export function rowsOf(main: Post, above: Post[], below: Post[]): Row[] {
  const children = new Map<string, Post[]>();
  for (const post of below) {
    const parent = post.peek().in_reply_to_id ?? '';
    children.set(parent, [...(children.get(parent) ?? []), post]);
  }
  const rows: Row[] = above.map((post, i) => ({ kind: 'above', post, first: i === 0 }));
  rows.push({ kind: 'main', post: main, under: above.length > 0 });
  const author = main.peek().account.id;
  add(rows, children, inOrder(children.get(main.peek().id) ?? [], author), 1, []);
  return rows;
}

/** The author going on stands first, then by time. */
function inOrder(posts: Post[], author: string): Post[] {
  const own = (p: Post) => p.peek().account.id === author;
  return [...posts.filter(own), ...posts.filter((p) => !own(p))];
}

/** rails says for each depth above whether that line goes on below this row. */
function add(rows: Row[], children: Map<string, Post[]>, posts: Post[], depth: number, rails: boolean[]): void {
  posts.forEach((post, i) => {
    const last = i === posts.length - 1;
    const under = children.get(post.peek().id) ?? [];
    rows.push({ kind: 'answer', post, depth, rails, last, parent: under.length > 0 });
    if (!under.length) return;
    const inside = [...rails, !last];
    if (depth < depthMax) add(rows, children, under, depth + 1, inside);
    else rows.push({ kind: 'more', post, depth: depth + 1, rails: inside, count: size(children, post) });
  });
}

function size(children: Map<string, Post[]>, post: Post): number {
  return (children.get(post.peek().id) ?? []).reduce((sum, child) => sum + 1 + size(children, child), 0);
}
