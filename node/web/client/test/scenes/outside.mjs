// What reaches the app from outside: what another app shares with it, and what the node pushes while no
// page looks. Both go through its service worker.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PushService, subscribesHere } from '../pushed.mjs';
import { assert, t } from '../world.mjs';

export default async function outside(world) {
  await shares(world);
  await pushes(world);
}

async function shares(world) {
  const seat = await world.seat('iris', { device: 'phone', worker: true });
  const { page } = seat;
  await seat.go('/home');
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  await controlled(seat);
  const devtools = await seat.context.newCDPSession(page);
  await devtools.send('ServiceWorker.enable');
  await devtools.send('ServiceWorker.stopAllWorkers'); // as it is when somebody shares: it has to wake up
  await share(seat, { title: 'Frost', text: 'Cover the south bed', url: 'https://garden.example/frost' }, join(world.uploads, 'one.jpg'));
  const field = seat.by('textbox', 'compose.hint');
  await field.waitFor();
  assert.equal(await field.inputValue(), 'Frost\nCover the south bed\nhttps://garden.example/frost');
  const shown = page.locator('.attached img').first();
  await seat.until(() => shown.evaluate((i) => i.complete && i.naturalWidth > 0), 'the picture is there');
  await seat.picture('outside-shared');
  await seat.press('button', 'compose.post');
  await seat.until(async () => (await seat.api('GET', '/api/v1/timelines/home')).some((s) => s.content.includes('south bed') && s.media_attachments.length === 1), 'what was shared is posted with its picture');

  // Before the worker is there the node takes it: the words come, and that the picture did not is said.
  const bare = await world.seat('iris', { device: 'phone' });
  await bare.go('/home');
  await share(bare, { title: 'Thaw', text: '', url: 'https://garden.example/thaw' }, join(world.uploads, 'two.jpg'));
  await bare.page.getByText(t('compose.lost')).waitFor();
  assert.equal(await bare.by('textbox', 'compose.hint').inputValue(), 'Thaw\nhttps://garden.example/thaw');
  for (const s of [seat, bare]) s.quiet({ network: false });
}

/** Waits until the worker answers for the page. */
const controlled = (seat) => seat.until(() => seat.page.evaluate(() => !!navigator.serviceWorker.controller), 'the worker answers for the page');

/** What the system does when somebody picks the app in the list of those to share with: a form that is sent. */
async function share(seat, fields, file) {
  const address = await seat.page.evaluate(async () => (await (await fetch('/app/manifest.webmanifest')).json()).share_target);
  await seat.page.evaluate(([target, fields, bytes]) => {
    const form = Object.assign(document.createElement('form'), { method: target.method, action: target.action, enctype: target.enctype });
    for (const [name, value] of Object.entries(fields)) form.append(Object.assign(document.createElement('input'), { name: target.params[name], value }));
    const field = Object.assign(document.createElement('input'), { type: 'file', name: target.params.files[0].name });
    const files = new DataTransfer();
    files.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], 'picture.jpg', { type: 'image/jpeg' }));
    field.files = files.files;
    form.append(field);
    document.body.append(form);
    form.submit();
  }, [address, fields, readFileSync(file).toString('base64')]);
  await seat.page.waitForURL(/\/app\/compose/);
  await seat.drawn();
}

async function pushes(world) {
  const service = await PushService.start();
  try {
    const seat = await world.seat('noor', { device: 'phone', worker: true });
    const { page } = seat;
    await seat.context.grantPermissions(['notifications']);
    await page.addInitScript(subscribesHere, service.subscription);
    await seat.go('/settings/notifications');
    await controlled(seat);
    await page.reload();
    await page.getByRole('switch', { name: new RegExp('^' + t('push.here')) }).click();
    await seat.by('switch', 'push.mentions').waitFor();
    await seat.picture('outside-push');

    const other = await world.seat('ben', { device: 'desk' });
    await other.go('/home');
    const words = `Bring the ladder at six ${Date.now()}`;
    const said = await other.api('POST', '/api/v1/statuses', { status: `@${seat.person.handle} ${words}` });
    const message = await seat.until(() => service.messages.find((m) => m.text.includes('ladder at six')), 'the node pushes');
    assert.equal(message.headers['content-encoding'], 'aes128gcm');
    assert.match(message.headers.authorization ?? '', /^vapid t=/);

    // The push service hands it to the browser, which wakes the worker.
    const devtools = await seat.context.newCDPSession(page);
    const registered = new Promise((done) => devtools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => registrations[0] && done(registrations[0])));
    await devtools.send('ServiceWorker.enable');
    const { registrationId } = await registered;
    await devtools.send('ServiceWorker.deliverPushMessage', { origin: new URL(page.url()).origin, registrationId, data: message.text });
    const shown = () => page.evaluate(async () => (await (await navigator.serviceWorker.ready).getNotifications()).map((n) => ({ title: n.title, body: n.body })));
    const [notification] = await seat.until(async () => ((await shown()).length ? shown() : undefined), 'a notification is shown');
    assert.match(notification.body, /ladder at six/);
    assert.ok(notification.title.includes('Ben') || notification.title.includes('ben'), notification.title);

    await tap(seat);
    await page.waitForURL(/\/app\/@[^/]+\/\d+$/);
    await page.locator('.pane-detail').getByText(words).first().waitFor();
    await seat.picture('outside-pushed');
    assert.ok(said.id);
    seat.quiet({ network: false });
  } finally {
    service.stop();
  }
}

/** Taps the notification. A script cannot make the browser's own event, nor is the page's focus its to give. */
async function tap(seat) {
  const [worker] = seat.context.serviceWorkers();
  await worker.evaluate(async () => {
    const [notification] = await self.registration.getNotifications();
    const event = new NotificationEvent('notificationclick', { notification });
    let done;
    Object.defineProperty(event, 'waitUntil', { value: (p) => (done = p) });
    self.dispatchEvent(event);
    await done.catch((error) => { if (error.name !== 'InvalidAccessError') throw error; });
  });
}
