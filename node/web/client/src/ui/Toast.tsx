import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../i18n';
import { IconButton } from './Button';

export interface ToastView {
  text: string;
  /** The one thing that can be done about it, mostly Undo. */
  act?: { label: string; onPick: () => void };
}

const current = signal<(ToastView & { id: number }) | undefined>(undefined);
let made = 0;

/** Says something that happened, once, at the bottom. A newer one takes the place of the last. */
export function say(text: string, act?: ToastView['act']) {
  current.value = { id: ++made, text, act };
}

/** The one place where toasts appear. It is always in the page, so that the ear is told too. */
export function Toaster() {
  const now = current.value;
  return (
    <div class="toaster" role="status" aria-live="polite">
      {now && <Toast key={now.id} {...now} onDone={() => { if (current.value?.id === now.id) current.value = undefined; }} />}
    </div>
  );
}

/** Four seconds, eight with an act; it stays while the pointer or the focus is on it. */
export function Toast({ text, act, onDone }: ToastView & { onDone: () => void }) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const hold = () => clearTimeout(timer.current);
  const run = () => {
    hold();
    timer.current = setTimeout(onDone, act ? 8000 : 4000);
  };
  useEffect(() => {
    run();
    return hold;
  }, []);
  return (
    <div class="toast" onPointerEnter={hold} onPointerLeave={run} onFocusIn={hold} onFocusOut={run}>
      <span class="toast-text" dir="auto">{text}</span>
      {act
        ? <button type="button" class="toast-act" onClick={() => { act.onPick(); onDone(); }}>{act.label}</button>
        : <IconButton icon="close" size={16} label={t('ui.close')} onClick={onDone} />}
    </div>
  );
}
