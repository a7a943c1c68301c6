import { useEffect, useRef } from 'preact/hooks';
import { Badge, Dot } from './Badge';

export interface Tab { id: string; label: string; count?: number; dot?: boolean; href?: string; panel?: string }

/** Moves a choice along a row of siblings by arrow keys, in the direction the text runs. */
export function alongRow(e: KeyboardEvent, selector: string, vertical = false): HTMLElement | undefined {
  const box = e.currentTarget as HTMLElement;
  const all = [...box.querySelectorAll<HTMLElement>(selector)];
  const at = all.indexOf(document.activeElement as HTMLElement);
  const rtl = getComputedStyle(box).direction === 'rtl';
  const [fore, back] = vertical ? ['ArrowDown', 'ArrowUp'] : rtl ? ['ArrowLeft', 'ArrowRight'] : ['ArrowRight', 'ArrowLeft'];
  let to = -1;
  if (e.key === fore) to = (at + 1) % all.length;
  else if (e.key === back) to = (at - 1 + all.length) % all.length;
  else if (e.key === 'Home') to = 0;
  else if (e.key === 'End') to = all.length - 1;
  if (to < 0 || !all.length) return undefined;
  e.preventDefault();
  all[to]!.focus();
  return all[to];
}

/** A row of tabs that scrolls sideways when it is long; one stop for Tab, arrows inside. */
export function Tabs({ label, tabs, at, onPick, even }: { label: string; tabs: Tab[]; at: string; onPick: (id: string) => void; even?: boolean }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    box.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [at]);
  return (
    <div ref={box} class={even ? 'tabs tabs-even' : 'tabs'} role="tablist" aria-label={label}
      onKeyDown={(e) => { const to = alongRow(e, '[role="tab"]'); if (to?.dataset.id) onPick(to.dataset.id); }}>
      {tabs.map((t) => (
        <button key={t.id} type="button" role="tab" class="tab" data-id={t.id} aria-selected={t.id === at} aria-controls={t.panel}
          tabIndex={t.id === at ? 0 : -1} onClick={() => onPick(t.id)}>
          <span class="tab-words" data-words={t.label}>{t.label}</span>
          {t.count ? <Badge count={t.count} kind="muted" /> : null}
          {t.dot && <Dot />}
        </button>
      ))}
    </div>
  );
}
