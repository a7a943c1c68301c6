// With the keyboard alone: sign in, write a post, answer one, open the menu of keys. Nothing is clicked.
import { assert, t } from '../world.mjs';

export default async function keyboard(world) {
  const ben = world.person('ben');
  const seat = await world.stranger(ben.node, { device: 'desk' });
  const { page } = seat;
  const keys = page.keyboard;
  await page.goto('/auth/sign_in');
  await reach(page, '[name=name]');
  await keys.type(ben.email);
  await reach(page, '[name=password]');
  await keys.type(ben.password);
  await keys.press('Enter');
  await page.waitForURL(/\/app\//);
  seat.person = ben;
  await seat.go('/home');

  // The first stop leads past the navigation.
  await keys.press('Tab');
  assert.ok(await page.evaluate(() => document.activeElement.matches('.skip')), 'the first stop is not the skip link');
  await keys.press('Enter');
  assert.ok(await page.evaluate(() => !!document.activeElement.closest('#content')), 'the skip link leads nowhere');

  const words = `By hand, not by mouse ${Date.now()}`;
  await keys.press('c');
  const box = page.locator('textarea.composer-text');
  await box.waitFor();
  await seat.until(() => box.evaluate((e) => e === document.activeElement), 'the focus is in the field');
  await keys.type(words);
  await reach(page, 'form.composer button[type=submit]');
  await keys.press('Enter');
  await page.locator('article.post', { hasText: words }).waitFor();

  // j goes from post to post, Enter opens one, and the answer is written at its foot.
  await seat.go('/home');
  const at = () => page.evaluate(() => document.activeElement?.closest('[data-item]')?.textContent ?? '');
  for (let here = ''; !here.includes('The keel is laid'); here = await at()) {
    await keys.press('j');
    // A slow machine draws the next post later than the next key would come; the end has no next.
    await seat.until(async () => (await at()) !== here, 'j leads to the next post until the one looked for');
  }
  await focusOn(page);
  await keys.press('Enter');
  await page.waitForURL(/\/app\/@ana\/\d+/);
  await seat.drawn();
  const field = '.reply-field, .act-reply';
  await reach(page, field, 60);
  await keys.press('Enter');
  await box.last().waitFor();
  await seat.until(() => box.last().evaluate((e) => e === document.activeElement), 'the focus is in the field of the answer');
  const answer = `Oak remembers ${Date.now()}`;
  await keys.type(answer);
  await keys.press('Control+Enter');
  await page.locator('article.post', { hasText: answer }).first().waitFor();
  await seat.picture('keyboard-thread');

  // Esc closes what is open and the focus is where it was.
  await seat.go('/home');
  await keys.press('?');
  await page.locator('dialog[open]').waitFor();
  await seat.picture('keyboard-keys');
  await keys.press('Escape');
  await page.locator('dialog[open]').waitFor({ state: 'detached' });
  await keys.press('Control+k');
  await page.getByRole('combobox', { name: t('palette.title') }).waitFor();
  await keys.type(t('tab.me'));
  await keys.press('Enter');
  await page.waitForURL(/\/app\/me/);
  seat.quiet();
}

/** Tabs until the focus is there. */
async function reach(page, selector, most = 40) {
  for (let i = 0; i < most; i++) {
    if (await page.evaluate((s) => !!document.activeElement?.matches(s) && document.activeElement.getClientRects().length > 0, selector)) return;
    await page.keyboard.press('Tab');
    const seen = await page.evaluate(() => {
      const el = document.activeElement, box = el?.getBoundingClientRect();
      return !el || el === document.body || el.closest('[inert]') === null && box.width >= 0;
    });
    assert.ok(seen, 'the focus went where nobody can be');
  }
  assert.fail(`${most} tabs do not lead to ${selector}`);
}

/** The focus is seen: an outline, a ring or another ground. */
async function focusOn(page) {
  const seen = await page.evaluate(() => {
    const style = getComputedStyle(document.activeElement);
    return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== 'none';
  });
  assert.ok(seen, 'nobody sees where the focus is');
}
