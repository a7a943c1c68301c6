import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { t } from '../../i18n';
import { Failure, get } from '../../api/client';
import { sentence } from '../../app/failure';
import { keep, recall } from '../../state/db';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { Icon } from '../../ui/Icon';
import { SettingsRow } from '../../ui/SettingsRow';
import { Skeleton } from '../../ui/Skeleton';
import { Switch } from '../../ui/Switch';

/** One of a few, chosen at the end of its row. */
export function Choice<V extends string>({ label, hint, value, of, onPick, disabled }: { label: string; hint?: string; value: V; of: readonly (readonly [V, string])[]; onPick: (value: V) => void; disabled?: boolean }) {
  return (
    <SettingsRow title={label} hint={hint} control={(id) => (
      <span class="set-choice"><select id={id} value={value} disabled={disabled} onChange={(e) => onPick(e.currentTarget.value as V)}>
        {of.map(([name, words]) => <option key={name} value={name}>{words}</option>)}
      </select><Icon name="down" size={16} /></span>
    )} />
  );
}

/** A switch that applies at once. */
export function OnOff({ label, hint, on, onPick, disabled }: { label: string; hint?: string; on: boolean; onPick: (on: boolean) => void; disabled?: boolean }) {
  return <SettingsRow title={label} hint={hint} control={(id) => <Switch id={id} checked={on} disabled={disabled} onChange={onPick} />} />;
}

export interface Known<T> {
  value?: T;
  failure?: Failure;
  set: (value: T) => void;
  again: () => void;
}

/** What the server says at a path: what it said last time at once, then what it says now. */
export function useKnown<T>(name: string, ask: string | (() => Promise<T>)): Known<T> {
  const [value, setValue] = useState<T>();
  const [failure, setFailure] = useState<Failure>();
  const set = (now: T) => {
    setValue(now);
    void keep(name, now);
  };
  const again = () => {
    setFailure(undefined);
    (typeof ask === 'string' ? get<T>(ask) : ask()).then(set, (e) => setFailure(e));
  };
  useEffect(() => {
    void recall<T>(name).then((was) => was !== undefined && setValue((now) => now ?? was));
    again();
  }, [name]);
  return { value, failure, set, again };
}

/** What stands in place of what is not known yet, or cannot be. */
export function Wait({ for: known }: { for: Pick<Known<unknown>, 'value' | 'failure' | 'again'> }) {
  if (known.value !== undefined) return null;
  if (known.failure) return <Empty act={<Button kind="filled" onClick={known.again}>{t('ui.again')}</Button>}>{sentence(known.failure.kind)}</Empty>;
  return <Skeleton of="contact" count={4} label={t('shell.loading')} />;
}

/** Words between rows. */
export function Note({ children }: { children: ComponentChildren }) {
  return <p class="set-note">{children}</p>;
}
