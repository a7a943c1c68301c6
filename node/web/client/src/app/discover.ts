/** Which list of Discover was shown last: it opens there again. It is in localStorage, to be known at once. */
const name = 'tulou.discover';

export function leftDiscoverAt(path: string): void {
  try {
    localStorage.setItem(name, path);
    if (path !== '/moments') localStorage.setItem(name + '.tabs', path);
  } catch {
    // A browser that keeps nothing opens the first list.
  }
}

/** Where Discover was left; undefined if it never was. */
export function discoverLeft(): string | undefined {
  return read(name);
}

/** The last list that has the tabs above it: Moments take the whole screen, and lead back here. */
export function lastOfDiscover(): string {
  return read(name + '.tabs') ?? '/home';
}

function read(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}
