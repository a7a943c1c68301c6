// A second start shows what was there before the network says anything, at the place that was left.
import { assert } from '../world.mjs';

export default async function again(world) {
  const seat = await world.seat('ana', { device: 'phone', worker: true });
  const { page } = seat;
  await seat.go('/home');
  const top = () => page.evaluate(() => {
    const edge = document.querySelector('.pane .head').getBoundingClientRect().bottom;
    return [...document.querySelectorAll('.list [data-item]')].find((el) => el.getBoundingClientRect().bottom > edge + 4)?.dataset.item;
  });
  await page.evaluate(() => (document.querySelector('.pane').scrollTop = 1500));
  await seat.drawn();
  await page.waitForTimeout(700); // places are written at a pause
  const before = await top();
  assert.ok(before, 'nothing was on the screen');
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));

  // From here on the node takes requests and says nothing.
  let held = 0;
  await seat.context.route('**/api/**', () => void held++);
  const begun = Date.now();
  await page.reload({ waitUntil: 'commit' });
  await page.locator('article.post').first().waitFor();
  const shown = Date.now() - begun;
  assert.ok(held > 0, 'nobody asked the node');
  await seat.drawn(150, 1500);
  assert.equal(await top(), before, 'another post stands at the top than before');
  await page.screenshot({ path: `${world.pictures}/second-start.png` });

  // And without any network at all.
  await seat.context.setOffline(true);
  await page.reload({ waitUntil: 'commit' });
  await page.locator('article.post').first().waitFor();
  await page.screenshot({ path: `${world.pictures}/second-start-offline.png` });
  await seat.context.setOffline(false);
  seat.quiet({ network: false });
  return `posts after ${shown} ms while ${held} requests were held back`;
}
