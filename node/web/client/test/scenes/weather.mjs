// Bad days: the node fails, is busy, or somebody on the way answers in its place; the device is full,
// keeps nothing, or has the wrong day. Each time a sentence says so, nothing is lost, and trying again works.
import { assert, said, t } from '../world.mjs';

export default async function weather(world) {
  await screensFail(world);
  await sendingFails(world);
  await full(world);
  await keepsNothing(world);
  await wrongDay(world);
}

/** What everybody asks at the start: who is signed in, and where. */
const atStart = /\/(verify_credentials|instance|manifest\.webmanifest|friends\/code|reach)(\?|$)/;

const answers = {
  broken: { status: 500, contentType: 'application/json', body: '{"error":"what the server says"}' },
  unavailable: { status: 503, contentType: 'text/html', body: '<h1>Bad gateway</h1>' },
  'too-many': { status: 429, contentType: 'application/json', body: '{"error":"slow down"}', headers: { 'Retry-After': '1' } },
  // A hotel wants to be agreed with first, and answers in the place of the node.
  portal: { status: 200, contentType: 'text/html', body: '<h1>Welcome to our network</h1>' },
};

/** How long a screen may take to say it. */
const within = 8000;

const screens = ['/notifications', '/chats', '/contacts', '/circles', '/moments', '/home', '/explore', '/lists', '/bookmarks', '/settings/devices', '/settings/privacy', '/settings/filters'];

async function screensFail(world) {
  const seat = await world.seat('otto', { device: 'phone' });
  const { page } = seat;
  const kinds = Object.keys(answers), wrong = [];
  for (const [i, path] of screens.entries()) {
    const kind = kinds[i % kinds.length];
    const fail = (route) => (atStart.test(route.request().url()) ? route.continue() : route.fulfill(answers[kind]));
    await page.goto('/livez');
    await forget(page);
    await page.route('**/api/**', fail);
    await seat.go(path);
    const sentence = t(kind === 'portal' ? 'failure.unavailable' : `failure.${kind}`);
    const again = seat.by('button', 'ui.again').first();
    const words = page.getByText(sentence).filter({ visible: true }).first();
    const told = await words.waitFor({ timeout: within }).then(() => true, () => false);
    if (!told || !(await again.count())) {
      wrong.push(`${path} says nothing of ${kind}`);
      await seat.picture('weather-silent' + path.replaceAll('/', '-'));
    }
    if (!i) await seat.picture('weather-screen');
    await page.unroute('**/api/**', fail);
    if (told && (await again.count())) {
      await again.click();
      if (!(await words.waitFor({ state: 'detached', timeout: within }).then(() => true, () => false))) wrong.push(`${path} does not come back`);
    }
  }
  assert.deepEqual(wrong, []);
  seat.quiet({ network: false });
  await seat.close();
}

/** What was kept would be shown in place of what fails. */
const forget = (page) => page.evaluate(() => new Promise((done) => {
  const gone = indexedDB.deleteDatabase('tulou.cache');
  gone.onsuccess = gone.onerror = gone.onblocked = done;
}));

async function begin(seat, words) {
  await seat.go('/home');
  await seat.press('link', 'shell.compose');
  await seat.by('textbox', 'compose.hint').fill(words);
}

async function isOutOnce(seat, words) {
  const mine = async () => (await seat.api('GET', '/api/v1/timelines/home')).filter((s) => s.content.includes(words));
  await seat.until(async () => (await mine()).length > 0, `"${words}" goes out`);
  await seat.until(async () => (await seat.page.locator('article.post.post-pending').count()) === 0, 'nothing waits any more');
  assert.equal((await mine()).length, 1, `"${words}" went out more than once`);
}

