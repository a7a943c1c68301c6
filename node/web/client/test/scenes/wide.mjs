// A desk has room: something stands beside every list, the edge between them moves by mouse and by
// keys and stays where it was put, and what is opened does not push away what was there.
import { assert, t } from '../world.mjs';

export default async function wide(world) {
  const seat = await world.seat('ana', { device: 'desk' });
  const { page } = seat;
  await seat.go('/home');
  await page.getByRole('complementary', { name: t('beside.title') }).waitFor();
  const edge = page.getByRole('separator', { name: t('shell.divider') });
  const width = () => page.locator('.pane-feed').evaluate((pane) => pane.getBoundingClientRect().width);

  const usual = await width();
  await edge.focus();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  assert.equal(await width(), usual - 40, 'arrow keys move the edge');
  const box = await edge.boundingBox();
  await page.mouse.move(box.x, 400);
  await page.mouse.down();
  await page.mouse.move(box.x - 60, 400, { steps: 3 });
  await page.mouse.up();
  assert.equal(await width(), usual - 100, 'the mouse moves the edge');
  await page.mouse.move(box.x - 60, 400);
  await page.mouse.down();
  await page.mouse.move(0, 400, { steps: 3 });
  await page.mouse.up();
  const least = Number(await edge.getAttribute('aria-valuemin'));
  assert.equal(await width(), least, 'not further than the list can be read');
  await seat.go('/home');
  assert.equal(await width(), least, 'it is where it was put');
  const feed = await page.locator('.pane-feed').boundingBox();

  await page.locator('article.post .post-text').first().click();
  await page.locator('.pane-detail .thread-main, .pane-detail article').first().waitFor();
  assert.deepEqual(await page.locator('.pane-feed').boundingBox(), feed, 'what is opened moves nothing');
  await page.locator('.divider').dblclick();
  assert.equal(await width(), usual, 'a double click puts it back');

  for (const path of ['/chats', '/contacts', '/me', '/settings', '/moderation']) {
    await seat.go(path);
    await page.locator('.pane-detail h1').first().waitFor();
  }
  const [chat] = await seat.api('GET', '/api/v1/conversations');
  await seat.go('/chats/' + chat.accounts.map((a) => a.id).join('-'));
  await page.locator('.pane-aside').waitFor();
  await page.getByRole('button', { name: t('chats.about') }).click();
  await page.locator('.pane-aside').waitFor({ state: 'detached' });
  await page.reload();
  await seat.drawn();
  assert.equal(await page.locator('.pane-aside').count(), 0, 'a third column that was closed stays closed');
  seat.quiet();
}
