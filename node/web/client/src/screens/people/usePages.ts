import { useEffect, useRef, useState } from 'preact/hooks';
import { Failure, page, type Page } from '../../api/client';
import { keep, recall } from '../../state/db';

export interface Pages<T> {
  items: T[];
  loading: boolean;
  failure: Failure | null;
  /** The server has answered at least once. */
  heard: boolean;
  more: () => void;
  again: () => void;
  set: (change: (items: T[]) => T[]) => void;
}

/** Says that a list is not as it was: whoever shows it asks again. */
export const stale = (name: string): void => void dispatchEvent(new CustomEvent('tulou:stale', { detail: name }));

/** A list that is paged by the Link header: what was kept at once, then what is so, then more as one reads on. */
export function usePages<T>(name: string, path: string, query?: Record<string, string>, taken?: (items: T[]) => void): Pages<T> {
  const [items, setItems] = useState<T[]>([]);
  const [loading, setLoading] = useState(true);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [heard, setHeard] = useState(false);
  const next = useRef<Page<T>['next']>(undefined);
  const busy = useRef(false);
  const ask = async (first: boolean) => {
    if (busy.current || !path) return;
    busy.current = true;
    setLoading(true);
    try {
      const found = await page<T>(path, first ? query : { ...query, ...next.current });
      next.current = found.next;
      taken?.(found.items);
      setItems((now) => (first ? found.items : [...now, ...found.items]));
      setFailure(null);
      setHeard(true);
      if (first) void keep(name, found.items);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      setFailure(error);
    } finally {
      busy.current = false;
      setLoading(false);
    }
  };
  useEffect(() => {
    if (!path) return;
    setHeard(false);
    next.current = undefined;
    void recall<T[]>(name).then((kept) => {
      if (kept) setItems((now) => (now.length ? now : kept));
      void ask(true);
    });
  }, [name, path]);
  useEffect(() => {
    const again = (e: Event) => (e as CustomEvent<string>).detail === name && void ask(true);
    addEventListener('tulou:stale', again);
    return () => removeEventListener('tulou:stale', again);
  }, [name, path]);
  return { items, loading, failure, heard, more: () => { if (next.current && !failure) void ask(false); }, again: () => void ask(!heard), set: setItems };
}
