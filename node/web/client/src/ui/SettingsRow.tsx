import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { Icon, type IconName } from './Icon';

/** A title over rows that belong together. */
export function SettingsGroup({ title, children }: { title?: string; children: ComponentChildren }) {
  return <section class="set-group">{title && <h2 class="set-head">{title}</h2>}{children}</section>;
}

export interface SettingsRowProps {
  title: ComponentChildren;
  hint?: ComponentChildren;
  icon?: IconName;
  /** What is chosen now, at the end of the row. */
  value?: ComponentChildren;
  /** A switch or another control; the row is its label. */
  control?: (id: string) => ComponentChildren;
  href?: string;
  onClick?: () => void;
  danger?: boolean;
}

/** A row of settings: what it is, what it does, and the control at the end. */
export function SettingsRow({ title, hint, icon, value, control, href, onClick, danger }: SettingsRowProps) {
  const id = useId();
  const inside = (
    <>
      {icon && <Icon name={icon} size={24} />}
      <span class="set-words"><span class="set-title">{title}</span>{hint && <span class="hint">{hint}</span>}</span>
      {value !== undefined && <span class="set-value">{value}</span>}
      {control?.(id)}
      {(href || onClick) && !control && <Icon name="next" size={16} />}
    </>
  );
  const look = 'set-row' + (danger ? ' set-danger' : '');
  if (control) return <label class={look} for={id}>{inside}</label>;
  if (href) return <a class={look} href={href}>{inside}</a>;
  if (onClick) return <button type="button" class={look} onClick={onClick}>{inside}</button>;
  return <div class={look}>{inside}</div>;
}
