// No dead button: each control of every screen, and of whatever these open, is used as a hand would. It
// must do something that somebody notices, and nothing may throw or log an error. So does somebody who
// has something everywhere and moderates, on a phone and at a desk; somebody who has nothing yet; and
// whoever reads the pages of the server and is not signed in. What none of them got to fails, too.
import { assert } from '../world.mjs';
import { addresses } from '../routes.mjs';
import { visitor } from '../visit.mjs';
import { Found, Walker } from '../walk.mjs';

/** How long the walk may take; it fails if that does not do. On two quiet cores it takes a fraction of it. */
const minutesMax = Number(process.env.TULOU_TEST_WALK_MINUTES ?? 8);
/** How many browsers walk at once: more than cores, since each waits now and then. */
const atOnce = 3;

export default async function dead(world) {
  const found = new Found(), last = Date.now() + minutesMax * 60_000;
  const people = { visitor: world.person(visitor), newcomer: await newcomer(world), stranger: null };
  const jobs = [...(await screens(world, people)), ...pages(people.visitor, world.node('harbor'))];
  const count = jobs.length;
  const proof = findsThePlanted(world).catch((e) => found.tell(e.stack));
  await atTheSameTime(atOnce, jobs, last, async (job, walkers) => {
    const key = `${job.who}, ${job.device}`;
    walkers[key] ??= await walker(world, people, job, found, last, (url) => jobs.push(...pageOf(job, url, found)));
    await walkers[key].walk({ ...job, by: key }).catch((e) => found.tell(`${job.name} (${key}): ${e.stack}`));
  });
  await proof;
  // An hour glass that has run out leaves controls that nobody has used.
  if (Date.now() > last) found.tell(`not all was walked within ${minutesMax} minutes`);
  assert.deepEqual([...found.wrong], []);
  return `${found.used} controls of ${count} screens and pages`;
}

/** Plays jobs with a few hands, also those that come while others are played, until the time is over. */
async function atTheSameTime(hands, jobs, last, play) {
  let busy = 0;
  await Promise.all(Array.from({ length: hands }, async () => {
    const mine = {};
    while ((jobs.length || busy) && Date.now() < last) {
      const job = jobs.shift();
      if (!job) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        continue;
      }
      busy++;
      await play(job, mine);
      busy--;
    }
  }));
}

async function walker(world, people, { who, device }, found, last, onPage) {
  const person = people[who];
  const seat = person ? await world.seat(person, { device }) : await world.stranger('harbor', { device });
  return new Walker(seat, found, { origin: world.node(person?.node ?? 'harbor').url, last, onPage }).begin();
}

/** Somebody who has just come, and has nothing. */
async function newcomer(world) {
  const seat = await world.stranger('harbor', { device: 'desk' });
  const { page } = seat, password = 'a bench by the gate';
  await page.goto(world.node('harbor').invitation);
  await page.fill('[name=username]', 'new');
  await page.fill('[name=email]', 'new@mail.example');
  await page.fill('[name=password]', password);
  await page.check('[name=agreement]');
  await page.press('[name=password]', 'Enter');
  await seat.until(async () => (await page.locator('a[href^="/app/"]').count()) > 0 || /\/app\//.test(page.url()), 'signing up leads to the app');
  await seat.close();
  return world.welcome({}, 'new', 'harbor', password);
}

/** Every screen, for whom it may look different. */
async function screens(world, people) {
  const guide = await world.seat(people.visitor, { device: 'desk' });
  await guide.go('/home');
  const all = (await addresses(guide)).map(({ path, at }) => ({ name: path, at: '/app' + at }));
  await guide.close();
  const own = all.filter(({ name }) => !/:|^\/moderation/.test(name)).concat(
    all.filter(({ name }) => /^\/@:acct(\/follow\w+)?$/.test(name)).map(({ name }) => ({ name, at: '/app' + name.replace(':acct', 'new') })));
  return [
    ...all.map((a) => ({ ...a, who: 'visitor', device: 'phone' })),
    ...all.map((a) => ({ ...a, who: 'visitor', device: 'desk', again: true })),
    ...own.map((a) => ({ ...a, who: 'newcomer', device: 'phone', again: true })),
  ];
}

/** Where somebody begins who is not signed in; the rest is found by links. */
function pages(person, { url, invitation }) {
  const handle = person.handle.split('@')[0];
  const at = ['/', '/auth/sign_in', `/@${handle}`, invitation.slice(url.length)];
  return at.map((at) => ({ name: at, at, who: 'stranger', device: 'phone' }));
}

/** A page that a link has led to is walked, too, once for all of its kind. */
function pageOf({ who, device }, url, found) {
  const { pathname, search, origin } = new URL(url);
  const name = pathname.replace(/@[^/]+/, '@:name').replace(/\d{6,}/g, ':id').replace(/^\/invite\/.*/, '/invite/:code').replace(/^\/tags\/.*/, '/tags/:tag');
  if (pathname.startsWith('/app/') || !found.first(`page ${who} ${name}`)) return [];
  return [{ name, at: url.slice(origin.length) || pathname + search, who, device }];
}

/** The walk finds what is wrong: here it has to. */
async function findsThePlanted(world) {
  const found = new Found(() => {}), person = world.person(visitor);
  const seat = await world.seat(person, { device: 'phone' });
  const walk = await new Walker(seat, found, { origin: world.node(person.node).url, prepare: (page) => page.evaluate(plant) }).begin();
  await walk.walk({ name: '/circles', at: '/app/circles', by: 'gardener' });
  const said = Object.entries({
    dead: 'nothing happens', box: 'nothing happens', inside: 'nothing happens', below: 'something lies over it', astray: 'it leads to a screen that is not there',
    gone: 'which answers 404', throws: 'thrown: Error: planted', logs: 'logged: planted',
  });
  const wrong = [...found.wrong];
  const missed = said.filter(([name, what]) => !wrong.some((w) => w.includes(`planted ${name}`) && w.includes(what)));
  assert.deepEqual(missed, [], `the walk does not find what is planted, only ${wrong.join('\n')}`);
  assert.deepEqual(wrong.filter((w) => !/planted/.test(w)), []);
  await seat.close();
}

/** In the page: controls with something wrong, and one that opens a box with such a control in it. */
function plant() {
  const place = document.querySelector('.pane:last-of-type .pane-body');
  const add = (to, tag, name, set = {}) => to.appendChild(Object.assign(document.createElement(tag), { textContent: `planted ${name}`, ...set }));
  const show = (e) => (e.currentTarget.textContent += '.');
  add(place, 'button', 'dead');
  add(place, 'button', 'throws', { onclick: (e) => (show(e), (() => { throw new Error('planted'); })()) });
  add(place, 'button', 'logs', { onclick: (e) => (show(e), console.error('planted')) });
  add(place, 'a', 'astray', { href: '/app/nowhere/at/all' });
  add(place, 'a', 'gone', { href: '/nowhere' });
  add(add(place, 'label', 'box'), 'input', '', { type: 'checkbox' });
  const dialog = add(document.body, 'dialog', 'box');
  add(dialog, 'button', 'inside');
  add(place, 'button', 'door', { onclick: () => dialog.showModal() });
  const below = add(place, 'div', '');
  add(below, 'button', 'below');
  below.style.position = 'relative';
  const cover = add(below, 'div', '');
  Object.assign(cover.style, { position: 'absolute', inset: '0', zIndex: '1' });
}
