/** What the composer opens: who will see it, in which language, when, and what a picture shows. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { t, languageName } from '../../i18n';
import type { Visibility } from '../../api/entities';
import { instance, me } from '../../state/session';
import type { Piece } from '../../state/writing';
import { audienceIcon, audienceWords } from '../../ui/Audience';
import { Button } from '../../ui/Button';
import { Field, TextArea } from '../../ui/Field';
import { Icon } from '../../ui/Icon';
import { Sheet } from '../../ui/Sheet';
import { audiences, whoSees, type Reach } from './audience';

interface Closes {
  onClose: () => void;
}

/** The audiences, each with the sentence about who that is. */
export function AudienceSheet({ at, reach, named, onPick, onClose }: Closes & { at: Visibility; reach: Reach; named: string[]; onPick: (to: Visibility) => void }) {
  const node = instance.value?.domain ?? location.host;
  return (
    <Sheet title={t('compose.who-sees')} onClose={onClose}>
      <div class="choices" role="radiogroup" aria-label={t('compose.who-sees')}>
        {audiences.map((of) => (
          <label key={of} class="choice">
            <input type="radio" class="tick" name="audience" checked={of === at} data-first={of === at || undefined} onChange={() => onPick(of)} />
            <Icon name={audienceIcon(of)} />
            <span class="choice-words"><span>{audienceWords(of)}</span><span class="hint">{whoSees(of, reach, named, node)}</span></span>
          </label>
        ))}
      </div>
    </Sheet>
  );
}

const common = ['en', 'zh', 'es', 'ar', 'hi', 'pt', 'bn', 'ru', 'ja', 'de', 'fr', 'ko', 'tr', 'vi', 'it', 'pl', 'uk', 'nl', 'fa', 'id', 'th', 'sv', 'da', 'nb', 'fi', 'cs', 'el', 'he', 'hu', 'ro', 'ca', 'eu', 'gl', 'ur', 'ta', 'te', 'mr', 'sw', 'eo'];

/** The language that is written in, so that it is drawn, read aloud and filtered as what it is. */
export function LanguageSheet({ at, onPick, onClose }: Closes & { at: string; onPick: (code: string) => void }) {
  const [words, setWords] = useState('');
  const own = [at, me.value?.source.language ?? '', ...navigator.languages.map((l) => l.split('-')[0]!)].filter(Boolean);
  const all = useMemo(() => [...new Set([...own, ...common])].map((code) => ({ code, name: languageName(code) })), []);
  const fits = all.filter(({ code, name }) => (name + ' ' + code).toLocaleLowerCase().includes(words.toLocaleLowerCase()));
  return (
    <Sheet title={t('compose.language')} onClose={onClose}>
      <div class="stack">
        <Field quiet icon="search" label={t('compose.language-find')} placeholder={t('compose.language-find')} value={words} onInput={setWords} />
        <div class="choices" role="radiogroup" aria-label={t('compose.language')}>
          {fits.map(({ code, name }) => (
            <label key={code} class="choice choice-low"><input type="radio" class="tick" name="language" checked={code === at} onChange={() => onPick(code)} /><span class="choice-words">{name}</span><span class="choice-code">{code}</span></label>
          ))}
        </div>
      </div>
    </Sheet>
  );
}

/** The least time ahead that the server takes. */
const soonest = 5 * 60_000;

const local = (at: Date): string => new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);

/** When it is posted. */
export function LaterSheet({ at, onPick, onClose }: Closes & { at?: string; onPick: (at: string | undefined) => void }) {
  const [when, setWhen] = useState(at ?? local(new Date(Date.now() + 3_600_000)));
  const early = !when || new Date(when).getTime() < Date.now() + soonest;
  return (
    <Sheet title={t('compose.later-title')} onClose={onClose} foot={(close) => (
      <>
        {at && <Button kind="plain" onClick={() => { onPick(undefined); close(); }}>{t('compose.later-now')}</Button>}
        <Button kind="filled" disabled={early} onClick={() => { onPick(when); close(); }}>{t('compose.later-set')}</Button>
      </>
    )}>
      <div class="stack">
        <p class="sheet-text">{t('compose.later-text', { zone: Intl.DateTimeFormat().resolvedOptions().timeZone })}</p>
        <Field type="datetime-local" label={t('compose.later-when')} value={when} min={local(new Date(Date.now() + soonest))} onInput={setWhen} error={early && when ? t('compose.later-early') : undefined} />
      </div>
    </Sheet>
  );
}

/** What a picture shows, for those who cannot see it, and which point of it must stay in view. */
export function DescribeSheet({ piece, url, onChange, onClose }: Closes & { piece: Piece; url?: string; onChange: (by: Partial<Piece>) => void }) {
  const most = instance.value?.configuration.media_attachments.description_limit ?? 1500;
  const [text, setText] = useState(piece.description);
  const [focus, setFocus] = useState(piece.focus ?? { x: 0, y: 0 });
  const done = (close: () => void) => {
    onChange({ description: text, focus: focus.x || focus.y ? focus : piece.focus && { x: 0, y: 0 } });
    close();
  };
  return (
    <Sheet wide title={t('compose.describe')} onClose={onClose} foot={(close) => <Button kind="filled" onClick={() => done(close)}>{t('compose.describe-done')}</Button>}>
      <div class="stack">
        {url && piece.kind === 'image' && <FocusPicker url={url} at={focus} onMove={setFocus} />}
        <TextArea label={t('compose.description')} hint={t('compose.description-hint', { left: most - text.length })} value={text} onInput={setText} maxLength={most} />
      </div>
    </Sheet>
  );
}

/** A point on a picture by press, drag or arrow keys; -1 to 1, y upward. */
function FocusPicker({ url, at, onMove }: { url: string; at: { x: number; y: number }; onMove: (to: { x: number; y: number }) => void }) {
  const box = useRef<HTMLDivElement>(null);
  const held = useRef(false);
  const clamp = (n: number) => Math.round(Math.max(-1, Math.min(1, n)) * 100) / 100;
  const to = (e: PointerEvent) => {
    const r = box.current!.getBoundingClientRect();
    onMove({ x: clamp(((e.clientX - r.x) / r.width) * 2 - 1), y: clamp(1 - ((e.clientY - r.y) / r.height) * 2) });
  };
  const keys = (e: KeyboardEvent) => {
    const by = ({ ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] } as Record<string, [number, number]>)[e.key];
    if (!by) return;
    e.preventDefault();
    onMove({ x: clamp(at.x + by[0]), y: clamp(at.y + by[1]) });
  };
  useEffect(() => () => void (held.current = false), []);
  return (
    <div>
      <div ref={box} class="focus-picker" dir="ltr" role="slider" tabIndex={0} aria-label={t('compose.focus')} aria-valuemin={-100} aria-valuemax={100} aria-valuenow={Math.round(at.x * 100)}
        aria-valuetext={t('compose.focus-at', { x: Math.round(at.x * 100), y: Math.round(at.y * 100) })} onKeyDown={keys}
        onPointerDown={(e) => { held.current = true; (e.currentTarget as Element).setPointerCapture(e.pointerId); to(e); }}
        onPointerMove={(e) => { if (held.current) to(e); }} onPointerUp={() => (held.current = false)} onPointerCancel={() => (held.current = false)}>
        <img src={url} alt="" draggable={false} />
        <i class="focus-point" style={{ insetInlineStart: `${50 + at.x * 50}%`, insetBlockStart: `${50 - at.y * 50}%` }} aria-hidden="true" />
      </div>
      <p class="hint">{t('compose.focus-hint')}</p>
    </div>
  );
}
