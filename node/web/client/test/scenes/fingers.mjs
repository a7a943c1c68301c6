// What fingers do: pinch, swipe and pull on a picture, pull a sheet away, hold a button; and Back, which
// closes what lies on top. And that with the largest text everything still fits.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, t } from '../world.mjs';

export default async function fingers(world) {
  const seat = await world.seat('iris', { device: 'phone' });
  await seat.go('/me');
  await postPictures(seat);
  await seat.go('/home');
  const hand = await Hand.on(seat);
  await pictures(seat, hand);
  await sheets(seat, hand);
  await holds(seat, hand);
  await large(seat);
  seat.quiet();
}

async function postPictures(seat) {
  const files = ['one', 'two'].map((name) => readFileSync(join(seat.world.uploads, name + '.jpg')).toString('base64'));
  const ids = await seat.page.evaluate((files) => Promise.all(files.map(async (bytes) => {
    const form = new FormData();
    form.append('file', new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], 'picture.jpg', { type: 'image/jpeg' }));
    return (await (await fetch('/api/v1/media', { method: 'POST', headers: { 'X-Tulou-Client': 'web' }, body: form })).json()).id;
  })), files);
  await seat.api('POST', '/api/v1/statuses', { status: 'Two to look at', media_ids: ids });
}

/** Fingers on the glass. */
class Hand {
  static async on(seat) {
    return Object.assign(new Hand(), { devtools: await seat.context.newCDPSession(seat.page), page: seat.page });
  }

  touch(type, ...points) {
    return this.devtools.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
  }

  /** Moves fingers from where to where, in steps as glass reports them. */
  async move(...ways) {
    const steps = 6, at = (i) => ways.map(([from, to]) => [0, 1].map((axis) => from[axis] + ((to[axis] - from[axis]) * i) / steps));
    await this.touch('touchStart', ...at(0));
    for (let i = 1; i <= steps; i++) await this.touch('touchMove', ...at(i));
    await this.touch('touchEnd');
  }

  async hold(locator, ms) {
    const box = await locator.boundingBox();
    await this.touch('touchStart', [box.x + box.width / 2, box.y + box.height / 2]);
    await this.page.waitForTimeout(ms);
    await this.touch('touchEnd');
  }
}

async function pictures(seat, hand) {
  const { page } = seat;
  const viewer = page.getByRole('dialog', { name: t('media.viewer') });
  const at = () => viewer.getByRole('status').textContent();
  const scale = () => viewer.locator('.viewer-stage').evaluate((el) => new DOMMatrix(getComputedStyle(el).transform).a);
  const open = async () => {
    await page.getByRole('article').filter({ hasText: 'Two to look at' }).first().locator('.tile-open').first().click();
    await viewer.waitFor();
    await seat.drawn();
  };
  await open();
  assert.equal(await scale(), 1);
  await hand.move([[170, 420], [90, 420]], [[220, 420], [300, 420]]);
  const large = await scale();
  assert.ok(large > 2, `pinched to ${large}`);
  await seat.picture('fingers-pinched');
  await hand.move([[90, 420], [180, 420]], [[300, 420], [210, 420]]);
  assert.equal(await scale(), 1, 'pinched back');
  const first = await at();
  await hand.move([[320, 420], [80, 420]]);
  await seat.until(async () => (await at()) !== first, 'a swipe leads to the next picture');
  await hand.move([[80, 420], [320, 420]]);
  await seat.until(async () => (await at()) === first, 'and back');
  await page.goBack();
  await viewer.waitFor({ state: 'detached' });
  assert.match(page.url(), /\/app\/home$/, 'Back closes the picture and stays');
  await open();
  await hand.move([[195, 300], [195, 620]]);
  await viewer.waitFor({ state: 'detached' });
}

async function sheets(seat, hand) {
  await seat.press('link', 'shell.compose');
  await seat.by('textbox', 'compose.hint').waitFor();
  await seat.page.locator('form.composer .composer-head').getByRole('button').click();
  const sheet = seat.page.getByRole('dialog').last();
  await sheet.waitFor();
  await seat.drawn();
  const box = await sheet.boundingBox();
  await hand.move([[195, box.y + 14], [195, box.y + box.height * 0.7]]);
  await sheet.waitFor({ state: 'detached' });
  await seat.press('button', 'shell.back');
}

/** Holding the camera writes words without a picture. */
async function holds(seat, hand) {
  await seat.tab('discover');
  await seat.press('tab', 'discover.moments');
  const camera = seat.by('button', 'moments.pictures').last();
  await camera.waitFor();
  let asked = 0;
  seat.page.on('filechooser', () => asked++);
  await hand.hold(camera, 600);
  await seat.by('textbox', 'moments.hint').waitFor();
  assert.equal(asked, 0, 'a hold is no tap');
}

/** Large and clear, with the largest text there is, on a narrow phone: nothing sticks out, nothing is covered. */
async function large(seat) {
  await seat.page.setViewportSize({ width: 320, height: 640 });
  await seat.go('/settings/appearance');
  await seat.by('combobox', 'settings.text').selectOption('137');
  await seat.page.getByRole('switch', { name: new RegExp('^' + t('settings.clear')) }).click();
  for (const path of ['/home', '/compose', '/moments', '/contacts', '/notifications', '/settings']) {
    await seat.go(path);
    const wide = await seat.page.evaluate(() => document.scrollingElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 1, `${path} is ${wide} pixels too wide`);
    const cut = await seat.page.locator('h1:not(.hear)').filter({ visible: true }).evaluateAll((all) => all.filter((h) => h.clientWidth < Math.min(h.scrollWidth - 1, 100)).map((h) => `${h.textContent}: ${h.clientWidth} of ${h.scrollWidth} pixels`));
    assert.deepEqual(cut, [], `the title of ${path} is not seen`);
    await seat.picture(`fingers-large-${path.slice(1).replace('/', '-')}`);
  }
}
