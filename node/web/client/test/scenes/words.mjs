// Every screen in the pseudo-locale at 320 pixels, where everything that is ours stands in brackets
// and is a third longer: nothing is untranslated, nothing sticks out; and again at 200 % of a desk.
import { join } from 'node:path';
import { assert } from '../world.mjs';
import { slug, visit, visitor } from '../visit.mjs';

export default async function words(world) {
  const seen = await said(world);
  const { wrong, screens } = await visit(world, [
    { device: 'narrow', lang: 'en-XA', settings: {} },
    { device: 'phone', lang: 'zh-Hans' },
  ], async (seat, { path }, round) => {
    await seat.page.screenshot({ path: join(world.pictures, slug(path, round) + '.png') });
    const found = (await seat.page.evaluate(sticksOut)).map((w) => `at ${seat.page.viewportSize().width} pixels ${w}`);
    if (round.lang !== 'en-XA') return found;
    found.push(...(await seat.page.evaluate(unbracketed, [...seen, ...heard.get(seat) ?? []])));
    await seat.page.setViewportSize({ width: 640, height: 450 });
    await seat.drawn();
    found.push(...(await seat.page.evaluate(sticksOut)).map((w) => `at 200 %: ${w}`));
    await seat.page.setViewportSize({ width: 320, height: 640 });
    return found;
  });
  assert.deepEqual(wrong, []);
  return `${screens} screens`;
}

const heard = new Map();

/** All texts that the server says, which are not ours to translate. */
async function said(world) {
  const texts = new Set(['Tulou']);
  const take = (value) => {
    if (typeof value === 'string') texts.add(value.replace(/<[^>]+>/g, ' ').replace(/&amp;/g, '&').replace(/&#39;/g, "'").replace(/&quot;/g, '"').replace(/\s+/g, ' ').trim().toLowerCase());
    else if (value && typeof value === 'object') Object.values(value).forEach(take);
  };
  const open = world.seat.bind(world);
  world.seat = async (...args) => {
    const seat = await open(...args);
    heard.set(seat, []);
    seat.page.on('response', async (r) => {
      if (!r.url().includes('/api/') || !/json/.test(r.headers()['content-type'] ?? '')) return;
      const before = texts.size;
      take(await r.json().catch(() => null));
      if (texts.size > before) heard.set(seat, [...texts]);
    });
    return seat;
  };
  void visitor;
  return texts;
}

/** In the page: texts and names for the ear that have no brackets and were not said by the server. */
function unbracketed(known) {
  const letters = /\p{L}{2,}/u;
  const ours = (text) => /[[\]·]|[áéíöûñšçÅÉÍØÛ]/.test(text);
  const all = known.join('\n');
  const theirs = (text) => {
    const bare = text.replace(/\s+/g, ' ').trim().toLowerCase();
    // Addresses are the same in every language, those of examples, too.
    return !letters.test(bare) || /^(https?:\/\/\S+|@?[\w.@:-]+\.[a-z]+)$/.test(bare) || all.includes(bare) || all.includes(bare.replace(/^@/, '').replace(/^[#]/, '')) || bare.split(/[\s,·@]+/).every((w) => !letters.test(w) || all.includes(w));
  };
  const languages = new Set(['English', '简体中文', 'Español', 'العربية']);
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node.data.trim(), el = node.parentElement;
    if (!text || el.closest('script, style, noscript, time, kbd, bdi, [dir=auto], [data-key], .num') || languages.has(text)) continue;
    if (ours(text) || theirs(text)) continue;
    // A word between two placeholders of a sentence that is ours.
    const block = el.closest('p, li, h1, h2, h3, button, a, label, dt, dd, div, td, th, span');
    if (block && /^\[.*\]/s.test(block.textContent.trim())) continue;
    found.push(`"${text}" has no brackets (${el.tagName.toLowerCase()}.${[...el.classList].join('.')})`);
  }
  for (const el of document.querySelectorAll('[aria-label], [title], [placeholder], img[alt]')) {
    for (const name of ['aria-label', 'title', 'placeholder', 'alt']) {
      const text = el.getAttribute(name);
      if (text && !ours(text) && !theirs(text) && !el.matches('time')) found.push(`${name} "${text}" has no brackets`);
    }
  }
  return [...new Set(found)];
}

/** In the page: what makes somebody scroll sideways. */
function sticksOut() {
  const found = [];
  const width = document.documentElement.clientWidth;
  if (document.scrollingElement.scrollWidth > width + 1) found.push(`the page is ${document.scrollingElement.scrollWidth} wide`);
  for (const pane of document.querySelectorAll('.pane, .pane-body, dialog[open]')) {
    const style = getComputedStyle(pane);
    if (pane.scrollWidth > pane.clientWidth + 1 && /auto|scroll/.test(style.overflowX + style.overflowY)) {
      const outside = [...pane.querySelectorAll('*')].filter((el) => {
        const box = el.getBoundingClientRect();
        return box.width && (box.right > pane.getBoundingClientRect().right + 1 || box.left < pane.getBoundingClientRect().left - 1) && !scrolls(el.parentElement, pane);
      });
      if (outside.length) found.push(`${pane.className} is ${pane.scrollWidth} wide, of ${pane.clientWidth}: ${outside.slice(0, 3).map((el) => `${el.tagName.toLowerCase()}.${[...el.classList].join('.')}`).join(', ')}`);
    }
  }
  return found;
  function scrolls(el, until) {
    for (; el && el !== until; el = el.parentElement) if (/auto|scroll|hidden|clip/.test(getComputedStyle(el).overflowX)) return true;
    return false;
  }
}
