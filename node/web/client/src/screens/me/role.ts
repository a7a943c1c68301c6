import { me } from '../../state/session';

/** The bits of a role, as Mastodon's API has them: everything, and to deal with reports. */
const administrator = 0x1, reports = 0x10;

/** Whether whoever is signed in may see reports. */
export function moderates(): boolean {
  return (Number(me.value?.role?.permissions ?? 0) & (administrator | reports)) !== 0;
}
