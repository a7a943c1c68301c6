import { feed, Feed } from '../../state/feed';

/** The name of a list's timeline and of what is kept of the list. */
export const listKey = (id: string): string => 'list:' + id;

/** The timeline of a list. */
export const listFeed = (id: string): Feed => feed(listKey(id), () => new Feed(listKey(id), '/api/v1/timelines/list/' + id, {}, { stream: 'list', list: id }));
