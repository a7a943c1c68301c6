/**
 * Under which letter a name stands, and in which order. Han characters stand by their reading in pinyin,
 * which the collation of Intl knows; Latin letters without their accents; every other script by its own.
 */
import { locale } from '../../ui/format';

/** The first character of each letter's readings, in the order of pinyin (no reading begins with I, U or V). */
const firsts: [string, string][] = [
  ['A', '阿'], ['B', '八'], ['C', '嚓'], ['D', '哒'], ['E', '妸'], ['F', '发'], ['G', '旮'], ['H', '哈'], ['J', '丌'], ['K', '咔'], ['L', '垃'], ['M', '妈'],
  ['N', '拏'], ['O', '噢'], ['P', '妑'], ['Q', '七'], ['R', '呥'], ['S', '仨'], ['T', '他'], ['W', '穵'], ['X', '夕'], ['Y', '丫'], ['Z', '帀'],
];

/** Where names stand that begin with no letter. */
export const other = '#';

const pinyin = new Intl.Collator('zh-u-co-pinyin');
const collators = new Map<string, Intl.Collator>();

/** Compares names as people of the language sort them, and Han by pinyin in any language. */
function compare(a: string, b: string): number {
  let collator = collators.get(locale());
  if (!collator) collators.set(locale(), (collator = new Intl.Collator(locale().startsWith('zh') ? 'zh-u-co-pinyin' : locale())));
  return isHan(a) && isHan(b) ? pinyin.compare(a, b) : collator.compare(a, b);
}

const isHan = (text: string): boolean => /^\p{Script=Han}/u.test(text);

/** The letter a name stands under. */
export function letterOf(name: string): string {
  const first = [...name.trim()].find((c) => /[\p{L}\p{N}]/u.test(c)) ?? '';
  if (isHan(first)) return firsts.findLast(([, han]) => pinyin.compare(han, first) <= 0)?.[0] ?? other;
  if (!/\p{L}/u.test(first)) return other;
  // Ñ is a letter of its own where it is spoken, É is not.
  const upper = first.toLocaleUpperCase(locale());
  const bare = upper.normalize('NFD').replace(/\p{M}/gu, '') || upper;
  return bare !== upper && new Intl.Collator(locale(), { sensitivity: 'base' }).compare(bare, upper) !== 0 ? upper : [...bare][0]!;
}

export interface Section<T> {
  letter: string;
  items: T[];
}

/** Sorts things by their names into sections by letter; what has none comes last. */
export function byLetter<T>(items: T[], name: (item: T) => string): Section<T>[] {
  const all = new Map<string, T[]>();
  for (const item of items) {
    const letter = letterOf(name(item));
    const there = all.get(letter);
    if (there) there.push(item);
    else all.set(letter, [item]);
  }
  const place = (letter: string) => (letter === other ? 1 : 0);
  return [...all].sort(([a], [b]) => place(a) - place(b) || compare(a, b)).map(([letter, those]) => ({ letter, items: those.sort((a, b) => compare(name(a), name(b))) }));
}

/** A text as it is searched: without case and accents. */
export const plain = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLocaleLowerCase(locale());
