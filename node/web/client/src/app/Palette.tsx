import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../i18n';
import { Icon } from '../ui/Icon';
import { useDialog } from '../ui/useDialog';
import { commands, sources, type Command } from './commands';
import { readable } from './keys';

/** How long somebody may pause in a word before the server is asked. */
const pause = 150;
const rowsMax = 12;

/** Finds people, places and acts by a few letters. */
export function Palette({ onClose }: { onClose: () => void }) {
  const { props, close } = useDialog(onClose);
  const [words, setWords] = useState('');
  const [found, setFound] = useState<Command[]>([]);
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    setAt(0);
    setFound([]);
    if (!words.trim()) return;
    const stop = new AbortController();
    const timer = setTimeout(() => sources.value.forEach(async (source) => {
      const more = await source(words.trim(), stop.signal).catch(() => []);
      if (!stop.signal.aborted) setFound((now) => [...now, ...more]);
    }), pause);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [words]);
  const rows = [...commands.value.filter((c) => fits(c.label(), words)).sort((a, b) => nearness(b.label(), words) - nearness(a.label(), words)), ...found].slice(0, rowsMax);
  const run = (c: Command | undefined) => c && close(c.run);
  const keys = (e: KeyboardEvent) => {
    props.onKeyDown(e);
    if (e.isComposing) return;
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      e.preventDefault();
      setAt((at + (e.key === 'ArrowDown' ? 1 : rows.length - 1)) % Math.max(1, rows.length));
    } else if (e.key === 'Enter') {
      e.preventDefault();
      run(rows[at]);
    }
  };
  useEffect(() => list.current?.children[at]?.scrollIntoView({ block: 'nearest' }), [at]);
  return (
    <dialog class="sheet palette" aria-label={t('palette.title')} {...props} onKeyDown={keys}>
      <div class="palette-field">
        <Icon name="search" size={20} />
        <input data-first type="text" role="combobox" aria-expanded="true" aria-controls="palette-list" aria-autocomplete="list"
          aria-activedescendant={rows[at] && 'palette-' + at} aria-label={t('palette.title')} placeholder={t('palette.hint')}
          autocomplete="off" spellcheck={false} value={words} onInput={(e) => setWords(e.currentTarget.value)} />
      </div>
      <div id="palette-list" class="palette-list" role="listbox" aria-label={t('palette.title')} ref={list}>
        {rows.map((c, i) => (
          <button key={c.id} id={'palette-' + i} type="button" role="option" tabIndex={-1} aria-selected={i === at} class="palette-row"
            onPointerMove={() => setAt(i)} onClick={() => run(c)}>
            {c.icon && <Icon name={c.icon} size={20} />}
            <span class="one">{c.label()}</span>
            {c.keys && <span class="palette-keys">{readable(c.keys).map((k, n) => <kbd key={n}>{k}</kbd>)}</span>}
          </button>
        ))}
      </div>
      {!rows.length && <p class="palette-none" role="status">{t('palette.none')}</p>}
    </dialog>
  );
}

function fits(label: string, words: string): boolean {
  const name = label.toLocaleLowerCase();
  return words.toLocaleLowerCase().split(/\s+/).every((w) => name.includes(w));
}

/** How well a name fits: it is what was typed, it begins so, or the words are somewhere in it. */
function nearness(label: string, words: string): number {
  const name = label.toLocaleLowerCase(), typed = words.trim().toLocaleLowerCase();
  return name === typed ? 2 : name.startsWith(typed) ? 1 : 0;
}
