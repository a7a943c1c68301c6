/** Who is in a chat, as its name: the ids of the others, sorted as numbers are. */
export const keyOf = (ids: string[]): string => [...new Set(ids)].sort((a, b) => a.length - b.length || (a < b ? -1 : 1)).join('-');
export const idsOf = (key: string): string[] => key.split('-').filter(Boolean);
