import { createContext, type ComponentType } from 'preact';
import { useContext, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { t } from '../i18n';
import { Loading } from '../ui/Mark';
import { Missing } from './Missing';
import { stack, type Entry } from './router';
import { match, type Route, type ScreenProps } from './routes';

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

const loaded = new Map<Route, ComponentType<ScreenProps>>();

/** One screen. Under another on a narrow page it stays, so that Back finds it as it was. */
export function Pane({ entry, kind, under, first, offline }: { entry: Entry; kind: Route['pane']; under: boolean; first: boolean; offline: boolean }) {
  const found = match(entry.path);
  const scroller = useRef<HTMLElement>(null);
  const root = stack()[0]?.id === entry.id;
  const context = useMemo(() => ({ entry, first: root || (first && kind !== 'detail' && !!found?.route.tab), offline, scroller }), [entry, root, first, kind, offline, found?.route]);
  return (
    <section class={`pane pane-${kind}${under ? ' pane-under' : ''}`} ref={scroller} inert={under} data-entry={entry.id}>
      <Context.Provider value={context}>
        {found ? <Lazy route={found.route} screen={{ params: found.params, query: new URLSearchParams(entry.path.split('?')[1]), entry: entry.id }} /> : <Missing />}
      </Context.Provider>
    </section>
  );
}

/** A screen whose program is fetched when it is first shown, unless it is there from the start. */
function Lazy({ route, screen }: { route: Route; screen: ScreenProps }) {
  const [Screen, setScreen] = useState<ComponentType<ScreenProps> | undefined>(() => loaded.get(route));
  const [late, setLate] = useState(false);
  const [failed, setFailed] = useState(false);
  const load = () => {
    setFailed(false);
    Promise.resolve(route.load()).then(
      (screen) => {
        loaded.set(route, screen);
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
  return late ? <div class="pane-wait"><Loading label={t('shell.loading')} /></div> : null;
}
