import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from './Icon';

type Common = {
  children?: ComponentChildren;
  icon?: IconName;
  iconOn?: boolean;
  onClick?: (e: MouseEvent) => void;
  href?: string;
  disabled?: boolean;
  busy?: boolean;
};

export interface ButtonProps extends Common {
  /** filled: the one act of the view. soft: others. plain: words alone. danger: what cannot be undone. */
  kind?: 'filled' | 'soft' | 'plain' | 'danger' | 'earth';
  small?: boolean;
  wide?: boolean;
  type?: 'button' | 'submit';
  form?: string;
  label?: string;
  on?: boolean;
}

/** A button with words on it. While busy it keeps its width and cannot be pressed again. */
export function Button({ kind = 'soft', small, wide, type = 'button', icon, iconOn, busy, disabled, href, children, label, on, onClick, form }: ButtonProps) {
  const look = `btn btn-${kind}${small ? ' btn-s' : ''}${wide ? ' btn-wide' : ''}`;
  const inside = (
    <>
      {icon && <Icon name={icon} size={small ? 16 : 20} on={iconOn} />}
      <span>{children}</span>
    </>
  );
  if (href) return <a class={look} href={href} onClick={onClick} aria-label={label}>{inside}</a>;
  return (
    <button class={look} type={type} form={form} disabled={disabled} aria-disabled={busy || undefined} aria-busy={busy || undefined}
      aria-pressed={on} aria-label={label} onClick={busy ? stop : onClick}>
      {inside}
    </button>
  );
}

function stop(e: Event) {
  e.preventDefault();
}

export interface IconButtonProps extends Common {
  /** What it does, in words: its name for the ear, its hint for the mouse. */
  label: string;
  /** What stands under it in Large and clear, where that is less than the label. */
  words?: string;
  icon: IconName;
  on?: boolean;
  size?: number;
  /** A number or a dot in the corner that calls. */
  badge?: ComponentChildren;
  popup?: 'menu' | 'dialog';
  expanded?: boolean;
  round?: boolean;
  buttonRef?: (el: HTMLButtonElement | null) => void;
  tabIndex?: number;
}

/** A control drawn as one icon: 44 for a finger, 32 for a mouse, always named. */
export function IconButton({ label, words = label, icon, on, iconOn, size = 24, badge, popup, expanded, round, href, disabled, onClick, buttonRef, tabIndex }: IconButtonProps) {
  const inside = (
    <>
      <Icon name={icon} size={size} on={iconOn} />
      {badge}
      <span class="icon-words" aria-hidden="true">{words}</span>
    </>
  );
  const look = round ? 'icon-btn icon-btn-round' : 'icon-btn';
  if (href) return <a class={look} href={href} aria-label={label} title={label} onClick={onClick} tabIndex={tabIndex}>{inside}</a>;
  return (
    <button ref={buttonRef} class={look} type="button" aria-label={label} title={label} aria-pressed={popup ? undefined : on} disabled={disabled}
      aria-haspopup={popup} aria-expanded={popup ? !!expanded : undefined} onClick={onClick} tabIndex={tabIndex}>
      {inside}
    </button>
  );
}

/** The earth-coloured button at the bottom end of a list: say something. */
export function ComposeButton({ label, onClick, href, away }: { label: string; onClick?: (e: MouseEvent) => void; href?: string; away?: boolean }) {
  const look = away ? 'fab fab-away' : 'fab';
  if (href) return <a class={look} href={href} aria-label={label} title={label} onClick={onClick}><Icon name="compose" /></a>;
  return <button class={look} type="button" aria-label={label} title={label} onClick={onClick}><Icon name="compose" /></button>;
}
