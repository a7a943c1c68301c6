// The mark: a round house from above. Wall with its gate, rooms, gallery and hall.
const gate = 'M20.5 42.16A18.5 18.5 0 1 1 27.5 42.16';

function cuts(): string {
  let d = '';
  for (let i = 0; i < 24; i++) {
    const a = ((i * 15 + 7.5) * Math.PI) / 180;
    if (i === 5 || i === 6) continue; // the gate is open already
    const x = Math.cos(a), y = Math.sin(a);
    d += `M${(24 + 14.8 * x).toFixed(2)} ${(24 + 14.8 * y).toFixed(2)}L${(24 + 22.2 * x).toFixed(2)} ${(24 + 22.2 * y).toFixed(2)}`;
  }
  return d;
}

/** The mark at `size` pixels; rooms from 32 up, wall and hall alone below 20. `one` draws it in one colour. */
export function Mark({ size = 32, one, label }: { size?: number; one?: boolean; label?: string }) {
  const name = label ? { role: 'img' as const, 'aria-label': label } : { 'aria-hidden': true as const };
  return (
    <svg class={one ? 'mark mark-one' : 'mark'} viewBox="0 0 48 48" width={size} height={size} {...name}>
      <path class="mark-wall" d={gate} />
      {size >= 32 && <path class="mark-cuts" d={cuts()} />}
      {size >= 20 && <circle class="mark-gallery" cx="24" cy="24" r="10.5" />}
      {size >= 20
        ? <rect class="mark-hall" x="20.6" y="20.6" width="6.8" height="6.8" rx="1.4" />
        : <rect class="mark-hall" x="19.5" y="19.5" width="9" height="9" rx="1.4" />}
    </svg>
  );
}
