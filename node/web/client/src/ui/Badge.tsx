import { shortCount } from './format';

/**
 * A number that waits. `call` is lantern red and only for what asks for you; rows count in accent; muted sinks.
 * It is drawn and not written: the name of what it is on says it.
 */
export function Badge({ count, kind = 'row' }: { count: number; kind?: 'call' | 'row' | 'muted' }) {
  if (count <= 0) return null;
  return <span class={`badge badge-${kind} num`} aria-hidden="true" data-count={count > 99 ? `${shortCount(99)}+` : shortCount(count)} />;
}

/** Something is new, and a number would say nothing. */
export function Dot({ label }: { label?: string }) {
  return <span class="badge badge-call badge-dot" role={label ? 'img' : undefined} aria-label={label} aria-hidden={label ? undefined : true} />;
}
