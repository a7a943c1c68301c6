/** Whether somebody is here for the first time, and is shown around. */
import { go } from '../../app/router';
import { keep, recall } from '../../state/db';
import { me } from '../../state/session';

/** An account older than this has been used from elsewhere. */
const newFor = 3 * 24 * 60 * 60 * 1000;

/** Shows the first run, once, to whoever has just come and has done nothing yet. */
export async function begin(): Promise<void> {
  const who = me.peek();
  if (!who || who.statuses_count || who.following_count || Date.now() - Date.parse(who.created_at) > newFor) return;
  if (await recall<boolean>('welcomed')) return;
  if (location.pathname.replace(/\/$/, '') === '/app' || location.pathname === '/' || location.pathname === '/app/home') go('/welcome', { replace: true });
}

/** Says that it was seen, or left. */
export const end = (): Promise<void> => keep('welcomed', true);
