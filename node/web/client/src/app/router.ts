/**
 * Where somebody is: a tab, and in each tab a stack of screens. The whole of it is in the state of each
 * entry of the browser's history, so that Back and a reload need nothing else. A layer (sheet, menu,
 * viewer) is an entry, too, so that Back closes it first.
 */
import { signal } from '@preact/signals';
import { settings } from '../state/settings';
import { match, routes, tabs, type TabId } from './routes';

export interface Entry {
  id: number;
  path: string;
}

interface Place {
  tab: TabId;
  stacks: Partial<Record<TabId, Entry[]>>;
  /** How many layers are open over it. */
  layers: number;
}

/** How deep a tab remembers: more than anybody walks back. */
const depthMax = 30;
const base = '/app';

/** Where somebody is, for reading. */
export const place = signal<Place>({ tab: 'discover', stacks: {}, layers: 0 });
/** Counts moves that were made here, as opposed to the first page: those move the focus. */
export const moves = signal(0);

const layers: (() => void)[] = [];
/** Set while the browser goes back on our word, which it does later; what comes meanwhile waits. */
let leaving = false;
const waiting: (() => void)[] = [];
let lastID = Date.now();

/** The screens of the tab that is shown, the one on top last. */
export function stack(): Entry[] {
  return place.value.stacks[place.value.tab] ?? [];
}

/** Starts from the address, and from what the history knows of it. */
export function start(): void {
  history.scrollRestoration = 'manual';
  addEventListener('popstate', (event) => arrive(event.state as Place | null));
  const known = history.state as Place | null;
  if (known?.stacks) show({ ...known, layers: 0 }, 'replace');
  else {
    const path = here();
    show(extended({ tab: tabOf(path) ?? tabOf(match(path)?.route.under ?? '') ?? 'discover', stacks: {}, layers: 0 }, path), 'replace');
  }
}

/** Shows a screen, in its tab. Links do it by themselves (see followLinks). */
export function go(path: string, how: { replace?: boolean } = {}): void {
  if (leaving) return void waiting.push(() => go(path, how));
  const now = place.value;
  const over = layers.length > 0; // the page takes the place of the topmost layer
  dropLayers();
  const tab = tabOf(path) ?? now.tab;
  const from = { ...now, tab, layers: 0 };
  const old = now.stacks[tab] ?? [];
  const top = old.at(-1);
  if (top?.path === path && tab === now.tab) return show(from, 'replace');
  const next = how.replace ? withStack(from, [...old.slice(0, -1), fresh(path)]) : extended(from, path);
  moves.value++;
  show(next, how.replace || over ? 'replace' : 'push');
}

/** Shows a tab where it was left; its first screen if it is shown already. */
export function toTab(id: TabId): void {
  if (leaving) return void waiting.push(() => toTab(id));
  const now = place.value;
  dropLayers();
  moves.value++;
  if (now.tab === id) {
    const first = (now.stacks[id] ?? []).slice(0, 1);
    if (stack().length <= 1) return void dispatchEvent(new CustomEvent('tulou:top'));
    return show(withStack({ ...now, layers: 0 }, first), 'push');
  }
  const left = now.stacks[id] ?? [];
  const whole = left.length ? left : extended({ ...now, tab: id }, tabs.find((t) => t.id === id)!.path).stacks[id]!;
  // An entry for each screen of the stack: Back closes the detail, then leaves the tab.
  whole.forEach((_, i) => show(withStack({ ...now, tab: id, layers: 0 }, whole.slice(0, i + 1)), 'push'));
}

/** Leaves a screen, and what lies on it, for the one below; without one, the screen on top. */
export function back(from?: Entry): void {
  const now = place.value, all = stack();
  const at = from ? all.findIndex((e) => e.id === from.id) : -1;
  const left = all.slice(0, at > 0 ? at : -1);
  moves.value++;
  if (left.length) show(withStack({ ...now, layers: 0 }, left), 'replace');
  else toTab(tabs[0]!.id);
}

