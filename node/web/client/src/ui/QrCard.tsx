import qrcode from 'qrcode-generator';
import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import { Avatar } from './Avatar';
import { Name } from './Name';
import type { Face } from './types';

// Literal, since the code is also saved as a file, where no style sheet is: earth and ink of the light theme.
const earth = '#d29557', ink = '#26211c';

/** The quiet zone is 16 of 272 drawn pixels, as four modules would not be: readers take it so. */
const side = 272, quiet = 16;

export interface QrCardProps {
  who: Face;
  address: string;
  /** What the code says: a link of this server. */
  link: string;
  label: string;
  note?: ComponentChildren;
  /** Share and save, beneath the card. */
  acts?: ComponentChildren;
  onSvg?: (svg: SVGSVGElement | null) => void;
}

/** Somebody's card to be scanned: on light in both themes, the mark in the middle, error level Q. */
export function QrCard({ who, address, link, label, note, acts, onSvg }: QrCardProps) {
  const code = useMemo(() => draw(link), [link]);
  return (
    <div>
      <div class="qr">
        <div class="qr-who"><Avatar who={who} size={48} eager /><span><span class="qr-name one"><Name who={who} /></span><bdi class="qr-address" dir="ltr">{address}</bdi></span></div>
        <svg ref={onSvg} class="qr-code" viewBox={`0 0 ${side} ${side}`} width={side} height={side} role="img" aria-label={label}>
          <rect width={side} height={side} fill="#fff" />
          <path d={code.path} fill={ink} />
          <g transform={`translate(${side / 2 - 20} ${side / 2 - 20}) scale(${40 / 48})`} fill="none">
            <path d="M20.5 42.16A18.5 18.5 0 1 1 27.5 42.16" stroke={earth} stroke-width="7" />
            <circle cx="24" cy="24" r="10.5" stroke={ink} stroke-width="2.4" />
            <rect x="20.6" y="20.6" width="6.8" height="6.8" rx="1.4" fill={ink} />
          </g>
        </svg>
        {note && <p class="qr-note">{note}</p>}
      </div>
      {acts && <div class="qr-acts">{acts}</div>}
    </div>
  );
}

/** The dark modules as one path; those under the mark, 18 % of the side at most, are left out. */
function draw(text: string): { path: string } {
  const qr = qrcode(0, 'Q');
  qr.addData(text);
  qr.make();
  const n = qr.getModuleCount();
  const unit = (side - 2 * quiet) / n;
  const hole = 0.18 * n / 2;
  let path = '';
  for (let y = 0; y < n; y++) {
    for (let x = 0; x < n; x++) {
      if (!qr.isDark(y, x)) continue;
      if (Math.abs(x + 0.5 - n / 2) < hole && Math.abs(y + 0.5 - n / 2) < hole) continue;
      let run = 1;
      while (x + run < n && qr.isDark(y, x + run) && !(Math.abs(x + run + 0.5 - n / 2) < hole && Math.abs(y + 0.5 - n / 2) < hole)) run++;
      path += `M${(quiet + x * unit).toFixed(2)} ${(quiet + y * unit).toFixed(2)}h${(run * unit).toFixed(2)}v${unit.toFixed(2)}h-${(run * unit).toFixed(2)}z`;
      x += run - 1;
    }
  }
  return { path };
}
