/**
 * The keyboard map. Screens bind keys while they are shown; the list of `?` is what is bound. Keys are
 * written 'j', 'Shift+?', 'Mod+k' (Ctrl, or Cmd on a Mac), or 'g h' for one after the other.
 */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Key } from '../i18n';
import { settings } from '../state/settings';

export interface Binding {
  keys: string;
  label: Key;
  run: (event: KeyboardEvent) => void;
  /** Also works while somebody writes. */
  writing?: boolean;
}

/** What is bound, the newest last: it wins. */
export const bindings = signal<Binding[]>([]);

/** Binds keys until the function that is returned is called. */
export function bind(...more: Binding[]): () => void {
  bindings.value = [...bindings.value, ...more];
  return () => (bindings.value = bindings.value.filter((b) => !more.includes(b)));
}

/** Binds keys while a component is there. */
export function useKeys(make: () => Binding[], inputs: unknown[]): void {
  useEffect(() => bind(...make()), inputs);
}

const mac = /Mac|iPhone|iPad/.test(navigator.platform);
/** How long the first key of two waits for the second. */
const pairWithin = 1200;
let first = '', firstAt = 0;

/** Listens to the keyboard, once. */
export function listen(): void {
  addEventListener('keydown', (event) => {
    if (event.isComposing || event.defaultPrevented) return; // an input method has the keys
    const name = nameOf(event);
    if (!name) return;
    const pair = first && event.timeStamp - firstAt < pairWithin ? `${first} ${name}` : '';
    const writing = isWriting(event.target);
    const found = bindings.value.findLast((b) => (b.keys === pair || b.keys === name) && (b.writing || !writing) && allowed(b));
    first = '';
    if (found) {
      event.preventDefault();
      found.run(event);
    } else if (!writing && bindings.value.some((b) => b.keys.startsWith(name + ' '))) {
      first = name;
      firstAt = event.timeStamp;
    }
  });
}

function allowed(binding: Binding): boolean {
  return settings.value.singleKeys || /^(Mod|Alt)\+|^(Escape|Enter)$/.test(binding.keys);
}

function nameOf(event: KeyboardEvent): string {
  if (['Shift', 'Control', 'Alt', 'Meta'].includes(event.key)) return '';
  const mod = mac ? event.metaKey : event.ctrlKey;
  if (mac ? event.ctrlKey : event.metaKey) return '';
  return (mod ? 'Mod+' : '') + (event.altKey ? 'Alt+' : '') + (event.key.length === 1 && (mod || event.altKey) ? event.key.toLowerCase() : event.key);
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** Keys as people read them: ⌘ K, Ctrl K, g then h. */
export function readable(keys: string): string[] {
  return keys.split(/[ +]/).map((k) => (k === 'Mod' ? (mac ? '⌘' : 'Ctrl') : k === 'ArrowUp' ? '↑' : k === 'ArrowDown' ? '↓' : k));
}