async function sendingFails(world) {
  const seat = await world.seat('otto', { device: 'phone' });
  const { page } = seat;
  const once = async (answer) => page.route('**/api/v1/statuses', (route) => (route.request().method() === 'POST' ? (typeof answer === 'string' ? route.abort(answer) : route.fulfill(answer)) : route.continue()), { times: 1 });

  // It is refused: the words are kept, and one goes on from there.
  let words = `Refused at first ${Date.now()}`;
  await begin(seat, words);
  await once(answers.broken);
  await seat.press('button', 'compose.post');
  await page.getByText(t('compose.refused').replace('{why}', t('failure.broken'))).waitFor();
  await seat.picture('weather-refused');
  await seat.press('button', 'compose.open');
  assert.equal(await seat.by('textbox', 'compose.hint').inputValue(), words);
  await seat.press('button', 'compose.post');
  await isOutOnce(seat, words);

  // It passes by itself.
  for (const answer of [answers['too-many'], answers.portal, 'timedout']) {
    words = `It passes ${Date.now()}`;
    await begin(seat, words);
    await once(answer);
    await seat.press('button', 'compose.post');
    await page.getByRole('article').filter({ hasText: words }).waitFor();
    await isOutOnce(seat, words);
  }
  seat.quiet({ network: false });
  await seat.close();
}

/** The device is full: what a browser answers then, since it looks only now and then whether it is. */
async function full(world) {
  const seat = await world.seat('otto', { device: 'phone' });
  const { page } = seat;
  await seat.context.addInitScript(() => {
    for (const name of ['add', 'put']) {
      const real = IDBObjectStore.prototype[name];
      IDBObjectStore.prototype[name] = function (...given) {
        if (globalThis.full) throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
        return real.apply(this, given);
      };
    }
  });
  const words = `No room for this ${Date.now()}`;
  await begin(seat, '');
  await page.evaluate(() => (globalThis.full = true));
  await seat.by('textbox', 'compose.hint').fill(words);
  await seat.press('button', 'compose.post');
  await page.getByText(t('compose.refused').replace('{why}', t('failure.no-room'))).waitFor();
  assert.equal(await seat.by('textbox', 'compose.hint').inputValue(), words);
  await seat.picture('weather-full');
  await page.evaluate(() => (globalThis.full = false));
  await seat.press('button', 'compose.post');
  await isOutOnce(seat, words);
  seat.quiet();
  await seat.close();
}

/** A window that keeps nothing: no database, no worker. */
async function keepsNothing(world) {
  const seat = await world.seat('otto', { device: 'phone', worker: true });
  await seat.context.addInitScript(() => {
    const none = () => { throw new DOMException('The operation is insecure.', 'SecurityError'); };
    IDBFactory.prototype.open = none;
    ServiceWorkerContainer.prototype.register = () => Promise.reject(new DOMException('The operation is insecure.', 'SecurityError'));
  });
  await seat.go('/home');
  await seat.page.getByText(t('storage.nothing')).first().waitFor();
  await seat.picture('weather-nothing-kept');
  const words = `From a private window ${Date.now()}`;
  await begin(seat, words);
  await seat.press('button', 'compose.post');
  await isOutOnce(seat, words);
  for (const path of ['/chats', '/moments', '/settings/storage', '/drafts']) await seat.go(path);
  seat.quiet();
  await seat.close();
}

/** The clock of the device is a day ahead. */
async function wrongDay(world) {
  const seat = await world.seat('otto', { device: 'phone' });
  await seat.context.addInitScript(() => {
    const Real = Date, ahead = 24 * 60 * 60 * 1000;
    globalThis.Date = class extends Real {
      constructor(...given) {
        super(...(given.length ? given : [Real.now() + ahead]));
      }
      static now() {
        return Real.now() + ahead;
      }
    };
  });
  let codes = 0;
  seat.page.on('request', (r) => (codes += r.method() === 'POST' && r.url().endsWith('/friends/code') ? 1 : 0));
  await seat.go('/add');
  await seat.page.getByText(said('add.until')).waitFor();
  await seat.page.waitForTimeout(2500);
  assert.ok(codes <= 2, `${codes} codes were made: each seems to have ended already`);
  const words = `Posted tomorrow ${Date.now()}`;
  await begin(seat, words);
  await seat.press('button', 'compose.post');
  await isOutOnce(seat, words);
  seat.quiet();
  await seat.close();
}
