/**
 * Where one writes: on a narrow page a screen of its own, on a wide one a box at its bottom end, beside
 * which one can go on reading.
 */
import { signal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { t } from '../i18n';
import { say } from '../ui/Toast';
import { go } from './router';
import { beside } from './width';

/** What is to be written: nothing said, a post of its own. */
export interface Writing {
  /** The id of the post that is answered. */
  reply?: string;
  /** The id of one's own post that is changed. */
  edit?: string;
  /** The name of a draft to go on with. */
  draft?: string;
  /** The id of the post that is quoted. */
  quote?: string;
  /** Words to begin with. */
  text?: string;
}

interface BoxProps {
  what: Writing;
  onDone: () => void;
}

const out = signal<Writing | undefined>(undefined);
/** Tells a box that is open that another wants its place. */
let serial = 0;

/** Opens the place to write. */
export function write(what: Writing = {}): void {
  if (!beside()) return go('/compose' + query(what));
  serial++;
  out.value = { ...what };
}

/** The address of a place to write. */
export function query(what: Writing): string {
  const text = new URLSearchParams(Object.entries(what).filter(([, v]) => v)).toString();
  return text && '?' + text;
}

/** The box on a wide page. */
export function PopOut() {
  const what = out.value;
  const [Box, setBox] = useState<ComponentType<BoxProps>>();
  useEffect(() => {
    if (!what || Box) return;
    import('../bundles/writing').then((m) => setBox(() => m.PopOutBox), () => {
      out.value = undefined;
      say(t('failure.offline'));
    });
  }, [what]);
  if (!what || !Box) return null;
  return <Box key={serial} what={what} onDone={() => (out.value = undefined)} />;
}
