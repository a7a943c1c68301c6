import { createContext, type ComponentType } from 'preact';
import { useContext, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { t } from '../i18n';
import { Skeleton, type Shape } from '../ui/Skeleton';
import { Missing } from './Missing';
import { stack, type Entry } from './router';
import { context, match, type Load, type Route, type ScreenProps } from './routes';

/** What a screen may know of the pane it is in. */
export interface PaneContext {
  entry: Entry;
  /** Whether it is the first screen of its tab, which has no way back. */
  first: boolean;
  offline: boolean;
  /** The element that scrolls. */
  scroller: { current: HTMLElement | null };
}

const Context = createContext<PaneContext>(null!);
export const usePane = (): PaneContext => useContext(Context);

/** The number of what stands beside a list while nothing is opened: it is no entry of the stack. */
export const atRest = -1;

const loaded = new Map<Load, ComponentType<ScreenProps>>();

/** One screen. Under another on a narrow page it stays, so that Back finds it as it was. */
export function Pane({ entry, kind, under, first, offline }: { entry: Entry; kind: Route['pane']; under: boolean; first: boolean; offline: boolean }) {
  const found = entry.path ? match(entry.path) : { route: context, params: {} };
  const scroller = useRef<HTMLElement>(null);
  const root = stack()[0]?.id === entry.id;
  const known = useMemo(() => ({ entry, first: root || entry.id === atRest || (first && kind !== 'detail' && !!found?.route.tab), offline, scroller }), [entry, root, first, kind, offline, found?.route]);
  return (
    <section class={`pane pane-${kind}${under ? ' pane-under' : ''}`} ref={scroller} inert={under} data-entry={entry.id} data-beside={entry.id === atRest || undefined}>
      <Context.Provider value={known}>
        {found ? <Lazy load={found.route.load} shape={found.route.shape ?? (kind === 'feed' ? 'post' : 'row')} screen={{ params: found.params, query: new URLSearchParams(entry.path.split('?')[1]), entry: entry.id }} /> : <Missing />}
      </Context.Provider>
    </section>
  );
}

/** A screen whose program is fetched when it is first shown, unless it is there from the start. */
function Lazy({ load: fetched, shape, screen }: { load: Load; shape: Shape; screen: ScreenProps }) {
  const [Screen, setScreen] = useState<ComponentType<ScreenProps> | undefined>(() => loaded.get(fetched));
  const [late, setLate] = useState(false);
  const [failed, setFailed] = useState(false);
  const load = () => {
    setFailed(false);
    Promise.resolve(fetched()).then(
      (screen) => {
        loaded.set(fetched, screen);
        setScreen(() => screen);
      },
      () => setFailed(true),
    );
  };
  useEffect(() => {
    if (Screen) return;
    load();
    const timer = setTimeout(() => setLate(true), 200);
    return () => clearTimeout(timer);
  }, []);
  if (Screen) return <Screen {...screen} />;
  if (failed) return <Missing retry={load} />;
  return late ? <div class="pane-wait"><i class="skel skel-title" aria-hidden="true" /><Skeleton of={shape} count={8} label={t('shell.loading')} /></div> : null;
}

/** The third column: what there is to know about the detail beside it. */
export function Aside({ entry, load, params }: { entry: Entry; load: Load; params: Record<string, string> }) {
  return (
    <aside class="pane pane-aside" data-beside>
      <Lazy load={load} shape="contact" screen={{ params, query: new URLSearchParams(), entry: entry.id }} />
    </aside>
  );
}
