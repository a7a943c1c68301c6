// Ten thousand posts: the page holds some dozens of them, wherever somebody is, and what they read does
// not move while others come and go around it.
import { assert } from '../world.mjs';

const posts = 10_000, nodesMax = 6000;

export default async function long(world) {
  const guide = await world.seat('ana', { device: 'phone' });
  await guide.go('/home');
  const [sample] = (await guide.api('GET', '/api/v1/timelines/home?limit=20')).filter((s) => !s.reblog && !s.media_attachments.length && !s.poll);
  const seat = await world.seat('ana', { device: 'phone' });
  const { page } = seat;
  const id = (n) => String(10n ** 17n + BigInt(posts - n));
  const at = Date.now();
  const words = 'the terraces hold because somebody walks along them after every rain and puts back the one stone that moved '.split(' ');
  const post = (n) => ({ ...sample, id: id(n), uri: `${sample.uri}/${n}`, created_at: new Date(at - n * 60_000).toISOString(), card: null,
    content: `<p>Post ${n}: ${Array.from({ length: 4 + (n * 37) % 60 }, (_, i) => words[(n + i) % words.length]).join(' ')}.</p>` });
  await seat.context.route('**/api/v1/timelines/home?**', (route) => {
    const url = new URL(route.request().url());
    const from = url.searchParams.get('max_id') ? posts - Number(BigInt(url.searchParams.get('max_id')) - 10n ** 17n) + 1 : 0;
    const items = Array.from({ length: Math.max(0, Math.min(from ? 400 : 40, posts - from)) }, (_, i) => post(from + i));
    const last = items.at(-1);
    const link = last && from + items.length < posts ? { Link: `<${url.origin}/api/v1/timelines/home?limit=40&max_id=${last.id}>; rel="next"` } : {};
    return route.fulfill({ json: items, headers: link });
  });
  await seat.go('/home');
  const begun = Date.now();
  const most = await page.evaluate(async (posts) => {
    const pane = document.querySelector('.pane');
    // As a wheel does, between frames: not after the page was told where it is and before it is drawn.
    const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    let nodes = 0, items = 0, reached = 0, stuck = 0, longest = 0;
    for (const end = performance.now() + 60_000; performance.now() < end && stuck < 400; ) {
      const before = performance.now();
      pane.scrollTop = pane.scrollHeight;
      await frame();
      longest = Math.max(longest, performance.now() - before);
      nodes = Math.max(nodes, document.getElementsByTagName('*').length);
      items = Math.max(items, document.querySelectorAll('.list [data-item]').length);
      const last = Number(/Post (\d+):/.exec([...document.querySelectorAll('.list [data-item]')].at(-1)?.textContent ?? '')?.[1] ?? 0);
      stuck = last > reached ? 0 : stuck + 1;
      reached = Math.max(reached, last);
      if (reached === posts - 1) break;
    }
    return { nodes, items, reached, longest: Math.round(longest) };
  }, posts);
  const took = Date.now() - begun;
  assert.equal(most.reached, posts - 1, 'the end was not reached');
  assert.ok(most.items <= 80, `${most.items} posts were on the page at once`);
  assert.ok(most.nodes <= nodesMax, `${most.nodes} elements were on the page at once`);

  // Reading upward: what is at the middle stays where it is while posts above it are drawn and measured.
  const moved = await page.evaluate(async () => {
    const pane = document.querySelector('.pane');
    const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    let worst = 0;
    pane.scrollTop = pane.scrollHeight / 2;
    for (let i = 0; i < 10; i++) await frame();
    for (let i = 0; i < 60; i++) {
      const box = pane.getBoundingClientRect();
      const item = document.elementFromPoint(box.left + box.width / 2, box.top + box.height * 0.6)?.closest('[data-item]');
      const before = item?.getBoundingClientRect().top;
      pane.scrollTop -= 120;
      await frame();
      await frame();
      const now = item && document.querySelector(`[data-item="${CSS.escape(item.dataset.item)}"]`);
      if (now && before !== undefined) worst = Math.max(worst, Math.abs(now.getBoundingClientRect().top - before - 120));
    }
    return worst;
  });
  assert.ok(moved <= 2, `posts jumped by ${moved} pixels`);
  seat.quiet();
  return `${posts} posts in ${took} ms, at most ${most.items} of them and ${most.nodes} elements at once, longest frame ${most.longest} ms`;
}
