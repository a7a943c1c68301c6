// Every screen against WCAG 2.2 AA by axe, in both themes, on a phone and at a desk, in English and in
// Arabic; and what axe does not know: that fingers can hit what they aim at.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { assert } from '../world.mjs';
import { name, slug, visit } from '../visit.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const wcag = { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] };
const colours = { type: 'rule', values: ['color-contrast', 'link-in-text-block'] };

// Every pair of theme, device and language is there; colours are the same in all languages.
const rounds = [
  { device: 'phone', lang: 'en', dark: false, also: true },
  { device: 'desk', lang: 'en', dark: true, also: true },
  { device: 'phone', lang: 'ar', dark: true },
  { device: 'desk', lang: 'ar', dark: false },
];

export default async function access(world) {
  const { wrong, screens } = await visit(world, rounds, async (seat, { path }, round) => {
    const found = await violations(seat.page, wcag);
    if (round.device === 'phone') found.push(...(await seat.page.evaluate(smallTargets)));
    await keepPicture(world, seat, path, round);
    if (round.also) {
      const other = { ...round, dark: !round.dark };
      await seat.page.emulateMedia({ colorScheme: other.dark ? 'dark' : 'light' });
      found.push(...(await violations(seat.page, colours)).map((w) => `${name(other)}: ${w}`));
      await keepPicture(world, seat, path, other);
      await seat.page.emulateMedia({ colorScheme: round.dark ? 'dark' : 'light' });
    }
    return found;
  });
  assert.deepEqual(wrong, []);
  return `${screens} screens`;
}

async function violations(page, runOnly) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe);
  return page.evaluate(async (runOnly) => {
    const { violations } = await window.axe.run(document, { runOnly, resultTypes: ['violations'] });
    return violations.map((v) => `${v.id} (${v.help}): ${v.nodes.slice(0, 4).map((n) => `${n.target.join(' ')} ${n.any[0]?.message ?? n.all[0]?.message ?? n.none[0]?.message ?? ''}`).join('; ')}${v.nodes.length > 4 ? ` and ${v.nodes.length - 4} more` : ''}`);
  }, runOnly);
}

const keepPicture = (world, seat, path, round) => seat.page.screenshot({ path: join(world.pictures, slug(path, round) + '.png') });

/** In the page: controls that a finger of 44 pixels misses. A link within a sentence is as high as its line. */
function smallTargets() {
  const large = 44, slack = 1;
  const found = new Set();
  for (const el of document.querySelectorAll('a[href], button, select, summary, [role=tab], [role=switch], [role=menuitem], input[type=checkbox], input[type=radio]')) {
    const box = el.getBoundingClientRect();
    if (!box.width || !box.height || el.disabled || el.closest('[inert], [aria-hidden=true], .hear, .skip')) continue;
    if (getComputedStyle(el).visibility === 'hidden' || getComputedStyle(el).display === 'inline') continue;
    if (box.top < 0 || box.bottom > innerHeight || box.left < 0 || box.right > innerWidth) continue;
    const label = el.closest('label') ?? (el.id ? document.querySelector(`label[for="${CSS.escape(el.id)}"]`) : null);
    const hits = (x, y) => {
      const at = document.elementFromPoint(Math.min(Math.max(x, 0), innerWidth - 1), Math.min(Math.max(y, 0), innerHeight - 1));
      return at && (el.contains(at) || at.contains(el) && at !== document.body && at.matches('a, button, label') || label?.contains(at));
    };
    const reach = large / 2 - slack, x = box.left + box.width / 2, y = box.top + box.height / 2;
    const wide = box.width >= large - slack || (hits(x - reach, y) && hits(x + reach, y));
    const high = box.height >= large - slack || (hits(x, y - reach) && hits(x, y + reach));
    if (!wide || !high) found.add(`target of ${Math.round(box.width)} × ${Math.round(box.height)}: ${el.tagName.toLowerCase()}.${[...el.classList].join('.')}`);
  }
  return [...found];
}
