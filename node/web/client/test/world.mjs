// What every scene uses: the village, a browser, seats in it, and waiting that never sleeps longer
// than it must. A seat is one person at one device; it remembers whatever its pages complained about.
import { readFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import assert from 'node:assert/strict';

export { assert };

const client = new URL('..', import.meta.url).pathname;
const english = JSON.parse(readFileSync(join(client, 'locales/en.json'), 'utf8'));
const others = {};

/** The words of a message without its placeholders filled; in a language if one is named. */
export function t(key, lang = 'en') {
  const found = lang === 'en' ? english[key]?.text : (others[lang] ??= JSON.parse(readFileSync(join(client, `locales/${lang}.json`), 'utf8')))[key];
  if (!found) throw new Error(`there is no message ${key} in ${lang}`);
  return found;
}

/**
 * A message as a pattern that fits what is shown of it: what stands in its placeholders, if that is
 * given, else anything.
 */
export function said(key, lang = 'en', values = {}) {
  const exact = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  let pattern = '', depth = 0, name = '';
  for (const piece of t(key, lang).split(/([{}])/)) {
    if (piece === '{' && depth++ === 0) name = '';
    else if (piece === '}' && --depth === 0) pattern += name in values ? exact(String(values[name])) : '.+';
    else if (depth === 1) name ||= piece.split(',')[0];
    else if (depth === 0) pattern += exact(piece);
  }
  return new RegExp(`^\\s*${pattern}\\s*$`, 's');
}

/** The devices there are. Coarse pointers have large targets. */
export const devices = {
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
  desk: { viewport: { width: 1440, height: 900 } },
  narrow: { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true },
  half: { viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 }, // 1280 at 200 %
};

/** How long anything may take before a scene fails. The machine may be busy. */
export const patience = 15_000;

export class World {
  constructor(place, browser) {
    Object.assign(this, place); // nodes, people, pictures, uploads
    this.browser = browser;
    this.states = new Map();
    this.open = new Set();
    this.violations = []; // of the content policy, in any page of the scene
    mkdirSync(this.pictures, { recursive: true });
  }

  node(name) {
    return this.nodes.find((n) => n.name === name) ?? assert.fail(`no node is called ${name}`);
  }

  person(name) {
    return this.people.find((p) => p.handle.startsWith(name + '@')) ?? assert.fail(`nobody is called ${name}`);
  }

  /** Makes somebody known who signed up in a scene. */
  welcome(seat, name, node, password) {
    const home = this.node(node);
    const person = { handle: `${name}@${new URL(home.url).host}`, email: `${name}@mail.example`, password, node };
    this.people.push(person);
    seat.person = person;
    return person;
  }

  /** An empty browser at a node, in which nobody is signed in. */
  async stranger(node, { device = 'phone', lang = 'en', dark = false, worker = false, settings = {}, ...more } = {}) {
    const context = await this.browser.newContext({
      ...devices[device], baseURL: this.node(node).url, colorScheme: dark ? 'dark' : 'light', reducedMotion: 'reduce',
      locale: { en: 'en-GB', 'zh-Hans': 'zh-CN', ar: 'ar' }[lang] ?? 'en-GB', timezoneId: 'Europe/Lisbon', ...more,
    });
    context.setDefaultTimeout(patience);
    // A worker would keep what scenes want to see fetched; a browser without any is one there is.
    if (!worker) await context.addInitScript('delete Navigator.prototype.serviceWorker');
    const wanted = JSON.stringify({ language: lang, motion: 'less', ...settings });
    await context.addInitScript(`try { if (!localStorage.getItem('tulou.settings')) localStorage.setItem('tulou.settings', ${JSON.stringify(wanted)}); } catch {}`);
    const seat = new Seat(this, context, await context.newPage(), lang);
    this.open.add(seat);
    return seat;
  }

  /** A browser in which somebody is signed in. */
  async seat(name, options = {}) {
    const person = typeof name === 'string' ? this.person(name) : name;
    let state = this.states.get(person.handle);
    if (!state) {
      const seat = await this.stranger(person.node, { device: 'desk' });
      await seat.signIn(person);
      state = { cookies: (await seat.context.storageState()).cookies, origins: [] };
      this.states.set(person.handle, state);
      await seat.close();
    }
    const seat = await this.stranger(person.node, { ...options, storageState: state });
    seat.person = person;
    return seat;
  }

  /** A browser of somebody who has just signed up with an invitation, and has nothing yet. */
  async newcomer(name, node, options) {
    const seat = await this.stranger(node, options), password = 'terraces after rain';
    await seat.page.goto(this.node(node).invitation);
    await seat.page.fill('[name=username]', name);
    await seat.page.fill('[name=email]', `${name}@mail.example`);
    await seat.page.fill('[name=password]', password);
    await seat.page.check('[name=agreement]');
    await seat.page.press('[name=password]', 'Enter');
    await seat.page.locator('a[href^="/app/"]').first().or(seat.page.locator('.pane h1').first()).waitFor();
    this.welcome(seat, name, node, password);
    return seat.go('/home');
  }

  /** Fails if a page wanted to do what its policy forbids. */
  lawful() {
    assert.deepEqual(this.violations.splice(0), [], 'the content policy was violated');
  }

  /** Leaves the browser as it was before the scene. */
  async tidy() {
    await Promise.all([...this.open].map((seat) => seat.close()));
  }
}

/** What a browser says of what the policy of the page forbids. */
const againstPolicy = /Content Security Policy|Trusted ?(Type|HTML|Script)/i;

/** What a browser says of the network while scenes cut it. */
const ofNetwork = /Failed to load resource|net::ERR_|WebSocket|Failed to fetch/;

export class Seat {
  constructor(world, context, page, lang) {
    Object.assign(this, { world, context, lang, errors: [], inFlight: new Set(), changedAt: Date.now() });
    this.listen(page);
    this.page = page;
  }

  listen(page) {
    page.on('pageerror', (e) => this.errors.push(`thrown: ${e.stack ?? e}`));
    page.on('console', (m) => {
      if (againstPolicy.test(m.text())) this.world.violations.push(`${page.url()}: ${m.text()}`);
      if (m.type() === 'error') this.errors.push(`logged: ${m.text()} ${m.location()?.url ?? ''}`);
    });
    const done = (r) => {
      this.inFlight.delete(r);
      this.changedAt = Date.now();
    };
    page.on('request', (r) => {
      if (r.resourceType() !== 'websocket' && r.resourceType() !== 'media') this.inFlight.add(r);
      this.changedAt = Date.now();
    });
    page.on('requestfinished', done);
    page.on('requestfailed', done);
    page.on('framenavigated', (f) => f === page.mainFrame() && this.inFlight.clear());
  }

  /** Signs in with the form of the server. */
  async signIn(person) {
    await this.page.goto('/auth/sign_in');
    await this.page.fill('[name=name]', person.email);
    await this.page.fill('[name=password]', person.password);
    await this.page.press('[name=password]', 'Enter');
    await this.page.waitForURL(/\/app\//);
    this.person = person;
  }

  /** Opens a screen and waits until it is drawn. */
  async go(path) {
    await this.page.goto('/app' + path);
    await this.drawn();
    return this;
  }

  /** What is seen of a kind that says something, in the language that is spoken at this seat; the topmost last. */
  by(role, key, values) {
    return this.page.getByRole(role, { name: said(key, this.lang, values) }).filter({ visible: true });
  }

  /** Presses what says something; of several the topmost. */
  async press(role, key, values) {
    await this.by(role, key, values).last().click();
  }

  /** Goes to the first screen of a tab as a hand does: back to where the bar is, if a screen covers it. */
  async tab(id) {
    const bar = this.by('navigation', 'shell.main'), back = this.by('button', 'shell.back');
    const leave = async (still) => {
      for (await bar.or(back).first().waitFor(); await still(); await bar.or(back).first().waitFor()) {
        await back.last().click();
        await this.drawn();
      }
    };
    await leave(async () => !(await bar.count()));
    // A count may stand behind the name.
    await bar.getByRole('button', { name: new RegExp('^' + t(`tab.${id}`, this.lang)) }).click();
    await this.drawn();
    await leave(() => back.count());
    return this;
  }

  /** Goes on to a screen as a link does, within the page that is there, and waits until it is drawn. */
  async show(path) {
    await this.page.evaluate((to) => {
      const link = Object.assign(document.createElement('a'), { href: '/app' + to });
      document.body.append(link);
      link.click();
      link.remove();
    }, path);
    return this.settled();
  }

  /** Waits until what was opened is drawn, and has come to rest. */
  async settled() {
    await this.drawn(80);
    await this.page.evaluate(() => Promise.all(document.getAnimations().filter((a) => a.effect.getComputedTiming().endTime < 1000).map((a) => a.finished.catch(() => {}))));
    return this;
  }

  /** Waits until there is a screen and nothing moves: no request, no change, no skeleton. */
  async drawn(quiet = 150, most = 6000) {
    const { page } = this;
    await page.locator('.pane h1').first().waitFor({ state: 'attached' });
    const until = Date.now() + most;
    while (Date.now() < until) {
      const still = await page.evaluate((quiet) => new Promise((resolve) => {
        let timer = setTimeout(() => end(true), quiet);
        const seen = new MutationObserver(() => end(false));
        seen.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
        function end(still) {
          clearTimeout(timer);
          seen.disconnect();
          resolve(still && !document.querySelector('.skels, .pane-wait') && [...document.querySelectorAll('section.pane')].every((pane) => pane.querySelector('h1, .beside')));
        }
      }), quiet).catch(() => false);
      if (still && !this.inFlight.size) return this;
    }
    return this;
  }

  /** Keeps a picture of what is seen. */
  async picture(name) {
    await this.drawn();
    await this.page.screenshot({ path: join(this.world.pictures, name + '.png') });
  }

  /** A request of the API as this browser, for what a scene needs but is not about. */
  async api(method, path, body) {
    const answer = await this.page.evaluate(async ([method, path, body]) => {
      const r = await fetch(path, { method, headers: { 'X-Tulou-Client': 'web', ...(body ? { 'Content-Type': 'application/json' } : {}) }, body: body && JSON.stringify(body) });
      return { status: r.status, text: await r.text() };
    }, [method, path, body]);
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.text ? JSON.parse(answer.text) : undefined;
  }

  /** Asks again until a question has an answer that is true, as long as patience lasts. */
  async until(question, what, most = patience) {
    const end = Date.now() + most;
    for (let last; ; ) {
      last = await question();
      if (last) return last;
      if (Date.now() > end) assert.fail(`${what}: not within ${most} ms`);
      await this.page.waitForTimeout(100);
    }
  }

  /** Fails if a page threw or logged an error; about the network only if it was not cut. */
  quiet({ network = true } = {}) {
    const found = this.errors.filter((e) => network || !ofNetwork.test(e));
    assert.deepEqual(found, [], 'pages complained');
  }

  async close() {
    this.world.open.delete(this);
    await this.context.close().catch(() => {});
  }
}
