// No dead button: each control of every screen, and of whatever these open, is used as a hand would. It
// must do something that somebody notices, and nothing may throw or log an error.
//
// What would change something at the node is asked and never answered, so that every control finds the
// village as it was; asking counts as doing something.
import { assert } from '../world.mjs';
import { addresses } from '../routes.mjs';
import { visitor } from '../visit.mjs';

/** How deep what a control opens is walked: a menu, and what its rows open. */
const depthMax = 2;
/** How long a control may take until something is noticed. */
const within = 1500;
/** How long the walk may take; what is left then is named, and the next day's walk begins elsewhere. */
const minutesMax = Number(process.env.TULOU_TEST_WALK_MINUTES ?? 2);

export default async function dead(world) {
  const guide = await world.seat(visitor, { device: 'desk' });
  await guide.go('/home');
  const all = await addresses(guide);
  await guide.close();
  const known = { once: new Set(), wrong: [], cut: [], used: 0 };
  const waiting = [...all.map((a) => ({ ...a, device: 'phone' })), ...all.slice(0, 1).map((a) => ({ ...a, device: 'desk' }))];
  waiting.push(...waiting.splice(0, (Math.floor(Date.now() / 86_400_000) * 17) % waiting.length));
  const end = Date.now() + minutesMax * 60_000;
  await Promise.all([0, 1].map(async () => {
    for (let next = waiting.shift(); next && (Date.now() < end || !waiting.unshift(next)); next = waiting.shift()) await walk(world, next, known, end);
  }));
  assert.deepEqual(known.wrong, []);
  return `${known.used} controls; ${waiting.length || known.cut.length ? `no time for ${waiting.length} screens, nor for all of ${known.cut.join(', ')}` : `all ${all.length} screens`}`;
}

async function walk(world, { path, at, device }, known, end) {
  const seat = await world.seat(visitor, { device });
  const { page } = seat;
  let asked = 0, opened = 0;
  const note = () => opened++;
  await seat.context.route((url) => /^\/(api|auth|settings|oauth)\//.test(url.pathname), (route) => {
    if (route.request().method() === 'GET') return route.continue();
    asked++;
  });
  await seat.context.route((url) => !url.hostname.endsWith('.localhost'), (route) => route.abort());
  seat.context.on('page', (other) => other !== page && (note(), void other.close().catch(() => {})));
  page.on('filechooser', note);
  page.on('download', note);
  page.on('dialog', (d) => (note(), void d.dismiss().catch(() => {})));
  page.on('request', (r) => r.resourceType() !== 'websocket' && opened++);
  await page.exposeFunction('tulouNoted', note);
  await page.addInitScript(`navigator.clipboard && (navigator.clipboard.writeText = async () => tulouNoted()); if (navigator.share) navigator.share = async () => tulouNoted();`);

  /** Shows the screen, and opens what has to be open. False if the way is not there any more. */
  let dirty = true;
  const reach = async (way) => {
    // Only what was promised to the node, or written, is there after a reload.
    if (dirty) await forget(seat, world.node(seat.person.node).url, page);
    dirty = false;
    await seat.go(at);
    for (const step of way) {
      const found = (await page.evaluate(controls)).find((c) => c.sign === step);
      if (!found || !(await use(page, found))) return false;
      await seat.drawn(100, 2500);
    }
    return true;
  };

  const tell = (...wrong) => {
    known.wrong.push(...wrong);
    wrong.forEach((w) => console.error(w)); // the walk is long: what is found is said at once
  };
  const queue = [{ way: [] }];
  for (let next = queue.shift(); next && Date.now() < end; next = queue.shift()) {
    if (!(await reach(next.way))) continue;
    const there = next.way.length ? next.before : new Set();
    const list = (await page.evaluate(controls)).filter((c) => !there.has(c.sign));
    const signs = new Set(list.map((c) => c.sign));
    let fresh = true;
    for (const sign of signs) {
      const scope = list.find((c) => c.sign === sign).scope;
      // The frame is the same on every screen; what a menu holds is the same wherever it opens.
      const once = scope === 'frame' ? `${device} ${sign}` : next.way.length ? `${next.way.at(-1)} ${sign}` : '';
      if (once && known.once.has(once)) continue;
      if (once) known.once.add(once);
      if (Date.now() > end) {
        known.cut.push(path);
        break;
      }
      if (!fresh && !(await reach(next.way))) break;
      fresh = false;
      const found = (await page.evaluate(controls)).find((c) => c.sign === sign);
      if (!found) continue;
      const where = `${path} (${device}): ${[...next.way, sign].join(' → ')}`;
      seat.errors.length = 0;
      const before = new Set((await page.evaluate(controls)).map((c) => c.sign));
      await page.evaluate(watch);
      const url = page.url(), counts = asked + opened, was = asked;
      known.used++;
      if (!(await use(page, found))) {
        tell(`${where}: something lies over it`);
        continue;
      }
      const noticed = await seat.until(async () => asked + opened > counts || page.url() !== url || (await page.evaluate(changed).catch(() => true)), where, within).catch(() => false);
      dirty ||= asked > was || found.kind === 'text';
      if (!noticed) tell(`${where}: nothing happens`);
      await seat.drawn(80, 2000).catch(() => {});
      tell(...seat.errors.filter((e) => !/net::ERR_(ABORTED|FAILED)/.test(e)).map((e) => `${where}: ${e}`));
      // What it opened over the screen is walked, too; another screen has a walk of its own.
      if (noticed && next.way.length < depthMax && page.url() === url && (await page.evaluate(over))) queue.push({ way: [...next.way, sign], before });
    }
  }
  await seat.close();
}

