import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from './Icon';

/** A choice among neighbours (on), a filter, or what opens a choice (down). */
export function Chip({ children, icon, on, down, onClick, onRemove, removeLabel, disabled }: {
  children: ComponentChildren; icon?: IconName; on?: boolean; down?: boolean; onClick?: (e: MouseEvent) => void;
  onRemove?: () => void; removeLabel?: string; disabled?: boolean;
}) {
  const look = 'chip' + (on ? ' chip-on' : '');
  if (onRemove) {
    return (
      <span class={look}>
        {icon && <Icon name={icon} size={16} />}
        <span class="one">{children}</span>
        <button type="button" class="chip-x reach" aria-label={removeLabel} onClick={onRemove}><Icon name="close" size={14} /></button>
      </span>
    );
  }
  return (
    <button type="button" class={look + ' reach'} aria-pressed={down ? undefined : on} aria-haspopup={down ? 'dialog' : undefined} disabled={disabled} onClick={onClick}>
      {icon && <Icon name={icon} size={16} />}
      <span class="one">{children}</span>
      {down && <Icon name="down" size={14} />}
    </button>
  );
}
