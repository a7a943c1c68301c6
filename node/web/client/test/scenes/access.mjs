// Every screen against WCAG 2.2 AA by axe, in both themes, on a phone and at a desk, in English and in
// Arabic; and what axe does not know: that fingers hit what they aim at, that the focus is seen, that
// nothing moves or speaks that should not. Then what opens over screens, screens that have nothing to
// show, and screens without a network.
import { join } from 'node:path';
import { assert } from '../world.mjs';
import { addresses, paths } from '../routes.mjs';
import { name, slug, visitor } from '../visit.mjs';
import { fingers, structure, unseenFocus, violations } from '../inspect.mjs';

// Each device in each theme, each language at each device. What a round would find that another one finds,
// too, is left out: colours are the same in all languages, and at a desk Arabic differs in names and places alone.
const rounds = [
  { device: 'phone', lang: 'en', dark: false, axe: 'everything' },
  { device: 'desk', lang: 'en', dark: true, axe: 'everything' },
  { device: 'phone', lang: 'ar', dark: true, axe: 'everything' },
  { device: 'desk', lang: 'ar', dark: false, axe: 'namesAndColours' },
];

export default async function access(world) {
  const guide = await world.seat(visitor, { device: 'desk' });
  await guide.go('/home');
  const screens = await addresses(guide);
  await guide.close();
  const mended = !!process.env.TULOU_TEST_PATHS;
  if (!mended) assert.deepEqual(screens.map((s) => s.path), paths(), 'every address is visited');
  const wrong = new Set();
  const tell = (where, list) => list.forEach((w) => wrong.add(`${where}: ${w}`));
  const parts = rounds.map((round) => () => everyScreen(world, round, screens, tell));
  if (!mended) parts.push(() => opened(world, screens, tell), () => nothing(world, tell), () => otherEyes(world, tell));
  // Two at once: while one waits for the node, the other is looked at.
  await Promise.all([0, 1].map(async () => {
    for (let part = parts.shift(); part; part = parts.shift()) await part().catch((error) => tell('it ended early', [error.stack]));
  }));
  assert.deepEqual([...wrong], []);
  return `${screens.length} screens`;
}

/** The settings leave it to the browser whether things move, which is told that they should not. */
const open = (world, round) => world.seat(visitor, { ...round, settings: { motion: 'auto' } });

async function everyScreen(world, round, screens, tell) {
  const seat = await open(world, round);
  await seat.go('/home');
  for (const { path, at } of screens) {
    const where = `${path} (${name(round)})`;
    seat.errors.length = 0;
    await seat.show(at);
    if (new URL(seat.page.url()).pathname !== '/app' + at) tell(where, [`${seat.page.url()} is shown`]);
    tell(where, await structure(seat.page, round.lang));
    tell(where, await violations(seat.page, round.axe));
    await keepPicture(world, seat, path, round);
    if (round.device === 'phone') tell(where, [...await fingers(seat.page), ...await atTheEnd(seat)]);
    else tell(where, await unseenFocus(seat.page));
    tell(where, seat.errors);
  }
  await seat.close();
}

/** At the end of what scrolls nothing lies under the button that writes, or under a bar. */
async function atTheEnd(seat) {
  const scroll = (to) => seat.page.evaluate((to) => {
    const pane = [...document.querySelectorAll('.pane:not([data-beside])')].at(-1);
    pane.scrollTop = to ? pane.scrollHeight : 0;
    return pane.scrollHeight - pane.clientHeight > 1 ? pane.scrollHeight : 0;
  }, to);
  // A list may have more to show; of one without an end, this is far enough.
  for (let high = 0, now, tries = 0; tries < 4 && (now = await scroll(true)) !== high; tries++) {
    high = now;
    await seat.settled();
  }
  const found = await fingers(seat.page, { atEnd: true });
  await scroll(false);
  return found.map((w) => `at its end: ${w}`);
}

const keepPicture = (world, seat, path, round) => seat.page.screenshot({ path: join(world.pictures, slug(path, round) + '.jpg'), type: 'jpeg', quality: 80 });

/** What is pressed, one after the other, until something lies over the screen. */
const over = [
  ['/home', '.acts .icon-btn'],
  ['/home', '.acts .icon-btn', '.menu-danger >> nth=-1'],
  ['/home', '.tile-alt'],
  ['/home', '.tile-open'],
  ['/home', '.head-acts [aria-haspopup]'],
  ['/compose', '.composer-head [aria-haspopup]'],
  ['/compose', '.composer-bar [aria-haspopup=dialog] >> nth=0'],
  ['/compose', '.composer-bar [aria-haspopup=dialog] >> nth=1'],
  ['/moments', '.moment-head .icon-btn'],
  ['/moments/new', '.composer-head [aria-haspopup]'],
  ['/circles', '.head-acts .icon-btn, .pane-body .btn'],
  ['/friends/:id', '.set-row >> nth=0'],
  ['/@:acct', '.profile-acts [aria-haspopup]'],
  ['/chats/:key', '.head-acts .icon-btn', 'phone'], // at a desk it is a third column
];

