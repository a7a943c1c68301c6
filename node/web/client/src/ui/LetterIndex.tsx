import { useRef, useState } from 'preact/hooks';
import { t } from '../i18n';

/** The letters at the side of a long list: tap or slide to jump. With the keyboard each is a button. */
export function LetterIndex({ letters, at, onJump }: { letters: string[]; at?: string; onJump: (letter: string) => void }) {
  const box = useRef<HTMLElement | null>(null);
  const [held, setHeld] = useState('');
  const jump = (e: PointerEvent) => {
    const all = [...box.current!.querySelectorAll<HTMLElement>('.letter')];
    const near = all.reduce((best, el) => {
      const r = el.getBoundingClientRect();
      const far = Math.abs(r.y + r.height / 2 - e.clientY);
      return far < best.far ? { el, far } : best;
    }, { el: all[0]!, far: Infinity });
    const letter = near.el.textContent!;
    if (letter !== held) {
      setHeld(letter);
      onJump(letter);
    }
  };
  return (
    <nav ref={box} class="letters" aria-label={t('people.letters')}
      onPointerDown={(e) => { e.currentTarget.setPointerCapture(e.pointerId); jump(e); }}
      onPointerMove={(e) => held && jump(e)} onPointerUp={() => setHeld('')} onPointerCancel={() => setHeld('')}>
      {letters.map((l) => (
        <button key={l} type="button" class="letter" aria-current={l === (held || at) ? 'true' : undefined} tabIndex={l === (at ?? letters[0]) ? 0 : -1}
          onClick={(e) => { if (e.detail === 0) onJump(l); }}
          onKeyDown={(e) => {
            const next = e.key === 'ArrowDown' ? e.currentTarget.nextElementSibling : e.key === 'ArrowUp' ? e.currentTarget.previousElementSibling : null;
            if (next) { e.preventDefault(); (next as HTMLElement).focus(); }
          }}>{l}</button>
      ))}
      {held && <span class="letter-bubble" aria-hidden="true">{held}</span>}
    </nav>
  );
}
