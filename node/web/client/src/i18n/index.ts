import { signal } from '@preact/signals';
import type { ComponentChild, ComponentChildren } from 'preact';
import type english from '../../locales/en.json';
import { settings, set } from '../state/settings';
import { speak, type Language } from '../state/stored';
import { locale } from '../ui/format';
import { parts, type Args } from './message';

export { languages, type Language } from '../state/stored';
export * from '../ui/format';

/** The name of a message: every one is in locales/en.json. */
export type Key = keyof typeof english;

const load: Record<Language, () => Promise<{ default: Record<string, string> }>> = {
  en: () => import('locale:en'),
  'zh-Hans': () => import('locale:zh-Hans'),
  es: () => import('locale:es'),
  ar: () => import('locale:ar'),
  'en-XA': () => import('locale:en-XA'),
};

const spoken = signal<{ language: Language; messages: Record<string, string> }>({ language: 'en', messages: {} });

/** The language in which the page speaks. */
export const language = (): Language => spoken.value.language;

/** Fetches the words of the language that is set; nothing is shown before. */
export async function ready(): Promise<void> {
  const wanted = speak(settings.value.language);
  spoken.value = { language: wanted, messages: (await load[wanted]()).default };
}

/** Speaks another language, from now on and next time. '' is the browser's. */
export async function choose(wanted: Language | ''): Promise<void> {
  const next = speak(wanted);
  const messages = (await load[next]()).default;
  set('language', wanted);
  spoken.value = { language: next, messages };
}

/** A message. What reads it is drawn again when the language changes. */
export function t(key: Key, args: Args = {}): string {
  const { language, messages } = spoken.value;
  return parts(messages[key] ?? key, args, language).map((part) => (typeof part === 'string' ? part : '')).join('');
}

/** A message with elements in it: <T k="post.shared-by" name={<Name … />} />. */
export function T({ k, ...args }: { k: Key } & Record<string, ComponentChild>): ComponentChildren {
  const { language, messages } = spoken.value;
  const texts: Args = {};
  for (const [name, value] of Object.entries(args)) if (typeof value === 'string' || typeof value === 'number') texts[name] = value;
  return parts(messages[k] ?? k, texts, language).map((part) => (typeof part === 'string' ? part : args[part.name]));
}

const collators = new Map<string, Intl.Collator>();

/** Compares names as people of this language sort them. */
export function collate(a: string, b: string): number {
  let collator = collators.get(locale());
  if (!collator) collators.set(locale(), (collator = new Intl.Collator(locale())));
  return collator.compare(a, b);
}

/** What a language is called in the one that is spoken, or its code. */
export function languageName(code: string): string {
  try {
    return new Intl.DisplayNames(locale(), { type: 'language' }).of(code) ?? code;
  } catch {
    return code;
  }
}
