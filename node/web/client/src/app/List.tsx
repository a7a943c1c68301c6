/**
 * A long list of which only what is near the screen is there. It alone sets scrollTop in its pane:
 * before anything changes it knows which item was at the top edge and how far above it, and puts it
 * back there afterwards, so that nothing moves that somebody did not move.
 */
import type { ComponentChild } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { leave, left, type Left } from '../state/places';
import { useKeys } from './keys';
import { usePane } from './Pane';
import { Offsets } from './offsets';

export interface ListProps<T> {
  items: T[];
  id: (item: T) => string;
  render: (item: T, index: number) => ComponentChild;
  /** How high an item may be that was never shown; near enough is good enough. */
  estimate?: (item: T) => number;
  /** The name under which it is remembered where somebody was. */
  place: string;
  /** What it is a list of, for the ear. */
  label: string;
  /** People and things are a list; posts are a feed of articles. */
  as?: 'list';
  busy?: boolean;
  onEnd?: () => void;
}

/** How much is there beyond the screen, on each side, in screens; and how many items at most. */
const beyond = 1.5, itemsMax = 60;
/** How many items before the end the next page is asked for. */
const endWithin = 8;
const guess = 160;
/** How many more are drawn for a key that leads beyond what is there. */
const stride = 8;

export function List<T>({ items, id, render, estimate = () => guess, place, label, as, busy, onEnd }: ListProps<T>) {
  const { scroller } = usePane();
  const root = useRef<HTMLDivElement>(null);
  const offsets = useRef(new Offsets()).current;
  const anchor = useRef<Left | undefined>(left(place));
  const [range, setRange] = useState({ from: 0, to: 12 });
  const [held, setHeld] = useState('');
  const owed = useRef<{ by: 1 | -1; at: Element | null } | null>(null);
  const ids = items.map(id);
  offsets.set(ids, (i) => estimate(items[i]!));
  const now = useRef({ ids, range, onEnd });
  now.current = { ids, range: clamp(range, ids.length), onEnd };

  const settle = useRef(() => {
    const box = scroller.current, list = root.current;
    if (!box || !list || !now.current.ids.length) return;
    const { ids, range } = now.current;
    offsets.measure(list);
    list.style.paddingBlockStart = `${offsets.top(range.from)}px`;
    list.style.paddingBlockEnd = `${offsets.top(ids.length) - offsets.top(range.to)}px`;
    const at = anchor.current, index = at?.id ? ids.indexOf(at.id) : -1;
    if (index >= 0) {
      const want = start(box, list) + offsets.top(index) - at!.offset;
      if (Math.abs(box.scrollTop - want) > 0.5) box.scrollTop = want;
    }
    const next = wanted(box, list, offsets, ids.length);
    if (next.from < range.from || next.to > range.to || next.to - next.from < (range.to - range.from) / 2) setRange(next);
    if (next.to >= ids.length - endWithin) now.current.onEnd?.();
  }).current;

  useLayoutEffect(settle);
  useEffect(() => {
    const box = scroller.current!, list = root.current!;
    let frame = 0;
    const scrolled = () => {
      if (!now.current.ids.length) return;
      anchor.current = found(box, list, offsets, now.current.ids);
      leave(place, anchor.current);
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(settle);
    };
    const toTop = (event: Event) => {
      const only = (event as CustomEvent<string | null>).detail; // the name of a place, or nothing for all that are seen
      if (box.inert || (only && only !== place)) return;
      anchor.current = { id: '', offset: 0 };
      box.scrollTop = 0;
      setRange({ from: 0, to: 12 });
    };
    box.addEventListener('scroll', scrolled, { passive: true });
    addEventListener('tulou:top', toTop);
    const sizes = new ResizeObserver(settle);
    sizes.observe(box);
    const watched = new MutationObserver((changes) => changes.forEach((c) => c.addedNodes.forEach((n) => n instanceof Element && sizes.observe(n))));
    watched.observe(list, { childList: true });
    for (const child of list.children) sizes.observe(child);
    return () => {
      box.removeEventListener('scroll', scrolled);
      removeEventListener('tulou:top', toTop);
      cancelAnimationFrame(frame);
      sizes.disconnect();
      watched.disconnect();
    };
  }, [place]);
  // Where a key led is where somebody is: what is drawn next must not take the screen back.
  const stepped = (by: 1 | -1) => {
    const box = scroller.current, list = root.current;
    if (!box || !list || !step(list, by)) return false;
    anchor.current = found(box, list, offsets, now.current.ids);
    return true;
  };
  // Keys may be faster than what is drawn or fetched: a step beyond it is made when it is there, if
  // nobody has gone elsewhere meanwhile.
  const onward = (by: 1 | -1) => {
    owed.current = null;
    if (stepped(by) || (by < 0 && !now.current.range.from)) return;
    owed.current = { by, at: document.activeElement };
    setRange(({ from, to }) => (by > 0 ? { from, to: to + stride } : { from: Math.max(0, from - stride), to }));
  };
  useLayoutEffect(() => {
    const { by, at } = owed.current ?? {};
    if (by && (at !== document.activeElement || stepped(by))) owed.current = null;
  });
  useKeys(() => [
    { keys: 'j', label: 'keys.next', run: () => onward(1) },
    { keys: 'k', label: 'keys.previous', run: () => onward(-1) },
    { keys: 'PageDown', label: 'keys.next', run: () => onward(1) },
    { keys: 'PageUp', label: 'keys.previous', run: () => onward(-1) },
  ], []);

  const shown = now.current.range;
  const away = held ? ids.indexOf(held) : -1;
  const kept = away >= 0 && (away < shown.from || away >= shown.to) ? away : -1;
  const drawn = Array.from({ length: Math.max(0, shown.to - shown.from) }, (_, i) => shown.from + i);
  if (kept >= 0) kept < shown.from ? drawn.unshift(kept) : drawn.push(kept);
  return (
    <div ref={root} class="list" {...items.length ? { role: as ?? 'feed', 'aria-label': label } : {}} aria-busy={busy}
      onFocusIn={(e) => setHeld((e.target as Element).closest<HTMLElement>('[data-item]')?.dataset.item ?? '')}>
      {drawn.map((i) => (
        // What has the focus stays, and the same element, or the keyboard would be lost.
        <div key={ids[i]} data-item={ids[i]} class={i === kept ? 'list-item list-held' : 'list-item'} role={as && 'listitem'} style={{ insetBlockStart: i === kept ? `${offsets.top(i)}px` : null }}>{render(items[i]!, i)}</div>
      ))}
    </div>
  );
}

