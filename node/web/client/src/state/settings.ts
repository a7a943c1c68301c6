import { effect, signal } from '@preact/signals';
import { read, show, write, type Settings } from './stored';

export type { Settings } from './stored';

/** What is set, for reading; change it with set. */
export const settings = signal<Settings>(read());

/** Changes a setting; it applies at once. */
export function set<K extends keyof Settings>(key: K, value: Settings[K]): void {
  settings.value = { ...settings.value, [key]: value };
  write(settings.value);
}

effect(() => show(settings.value));

/** Whether things should not move. */
export function still(): boolean {
  return settings.value.motion === 'less' || matchMedia('(prefers-reduced-motion: reduce)').matches;
}