/**
 * Opens a layer. Back, or the function that is returned, closes it; close is called once in either
 * case and takes it from the screen.
 */
export function openLayer(close: () => void): () => void {
  const enter = () => {
    layers.push(close);
    show({ ...place.value, layers: layers.length }, 'push');
  };
  if (leaving) waiting.push(enter);
  else enter();
  return () => {
    const waits = waiting.indexOf(enter);
    if (waits >= 0) {
      waiting.splice(waits, 1);
      return close();
    }
    if (!layers.includes(close)) return;
    // Those above it go with it.
    const count = layers.length - layers.indexOf(close);
    layers.splice(-count).reverse().forEach((end) => end());
    leaving = true;
    history.go(-count);
  };
}

/** Closes the topmost layer, as Escape and Back do; false if there is none. */
export function closeTop(): boolean {
  if (!layers.length) return false;
  if (!leaving) history.back();
  return true;
}

function dropLayers(): void {
  layers.splice(0).reverse().forEach((end) => end());
}

/** What the browser went back or forward to. */
function arrive(state: Place | null): void {
  leaving = false;
  if (!state?.stacks) return show(extended({ ...place.value, layers: 0 }, here()), 'replace');
  while (layers.length > state.layers) layers.pop()!();
  if (state.layers > layers.length) return history.back(); // of a layer that is not there any more
  const same = state.tab === place.value.tab && JSON.stringify(state.stacks[state.tab]) === JSON.stringify(stack());
  place.value = state;
  if (!same) moves.value++;
  waiting.splice(0).forEach((run) => run());
}

function show(next: Place, how: 'push' | 'replace'): void {
  const path = next.stacks[next.tab]?.at(-1)?.path ?? '/';
  history[how === 'push' ? 'pushState' : 'replaceState'](next, '', base + path);
  place.value = next;
}

function fresh(path: string): Entry {
  return { id: ++lastID, path };
}

function withStack(from: Place, entries: Entry[]): Place {
  return { ...from, stacks: { ...from.stacks, [from.tab]: entries } };
}

/** A place with a screen more. A list of a tab replaces what is there; a detail stands on a list. */
function extended(from: Place, path: string): Place {
  const route = match(path)?.route;
  let old = from.stacks[from.tab] ?? [];
  if (route?.on) {
    const at = old.findLastIndex((e) => e.path === route.on);
    const below = at >= 0 ? (route.pane === 'detail' ? old : old.slice(0, at + 1)) : (extended(from, route.on).stacks[from.tab] ?? []);
    return withStack(from, [...below, fresh(path)].slice(-depthMax));
  }
  if (route?.tab && route.pane !== 'detail') old = [];
  else if (!old.length) {
    const first = route?.under ?? tabs.find((t) => t.id === from.tab)?.path;
    if (first && first !== path) old = [fresh(first)];
  }
  return withStack(from, [...old, fresh(path)].slice(-depthMax));
}

function tabOf(path: string): TabId | undefined {
  return match(path)?.route.tab;
}

/** The address as a path below /app; the start screen if it names none. */
function here(): string {
  const path = location.pathname.slice(base.length).replace(/\/$/, '') + location.search;
  return match(path) ? path : path === '' || path.startsWith('?') ? startScreen() : path;
}

function startScreen(): string {
  const wanted = settings.value.start;
  return routes.some((r) => r.path === wanted) ? wanted : tabs[0]!.path;
}

/** Makes links to /app move within the page; one to where somebody is leads to its top. */
export function followLinks(): void {
  addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element).closest?.('a[href]') as HTMLAnchorElement | null;
    if (!link || link.target || link.origin !== location.origin || !link.pathname.startsWith(base + '/') || link.hasAttribute('download')) return;
    event.preventDefault();
    const path = link.pathname.slice(base.length) + link.search;
    if (path === stack().at(-1)?.path && !layers.length) dispatchEvent(new CustomEvent('tulou:top'));
    else go(path);
  });
}

/** The address of a screen, for links. */
export const href = (path: string): string => base + path;
