import { useRef } from 'preact/hooks';
import { t } from '../i18n';
import { set, settings } from '../state/settings';

/** How wide a list or a feed may be beside a detail, in pixels, and how wide it is by itself. */
export const widths = {
  list: { least: 280, most: 420, usual: 336 },
  feed: { least: 440, most: 680, usual: 600 },
} as const;

/** How far one press of an arrow key goes. */
const step = 20;

/** The edge between two panes, moved by mouse, finger or arrow keys; a double click puts it back. */
export function Divider({ of }: { of: keyof typeof widths }) {
  const { least, most, usual } = widths[of];
  const from = useRef<{ x: number; width: number } | null>(null);
  const now = settings.value[of] || usual;
  const to = (width: number) => set(of, Math.round(Math.min(most, Math.max(least, width))));
  const onward = () => (document.documentElement.dir === 'rtl' ? -1 : 1);
  return (
    <div class="divider" role="separator" tabIndex={0} aria-orientation="vertical" aria-label={t('shell.divider')} aria-valuenow={now} aria-valuemin={least} aria-valuemax={most}
      onDblClick={() => set(of, 0)}
      onKeyDown={(e) => {
        const by = { ArrowRight: step * onward(), ArrowLeft: -step * onward(), Home: -most, End: most }[e.key];
        if (!by) return;
        e.preventDefault();
        to(now + by);
      }}
      onPointerDown={(e) => {
        e.currentTarget.setPointerCapture(e.pointerId);
        from.current = { x: e.clientX, width: e.currentTarget.previousElementSibling!.getBoundingClientRect().width };
      }}
      onPointerMove={(e) => from.current && to(from.current.width + (e.clientX - from.current.x) * onward())}
      onLostPointerCapture={() => (from.current = null)} />
  );
}
