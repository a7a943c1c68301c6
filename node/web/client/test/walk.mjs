// Using every control of a screen as a hand would, and of whatever these open. What would change
// something at the node is asked and never answered, so that every control finds the village as it was;
// asking counts as doing something. A screen is loaded anew only if what was done so far cannot be taken
// back by Escape and the way back; what seems dead is tried again on the fresh screen before it is said.
import { get } from 'node:http';
import { t } from './world.mjs';
import { hand } from './hand.mjs';

/** How deep what a control opens is walked: a menu, and what its rows open. */
const depthMax = 2;
/** How long a control may take until something is noticed. */
const within = 1500;
/** How long nothing may change until the next control is used: after most; after a word, which is searched for a little later; after loading. */
const quiet = { click: 40, text: 350, load: 200 }, quietMost = 3000;
/** What the node is asked; the rest are files of the client. */
const asking = ['Document', 'Fetch', 'XHR', 'Ping', 'Other'].map((resourceType) => ({ urlPattern: '*', resourceType }));

/** What was walked already, by everybody, and what was wrong. */
export class Found {
  once = new Set();
  wrong = new Set();
  used = 0;

  /** The walk is long: what is found is said at once. */
  constructor(say = console.error) {
    this.say = say;
  }

  tell(...wrong) {
    wrong.filter((w) => !this.wrong.has(w)).forEach((w) => this.say(w));
    wrong.forEach((w) => this.wrong.add(w));
  }

  /** Whether something is there for the first time. */
  first(what) {
    return !this.once.has(what) && !!this.once.add(what);
  }
}

/** One browser that walks screens, one after the other. */
export class Walker {
  /**
   * prepare is given the page when a screen has been loaded; onPage is told the address of every page
   * outside of the client that a control leads to. After the time last no other control is used.
   */
  constructor(seat, found, { origin, prepare = () => {}, onPage = () => {}, last = Infinity }) {
    Object.assign(this, { seat, page: seat.page, found, origin, prepare, onPage, last, noticed: () => {}, led: [], answers: new Map() });
  }

  async begin() {
    const { page, seat } = this;
    const note = () => this.noticed(true);
    seat.context.on('page', (other) => other !== page && (this.leads(other.url()), void other.close().catch(() => {})));
    for (const kind of ['filechooser', 'download']) page.on(kind, note);
    page.on('dialog', (d) => (note(), void d.dismiss().catch(() => {})));
    page.on('request', (r) => r.method() !== 'GET' && seat.inFlight.delete(r));
    await page.addInitScript(hand, seat.person?.handle.split('@')[0]);
    this.devtools = await seat.context.newCDPSession(page);
    this.devtools.on('Fetch.requestPaused', (asked) => void this.answer(asked).catch(() => {}));
    await this.devtools.send('Fetch.enable', { patterns: asking });
    return this;
  }

  /** Lets through what only reads; of pages, those of the client alone. */
  async answer({ requestId, request, resourceType }) {
    this.noticed(true);
    const reads = request.method === 'GET', page = resourceType === 'Document';
    if (!reads && !page) return;
    const away = !reads || (page && !this.loading && !(request.url.startsWith(this.origin + '/app/') && this.inApp));
    if (reads && away) this.leads(request.url);
    await this.devtools.send(away ? 'Fetch.failRequest' : 'Fetch.continueRequest', { requestId, ...(away && { errorReason: 'Aborted' }) });
  }

  /** Notes that a control leads to a page elsewhere. */
  leads(url) {
    this.noticed(true);
    if (url.startsWith(this.origin)) this.led.push(url);
  }

  /** Walks one screen or page: name is what it is called in a complaint, by is who sees it. */
  async walk({ name, at, by, again }) {
    Object.assign(this, { name, at, by, inApp: at.startsWith('/app/') });
    await this.reset();
    this.home = this.now.path;
    this.complain(this.where(['opening it']));
    if (again) {
      // Used already on another device or by somebody else; here they have to be within reach.
      const covered = await this.page.evaluate(() => window.tulouHand.covered());
      this.found.tell(...covered.map((sign) => `${this.where([sign])}: something lies over it`));
      await this.settle();
    }
    await this.each({ steps: [], key: this.now.key, layers: 0 }, this.now.controls, new Set());
    await this.settle();
    this.complain(this.where(['leaving it']));
  }

  where(steps) {
    return `${this.name} (${this.by}): ${steps.join(' → ')}`;
  }

  /** Uses each of some controls, and at once what it opens. */
  async each(way, controls, above) {
    const seen = new Set([...above, ...controls.map((c) => c.sign)]);
    for (const control of new Map(controls.map((c) => [c.sign, c])).values()) {
      if (Date.now() > this.last || !this.found.first(this.called(way, control))) continue;
      const next = { steps: [...way.steps, control.sign], part: way.part ?? control.part }, where = this.where(next.steps);
      let problem = await this.use(way, control.sign, where);
      if (problem) {
        await this.reset();
        problem = await this.use(way, control.sign, where);
      }
      this.found.used++;
      if (problem) this.found.tell(`${where}: ${problem}`);
      else if (next.steps.length <= depthMax) await this.open(next, seen);
    }
  }

  /** Walks what the last step of a way has opened. */
  async open(way, seen) {
    const at = () => ({ ...way, key: this.now.key, layers: this.now.layers });
    const news = () => this.opened().filter((c) => !seen.has(c.sign) && !this.found.once.has(this.called(at(), c)));
    let opened = news();
    if (opened.length && this.touched > way.steps.length) {
      // It may be of what was done before; what counts is what the way alone opens.
      await this.reset();
      opened = (await this.follow(way)) ? news() : [];
    }
    if (opened.length) await this.each(at(), opened, seen);
  }

