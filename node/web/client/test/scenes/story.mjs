// Three people on three nodes, in three languages: they sign up, post, follow, answer, become friends by
// a picture of a code, by an address and by the camera, show Moments, and see of each other's comments
// what is for them and nothing else. All of it with what they see and press.
import { join } from 'node:path';
import { film } from '../film.mjs';
import { assert, said, t } from '../world.mjs';

const password = 'terraces after rain';
const showing = 'The wall, three times, since you asked.';

export default async function story(world) {
  const zoe = await signUp(world, 'zoe', 'harbor', { device: 'phone' });
  const max = await signUp(world, 'max', 'orchard', { device: 'phone' });
  const lia = await signUp(world, 'lia', 'meadow', { device: 'desk' });
  await speak(max, 'zh-Hans', 'ltr', 'dark');
  await speak(lia, 'ar', 'rtl', 'light');
  await post(zoe, 'First evening here. Which of the two bakeries?');
  await zoe.picture('story-first-post');
  await follow(max, zoe);
  await reply(max, zoe);
  await friendsByPicture(zoe, max);
  await friendsByAddress(lia, zoe);
  await circle(zoe, 'The wall', [max, lia]);
  await moment(world, zoe, [max, lia]);
  await comments(zoe, max, lia);
  await friendsByCamera(world, lia, max);
  await commentOfFriend(max, lia);
  for (const seat of [zoe, max, lia]) {
    assert.equal(await seat.page.evaluate(() => document.cookie), '', 'a script of the page could read the session');
    seat.quiet();
  }
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
  await seat.by('heading', 'welcome.face').waitFor();
  await seat.picture(`story-first-run-${name}`);
  await seat.press('button', 'welcome.next');
  await seat.press('button', 'welcome.next');
  await seat.by('heading', 'welcome.code').waitFor();
  await seat.press('button', 'welcome.go');
  await seat.picture(`story-first-home-${name}`);
  return seat;
}

/** Sets the language, and then, in its words, how bright it is. */
async function speak(seat, lang, direction, theme) {
  const settings = async () => {
    await seat.tab('me');
    await seat.press('link', 'me.settings');
  };
  await settings();
  await seat.press('link', 'settings.language');
  await seat.by('combobox', 'language.interface').selectOption(lang);
  seat.lang = lang;
  await seat.by('heading', 'settings.language').waitFor();
  assert.equal(await seat.page.evaluate(() => getComputedStyle(document.body).direction), direction);
  assert.equal(await seat.page.evaluate(() => document.documentElement.lang), lang);
  await settings();
  await seat.press('link', 'settings.appearance');
  await seat.by('combobox', 'settings.theme').selectOption({ label: t(`settings.theme-${theme}`, lang) });
  await seat.picture(`story-language-${lang}`);
  await seat.tab('discover');
}

/** Writes a post of one's own, and waits until it is out. */
async function post(seat, text) {
  await seat.tab('discover');
  await seat.press('link', 'shell.compose');
  await seat.by('textbox', 'compose.hint').fill(text);
  await seat.press('button', 'compose.post');
  await out(seat, text);
}

/** Waits until what was written is shown, and waits no more. */
async function out(seat, text) {
  const card = seat.page.getByRole('article').filter({ hasText: text });
  await card.first().waitFor();
  await card.getByText(t('post.pending', seat.lang)).first().waitFor({ state: 'detached' });
}

async function follow(max, zoe) {
  const { page } = max;
  await max.press('link', 'shell.search');
  await max.by('searchbox', 'shell.search').fill('@' + zoe.person.handle);
  await page.getByRole('link', { name: /zoe/ }).first().click();
  await page.waitForURL(/\/app\/@zoe/);
  await max.press('button', 'person.follow-name', { name: 'zoe' });
  await max.by('button', 'person.following-name', { name: 'zoe' }).first().waitFor();
  await max.picture('story-follow');
}

