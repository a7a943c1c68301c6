// Makes the pictures of the README: the client as it is, in front of a village that was just started.
//
//   node picture.mjs place.json folder
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { World, assert } from './world.mjs';

/** The most that a picture of the README may weigh. */
const bytesMax = 200 << 10;

const [placeFile, folder] = process.argv.slice(2);
const place = JSON.parse(readFileSync(placeFile, 'utf8'));
const browser = await chromium.launch({
  executablePath: place.chromium, args: ['--no-sandbox', '--disable-dev-shm-usage', '--host-resolver-rules=MAP *.localhost 127.0.0.1'],
});
const world = new World(place, browser);

const desk = await world.seat('ana', { device: 'desk' });
await desk.go('/home');
const post = (await desk.api('GET', '/api/v1/timelines/home?limit=40')).find((s) => s.content.includes('The keel is laid'));
await desk.go(`/@${post.account.acct}/${post.id}`);
await take(desk, 'home.webp');

const phone = await world.seat('ana', { device: 'phone', deviceScaleFactor: 2 });
await phone.go('/moments');
await take(phone, 'moments.webp');

const dark = await world.seat('iris', { device: 'phone', dark: true, deviceScaleFactor: 2 });
await dark.go('/home');
await take(dark, 'home-dark.webp');

await browser.close();

/** Takes a picture when everything is there, in the best quality that is light enough. */
async function take(seat, name) {
  await seat.page.evaluate(() => document.activeElement?.blur());
  await seat.drawn(400, 10_000);
  await seat.until(() => seat.page.evaluate(() => [...document.images].every((i) => i.complete || i.getBoundingClientRect().top > innerHeight || i.getBoundingClientRect().bottom < 0)), 'every picture that is seen is there');
  const devtools = await seat.context.newCDPSession(seat.page);
  const file = join(folder, name);
  const { width, height } = seat.page.viewportSize(), scale = await seat.page.evaluate(() => devicePixelRatio);
  for (let quality = 90; ; quality -= 10) {
    const { data } = await devtools.send('Page.captureScreenshot', { format: 'webp', quality, clip: { x: 0, y: 0, width, height, scale } });
    writeFileSync(file, Buffer.from(data, 'base64'));
    if (statSync(file).size <= bytesMax) break;
    assert.ok(quality > 50, `${name} does not get smaller than ${statSync(file).size} B`);
  }
  seat.quiet();
  console.log(`${file}: ${statSync(file).size} B`);
}