  /** Controls of one name are used once: of the frame and of posts everywhere, in a layer for what opens it, else on a screen. */
  called(way, { sign, part }) {
    return way.layers ? `${way.part || this.name} ${way.steps.at(-1)} ${sign}` : `${part || this.name} ${sign}`;
  }

  /** What the last control has opened on this screen: what is there now and was not before. */
  opened() {
    if (this.now.path !== this.home || this.now.layers < this.before.layers) return [];
    const before = new Set(this.before.controls.map((c) => c.sign));
    return this.now.controls.filter((c) => this.now.layers > this.before.layers || !before.has(c.sign));
  }

  /** Uses a control. Returns what is wrong with it. */
  async use(way, sign, where) {
    if (!(await this.stand(way, sign))) return 'it is not there again';
    this.led = [];
    const problem = await this.touch(sign);
    this.complain(where);
    if (problem) return problem;
    if (this.now.title === t('missing.title')) return 'it leads to a screen that is not there';
    for (const url of new Set(this.led)) {
      const { status, page } = await this.ask(url);
      if (status >= 400) return `it leads to ${url}, which answers ${status}`;
      if (page) this.onPage(url);
    }
    return '';
  }

  /** What the node answers who follows a link. Not every page may ask that itself. */
  async ask(url) {
    if (!this.answers.has(url)) {
      const cookie = (await this.seat.context.cookies(url)).map((c) => `${c.name}=${c.value}`).join('; ');
      const headers = { host: new URL(url).host, accept: 'text/html', cookie };
      const answer = await new Promise((done, fail) => get(url, { headers, lookup: (_, how, found) => found(null, [{ address: '127.0.0.1', family: 4 }]) }, done).on('error', fail));
      answer.resume();
      this.answers.set(url, { status: answer.statusCode, page: /^text\/html/.test(answer.headers['content-type']) });
    }
    return this.answers.get(url);
  }

  /** Uses a control that is there now, and waits until all has come of it. Returns what is wrong if nobody notices. */
  async touch(sign) {
    const index = this.now.controls.findIndex((c) => c.sign === sign);
    if (index < 0) return 'it is not there';
    this.touched++;
    const { page } = this, { kind } = this.now.controls[index];
    const at = await page.evaluate((i) => window.tulouHand.aim(i), index);
    if (!at) return 'something lies over it';
    if (at.x !== undefined) await page.mouse.move(at.x, at.y);
    const outside = new Promise((resolve) => (this.noticed = resolve));
    await page.evaluate((i) => window.tulouHand.watch(i), index);
    if (kind === 'text') await page.keyboard.type('a');
    else if (kind === 'select') await page.evaluate((i) => window.tulouHand.choose(i), index);
    else if (kind === 'card' || at.key) await page.keyboard.press('Enter');
    else {
      await page.mouse.down();
      await page.mouse.up();
    }
    // A page that is left answers no question.
    const seen = await Promise.race([outside, page.evaluate((ms) => window.tulouHand.noticed(ms), within).catch(() => true)]);
    this.before = this.now;
    await this.settle(quiet[kind]);
    return seen ? '' : 'nothing happens';
  }

  /** Brings the page to where a way leads, by the shortest means. */
  async stand(way, sign) {
    if (this.now.key === way.key && this.has(sign)) return true;
    if ((await this.back()) && (this.has(sign) || (await this.follow(way))) && this.has(sign)) return true;
    await this.reset();
    return (await this.follow(way)) && this.has(sign);
  }

  has(sign) {
    return this.now.controls.some((c) => c.sign === sign);
  }

  /** Closes what is open, and shows the screen again. False if something stays open. */
  async back() {
    for (let tries = 0; this.now.layers && tries < 4; tries++) {
      await this.page.keyboard.press('Escape');
      await this.settle();
    }
    if (this.now.layers) return false;
    if (this.now.path !== this.home) {
      await this.page.evaluate(() => window.tulouHand.home()).catch(() => {});
      await this.settle();
    }
    return this.now.path === this.home;
  }

  /** Uses the steps of a way, from the last on that can be used now. */
  async follow(way) {
    const begin = way.steps.findLastIndex((step) => this.has(step));
    for (const step of way.steps.slice(Math.max(begin, 0))) {
      if (await this.touch(step)) return false;
    }
    return true;
  }

  /** Forgets all that this browser keeps, and shows the screen as at first. */
  async reset() {
    const { page } = this;
    this.loading = true;
    this.touched = 0;
    await page.goto(this.origin + '/livez'); // what is shown would miss what is taken from it
    await this.devtools.send('Storage.clearDataForOrigin', { origin: this.origin, storageTypes: 'indexeddb,local_storage' });
    await page.goto(this.at);
    if (this.inApp) await page.locator('.pane h1').first().waitFor({ state: 'attached' });
    this.loading = false;
    await this.prepare(page);
    await this.settle(quiet.load);
    await page.evaluate(() => window.tulouHand.remember());
  }

  /** Waits until nothing moves, and looks. */
  async settle(quietFor = quiet.click) {
    const until = Date.now() + quietMost;
    do {
      const calm = await this.page.evaluate((ms) => window.tulouHand.still(ms), quietFor).catch(() => false);
      if (calm && !this.seat.inFlight.size) break;
    } while (Date.now() < until);
    this.now = await this.page.evaluate(() => window.tulouHand.look());
  }

  /** Tells what the page has thrown or logged since the last time. */
  complain(where) {
    const { errors } = this.seat;
    this.found.tell(...errors.splice(0).filter((e) => !/net::ERR_(ABORTED|FAILED)/.test(e)).map((e) => `${where}: ${e}`));
  }
}
