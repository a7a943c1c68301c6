/**
 * Messages are text with {name}, {count, plural, one {…} other {…}} and {kind, select, a {…} other {…}};
 * # is the number in a plural. A case of a plural may also be "=0". The build checks them, so this
 * reader is short and trusts them.
 */
export type Args = Record<string, string | number>;
type Part = string | { name: string; kind: 'value' | 'number' | 'plural' | 'select'; cases: Map<string, Part[]> };

const none = new Map<string, Part[]>();
const parsed = new Map<string, Part[]>();

/** The parts of a message with the arguments filled in: texts, and the names of those that are not there. */
export function parts(message: string, args: Args, language: string): (string | { name: string })[] {
  let tree = parsed.get(message);
  if (!tree) parsed.set(message, (tree = parse(message)));
  return fill(tree, args, language, 0);
}

function fill(tree: Part[], args: Args, language: string, count: number): (string | { name: string })[] {
  return tree.flatMap((part) => {
    if (typeof part === 'string') return [part];
    if (part.kind === 'number') return [number(count, language)];
    const value = args[part.name];
    if (part.kind === 'value') {
      if (value === undefined) return [{ name: part.name }];
      return [typeof value === 'number' ? number(value, language) : value];
    }
    const n = Number(value);
    const wanted = part.kind === 'select' ? String(value) : plural(n, language);
    const chosen = (part.kind === 'plural' && part.cases.get('=' + n)) || part.cases.get(wanted) || part.cases.get('other')!;
    return fill(chosen, args, language, n);
  });
}

function parse(message: string): Part[] {
  let at = 0;
  const until = (inPlural: boolean): Part[] => {
    const found: Part[] = [];
    let text = '';
    const flush = () => {
      if (text) found.push(text);
      text = '';
    };
    while (at < message.length && message[at] !== '}') {
      const c = message[at++]!;
      if (c === '#' && inPlural) {
        flush();
        found.push({ name: '', kind: 'number', cases: none });
      } else if (c === '{') {
        flush();
        found.push(placeholder());
      } else text += c;
    }
    flush();
    return found;
  };
  const word = (end: RegExp): string => {
    const start = at;
    while (at < message.length && !end.test(message[at]!)) at++;
    return message.slice(start, at).trim();
  };
  const placeholder = (): Part => {
    const name = word(/[,}]/);
    if (message[at++] === '}') return { name, kind: 'value', cases: none };
    const kind = word(/,/) as 'plural' | 'select';
    at++;
    const cases = new Map<string, Part[]>();
    for (let key = word(/[{}]/); message[at] === '{'; key = word(/[{}]/)) {
      at++;
      cases.set(key, until(kind === 'plural'));
      at++;
    }
    at++;
    return { name, kind, cases };
  };
  return until(false);
}

const plurals = new Map<string, Intl.PluralRules>();
const numbers = new Map<string, Intl.NumberFormat>();

function plural(n: number, language: string): string {
  let rules = plurals.get(language);
  if (!rules) plurals.set(language, (rules = new Intl.PluralRules(language)));
  return rules.select(n);
}

function number(n: number, language: string): string {
  let format = numbers.get(language);
  if (!format) numbers.set(language, (format = new Intl.NumberFormat(language)));
  return format.format(n);
}
