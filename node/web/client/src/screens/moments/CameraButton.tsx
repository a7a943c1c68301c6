import { useEffect, useRef } from 'preact/hooks';
import { t } from '../../i18n';
import { go } from '../../app/router';
import { draft, saveDraft } from '../../state/drafts';
import { IconButton } from '../../ui/Button';
import { choose } from './choose';
import { draftName, nothing, taken, type Written } from './written';

/** How long a hold is, and how far the finger may move in it. */
const holdFor = 400, holdWithin = 10;

/** A tap chooses pictures; a hold writes words alone, as the button beside it does. */
export function CameraButton() {
  const button = useRef<HTMLButtonElement | null>(null);
  const held = useRef(false);
  useEffect(() => {
    const el = button.current;
    if (!el) return;
    let timer: ReturnType<typeof setTimeout> | undefined, x = 0, y = 0;
    const down = (e: PointerEvent) => {
      held.current = false;
      [x, y] = [e.clientX, e.clientY];
      timer = setTimeout(() => {
        held.current = true;
        go('/moments/new');
      }, holdFor);
    };
    const move = (e: PointerEvent) => {
      if (Math.hypot(e.clientX - x, e.clientY - y) > holdWithin) clearTimeout(timer);
    };
    const up = () => clearTimeout(timer);
    const menu = (e: Event) => e.preventDefault();
    el.addEventListener('pointerdown', down);
    el.addEventListener('pointermove', move);
    el.addEventListener('contextmenu', menu);
    for (const end of ['pointerup', 'pointercancel', 'pointerleave']) el.addEventListener(end, up);
    return () => clearTimeout(timer);
  }, []);
  const tap = async () => {
    if (held.current) return;
    const files = await choose({ accept: 'image/*,video/*', several: true });
    if (!files.length) return;
    const now = (await draft<Written>(draftName)) ?? nothing();
    saveDraft(draftName, { ...now, link: '', pieces: taken(files, now.pieces) });
    go('/moments/new');
  };
  return <IconButton icon="camera" label={t('moments.pictures')} buttonRef={(el) => (button.current = el)} onClick={() => void tap()} />;
}
