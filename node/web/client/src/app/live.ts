/** What is said to the ear: one polite region and one that interrupts. */
import { signal } from '@preact/signals';

export const polite = signal('');
export const assertive = signal('');

/** Says something when there is a pause. */
export function announce(text: string): void {
  say(polite, text);
}

/** Says something at once: errors. */
export function alarm(text: string): void {
  say(assertive, text);
}

function say(region: typeof polite, text: string): void {
  region.value = ''; // so that the same sentence is said again
  setTimeout(() => (region.value = text), 50);
}
