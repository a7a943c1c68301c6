import { withEmoji } from '../api/html';
import { nameOf, type Face } from './types';

/** A person's name as they write it, in its own direction. */
export function Name({ who }: { who: Face }) {
  return <bdi>{withEmoji(nameOf(who), who.emojis)}</bdi>;
}

/** The address in short: without the server where it is ours. */
export function Address({ who }: { who: { acct: string } }) {
  return <bdi class="address" dir="ltr">@{who.acct}</bdi>;
}