/** Forgets what waits in the outbox, and drafts: the next control is to find nothing of the last. */
async function forget(seat, base, page) {
  await page.goto(base + '/livez');
  await page.evaluate(() => new Promise((done) => {
    const gone = indexedDB.deleteDatabase('tulou.cache');
    gone.onsuccess = gone.onerror = gone.onblocked = done;
  }));
}

/** Uses a control: types into a field, picks another option, opens a card, clicks the rest. False if it cannot be hit. */
async function use(page, { index, kind }) {
  const el = page.locator(`[data-walk="${index}"]`);
  if (!(await el.count())) return false;
  await el.evaluate((e) => e.scrollIntoView({ block: 'center', inline: 'center' }));
  if (kind === 'text') return el.pressSequentially('a').then(() => true, () => false);
  if (kind === 'select') {
    return el.evaluate((e) => {
      e.selectedIndex = (e.selectedIndex + 1) % e.options.length;
      e.dispatchEvent(new Event('input', { bubbles: true }));
      e.dispatchEvent(new Event('change', { bubbles: true }));
    }).then(() => true);
  }
  if (kind === 'card') return el.press('Enter').then(() => true);
  const hit = await el.evaluate((e) => {
    e.focus({ preventScroll: true });
    const label = e.closest('label') ?? (e.id ? document.querySelector(`label[for="${CSS.escape(e.id)}"]`) : null);
    for (const target of [e, label]) {
      for (const box of target?.getClientRects() ?? []) {
        const x = box.left + box.width / 2, y = box.top + box.height / 2;
        const at = document.elementFromPoint(x, y);
        if (at && (e.contains(at) || label?.contains(at))) return { x, y };
      }
    }
    // A skip link is there only for the keyboard.
    return e.matches('.skip') ? { key: true } : null;
  });
  if (!hit) return false;
  if (hit.key) await el.press('Enter');
  else await page.mouse.click(hit.x, hit.y);
  return true;
}

