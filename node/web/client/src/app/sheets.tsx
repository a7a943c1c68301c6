/**
 * What lies over the page and belongs to no screen: questions, sheets of a menu, the media viewer. A
 * list may throw away the row whose menu was used; what that opened stays.
 */
import { signal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { t } from '../i18n';
import { Confirm, type ConfirmProps } from '../ui/Sheet';
import { say } from '../ui/Toast';

interface Open {
  id: number;
  Content: ComponentType<{ onClose: () => void }>;
}

const open = signal<Open[]>([]);
let made = 0;

const close = (id: number) => (open.value = open.value.filter((o) => o.id !== id));

/** Opens a sheet with what it needs; it is given onClose. */
export function openSheet<P extends object>(Sheet: ComponentType<P & { onClose: () => void }>, props: P): void {
  const id = ++made;
  open.value = [...open.value, { id, Content: ({ onClose }) => <Sheet {...props} onClose={onClose} /> }];
}

/** The same for one whose program is fetched when it is first wanted. */
export function fetchSheet<P extends object>(load: () => Promise<ComponentType<P & { onClose: () => void }>>, props: P): void {
  load().then((Sheet) => openSheet(Sheet, props), () => say(t('failure.offline')));
}

/** Asks once before what cannot be undone. */
export function ask(question: Omit<ConfirmProps, 'onYes' | 'onClose'>, yes: () => void): void {
  const id = ++made;
  const Content = ({ onClose }: { onClose: () => void }) => <Confirm {...question} onClose={onClose} onYes={() => { onClose(); yes(); }} />;
  open.value = [...open.value, { id, Content }];
}

export function Sheets() {
  return <>{open.value.map(({ id, Content }) => <Content key={id} onClose={() => close(id)} />)}</>;
}
