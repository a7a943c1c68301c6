import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { IconButton } from './Button';
import { Icon, type IconName } from './Icon';
import { alongRow } from './Tabs';
import { useDialog } from './useDialog';

export interface MenuItem {
  label: string;
  icon?: IconName;
  hint?: string;
  /** The key that does the same, as it is printed on the keyboard. */
  keys?: string;
  danger?: boolean;
  disabled?: boolean;
  /** Given, the row is a box that is ticked or not. */
  checked?: boolean;
  onPick: () => void;
}

/** Rows of a menu; 'gap' parts the groups. What destroys comes last. */
export type MenuRows = Array<MenuItem | 'gap'>;

/** A menu at its button, or a sheet on a phone. Arrows move, letters jump, Esc closes. */
export function Menu({ rows, label, at, onClose }: { rows: MenuRows; label: string; at: Element | DOMRect | null; onClose: () => void }) {
  const { props, close, ref } = useDialog(onClose);
  useLayoutEffect(() => {
    if (ref.current && at) place(ref.current, at instanceof Element ? at.getBoundingClientRect() : at);
    ref.current?.querySelector<HTMLElement>('.menu-row:not(:disabled)')?.focus();
  }, []);
  const keys = (e: KeyboardEvent) => {
    props.onKeyDown(e);
    if (e.key === 'Tab') return e.preventDefault();
    if (alongRow(e, '.menu-row:not(:disabled)', true) || e.key.length !== 1 || e.key === ' ') return;
    const all = [...ref.current!.querySelectorAll<HTMLElement>('.menu-row:not(:disabled)')];
    all.find((r) => r.textContent!.trim().toLocaleLowerCase().startsWith(e.key.toLocaleLowerCase()))?.focus();
  };
  return (
    <dialog class="menu" aria-label={label} {...props} onKeyDown={keys}>
      <div role="menu" aria-label={label}>
        {rows.map((row, i) => row === 'gap' ? <div key={i} class="menu-gap" role="separator" /> : (
          <button key={i} type="button" tabIndex={-1} disabled={row.disabled} class={row.danger ? 'menu-row menu-danger' : 'menu-row'}
            role={row.checked === undefined ? 'menuitem' : 'menuitemcheckbox'} aria-checked={row.checked}
            onClick={() => close(row.onPick)}>
            {row.icon ? <Icon name={row.icon} size={20} /> : row.checked !== undefined && <span style={{ inlineSize: '20px' }}>{row.checked && <Icon name="check" size={20} />}</span>}
            <span class="menu-words">{row.label}{row.hint && <span class="menu-hint">{row.hint}</span>}</span>
            {row.icon && row.checked && <Icon name="check" size={20} />}
            {row.keys && <kbd class="menu-key">{row.keys}</kbd>}
          </button>
        ))}
      </div>
    </dialog>
  );
}

/** Below its button, above where there is no room, never off the page, aligned with the button's end. */
function place(menu: HTMLElement, near: DOMRect) {
  const gap = 4, edge = 12;
  const { offsetWidth: w, offsetHeight: h } = menu;
  const rtl = getComputedStyle(menu).direction === 'rtl';
  const wide = document.documentElement.clientWidth;
  const want = near.x + near.width / 2 > wide / 2 ? near.x + near.width - w : near.x;
  const x = Math.min(Math.max(edge, want), wide - w - edge);
  const under = near.bottom + gap + h <= innerHeight - edge;
  const y = under ? near.bottom + gap : Math.max(edge, near.top - gap - h);
  menu.style.insetBlock = `${y}px auto`;
  menu.style.insetInline = rtl ? `${wide - x - w}px auto` : `${x}px auto`;
}

/** An icon button that opens a menu; the rows are made when it opens. */
export function MenuButton({ label, icon = 'more', rows, size }: { label: string; icon?: IconName; rows: () => MenuRows; size?: number }) {
  const [open, setOpen] = useState<MenuRows>();
  const button = useRef<HTMLButtonElement | null>(null);
  return (
    <>
      <IconButton label={label} icon={icon} size={size} popup="menu" expanded={!!open} buttonRef={(el) => (button.current = el)} onClick={() => setOpen(rows())} />
      {open && <Menu rows={open} label={label} at={button.current} onClose={() => setOpen(undefined)} />}
    </>
  );
}
