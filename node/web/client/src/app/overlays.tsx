import { signal } from '@preact/signals';
import { KeyList } from './KeyList';
import { Palette } from './Palette';

/** Which of the two overlays of the whole page is open. */
export const overlay = signal<'' | 'keys' | 'palette'>('');

export function Overlays() {
  const close = () => (overlay.value = '');
  if (overlay.value === 'keys') return <KeyList onClose={close} />;
  if (overlay.value === 'palette') return <Palette onClose={close} />;
  return null;
}