/** Sheets, dialogs and menus: axe, fingers, and that Esc closes them and gives the focus back. */
async function opened(world, screens, tell) {
  for (const device of ['phone', 'desk']) {
    const seat = await open(world, { device });
    await seat.go('/home');
    for (const [path, ...presses] of over) {
      const steps = presses.filter((step) => step !== 'phone');
      if (steps.length < presses.length && device !== 'phone') continue;
      const where = `${path} → ${steps.join(' → ')} (${device})`;
      seat.errors.length = 0;
      await seat.show(screens.find((s) => s.path === path).at);
      await layer(world, seat, where, async () => {
        for (const step of steps) {
          await seat.page.locator('.pane:not([data-beside], [inert]), dialog[open]').last().locator(step.includes('nth') ? step : step + ' >> nth=0').press('Enter');
          await seat.settled();
        }
      }, tell);
      tell(where, seat.errors);
    }
    if (device === 'desk') for (const key of ['?', 'Control+k', 'c']) await layer(world, seat, `the key ${key}`, () => seat.page.keyboard.press(key), tell);
    await seat.close();
  }
}

async function layer(world, seat, where, press, tell) {
  const { page } = seat;
  await press();
  await seat.settled();
  const top = page.locator('dialog[open], .pop-out').last();
  if (!(await top.count())) return tell(where, ['nothing opens']);
  tell(where, await violations(page));
  if (await page.evaluate(() => matchMedia('(pointer: coarse)').matches)) tell(where, await fingers(page));
  if (!(await top.evaluate((e) => e.contains(document.activeElement)))) tell(where, ['the focus is not in it']);
  await page.screenshot({ path: join(world.pictures, `over-${where.replace(/[^a-z]+/gi, '-')}.jpg`), type: 'jpeg', quality: 80 });
  for (let n = 0; n < 3 && (await top.count()); n++) {
    await page.keyboard.press('Escape');
    await seat.settled();
  }
  if (await top.count()) return tell(where, ['Esc does not close it']);
  if (await page.evaluate(() => document.activeElement === document.body)) tell(where, ['the focus is lost when it is closed']);
}

/** Screens of somebody who has nothing yet, of what there is not, and without a network. */
async function nothing(world, tell) {
  const una = `una${Date.now() % 1e6}`; // a village may be visited twice
  const seat = await world.newcomer(una, 'meadow', { device: 'phone', dark: true });
  const look = async (path, when) => {
    seat.errors.length = 0;
    await seat.show(path);
    const where = `${path} (${when})`;
    tell(where, [...await structure(seat.page, 'en'), ...await violations(seat.page), ...await fingers(seat.page)]);
    await keepPicture(world, seat, `${when}${path}`, { dark: true });
  };
  const plain = paths().filter((path) => !/[:*]/.test(path) && !/^\/(settings|moderation)/.test(path));
  for (const path of plain) {
    await look(path, 'nothing yet');
    tell(`${path} (nothing yet)`, seat.errors);
  }
  for (const path of ['/@nobody', '/@nobody/1', '/circles/0', '/lists/0', '/friends/0', '/moments/0', '/nowhere']) await look(path, 'there is none');
  await seat.context.setOffline(true);
  for (const path of ['/home', '/chats', '/contacts', '/settings/devices', `/@${una}/followers`, '/search?q=boat']) await look(path, 'no network');
  await seat.close();
}

/** Colours that somebody's system forces, and more contrast: controls have edges, the focus is seen, grey text is ink. */
async function otherEyes(world, tell) {
  const seat = await open(world, { device: 'desk' });
  await seat.go('/home');
  for (const path of ['/home', '/moments', '/compose', '/settings/appearance', '/settings/privacy', '/search']) {
    await seat.page.emulateMedia({ forcedColors: 'active', contrast: null });
    await seat.show(path);
    tell(`${path} (forced colours)`, [...await unseenFocus(seat.page), ...await seat.page.evaluate(edges)]);
    await seat.page.emulateMedia({ forcedColors: 'none', contrast: 'more' });
    tell(`${path} (more contrast)`, [...await violations(seat.page, 'colours'), ...await seat.page.evaluate(greys)]);
  }
  await seat.close();
}

/** In the page: fields and switches that have lost their edge with the colour that was it. */
function edges() {
  return [...document.querySelectorAll('.field-box, .switch, .tick, .chip, .btn-filled')].filter((el) => el.getClientRects().length && parseFloat(getComputedStyle(el).borderTopWidth) < 1)
    .map((el) => `${el.tagName.toLowerCase()}.${[...el.classList].join('.')} has no edge`);
}

/** In the page: hints and times that are still grey. */
function greys() {
  const ink = getComputedStyle(document.body).color;
  return [...document.querySelectorAll('.hint, .post-when, .post-address, .row-under, .set-value')].filter((el) => el.getClientRects().length && getComputedStyle(el).color !== ink)
    .map((el) => `.${[...el.classList].join('.')} is ${getComputedStyle(el).color}`);
}
