import { signal } from '@preact/signals';

/** How much room there is: one pane with a tab bar, one with a rail, two, or three. */
export type Room = 'compact' | 'medium' | 'expanded' | 'large';

const steps: [Room, MediaQueryList][] = [
  ['large', matchMedia('(min-width: 1200px)')],
  ['expanded', matchMedia('(min-width: 840px)')],
  ['medium', matchMedia('(min-width: 600px)')],
];

const measure = (): Room => steps.find(([, query]) => query.matches)?.[0] ?? 'compact';

export const room = signal<Room>(measure());
for (const [, query] of steps) query.addEventListener('change', () => (room.value = measure()));

/** Whether a list and what it leads to stand side by side. */
export const beside = (): boolean => room.value === 'expanded' || room.value === 'large';
