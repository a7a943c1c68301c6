import { icons, pointing, type IconName } from './icons';

export type { IconName };

/** One icon in the colour of its text. It is silent: the control around it carries the name. */
export function Icon({ name, size = 24, on }: { name: IconName; size?: number; on?: boolean }) {
  const shape = 'icon' + (on ? ' icon-on' : '') + (pointing.has(name) ? ' icon-points' : '');
  return (
    <svg class={shape} viewBox="0 0 24 24" width={size} height={size} aria-hidden="true" focusable="false"
      stroke-width={size <= 16 ? 2 : 1.75} fill-rule="evenodd">
      <path d={icons[name]} />
    </svg>
  );
}
