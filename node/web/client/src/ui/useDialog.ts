import { useCallback, useLayoutEffect, useRef } from 'preact/hooks';

const leave = 140; // --leave

/** Opens a layer for the browser's Back; what it returns closes it, as Back does. */
type OpenLayer = (close: () => void) => () => void;

/** Set by the shell at start, so that Back closes what lies above the page before it leaves the page. */
export const layers: { open: OpenLayer } = { open: (close) => close };

/** Where the focus goes when a dialog is closed. */
const backs = new WeakMap<HTMLDialogElement, HTMLElement | null | undefined>();

/**
 * Opens a <dialog> above everything for as long as it is mounted: the rest is inert, Esc, Back and a press
 * outside close it after its leaving motion, and focus goes back to where it was.
 */
export function useDialog(onClose: () => void) {
  const ref = useRef<HTMLDialogElement | null>(null);
  const end = useRef(() => {});
  const after = useRef<Array<() => void>>([]);
  const owner = useRef(onClose);
  owner.current = onClose;

  useLayoutEffect(() => {
    const dialog = ref.current!;
    const at = document.activeElement as HTMLElement | null, below = at?.closest<HTMLDialogElement>('dialog[data-leaving]');
    const back = below ? backs.get(below) : at; // a menu that is leaving takes its rows with it
    backs.set(dialog, back);
    let timer: ReturnType<typeof setTimeout> | undefined;
    let gone = false;
    dialog.showModal();
    dialog.querySelector<HTMLElement>('[data-first]')?.focus();
    end.current = layers.open(() => {
      if (gone || timer !== undefined) return;
      dialog.setAttribute('data-leaving', '');
      timer = setTimeout(() => {
        owner.current();
        after.current.forEach((then) => then());
      }, leave);
    });
    return () => {
      gone = true;
      clearTimeout(timer);
      end.current();
      dialog.close();
      if (back?.isConnected) back.focus({ preventScroll: true });
    };
  }, []);

  const close = useCallback((then?: () => void) => {
    if (then) after.current.push(then);
    end.current();
  }, []);

  const props = {
    ref,
    onCancel: (e: Event) => {
      e.preventDefault();
      close();
    },
    onClick: (e: MouseEvent) => {
      if (ref.current && e.target === ref.current && outside(ref.current, e)) close();
    },
    // Keys pressed in a dialog belong to it: the shortcuts of the page below stay asleep.
    onKeyDown: (e: KeyboardEvent) => e.stopPropagation(),
  };
  return { props, close, ref };
}

/** A press on the backdrop arrives at the dialog itself, as one on its own padding does. */
function outside(dialog: HTMLElement, e: MouseEvent): boolean {
  const r = dialog.getBoundingClientRect();
  return e.clientX < r.x || e.clientX > r.x + r.width || e.clientY < r.y || e.clientY > r.bottom;
}
