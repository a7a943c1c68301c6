import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { usePane } from '../../app/Pane';
import { Screen } from '../../app/Screen';

/** A screen whose cover reaches the top edge: the header lies on it, and has a ground of its own below it. */
export function CoverScreen({ title, actions, onBack, children }: { title: string; actions?: ComponentChildren; onBack?: () => void; children: ComponentChildren }) {
  const { scroller } = usePane();
  const [past, setPast] = useState(false);
  useEffect(() => {
    const box = scroller.current;
    if (!box) return;
    const note = () => setPast(box.scrollTop > (box.querySelector<HTMLElement>('.cover')?.offsetHeight ?? 0) - 64);
    note();
    box.addEventListener('scroll', note, { passive: true });
    return () => box.removeEventListener('scroll', note);
  }, []);
  return (
    <Screen title={title} actions={actions} onBack={onBack} quiet={!past}>
      <div class="cover-screen" data-past={past || undefined}>{children}</div>
    </Screen>
  );
}
