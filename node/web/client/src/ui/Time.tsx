import { age, clock, fullDate, lastAt } from './format';

/** A moment in time. age: how long ago; last: as chat lists write it; clock; full. The full date is its hint. */
export function Time({ at, as = 'age' }: { at: string | number; as?: 'age' | 'last' | 'clock' | 'full' }) {
  const ms = typeof at === 'number' ? at : Date.parse(at);
  if (Number.isNaN(ms)) return null;
  const full = fullDate(ms);
  const text = as === 'full' ? full : as === 'clock' ? clock(ms) : as === 'last' ? lastAt(ms) : age(ms);
  return <time dateTime={new Date(ms).toISOString()} title={full}>{text}</time>;
}
