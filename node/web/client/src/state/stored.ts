/**
 * What somebody has set for this browser. It is in localStorage, so that it is there before the first
 * paint; it is small and nothing in it is a secret.
 */
export interface Settings {
  theme: 'auto' | 'light' | 'dark';
  contrast: 'auto' | 'more';
  /** Per cent. */
  text: 87 | 100 | 112 | 125 | 137;
  /** Large and clear: one switch for the eyes and hands that want it. */
  clear: boolean;
  motion: 'auto' | 'less';
  /** BCP 47, or '' for the browser's. */
  language: string;
  /** Whether single keys do something (WCAG 2.1.4). */
  singleKeys: boolean;
  enterSends: boolean;
  /** How wide lists and feeds are beside a detail, in pixels; 0 as designed. */
  list: number;
  feed: number;
  /** Whether the third column is shown where there is room. */
  aside: boolean;
  /** Where the app opens. */
  start: string;
}

export const defaults: Settings = {
  theme: 'auto', contrast: 'auto', text: 100, clear: false, motion: 'auto', language: '', singleKeys: true, enterSends: true, list: 0, feed: 0, aside: true, start: '/home',
};

const name = 'tulou.settings';

export function read(): Settings {
  try {
    return { ...defaults, ...JSON.parse(localStorage.getItem(name) ?? '{}') };
  } catch {
    return { ...defaults };
  }
}

export function write(settings: Settings): void {
  try {
    localStorage.setItem(name, JSON.stringify(settings));
  } catch {
    // A browser that keeps nothing starts with the defaults next time.
  }
}

/** The languages there are; the last is for finding what is not translated. */
export const languages = [
  { id: 'en', name: 'English', dir: 'ltr' },
  { id: 'zh-Hans', name: '简体中文', dir: 'ltr' },
  { id: 'es', name: 'Español', dir: 'ltr' },
  { id: 'ar', name: 'العربية', dir: 'rtl' },
  { id: 'en-XA', name: '[Þšéûðö]', dir: 'ltr' },
] as const;

export type Language = (typeof languages)[number]['id'];

/** The language to speak: the one that was set, else the first of the browser's that there is. */
export function speak(set: string): Language {
  for (const wanted of [set, ...navigator.languages]) {
    const short = wanted.split('-')[0];
    const found = languages.find((l) => l.id === wanted) ??
      (short === 'zh' ? languages[1] : languages.find((l) => l.id === short));
    if (found) return found.id;
  }
  return 'en';
}

/** Sets on the document what style sheets look at. */
export function show(s: Settings): void {
  const root = document.documentElement;
  const put = (key: string, value: string | null) => (value === null ? root.removeAttribute(key) : root.setAttribute(key, value));
  put('data-theme', s.theme === 'auto' ? null : s.theme);
  put('data-contrast', s.contrast === 'more' ? 'more' : null);
  put('data-text', s.text === 100 ? null : String(s.text));
  put('data-clear', s.clear ? '' : null);
  put('data-motion', s.motion === 'less' ? 'less' : null);
  const language = languages.find((l) => l.id === speak(s.language))!;
  put('lang', language.id);
  put('dir', language.dir);
}
