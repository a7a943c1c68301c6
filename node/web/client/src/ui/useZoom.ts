import { useEffect, useRef } from 'preact/hooks';

interface View { x: number; y: number; scale: number }

const most = 5, swipeAway = 60, doubleTap = 300;

export interface ZoomActs { onNext: () => void; onBack: () => void; onClose: () => void; onTap: () => void }

/**
 * Fingers and mouse on one picture: pinch, double tap, drag when large; when small, sideways goes on and
 * down closes. The picture is moved by transform alone.
 */
export function useZoom(box: { current: HTMLElement | null }, acts: ZoomActs, key: unknown) {
  const latest = useRef(acts);
  latest.current = acts;
  useEffect(() => {
    const el = box.current;
    if (!el) return;
    const fingers = new Map<number, PointerEvent>();
    let view: View = { x: 0, y: 0, scale: 1 };
    let from: { view: View; x: number; y: number; far: number; moved: boolean } | undefined;
    let lastTap = 0;
    let tapTimer: ReturnType<typeof setTimeout> | undefined;

    const show = (v: View, smooth = false) => {
      view = v;
      el.style.transition = smooth ? 'transform 200ms cubic-bezier(.2,.8,.2,1)' : 'none';
      el.style.transform = `translate(${v.x}px, ${v.y}px) scale(${v.scale})`;
    };
    const spread = () => {
      const [a, b] = [...fingers.values()];
      if (!a) return { x: 0, y: 0, far: 0 };
      return b ? { x: (a.clientX + b.clientX) / 2, y: (a.clientY + b.clientY) / 2, far: Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) } : { x: a.clientX, y: a.clientY, far: 0 };
    };
    const begin = () => (from = fingers.size ? { view, ...spread(), moved: from?.moved ?? false } : undefined);
    /** Scales so that the place under (x, y) stays there; the box is centred on the page. */
    const scaled = (start: View, scale: number, x: number, y: number): View => {
      const s = Math.min(most, Math.max(1, scale)), k = s / start.scale;
      if (s === 1) return { x: 0, y: 0, scale: 1 };
      const cx = x - innerWidth / 2, cy = y - innerHeight / 2;
      return { x: cx - (cx - start.x) * k, y: cy - (cy - start.y) * k, scale: s };
    };

    const down = (e: PointerEvent) => {
      if ((e.target as Element).closest('video, button, a')) return;
      el.setPointerCapture(e.pointerId);
      fingers.set(e.pointerId, e);
      begin();
    };
    const move = (e: PointerEvent) => {
      if (!fingers.has(e.pointerId) || !from) return;
      fingers.set(e.pointerId, e);
      const at = spread(), dx = at.x - from.x, dy = at.y - from.y;
      if (Math.hypot(dx, dy) > 8) from.moved = true;
      if (fingers.size > 1 && from.far) show(scaled({ ...from.view, x: from.view.x + dx, y: from.view.y + dy }, (from.view.scale * at.far) / from.far, at.x, at.y));
      else if (from.view.scale > 1) show({ ...from.view, x: from.view.x + dx, y: from.view.y + dy });
      else show(Math.abs(dx) > Math.abs(dy) ? { x: dx, y: 0, scale: 1 } : { x: 0, y: Math.max(0, dy), scale: 1 - Math.min(0.2, Math.max(0, dy) / 2000) });
    };
    const up = (e: PointerEvent) => {
      if (!fingers.delete(e.pointerId)) return;
      const start = from;
      begin();
      if (fingers.size || !start) return;
      const dx = e.clientX - start.x, dy = e.clientY - start.y;
      if (!start.moved) return tap(e);
      if (view.scale > 1 && start.view.scale >= 1 && (start.view.scale > 1 || start.far)) return;
      const rtl = getComputedStyle(el).direction === 'rtl';
      if (dy > swipeAway * 1.5 && dy > Math.abs(dx)) return latest.current.onClose();
      show({ x: 0, y: 0, scale: 1 }, true);
      if (Math.abs(dx) > swipeAway && Math.abs(dx) > Math.abs(dy)) (dx < 0) !== rtl ? latest.current.onNext() : latest.current.onBack();
    };
    const tap = (e: PointerEvent) => {
      clearTimeout(tapTimer);
      if (e.timeStamp - lastTap < doubleTap) {
        lastTap = 0;
        show(scaled(view, view.scale > 1 ? 1 : 2.5, e.clientX, e.clientY), true);
      } else {
        lastTap = e.timeStamp;
        tapTimer = setTimeout(() => latest.current.onTap(), doubleTap);
      }
    };
    const wheel = (e: WheelEvent) => {
      if (!e.ctrlKey) return;
      e.preventDefault();
      show(scaled(view, view.scale * Math.exp(-e.deltaY / 200), e.clientX, e.clientY));
    };
    show(view);
    const on: Array<[string, (e: never) => void]> = [['pointerdown', down], ['pointermove', move], ['pointerup', up], ['pointercancel', up], ['wheel', wheel]];
    for (const [name, act] of on) el.addEventListener(name, act as EventListener, { passive: false });
    return () => {
      clearTimeout(tapTimer);
      for (const [name, act] of on) el.removeEventListener(name, act as EventListener);
    };
  }, [key]);
}