/** In the page: the controls that can be reached, each with a name that is the same next time. */
function controls() {
  const all = document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [role=tab], [role=menuitem], [role=option], [role=slider], article[tabindex="0"]');
  const top = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document;
  const found = [];
  let index = 0;
  for (const el of all) {
    el.removeAttribute('data-walk');
    const box = el.getBoundingClientRect(), style = getComputedStyle(el);
    if (!top.contains(el) && top !== document) continue;
    if (el.closest('[inert]') || el.closest('[aria-hidden=true]') || el.disabled || el.getAttribute('aria-disabled') === 'true') continue;
    if ((!box.width || !box.height) && !el.matches('input[type=checkbox], input[type=radio]')) continue;
    if (style.visibility === 'hidden' || el.matches('.hear') || el.closest('details:not([open])') && !el.matches('summary')) continue;
    // Where somebody is already, and what is chosen already, stays so.
    if (el.matches('[aria-current=page], [aria-selected=true], input[type=radio]:checked, [role=radio][aria-checked=true], [aria-pressed=true].chip, a[href^="blob:"]')) continue;
    const item = el.closest('[data-item], li, [role=listitem], [role=row], article');
    const frame = el.closest('.tab-bar, .rail, .skip');
    const text = (el.getAttribute('aria-label') ?? el.labels?.[0]?.textContent ?? el.textContent ?? '').replace(/\s+/g, ' ').trim();
    // Names of people and numbers differ from row to row; what the row is for does not.
    const called = item && !el.matches('button, [role=menuitem], summary, input, select') ? '' : text.replace(/[\d.,:]+/g, '#').replace(/@\S+/g, '@').slice(0, 40);
    const leads = el.matches('a') ? place(el) : '';
    const look = [...el.classList].filter((c) => !/^is-|-on$/.test(c)).join('.');
    const kind = el.matches('select') ? 'select' : el.matches('textarea, input:not([type=checkbox]):not([type=radio]):not([type=file]):not([type=range]):not([type=submit]):not([type=button]):not([type=color]):not([type=date]):not([type=datetime-local]):not([type=time])') ? 'text' : el.matches('article') ? 'card' : 'click';
    if (el.matches('input[type=file], input[type=range], input[type=date], input[type=datetime-local], input[type=time]')) continue; // the browser's own
    el.dataset.walk = String(index);
    found.push({ index: index++, kind, scope: frame ? 'frame' : 'screen', sign: `${el.tagName.toLowerCase()}${look && '.' + look}${called && ` "${called}"`}${leads && ` to ${leads}`}` });
  }
  return found;
  function place(a) {
    if (a.origin !== location.origin) return 'elsewhere';
    return a.pathname.replace(/@[^/]+/g, '@').replace(/\d{3,}/g, '#').replace(/\/tags?\/.*/, '/tag');
  }
}

/** In the page: from now on, what somebody would notice is noted. */
function watch() {
  const seen = (window.tulouSeen = { changed: 0, focus: document.activeElement, values: values() });
  window.tulouWatch?.disconnect();
  window.tulouWatch = new MutationObserver((list) => {
    seen.changed += list.filter((m) => m.attributeName !== 'data-walk' && !m.target.closest?.('.tulou-quiet')).length;
  });
  window.tulouWatch.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  window.tulouValues = values;
  addEventListener('scroll', () => seen.changed++, { capture: true, once: true });
  for (const kind of ['play', 'pause']) addEventListener(kind, () => seen.changed++, { capture: true, once: true });
  function values() {
    return [...document.querySelectorAll('input, textarea, select')].map((e) => (e.type === 'checkbox' || e.type === 'radio' ? e.checked : e.value)).join('|');
  }
}

/** In the page: whether something was noted. */
function changed() {
  const { changed, focus, values } = window.tulouSeen ?? { changed: 1 };
  const now = document.activeElement;
  return changed > 0 || values !== window.tulouValues() || (now !== focus && now !== document.body && !now?.hasAttribute('data-walk'));
}

/** In the page: whether something lies over the screen. */
function over() {
  return !!document.querySelector('dialog[open], [role=menu], [role=listbox]:not(.palette-list), [popover]:popover-open');
}
