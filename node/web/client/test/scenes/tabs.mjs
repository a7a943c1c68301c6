// One person in two tabs and on two devices: what is read in one is read in the other, who signs out in
// one is signed out in both, and what was written when the session ended elsewhere is not lost.
import { assert, t } from '../world.mjs';

export default async function tabs(world) {
  const phone = await fresh(world, 'wen', { device: 'phone', worker: true });
  const desk = await fresh(world, 'wen', { device: 'desk' });
  await phone.go('/home');
  await desk.go('/home');
  await readMarks(world, phone, desk);
  await endedElsewhere(world, phone, desk);
  await anotherPerson(world, phone);
  await signOut(desk);
  for (const seat of [phone, desk]) seat.quiet({ network: false });
}

/** A session of its own: others end with it. */
async function fresh(world, name, options) {
  const seat = await world.stranger(world.person(name).node, options);
  await seat.signIn(world.person(name));
  return seat;
}

async function second(seat) {
  const page = await seat.context.newPage();
  seat.listen(page);
  return Object.assign(Object.create(seat), { page });
}

/** The number at the bell, as the ear hears it; 0 without one. */
async function bell(seat) {
  const name = t('shell.notifications');
  const heard = await seat.page.getByRole('link', { name: new RegExp('^' + name) }).first().getAttribute('aria-label');
  return Number(/\d+/.exec(heard)?.[0] ?? 0);
}

async function readMarks(world, phone, desk) {
  const tab = await second(desk);
  await tab.go('/home');
  const other = await world.seat('ben', { device: 'desk' });
  await other.go('/home');
  await other.api('POST', '/api/v1/statuses', { status: `@${desk.person.handle} Did you see the ${Date.now()} swans?` });
  for (const seat of [phone, desk, tab]) await seat.until(async () => (await bell(seat)) > 0, 'the bell calls on each device and in each tab');
  await desk.page.getByRole('link', { name: new RegExp('^' + t('shell.notifications')) }).first().click();
  await desk.page.getByText(/swans/).first().waitFor();
  await desk.press('button', 'shell.back'); // what is new stays marked until one leaves
  await desk.until(async () => (await bell(desk)) === 0, 'what is read does not call');
  await tab.until(async () => (await bell(tab)) === 0, 'nor does it in the other tab');
  // The phone lay there. Somebody picks it up.
  await phone.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await phone.until(async () => (await bell(phone)) === 0, 'nor on the phone when it is looked at');
  await tab.page.close();
}

/** The session of the phone is ended at the desk while the phone is in a tunnel, with something written. */
async function endedElsewhere(world, phone, desk) {
  const words = `Written before the end ${Date.now()}`;
  await phone.go('/compose'); // the screen is there before the network goes
  await phone.go('/home');
  await phone.context.setOffline(true);
  await phone.press('link', 'shell.compose');
  await phone.by('textbox', 'compose.hint').fill(words);
  await phone.press('button', 'compose.post');
  await phone.page.getByRole('article').filter({ hasText: words }).waitFor();

  await desk.tab('me');
  await desk.press('link', 'me.settings');
  await desk.press('link', 'devices.title');
  await desk.picture('tabs-devices');
  await desk.page.getByRole('button', { name: new RegExp('^' + t('devices.end-others')) }).click();
  await desk.by('alertdialog', 'devices.end-others-title').getByRole('button', { name: t('devices.end-others') }).click();
  await desk.page.getByText(t('devices.ended')).first().waitFor();
  world.states.delete(phone.person.handle);

  await phone.context.setOffline(false);
  await phone.page.waitForURL(/\/auth\/sign_in/);
  phone.words = words;
}

/** Somebody else signs in on the phone: what the first wrote is neither theirs nor gone. */
async function anotherPerson(world, phone) {
  const wen = phone.person, guest = world.people.find((p) => p.node === wen.node && p !== wen);
  await phone.context.clearCookies();
  await phone.signIn(guest);
  await phone.drawn();
  await phone.until(async () => (await phone.api('GET', '/api/v1/accounts/verify_credentials')).acct === guest.handle.split('@')[0], 'the other is signed in');
  await phone.go('/home');
  assert.equal(await phone.page.getByText(phone.words).count(), 0, 'what another wrote is shown');
  assert.ok(!(await phone.api('GET', '/api/v1/timelines/home')).some((s) => s.content.includes(phone.words)), 'what another wrote went out');
  await phone.tab('me');
  await phone.press('button', 'settings.sign-out');
  await phone.by('alertdialog', 'settings.sign-out-title').getByRole('button', { name: t('settings.sign-out') }).click();
  await phone.page.waitForURL(/\/auth\/sign_in/);

  await phone.signIn(wen);
  const mine = async () => (await phone.api('GET', '/api/v1/timelines/home')).filter((s) => s.content.includes(phone.words));
  await phone.until(async () => (await mine().catch(() => [])).length === 1, 'what was written goes out when its writer is back', 25_000);
}

async function signOut(desk) {
  const tab = await second(desk);
  await tab.go('/home');
  await desk.tab('me');
  await desk.press('button', 'settings.sign-out');
  await desk.by('alertdialog', 'settings.sign-out-title').getByRole('button', { name: t('settings.sign-out') }).click();
  await desk.page.waitForURL(/\/auth\/sign_in/);
  await tab.page.waitForURL(/\/auth\/sign_in/);
  const kept = await desk.page.evaluate(async () => {
    const open = indexedDB.open('tulou.cache');
    const all = await new Promise((done) => (open.onsuccess = () => done(open.result)));
    const keys = await Promise.all([...all.objectStoreNames].map((name) => new Promise((done) => (all.transaction(name).objectStore(name).getAllKeys().onsuccess = (e) => done(e.target.result.map((key) => `${name}: ${key}`))))));
    all.close();
    return keys.flat();
  });
  assert.deepEqual(kept, [], 'something of who signed out stays on the device');
}
