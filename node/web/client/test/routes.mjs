// Every address of the client, from its table of routes, with something real in place of each :part.
import { readFileSync } from 'node:fs';
import { assert } from './world.mjs';

/** The paths of the table. */
export function paths() {
  const table = readFileSync(new URL('../src/app/routes.ts', import.meta.url), 'utf8');
  const found = [...table.matchAll(/^\s*\{ path: '([^']+)'.*\bpane:/gm)].map((m) => m[1]);
  assert.ok(found.length >= 3, 'routes.ts is not read');
  return found;
}

/**
 * An address for each path, as somebody sees it who has something to see there. A path whose part is
 * not known here fails: give it something real.
 */
export async function addresses(seat) {
  const known = await things(seat);
  const wanted = (process.env.TULOU_TEST_PATHS ?? '').split(' ').filter(Boolean); // those alone, while a screen is mended
  return paths().filter((path) => !wanted.length || wanted.includes(path)).map((path) => {
    const fill = known[path];
    if (fill) return { path, at: fill };
    assert.ok(!/[:*]/.test(path), `routes.mjs does not know what to show at ${path}`);
    return { path, at: path };
  });
}

const first = async (seat, path) => {
  const answer = await seat.api('GET', path);
  const list = Array.isArray(answer) ? answer : answer.items;
  assert.ok(list.length, `${path} is empty, so there is nothing to show`);
  return list[0];
};

/** The id of a report that waits for whoever sits there; a neighbour makes one if there is none. */
async function oneReport(seat, post) {
  const [open] = await seat.api('GET', '/api/v1/admin/reports');
  if (open) return open.id;
  const neighbour = await seat.world.seat('ben', { device: 'desk' });
  await neighbour.go('/me');
  const who = await neighbour.api('GET', '/api/v1/accounts/lookup?acct=' + encodeURIComponent(post.account.acct));
  const said = (await neighbour.api('GET', `/api/v1/accounts/${who.id}/statuses?limit=1`)).map((s) => s.id);
  const made = await neighbour.api('POST', '/api/v1/reports', { account_id: who.id, status_ids: said, category: 'spam', comment: 'This is the fourth time today.' });
  await neighbour.close();
  return made.id;
}

/** Real things of whoever sits there, by path. */
async function things(seat) {
  const post = (await seat.api('GET', '/api/v1/timelines/home?limit=40')).find((s) => !s.reblog && s.replies_count > 0);
  assert.ok(post, 'nobody has answered anybody');
  const list = await first(seat, '/api/v1/lists'), circle = await first(seat, '/api/tulou/v1/circles');
  const friend = await first(seat, '/api/tulou/v1/friends'), moment = await first(seat, '/api/tulou/v1/moments');
  const chat = await first(seat, '/api/v1/conversations');
  let [filter] = await seat.api('GET', '/api/v2/filters');
  filter ??= await seat.api('POST', '/api/v2/filters', { title: 'Football', context: ['home'], filter_action: 'warn', keywords_attributes: [{ keyword: 'football', whole_word: true }] });
  const report = paths().some((p) => p.startsWith('/moderation/')) ? await oneReport(seat, post) : '';
  const parts = [
    [/^\/@:acct\/:id/, { ':acct': post.account.acct, ':id': post.id }],
    [/^\/@:acct/, { ':acct': post.account.acct }],
    [/^\/tags?\/:/, { ':tag': 'boatbuilding', ':name': 'boatbuilding' }],
    [/^\/lists\/:/, { ':id': list.id }],
    [/^\/circles\/:/, { ':id': circle.id }],
    [/^\/(friends|contacts)\/:/, { ':id': friend.account.id }],
    [/^\/moments\/of\/:/, { ':id': moment.account.id }],
    [/^\/moments\/:/, { ':id': moment.id }],
    [/^\/chats\/:/, { ':key': chat.accounts.map((a) => a.id).join('-'), ':id': chat.id }],
    [/^\/moderation\/reports\/:/, { ':id': report }],
    [/^\/settings\/filters\/:/, { ':id': filter.id }],
  ];
  const found = {};
  for (const path of paths().filter((p) => /[:*]/.test(p))) {
    const known = parts.find(([pattern]) => pattern.test(path))?.[1];
    if (!known) continue;
    const at = path.replace(/:\w+/g, (part) => known[part] ?? part);
    if (!at.includes('/:') && !at.includes('@:')) found[path] = at;
  }
  return found;
}
