// Three people on three nodes: they sign up, post, follow, answer, become friends by a picture of a
// code, show Moments, and see of each other's comments what is for them and nothing else.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, t } from '../world.mjs';

const password = 'terraces after rain';

export default async function story(world) {
  const zoe = await signUp(world, 'zoe', 'harbor', { device: 'phone' });
  const max = await signUp(world, 'max', 'orchard', { device: 'phone', lang: 'zh-Hans' });
  const lia = await signUp(world, 'lia', 'meadow', { device: 'desk', dark: true });
  await firstPost(zoe);
  await follow(max, zoe);
  await reply(max, zoe);
  await friendsByPicture(zoe, max);
  await friendsByAddress(lia, zoe);
  await moment(world, zoe, max, lia);
  for (const seat of [zoe, max, lia]) seat.quiet();
}

async function signUp(world, name, node, options) {
  const seat = await world.stranger(node, options);
  const { page } = seat;
  await page.goto(world.node(node).invitation);
  await page.fill('[name=username]', name);
  await page.fill('[name=email]', `${name}@mail.example`);
  await page.fill('[name=password]', password);
  await page.check('[name=agreement]');
  await page.screenshot({ path: join(world.pictures, `story-sign-up-${name}.png`) });
  await page.press('[name=password]', 'Enter');
  const on = page.locator('a[href^="/app/"]').first();
  await seat.until(async () => /\/app\//.test(page.url()) || (await on.count()) > 0, 'signing up leads to the app');
  if (!/\/app\//.test(page.url())) await on.click();
  await page.waitForURL(/\/app\//);
  world.welcome(seat, name, node, password);
  await seat.picture(`story-first-run-${name}`);
  await seat.go('/home');
  await seat.picture(`story-first-home-${name}`);
  const me = await seat.api('GET', '/api/v1/accounts/verify_credentials');
  assert.equal(me.acct, name);
  return seat;
}

/** Writes after what stands in the field already: the name of who is answered. */
async function write(seat, text) {
  await seat.page.locator('textarea.composer-text').last().focus();
  await seat.page.keyboard.press('Control+End');
  await seat.page.keyboard.insertText(text);
  await seat.page.locator('form.composer').last().locator('button[type=submit]').click();
}

async function firstPost(zoe) {
  await zoe.page.getByRole('link', { name: t('shell.compose') }).click();
  await zoe.page.locator('textarea.composer-text').fill('First evening here. Which of the two bakeries?');
  await zoe.picture('story-compose');
  await zoe.page.getByRole('button', { name: t('compose.post'), exact: true }).click();
  await zoe.page.locator('article.post', { hasText: 'Which of the two bakeries?' }).waitFor();
  await zoe.until(async () => (await zoe.api('GET', '/api/v1/timelines/home')).some((s) => s.content.includes('two bakeries')), 'the post is at the node');
  await zoe.picture('story-first-post');
}

async function follow(max, zoe) {
  const { page } = max;
  await max.go('/search');
  await page.getByRole('searchbox').or(page.locator('input[type=search]')).first().fill('@' + zoe.person.handle);
  const found = page.locator('.pane a', { hasText: /^.*zoe/ }).first();
  await found.click();
  await page.waitForURL(/\/app\/@zoe/);
  await max.drawn();
  await page.getByRole('button', { name: t('person.follow', 'zh-Hans') }).first().click();
  await max.until(async () => (await max.api('GET', '/api/v1/accounts/relationships?id[]=' + (await idOf(max, zoe))))[0].following, 'max follows zoe');
  await max.picture('story-follow');
}

const idOf = async (seat, other) => (await seat.api('GET', '/api/v1/accounts/lookup?acct=' + encodeURIComponent(other.person.handle))).id;

async function reply(max, zoe) {
  const { page } = max;
  await zoe.api('POST', '/api/v1/statuses', { status: 'Went to both. The answer is the one with the cat.' });
  await max.go('/home');
  const post = page.locator('article.post', { hasText: 'the one with the cat' });
  await max.until(async () => (await post.count()) || (await page.locator('.pill').click({ timeout: 200 }).catch(() => {}), false), 'the post arrives where somebody follows');
  await post.first().locator('.act-reply').click();
  await write(max, '猫叫什么名字？ What is its name?');
  await max.until(async () => {
    const [newest] = await zoe.api('GET', '/api/v1/notifications?types[]=mention');
    return newest?.status?.content.includes('What is its name?');
  }, 'the answer arrives');
  await zoe.go('/notifications');
  await zoe.page.getByText('What is its name?').first().waitFor();
  await zoe.picture('story-notification');
  const asked = (await zoe.api('GET', '/api/v1/notifications?types[]=mention'))[0].status;
  await zoe.go(`/@${asked.account.acct}/${asked.id}`);
  await zoe.page.locator('.pane-detail article.post', { hasText: 'the one with the cat' }).first().waitFor();
  await zoe.picture('story-thread');
}

async function friendsByPicture(zoe, max) {
  await zoe.go('/add');
  const code = zoe.page.locator('svg.qr-code');
  await code.waitFor();
  await zoe.picture('story-code');
  const file = join(zoe.world.pictures, 'story-code-only.png');
  writeFileSync(file, await zoe.page.locator('.qr').screenshot());
  await max.go('/add');
  const choosing = max.page.waitForEvent('filechooser');
  await max.page.getByRole('button', { name: t('add.picture', 'zh-Hans') }).click();
  await (await choosing).setFiles(file);
  await max.page.locator('dialog[open] .ask-who', { hasText: 'zoe' }).waitFor();
  await max.picture('story-ask');
  await max.page.locator('dialog[open]').getByRole('button', { name: t('ask.send', 'zh-Hans') }).click();
  const state = async (seat, other) => (await seat.api('GET', '/api/tulou/v1/friends/' + (await idOf(seat, other)))).state;
  await max.until(async () => (await state(max, zoe)) === 'friend', 'who scans a code is a friend at once');
  await zoe.go('/contacts');
  await zoe.page.getByText('max').first().waitFor();
  await zoe.picture('story-contacts');
}

async function friendsByAddress(lia, zoe) {
  await lia.go('/add');
  await lia.page.getByLabel(t('add.address'), { exact: true }).fill('@' + zoe.person.handle);
  await lia.page.keyboard.press('Enter');
  const sheet = lia.page.locator('dialog[open]');
  await sheet.locator('textarea').fill('We sat on the same wall on Thursday.');
  await lia.picture('story-ask-by-address');
  await sheet.getByRole('button', { name: t('ask.send') }).click();
  await zoe.go('/contacts');
  await zoe.page.getByText('We sat on the same wall on Thursday.').waitFor();
  await zoe.picture('story-request');
  await zoe.page.getByRole('button', { name: t('people.accept'), exact: true }).first().click();
  await lia.until(async () => (await lia.api('GET', '/api/tulou/v1/friends')).items.some((f) => f.account.acct.startsWith('zoe@')), 'lia hears that she is a friend');
}

async function moment(world, zoe, max, lia) {
  const { page } = zoe;
  const circle = await zoe.api('POST', '/api/tulou/v1/circles', { name: 'The wall' });
  for (const other of [max, lia]) await zoe.api('PUT', `/api/tulou/v1/circles/${circle.id}/friends/${await idOf(zoe, other)}`);
  await zoe.go('/moments/new');
  await page.locator('textarea.composer-text').fill('The wall, three times, since you asked.');
  const choosing = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: t('moments.pictures') }).click();
  await (await choosing).setFiles(['one', 'two', 'three'].map((name) => join(world.uploads, name + '.jpg')));
  await page.locator('form.composer .composer-head button').click();
  const sheet = page.locator('dialog[open]');
  await sheet.getByText(t('moments.who-circles'), { exact: true }).click();
  await sheet.locator('label', { hasText: 'The wall' }).click();
  await zoe.picture('story-moment-audience');
  await sheet.getByRole('button', { name: t('moments.who-done') }).click();
  await zoe.picture('story-moment-write');
  await page.getByRole('button', { name: t('moments.share'), exact: true }).click();
  await zoe.until(async () => (await zoe.api('GET', '/api/tulou/v1/moments')).items.some((m) => m.text.startsWith('The wall, three times')), 'the Moment is at the node');
  const card = (seat) => seat.page.locator('article.moment', { hasText: 'The wall, three times' });
  for (const seat of [max, lia]) {
    await seat.until(async () => (await seat.api('GET', '/api/tulou/v1/moments')).items.some((m) => m.text.startsWith('The wall, three times')), 'friends get the Moment');
    await seat.go('/moments');
    await card(seat).waitFor();
    await seat.until(() => card(seat).locator('.moment-picture img').evaluateAll((all) => all.length === 3 && all.every((i) => i.complete && i.naturalWidth > 0)), 'three pictures are shown');
  }
  await lia.picture('story-moment-desk');

  // Max and lia are no friends: what one says is for zoe and for whom both know.
  await comment(max, card(max), 'The third is the best one.', 'zh-Hans');
  await zoe.go('/moments');
  await card(zoe).getByText('The third is the best one.').waitFor();
  await comment(lia, card(lia), 'I am behind that wall.', 'en');
  await card(zoe).getByText('I am behind that wall.').waitFor();
  await zoe.picture('story-moment-both-comments');
  for (const [seat, own, others] of [[max, 'The third is the best one.', 'I am behind that wall.'], [lia, 'I am behind that wall.', 'The third is the best one.']]) {
    await seat.go('/moments');
    await card(seat).getByText(own).waitFor();
    assert.equal(await card(seat).getByText(others).count(), 0, 'a comment of somebody who is no friend is shown');
    const [shown] = (await seat.api('GET', '/api/tulou/v1/moments')).items.filter((m) => m.text.startsWith('The wall, three times'));
    assert.ok(!JSON.stringify(shown).includes(others), 'the node hands out a comment of somebody who is no friend');
  }
  await max.picture('story-moment-max-sees');
}

async function comment(seat, card, text, lang) {
  await card.locator('.moment-more').click();
  await card.getByRole('button', { name: t('moments.comment', lang), exact: true }).click();
  await card.locator('.said-write textarea').fill(text);
  await card.getByRole('button', { name: t('moments.comment-send', lang) }).click();
  await seat.until(async () => (await card.getByText(text).count()) === 1, 'what somebody says is there, once');
}