async function reply(max, zoe) {
  const { page } = max;
  await post(zoe, 'Went to both. The answer is the one with the cat.');
  await max.tab('discover');
  const card = page.getByRole('article').filter({ hasText: 'the one with the cat' });
  const more = page.getByRole('button', { name: t('feed.new', 'zh-Hans').match(/#([^}]+)/)[1] });
  await max.until(async () => (await card.count()) || ((await more.count()) && (await more.click()), false), 'the post arrives where somebody follows');
  await card.first().getByRole('button', { name: new RegExp('^' + t('post.reply', 'zh-Hans')) }).click();
  const field = max.by('textbox', 'compose.hint-reply').last();
  await field.focus();
  await page.keyboard.press('Control+End'); // after the name of who is answered
  await page.keyboard.insertText('猫叫什么名字？ What is its name?');
  await max.picture('story-reply');
  await max.press('button', 'post.reply');

  // The bell calls: he follows her, and has answered.
  await zoe.page.getByRole('link', { name: said('shell.tab-count', 'en', { tab: t('shell.notifications'), count: 2 }) }).last().click();
  const told = zoe.page.getByRole('article').filter({ hasText: 'What is its name?' });
  await told.first().waitFor();
  await zoe.picture('story-notification');
  await told.first().press('Enter');
  await zoe.page.getByRole('article').filter({ hasText: 'the one with the cat' }).last().waitFor();
  await zoe.picture('story-thread');
}

/** Opens where one adds a friend. */
async function adding(seat) {
  await seat.tab('contacts');
  await seat.page.getByRole('link', { name: t('friends.add', seat.lang) }).first().click();
  await seat.by('heading', 'add.own').waitFor();
}

/** The picture of one's own code, as another sees it on the screen. */
async function codeOf(seat) {
  await adding(seat);
  const code = seat.page.getByRole('region', { name: t('add.own', seat.lang) }).locator('.qr');
  await code.getByRole('img').waitFor();
  await seat.drawn();
  return code;
}

async function friendsByPicture(zoe, max) {
  const code = await codeOf(zoe);
  await zoe.picture('story-code');
  const file = join(zoe.world.pictures, 'story-code-only.png');
  await code.screenshot({ path: file });
  await adding(max);
  const choosing = max.page.waitForEvent('filechooser');
  await max.press('button', 'add.picture');
  await (await choosing).setFiles(file);
  await askWhoWasFound(max, 'zoe');
  await zoe.tab('contacts');
  await zoe.page.getByRole('link', { name: /max/ }).waitFor();
  await zoe.picture('story-contacts');
}

/** The code led to somebody; whoever has it is a friend at once. */
async function askWhoWasFound(seat, name) {
  const sheet = seat.by('dialog', 'friends.add').last();
  await sheet.getByText(name, { exact: true }).waitFor();
  await seat.picture(`story-ask-${seat.person.handle.split('@')[0]}-${name}`);
  await seat.press('button', 'ask.send');
  await sheet.waitFor({ state: 'detached' });
  await seat.tab('contacts');
  await seat.page.getByRole('link', { name: new RegExp(name) }).waitFor();
}

async function friendsByAddress(lia, zoe) {
  await adding(lia);
  await lia.by('textbox', 'add.address').fill('@' + zoe.person.handle);
  await lia.page.keyboard.press('Enter');
  await lia.by('textbox', 'ask.words').fill('We sat on the same wall on Thursday.');
  await lia.picture('story-ask-by-address');
  await lia.press('button', 'ask.send');
  await lia.page.getByText(said('ask.sent', 'ar', { name: 'zoe' })).first().waitFor();
  const request = zoe.page.getByRole('region', { name: 'lia', exact: true });
  await request.getByText('We sat on the same wall on Thursday.').waitFor();
  await zoe.picture('story-request');
  await request.getByRole('button', { name: t('people.accept') }).click();
  await lia.tab('contacts');
  await lia.page.getByRole('link', { name: /zoe/ }).waitFor();
  await lia.picture('story-contacts-desk');
}

async function circle(zoe, name, members) {
  await zoe.tab('contacts');
  await zoe.page.getByRole('link', { name: t('friends.circles') }).click();
  await zoe.by('button', 'circle.new').first().click();
  await zoe.by('textbox', 'circle.name').fill(name);
  await zoe.press('button', 'circle.make');
  await zoe.page.getByRole('heading', { name }).last().waitFor();
  await zoe.by('button', 'circle.choose').first().click();
  const sheet = zoe.page.getByRole('dialog', { name });
  for (const other of members) await sheet.getByRole('checkbox', { name: other.person.handle.split('@')[0] }).check();
  await zoe.picture('story-circle');
  await zoe.press('button', 'ui.close');
  for (const other of members) await zoe.page.getByRole('link', { name: new RegExp(other.person.handle.split('@')[0]) }).last().waitFor();
}

/** Opens Moments, as they are now. */
async function moments(seat) {
  await seat.tab('discover');
  await seat.press('tab', 'discover.moments');
  await seat.drawn();
}

const card = (seat) => seat.page.getByRole('article').filter({ hasText: showing });

async function moment(world, zoe, others) {
  const { page } = zoe;
  await moments(zoe);
  const choosing = page.waitForEvent('filechooser');
  await zoe.press('button', 'moments.pictures');
  await (await choosing).setFiles(['one', 'two', 'three'].map((name) => join(world.uploads, name + '.jpg')));
  await zoe.by('textbox', 'moments.hint').fill(showing);
  await page.getByRole('button', { name: said('moments.chip', 'en', { who: t('audience.friends') }) }).click();
  await zoe.page.getByRole('radio', { name: t('moments.who-circles') }).check();
  await zoe.page.getByRole('checkbox', { name: /^The wall/ }).check();
  await zoe.picture('story-moment-audience');
  await zoe.press('button', 'moments.who-done');
  await page.getByRole('button', { name: said('moments.chip', 'en', { who: 'The wall', count: 2 }) }).waitFor();
  await zoe.picture('story-moment-write');
  await zoe.press('button', 'moments.share');
  await card(zoe).waitFor();
  for (const seat of others) {
    await moments(seat);
    await card(seat).waitFor();
    const pictures = card(seat).getByRole('button', { name: t('media.picture', seat.lang) });
    await seat.until(() => pictures.locator('img').evaluateAll((all) => all.length === 3 && all.every((i) => i.complete && i.naturalWidth > 0)), 'three pictures are shown');
    await seat.picture(`story-moment-${seat.lang}`);
  }
}

async function comment(seat, text) {
  const one = card(seat);
  await one.getByRole('button', { name: t('moments.acts', seat.lang) }).click();
  await one.getByRole('button', { name: t('moments.comment', seat.lang), exact: true }).click();
  await one.getByRole('textbox', { name: t('moments.comment-hint', seat.lang) }).fill(text);
  await one.getByRole('button', { name: t('moments.comment-send', seat.lang) }).click();
  await seat.until(async () => (await one.getByText(text).count()) === 1, 'what somebody says is there, once');
}

/** Max and lia are no friends: what one says is for zoe and for whom both know. */
async function comments(zoe, max, lia) {
  const ofMax = 'The third is the best one.', ofLia = 'أنا خلف ذلك الجدار.';
  await comment(max, ofMax);
  await card(zoe).getByText(ofMax).waitFor();
  await comment(lia, ofLia);
  await card(zoe).getByText(ofLia).waitFor();
  await zoe.picture('story-moment-both-comments');
  for (const [seat, own, other] of [[max, ofMax, ofLia], [lia, ofLia, ofMax]]) {
    await seat.page.reload();
    await moments(seat);
    await card(seat).getByText(own).waitFor();
    assert.equal(await card(seat).getByText(other).count(), 0, 'a comment of somebody who is no friend is shown');
    // Nor does it wait behind the page.
    const known = (await seat.api('GET', '/api/tulou/v1/moments')).items.filter((m) => m.text === showing);
    assert.equal(known.length, 1);
    assert.ok(!JSON.stringify(known).includes(other), 'the node hands out a comment of somebody who is no friend');
  }
  await max.picture('story-moment-max-sees');
}

async function friendsByCamera(world, lia, max) {
  const code = await codeOf(lia);
  await lia.picture('story-code-desk');
  await film(lia.page, await code.screenshot(), world.film);
  await adding(max);
  await max.context.grantPermissions(['camera']);
  await max.press('button', 'add.scan');
  await askWhoWasFound(max, 'lia');
}

/** From now on they are friends: what one says reaches the other, too. */
async function commentOfFriend(max, lia) {
  await moments(lia);
  await comment(lia, 'والآن نعرف بعضنا.');
  await moments(max);
  await card(max).getByText('والآن نعرف بعضنا.').waitFor();
  await max.picture('story-moment-of-friends');
}
