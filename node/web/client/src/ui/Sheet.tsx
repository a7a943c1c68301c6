import type { ComponentChildren } from 'preact';
import { useId, useRef } from 'preact/hooks';
import { t } from '../i18n';
import { Button, IconButton } from './Button';
import { useDialog } from './useDialog';

export interface SheetProps {
  title: string;
  /** Called after it has left; the owner then stops rendering it. */
  onClose: () => void;
  children?: ComponentChildren;
  /** The acts at the foot: one filled button at most. */
  foot?: ComponentChildren | ((close: () => void) => ComponentChildren);
  /** Something for the head, beside the close button. */
  head?: ComponentChildren;
  wide?: boolean;
  /** Where the title is plain from what is shown, it stays for the ear. */
  quiet?: boolean;
  /** It holds nothing that takes the focus: its body does, so that keys scroll what is too long. */
  read?: boolean;
}

/** A sheet from the bottom edge below 840, a dialog in the middle from there: same content, same keys. */
export function Sheet({ title, onClose, children, foot, head, wide, quiet, read }: SheetProps) {
  const { props, close, ref } = useDialog(onClose);
  const id = useId();
  const drag = useDrag(ref, () => close());
  return (
    <dialog class={wide ? 'sheet sheet-wide' : 'sheet'} aria-labelledby={id} {...props}>
      <div class="sheet-head" {...drag}>
        <span class="sheet-grip" aria-hidden="true" />
        <h2 id={id} class={quiet ? 'hear' : 'sheet-title'} tabIndex={-1} data-first>{title}</h2>
        {head}
        <IconButton icon="close" label={t('ui.close')} onClick={() => close()} />
      </div>
      <div class="sheet-body" {...read ? { role: 'region', tabIndex: 0, 'aria-labelledby': id } : {}}>{children}</div>
      {foot && <div class="sheet-foot">{typeof foot === 'function' ? foot(() => close()) : foot}</div>}
    </dialog>
  );
}

/** Pull the head down to close: past a third of the sheet, or quickly. */
function useDrag(sheet: { current: HTMLDialogElement | null }, close: () => void) {
  const from = useRef<{ y: number; at: number } | undefined>(undefined);
  const move = (dy: number) => sheet.current?.style.setProperty('transform', dy > 0 ? `translateY(${dy}px)` : '');
  return {
    onPointerDown: (e: PointerEvent) => {
      if (e.pointerType === 'mouse' || (e.target as Element).closest('button')) return;
      from.current = { y: e.clientY, at: e.timeStamp };
      (e.currentTarget as Element).setPointerCapture(e.pointerId);
    },
    onPointerMove: (e: PointerEvent) => {
      if (from.current) move(e.clientY - from.current.y);
    },
    onPointerUp: (e: PointerEvent) => {
      const start = from.current;
      from.current = undefined;
      if (!start || !sheet.current) return;
      const dy = e.clientY - start.y;
      const fast = dy > 40 && dy / (e.timeStamp - start.at) > 0.5;
      if (fast || dy > sheet.current.offsetHeight / 3) close();
      else move(0);
    },
    onPointerCancel: () => {
      from.current = undefined;
      move(0);
    },
  };
}

export interface ConfirmProps {
  /** Names the thing: "Delete this post?" */
  title: string;
  /** The effect, and what it cannot do. */
  text?: ComponentChildren;
  /** The verb on the button, never "OK". */
  act: string;
  danger?: boolean;
  busy?: boolean;
  onYes: () => void;
  onClose: () => void;
}

/** Asks once before what cannot be undone. The safe way out has the first focus. */
export function Confirm({ title, text, act, danger, busy, onYes, onClose }: ConfirmProps) {
  const { props, close } = useDialog(onClose);
  const id = useId();
  return (
    <dialog class="sheet confirm" role="alertdialog" aria-labelledby={id} aria-describedby={text ? id + 'd' : undefined} {...props}>
      <h2 id={id} class="confirm-title">{title}</h2>
      {text && <p id={id + 'd'} class="confirm-text">{text}</p>}
      <div class="confirm-acts">
        <button type="button" class="btn btn-soft" data-first onClick={() => close()}>{t('ui.cancel')}</button>
        <Button kind={danger ? 'danger' : 'filled'} busy={busy} onClick={onYes}>{act}</Button>
      </div>
    </dialog>
  );
}
