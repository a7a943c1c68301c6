import { t, type Key } from '../../i18n';
import { me } from '../../state/session';
import { Chip } from '../../ui/Chip';

/** What narrows a search for posts; the words of an operator are typed for whoever taps it. */
const operators: { word: () => string; label: Key }[] = [
  { word: () => 'from:me', label: 'search.from-me' },
  { word: () => 'has:media', label: 'search.has-media' },
  { word: () => 'has:poll', label: 'search.has-poll' },
  { word: () => 'is:reply', label: 'search.is-reply' },
  { word: () => 'in:library', label: 'search.in-library' },
  { word: () => 'language:' + document.documentElement.lang.split('-')[0], label: 'search.my-language' },
  { word: () => 'after:' + weekAgo(), label: 'search.this-week' },
];

const weekAgo = (): string => new Date(Date.now() - 7 * 86_400_000).toISOString().slice(0, 10);

/** Chips that put an operator among the words, or take it away. */
export function Operators({ words, onWords }: { words: string; onWords: (words: string) => void }) {
  if (!me.value) return null;
  const typed = words.split(/\s+/).filter(Boolean);
  const flip = (word: string) => onWords(typed.includes(word) ? typed.filter((w) => w !== word).join(' ') : [...typed, word].join(' '));
  return (
    <div class="chips" role="group" aria-label={t('search.narrow')}>
      {operators.map(({ word, label }) => <Chip key={label} on={typed.includes(word())} onClick={() => flip(word())}>{t(label)}</Chip>)}
    </div>
  );
}
