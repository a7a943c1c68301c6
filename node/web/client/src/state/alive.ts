import { signal } from '@preact/signals';

/** Whether somebody is signed in, as far as is known. */
export const alive = signal(true);
/** Whether the browser says that there is a network. */
export const online = signal(navigator.onLine);
addEventListener('online', () => (online.value = true));
addEventListener('offline', () => (online.value = false));
