// What is asked of a screen that stands there: axe, and what axe does not know. Each answer is a list of
// sentences, empty if all is well.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** WCAG 2.2 AA, and what is good besides: landmarks, headings. */
const all = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const colours = ['color-contrast', 'link-in-text-block'];

/** What stays where it is while a screen scrolls below it. */
const bars = '.head, .tab-bar, .pane-foot, .pane-fab, .profile-tabs, .composer-bar, .edit-acts, .sheet-head, .sheet-foot, .contacts-index, .audience-foot';

/** What may differ between languages at a desk. */
const names = ['label-content-name-mismatch', 'target-size', 'button-name', 'link-name', 'label', 'valid-lang', 'document-title', 'scrollable-region-focusable'];

const asked = { everything: all, namesAndColours: [...names, ...colours], colours };

/** What axe finds. */
export async function violations(page, what = 'everything') {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe);
  return page.evaluate(runAxe, { bars, runOnly: asked[what] });
}

/** In the page. */
async function runAxe({ bars, runOnly }) {
  // Style sheets are our own and no media play, so nothing needs to be fetched first.
  const { violations } = await window.axe.run(document, { runOnly, resultTypes: ['violations'], preload: false });
  // What a bar covers now is scrolled clear of it; that this is so at the end of a screen, too, is asked by fingers.
  const covered = (node) => node.any.some(({ relatedNodes }) => relatedNodes.length > 0 && relatedNodes.every(({ target }) => document.querySelector(target[0])?.closest(bars)));
  const says = (node) => `${node.target.join(' ')} ${[...node.any, ...node.all, ...node.none][0]?.message ?? ''}`;
  return violations.flatMap(({ id, help, nodes }) => {
    const left = id === 'target-size' ? nodes.filter((node) => !covered(node)) : nodes;
    return left.length ? [`${id} (${help}): ${left.slice(0, 4).map(says).join('; ')}${left.length > 4 ? ` and ${left.length - 4} more` : ''}`] : [];
  });
}

/** What axe does not know of titles, language, live regions, focus and motion. */
export const structure = (page, lang) => page.evaluate(structureOf, lang);

/** In the page. */
function structureOf(lang) {
  const found = [];
  const seen = (el) => el.getClientRects().length > 0 && getComputedStyle(el).visibility === 'visible' && !el.closest('[inert], [aria-hidden=true]');
  const named = (el) => `${el.tagName.toLowerCase()}.${[...el.classList].join('.')}`;
  const root = document.documentElement, dir = /^(ar|fa|he|ur)/.test(lang) ? 'rtl' : 'ltr';
  if (root.lang !== lang || getComputedStyle(root).direction !== dir) found.push(`the page says it is ${root.lang}, ${getComputedStyle(root).direction}`);

  // Each pane is a screen with a title, which is the first heading in it; that on top titles the page. What rests beside them is no screen.
  const panes = [...document.querySelectorAll('.pane:not([data-beside])')].filter(seen);
  for (const pane of panes) {
    const titles = [...pane.querySelectorAll('h1')].filter(seen);
    if (titles.length !== 1) found.push(`${titles.length} titles: ${titles.map((h) => h.textContent).join(', ')}`);
  }
  const title = panes.at(-1)?.querySelector('h1')?.textContent;
  if (!document.title.startsWith(title)) found.push(`the page is called "${document.title}", the screen "${title}"`);

  // What people wrote runs in its own direction.
  for (const el of document.querySelectorAll('.post-text, .moment-text, .bubble-text, .quote-text, .request-words')) {
    if (seen(el) && !el.closest('[dir=auto]') && !el.querySelector('[dir=auto]')) found.push(`${named(el)} has no direction of its own`);
  }

  // A screen that was just opened has its title read, and nothing beside it; and the focus is at that title or in a field.
  for (const el of document.querySelectorAll('[aria-live=assertive], [aria-live=polite], [role=alert]')) {
    if (seen(el) && el.textContent.trim()) found.push(`a live region speaks though nothing happened: "${el.textContent.trim()}"`);
  }
  const at = document.activeElement;
  if (at === document.body || !seen(at)) found.push(`the focus is ${at === document.body ? 'nowhere' : `at ${named(at)}, which nobody sees`}`);

  // With prefers-reduced-motion nothing moves: what comes fades, once and quickly.
  const seconds = (value) => Math.max(...value.split(', ').map(parseFloat));
  for (const el of document.querySelectorAll('body, body *')) {
    const style = getComputedStyle(el);
    const long = seconds(style.transitionDuration) > 0.1 && 'changes';
    const moves = style.animationName !== 'none' && (style.animationName !== 'fade' || seconds(style.animationDuration) > 0.1 || style.animationIterationCount !== '1') && 'moves';
    if (long || moves) found.push(`${named(el)} ${long || moves} although motion is to be less`);
  }
  return [...new Set(found)];
}

