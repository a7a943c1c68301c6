/** What somebody's filters do to a post in one place: nothing, cover it and say why, or leave it out. */
import type { Status } from '../api/entities';

/** Where a post is shown, as filters name it. */
export type Place = 'home' | 'notifications' | 'public' | 'thread' | 'account';

/** The post as filters leave it there; undefined if it is left out. */
export function filtered(status: Status, place: Place): Status | undefined {
  const inner = status.reblog ?? status;
  const now = Date.now();
  const count = inner.filtered?.length ?? 0;
  if (!count) return status;
  const said = inner.filtered!.filter(({ filter }) => filter.context.includes(place) && !(filter.expires_at && Date.parse(filter.expires_at) < now));
  if (said.some(({ filter }) => filter.filter_action === 'hide')) return undefined;
  const blurs = said.filter(({ filter }) => filter.filter_action === 'blur');
  const as: Status = { ...inner, filtered: said.filter((f) => !blurs.includes(f)), sensitive: inner.sensitive || blurs.length > 0 };
  return status.reblog ? { ...status, reblog: as } : as;
}
