import type { ComponentChildren } from 'preact';
import { t } from '../i18n';
import { Button, IconButton } from './Button';
import { Icon, type IconName } from './Icon';

export interface BannerProps {
  kind?: 'plain' | 'info' | 'warn' | 'ok' | 'danger';
  icon?: IconName;
  children: ComponentChildren;
  act?: { label: string; onPick: () => void };
  onClose?: () => void;
}

/** One line under a header: offline, a new version, somebody moved. It stays until what it says is over. */
export function Banner({ kind = 'plain', icon, children, act, onClose }: BannerProps) {
  return (
    <div class={`banner banner-${kind}`} role={kind === 'danger' ? 'alert' : 'status'}>
      {icon && <Icon name={icon} size={20} />}
      <p class="banner-words">{children}</p>
      {act && <Button kind="plain" small onClick={act.onPick}>{act.label}</Button>}
      {onClose && <IconButton icon="close" size={20} label={t('ui.close')} onClick={onClose} />}
    </div>
  );
}