/**
 * On a phone: controls that a finger of 44 pixels misses, those that lie under others, and, at the end of
 * what scrolls, those that something at the foot covers for good.
 */
export const fingers = (page, { atEnd = false } = {}) => page.evaluate(smallTargets, { bars, atEnd });

/** In the page. */
function smallTargets({ bars, atEnd }) {
  const large = 44, slack = 1;
  const named = (el) => `${el.tagName.toLowerCase()}.${[...el.classList].join('.')} "${(el.getAttribute('aria-label') ?? el.textContent).trim().slice(0, 24)}"`;
  const top = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document.body;
  const found = new Set();
  for (const el of top.querySelectorAll('a[href], button, select, summary, [role=button], [role=tab], [role=switch], [role=menuitem], input[type=checkbox], input[type=radio]')) {
    const box = el.getBoundingClientRect(), style = getComputedStyle(el);
    if (!box.width || !box.height || el.disabled || el.closest('[inert], [aria-hidden=true], .hear, .skip, .fab-away') || style.visibility === 'hidden') continue;
    // WCAG 2.5.5 and 2.5.8 leave out what stands within a sentence, which is as high as its line: names and links in what people
    // wrote, and words of a sentence of ours. What stands alone is none of them.
    if (style.display === 'inline' && (el.closest('[dir=auto]') || el.closest('p, li, dd, span, div').textContent.trim() !== el.textContent.trim())) continue;
    const x = box.left + box.width / 2, y = box.top + box.height / 2;
    if (box.top < 0 || box.bottom > innerHeight || x < 0 || x >= innerWidth) continue;
    const label = el.closest('label') ?? (el.id ? document.querySelector(`label[for="${CSS.escape(el.id)}"]`) : null);
    const at = (x, y) => document.elementFromPoint(Math.min(Math.max(x, 0), innerWidth - 1), Math.min(Math.max(y, 0), innerHeight - 1));
    const mine = (x, y) => el.contains(at(x, y)) || label?.contains(at(x, y));
    // What a bar covers is scrolled to; at the end of the screen it could not be.
    const over = [[x, y], [x, box.top + 1], [x, box.bottom - 1]].map(([x, y]) => !mine(x, y) && at(x, y)?.closest(bars)).find((bar) => bar && !bar.contains(el));
    if (over) {
      if (atEnd && !over.matches('.head, .profile-tabs, .sheet-head')) found.add(`${named(el)} lies under ${named(over).replace(/ ".*/, '')} at the end of the screen`);
      continue;
    }
    if (!mine(x, y)) {
      const other = at(x, y)?.closest('a, button, input, select');
      if (other && !other.contains(el)) found.add(`${named(el)} lies under ${named(other)}`);
      continue;
    }
    const reach = (dx, dy) => {
      for (let n = 1; ; n++) {
        const px = x + dx * n, py = y + dy * n;
        if (n > large || px < 0 || py < 0 || px >= innerWidth || py >= innerHeight) return large; // or beyond what is seen
        if (!mine(px, py)) return at(px, py)?.closest(bars)?.contains(el) === false ? large : n - 1;
      }
    };
    const wide = Math.max(box.width, 1 + reach(1, 0) + reach(-1, 0)), high = Math.max(box.height, 1 + reach(0, 1) + reach(0, -1));
    if (wide < large - slack || high < large - slack) found.add(`target of ${Math.round(wide)} × ${Math.round(high)}: ${named(el)}`);
  }
  return [...found];
}

/** What has the focus and does not show it. In a field the caret shows it. */
export const unseenFocus = (page) => page.evaluate(focusUnseen);

/** In the page. */
function focusUnseen() {
  const found = [], was = document.activeElement;
  const top = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document.body;
  const look = (el) => {
    const parts = [];
    for (let e = el, up = 0; e && up < 4; e = e.parentElement, up++) {
      const { outlineStyle, outlineWidth, boxShadow, backgroundColor } = getComputedStyle(e);
      parts.push(outlineStyle === 'none' ? '' : outlineWidth, boxShadow, backgroundColor);
    }
    return parts.join('|');
  };
  for (const el of top.querySelectorAll('a[href], button, select, summary, input, textarea, [tabindex="0"]')) {
    const box = el.getBoundingClientRect();
    if (!box.width || el.disabled || el.tabIndex < 0 || el.closest('[inert]') || box.top < 0 || box.bottom > innerHeight || el.matches('textarea, input:not([type=checkbox], [type=radio], [type=range], [type=file])')) continue;
    const before = look(el);
    el.focus({ preventScroll: true });
    if (document.activeElement === el && look(el) === before) found.push(`nobody sees the focus at ${el.tagName.toLowerCase()}.${[...el.classList].join('.')}`);
  }
  was?.focus?.({ preventScroll: true });
  return [...new Set(found)];
}