/** Where the list begins in what scrolls. */
function start(box: HTMLElement, list: HTMLElement): number {
  return list.getBoundingClientRect().top - box.getBoundingClientRect().top + box.scrollTop;
}

/** The first item whose end is below the top edge, and how far its top is from the edge. */
function found(box: HTMLElement, list: HTMLElement, offsets: Offsets, ids: string[]): Left {
  const above = box.scrollTop - start(box, list);
  if (box.scrollTop < 1) return { id: '', offset: 0 };
  const index = Math.min(offsets.at(Math.max(0, above)), ids.length - 1);
  return { id: ids[index]!, offset: offsets.top(index) - above };
}

function wanted(box: HTMLElement, list: HTMLElement, offsets: Offsets, length: number) {
  const above = box.scrollTop - start(box, list), height = box.clientHeight;
  const from = offsets.at(Math.max(0, above - beyond * height));
  const to = Math.min(length, offsets.at(Math.max(0, above + (1 + beyond) * height)) + 1);
  return { from, to: Math.min(to, from + itemsMax) };
}

function clamp({ from, to }: { from: number; to: number }, length: number) {
  return { from: Math.min(from, Math.max(0, length - 1)), to: Math.min(to, length) };
}

/** Moves the focus to the next or previous item; to the first that is seen if none has it. False if it is not drawn. */
function step(list: HTMLElement, by: 1 | -1): boolean {
  if (list.closest('[inert]')) return true;
  const all = [...list.querySelectorAll<HTMLElement>(':scope > [data-item]')];
  const at = all.findIndex((el) => el.contains(document.activeElement));
  const next = at < 0 ? all.find((el) => el.getBoundingClientRect().bottom > 80) : all[at + by];
  const target = next?.querySelector<HTMLElement>('[tabindex="0"], a[href], button');
  target?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: 'nearest' });
  return !!next;
}
