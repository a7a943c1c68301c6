import type { Key } from '../../i18n';

/** Where a filter can work, as the server names it and as we do. */
export const contexts: [string, Key][] = [
  ['home', 'filters.in-home'], ['notifications', 'filters.in-notifications'], ['public', 'filters.in-public'], ['thread', 'filters.in-thread'], ['account', 'filters.in-account'],
];
