// Numbers and times in the reader's language. Formatters are costly to build, so each is made once per language.
import { signal } from '@preact/signals';

const minute = 60_000, hour = 60 * minute, day = 24 * hour;

/** Ticks twice a minute while the page is seen, so that what says how long ago something was stays true. */
const now = signal(Date.now());
setInterval(() => document.hidden || (now.value = Date.now()), 30_000);

/** The language of the page, as the settings put it on the root element. */
export function locale(): string {
  return document.documentElement.lang || 'en';
}

const made = new Map<string, unknown>();

function format<F>(purpose: string, make: (language: string) => F): F {
  const key = locale() + purpose;
  if (!made.has(key)) made.set(key, make(locale()));
  return made.get(key) as F;
}

const numbers = (options: Intl.NumberFormatOptions) => format('n' + JSON.stringify(options), (l) => new Intl.NumberFormat(l, options));
const dates = (options: Intl.DateTimeFormatOptions) => format('d' + JSON.stringify(options), (l) => new Intl.DateTimeFormat(l, options));

/** 214, 1.2K: as short as the language writes it. */
export const shortCount = (n: number) => numbers({ notation: 'compact', maximumFractionDigits: 1 }).format(n);
/** A number in full. */
export const count = (n: number) => numbers({}).format(n);
/** A share of 1: 58%. */
export const percent = (share: number) => numbers({ style: 'percent' }).format(share);
/** Names joined as the language joins them: Ada, Noor and Yusuf. */
export const names = (list: string[]) => format('list', (l) => new Intl.ListFormat(l)).format(list);
/** Compares names as people of this language sort them. */
export const collate = (a: string, b: string) => format('collate', (l) => new Intl.Collator(l)).compare(a, b);

/** A length of time in its largest unit: 24 min, 3 hr, 12 days. */
export function span(ms: number): string {
  const [size, unit] = ms < hour ? [minute, 'minute'] : ms < day ? [hour, 'hour'] : [day, 'day'];
  return numbers({ style: 'unit', unit: unit as string, unitDisplay: 'short' }).format(Math.max(1, Math.floor(ms / (size as number))));
}

/** The age of a post: minutes, hours, days up to a week, then the date. */
export function age(at: number, from = now.value): string {
  if (from - at < 7 * day) return span(from - at);
  const sameYear = new Date(at).getFullYear() === new Date(from).getFullYear();
  return dates(sameYear ? { day: 'numeric', month: 'short' } : { day: 'numeric', month: 'short', year: 'numeric' }).format(at);
}

/** When a chat last spoke: the clock today, the weekday this week, else the date. */
export function lastAt(at: number, from = now.value): string {
  const today = new Date(from).setHours(0, 0, 0, 0);
  if (at >= today) return clock(at);
  if (at >= today - day) {
    const word = format('ago', (l) => new Intl.RelativeTimeFormat(l, { numeric: 'auto' })).format(-1, 'day');
    return word.charAt(0).toLocaleUpperCase(locale()) + word.slice(1);
  }
  return dates(at >= today - 6 * day ? { weekday: 'short' } : { day: 'numeric', month: 'short' }).format(at);
}

export const clock = (at: number) => dates({ timeStyle: 'short' }).format(at);
export const fullDate = (at: number) => dates({ dateStyle: 'medium', timeStyle: 'short' }).format(at);
export const dayName = (at: number) => dates({ weekday: 'long', day: 'numeric', month: 'long' }).format(at);

/** Seconds as a player shows them: 0:24, 1:02:03. */
export function length(seconds: number): string {
  const s = Math.round(seconds), two = (n: number) => String(n).padStart(2, '0');
  const h = Math.floor(s / 3600), m = Math.floor((s % 3600) / 60);
  return h ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
}

/** What a language is called in the one that is spoken, or its code. */
export function languageName(code: string): string {
  try {
    return format('languages', (l) => new Intl.DisplayNames(l, { type: 'language' })).of(code) ?? code;
  } catch {
    return code;
  }
}
