// What the walk over all controls (scenes/dead.mjs) does inside a page. It is put into every page that is
// walked, as window.tulouHand, and knows nothing of what is outside.

/** Puts it into the page of somebody, whose own posts offer other things than those of others. */
export function hand(me) {
  /** Boxes that tick themselves whether or not anybody listens. */
  const ticks = 'input[type=checkbox], input[type=radio], select';
  /** What the browser draws and opens by itself. */
  const ownKinds = ['file', 'range', 'date', 'datetime-local', 'time', 'color'];
  const clicked = ['checkbox', 'radio', 'submit', 'button', 'image', 'reset'];
  const reachable = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [role=link], [role=tab], ' +
    '[role=switch], [role=radio], [role=checkbox], [role^=menuitem], [role=option], [role=slider], article.post[tabindex="0"]:not(.post-main-one, .post-pending)'; // other articles take keys, and open nothing
  /** Where somebody is already, and what is chosen already, stays so; what another program opens is not seen here. */
  const settled = '[aria-current=page], [aria-selected=true], input[type=radio]:checked, [role=radio][aria-checked=true], [aria-pressed=true].chip, a[href^="blob:"], a[href^="mailto:"]';
  const isHere = (el) => el.matches('a') && el.href.split('#')[0] === location.href;
  let seen, controls = [];

  const dialogs = () => [...document.querySelectorAll('dialog[open]:not([data-leaving])')];
  const squeezed = (text) => text.replace(/\s+/g, ' ').trim();

  function canBeUsed(el, top) {
    if (!top.contains(el) || el.closest('[inert], [aria-hidden=true], .hear, .fab-away') || el.disabled || el.getAttribute('aria-disabled') === 'true') return false;
    if (el.matches(settled) || (isHere(el) && !el.matches('.skip')) || ownKinds.includes(el.type) || (el.closest('details:not([open])') && !el.matches('summary'))) return false;
    const box = el.getBoundingClientRect();
    return ((box.width && box.height) || el.matches('input[type=checkbox], input[type=radio]')) && getComputedStyle(el).visibility !== 'hidden';
  }

  /** A name that is the same next time, and the same for what is of equal kind, such as rows of a list. */
  function sign(el) {
    const item = el.closest('[data-item], li, [role=listitem], [role=row], article');
    let text = squeezed(el.getAttribute('aria-label') ?? el.labels?.[0]?.textContent ?? el.textContent ?? '');
    // Names of people and numbers differ from row to row; what the row is for does not.
    const names = [...(item ?? el).querySelectorAll('bdi')].map((n) => n.textContent).concat([...el.querySelectorAll('img')].map((i) => i.alt));
    for (const name of names.map(squeezed).filter(Boolean)) text = text.replaceAll(name, '…');
    const called = item && !el.matches('button, [role^=menuitem], summary, input, select') ? '' : text.replace(/[\d.,:]+/g, '#').replace(/@\S+/g, '@').slice(0, 40);
    const look = [...el.classList].filter((c) => !/^is-|-on$/.test(c)).join('.');
    const leads = el.matches('a') ? leadsTo(el) : '';
    const own = el.closest('article.post')?.querySelector('.post-name')?.getAttribute('href') === `/app/@${me}` ? 'own ' : '';
    return `${own}${el.tagName.toLowerCase()}${look && '.' + look}${called && ` "${called}"`}${leads && ` to ${leads}`}`;
  }

  function leadsTo(a) {
    if (a.origin !== location.origin) return 'elsewhere';
    return a.pathname.replace(/@[^/]+/g, '@').replace(/\d{3,}/g, '#').replace(/\/tags?\/.*/, '/tag');
  }

  function kindOf(el) {
    if (el.matches('select')) return 'select';
    if (el.matches('textarea') || (el.matches('input') && !clicked.includes(el.type))) return 'text';
    return el.matches('article') ? 'card' : 'click';
  }

  /** Of which there is one on many screens: the frame, or a post, wherever it is shown. */
  function partOf(el) {
    if (el.closest('.tab-bar, .rail, .skip, .pane-fab')) return innerWidth < 600 ? 'frame' : 'wide frame';
    return el.closest('article.post') && !el.closest('dialog') ? 'post' : '';
  }

  /** The controls that can be reached now, in the topmost layer and the pane on top, and which layer that is. */
  function look() {
    const open = dialogs(), panes = [...document.querySelectorAll('.panes > .pane:not([inert], [aria-hidden])')];
    const under = open.length ? [] : panes.slice(0, -1);
    controls = [...document.querySelectorAll(reachable)].filter((el) => canBeUsed(el, open.at(-1) ?? document) && !under.some((pane) => pane.contains(el)));
    const names = open.map((d) => `${d.className} ${d.getAttribute('aria-label') ?? d.querySelector('h2')?.textContent ?? ''}`);
    return {
      path: location.pathname,
      layers: open.length,
      key: [location.pathname, ...names].join(' | '),
      title: squeezed(document.querySelector('.panes > .pane:last-of-type h1')?.textContent ?? ''),
      controls: controls.map((el) => ({ sign: sign(el), kind: kindOf(el), part: partOf(el) })),
    };
  }

  const frame = () => new Promise((done) => requestAnimationFrame(done));

  /** Where a finger hits one of the controls that look found; undefined if nowhere. */
  async function aim(index) {
    const el = controls[index];
    if (!el?.isConnected) return undefined;
    // A skip link is there only for the keyboard.
    const at = el.matches('.skip') ? { key: 'Enter' } : hit(el) ?? (el.scrollIntoView({ block: 'center', inline: 'center' }), await frame(), await frame(), hit(el));
    if (at) el.focus({ preventScroll: true });
    if (kindOf(el) === 'text') el.select();
    return at;
  }

  function hit(el) {
    const label = el.closest('label') ?? el.labels?.[0];
    for (const target of [el, label]) {
      for (const box of target?.getClientRects() ?? []) {
        const x = box.left + box.width / 2, y = box.top + box.height / 2;
        const at = document.elementFromPoint(x, y);
        if (at && (el.contains(at) || label?.contains(at))) return { x, y };
      }
    }
    return undefined;
  }

  /** The controls that nobody can hit. */
  function covered() {
    const found = controls.filter((el) => !el.matches('.skip') && !hit(el) && (el.scrollIntoView({ block: 'center', inline: 'center' }), !hit(el)));
    return found.map(sign);
  }

  /** From now on, what somebody would notice of using a control is noted. */
  function watch(index) {
    forget();
    const el = controls[index];
    const now = (seen = { noticed: false, told: () => {}, ends: new AbortController() });
    now.note = () => ((now.noticed = true), now.told());
    // Time passes by itself, and what is only for the ear is not seen.
    const nothing = (m) => m.target.nodeType === 1 ? m.target.matches('time') : m.target.parentElement?.closest('time, .hear');
    now.changes = new MutationObserver((list) => list.some((m) => !nothing(m)) && now.note());
    now.changes.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
    now.changes.observe(document.documentElement, { attributes: true });
    const on = (kind, heard) => addEventListener(kind, heard, { capture: true, signal: now.ends.signal });
    for (const kind of ['scroll', 'play', 'pause', 'toggle', 'fullscreenchange']) on(kind, now.note);
    on('focusin', (e) => e.target !== el && now.note());
    // A box ticks itself; if it is not part of something that is sent, something has to come of it.
    const alone = el?.matches(ticks) && !el.form && !el.closest('dialog') && !el.closest('.pane')?.querySelector('.btn-filled');
    on('input', (e) => (alone && e.target === el) || now.note());
    now.kept = () => alone && now.note();
  }

  function forget() {
    seen?.changes.disconnect();
    seen?.ends.abort();
  }

  /** Whether something is noticed before the time is over. */
  function noticed(within) {
    return new Promise((resolve) => {
      if (!seen || seen.noticed) return resolve(true);
      seen.told = () => resolve(true);
      setTimeout(resolve, within, false);
    });
  }

  /** Resolves when nothing has changed for a while, with whether nothing is on its way. */
  function still(quiet) {
    return new Promise((resolve) => {
      const changes = new MutationObserver(() => end(false)), timer = setTimeout(() => end(true), quiet);
      changes.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
      function end(calm) {
        clearTimeout(timer);
        changes.disconnect();
        resolve(calm && !document.querySelector('.skeleton, .pane-wait, [data-leaving]'));
      }
    });
  }

  function choose(index) {
    const el = controls[index];
    el.selectedIndex = (el.selectedIndex + 1) % el.options.length;
    el.dispatchEvent(new Event('input', { bubbles: true }));
    el.dispatchEvent(new Event('change', { bubbles: true }));
  }

  // The router keeps the whole of where somebody is in the state of the history's entry.
  let begun;
  const remember = () => void (begun = { state: history.state, url: location.href });
  const home = () => {
    history.pushState(begun.state, '', begun.url);
    dispatchEvent(new PopStateEvent('popstate', { state: begun.state }));
  };

  // What leaves the page without a trace in it.
  const note = () => seen?.note();
  if (navigator.clipboard) navigator.clipboard.writeText = async () => note();
  if (navigator.share) navigator.share = async () => note();
  const keep = Storage.prototype.setItem;
  Storage.prototype.setItem = function (...given) {
    seen?.kept();
    return keep.apply(this, given);
  };
  window.tulouHand = { look, aim, covered, watch, noticed, still, choose, remember, home };
}
