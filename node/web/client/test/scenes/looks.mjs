// The page of the components in development builds has no place in the product; what it shows is seen on
// the screens. Here: that theme, size and language follow what somebody sets, at once and after a reload.
import { assert, t } from '../world.mjs';

export default async function looks(world) {
  const seat = await world.seat('ana', { device: 'phone' });
  const { page } = seat;
  await seat.go('/home');
  // Whatever a colour is written in, a canvas knows its channels.
  const brightness = () => page.evaluate(() => {
    const canvas = document.createElement('canvas').getContext('2d');
    canvas.fillStyle = getComputedStyle(document.body).backgroundColor;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = canvas.getImageData(0, 0, 1, 1).data;
    return (r + g + b) / 3;
  });
  assert.ok((await brightness()) > 200, `light is ${await brightness()}`);
  await page.emulateMedia({ colorScheme: 'dark' });
  assert.ok((await brightness()) < 60, `dark is ${await brightness()}`);

  for (const [lang, dir] of [['ar', 'rtl'], ['zh-Hans', 'ltr'], ['es', 'ltr'], ['en', 'ltr']]) {
    await page.evaluate((lang) => localStorage.setItem('tulou.settings', JSON.stringify({ ...JSON.parse(localStorage.getItem('tulou.settings')), language: lang })), lang);
    await seat.go('/home');
    const is = await page.evaluate(() => ({ lang: document.documentElement.lang, dir: getComputedStyle(document.documentElement).direction }));
    assert.deepEqual(is, { lang, dir });
    await page.getByText(t('tab.discover', lang), { exact: true }).first().waitFor();
  }

  // At a desk there is room for more; nothing of it is lost on the way.
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.locator('.rail').waitFor();
  await page.setViewportSize({ width: 390, height: 844 });
  await page.locator('.tab-bar').waitFor();
  seat.quiet();
}
