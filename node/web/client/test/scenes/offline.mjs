// What is written without a network waits, survives closing the page, and goes out once when the
// network is back.
import { assert, t } from '../world.mjs';

export default async function offline(world) {
  const seat = await world.seat('tomas', { device: 'phone', worker: true });
  const { page } = seat;
  await seat.go('/home');
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  // The screen that writes has to be there before the network goes.
  await seat.go('/compose');
  await seat.go('/home');
  const words = `Written in the tunnel ${Date.now()}`;

  await seat.context.setOffline(true);
  await page.getByText(t('shell.offline')).first().waitFor();
  await page.getByRole('link', { name: t('shell.compose') }).click();
  await page.locator('textarea.composer-text').fill(words);
  await page.getByRole('button', { name: t('compose.post'), exact: true }).click();
  const post = page.locator('article.post', { hasText: words });
  await post.waitFor();
  await page.screenshot({ path: `${world.pictures}/offline-waits.png` });
  assert.equal(await post.count(), 1);

  // The page is closed and opened again, still without a network.
  await page.reload({ waitUntil: 'commit' });
  await page.locator('article.post', { hasText: words }).waitFor();
  await page.screenshot({ path: `${world.pictures}/offline-after-reload.png` });

  await seat.context.setOffline(false);
  const mine = async () => (await seat.api('GET', '/api/v1/timelines/home?limit=20')).filter((s) => s.content.includes(words));
  await seat.until(async () => (await mine()).length > 0, 'the post goes out when the network is back', 25_000);
  await seat.until(async () => (await page.locator('article.post.post-pending').count()) === 0, 'nothing waits any more');
  await seat.drawn();
  assert.equal((await mine()).length, 1, 'it went out more than once');
  assert.equal(await page.locator('article.post', { hasText: words }).count(), 1, 'it is shown more than once');
  seat.quiet({ network: false });
}
