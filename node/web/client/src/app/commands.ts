/**
 * What the command palette (Ctrl/Cmd K) finds: acts and places, which are added here, and what sources
 * find for the words that were typed: people, posts, chats.
 */
import { signal } from '@preact/signals';
import type { IconName } from '../ui/Icon';

export interface Command {
  id: string;
  /** In the language that is spoken, when it is asked for. */
  label: () => string;
  icon?: IconName;
  /** The keys that do the same, as app/keys.ts writes them. */
  keys?: string;
  run: () => void;
}

/** Finds commands for what was typed; it may ask the server. */
export type Source = (words: string, signal: AbortSignal) => Promise<Command[]>;

export const commands = signal<Command[]>([]);
export const sources = signal<Source[]>([]);

/** Adds acts or places, until the function that is returned is called. */
export function addCommands(...more: Command[]): () => void {
  commands.value = [...commands.value, ...more];
  return () => (commands.value = commands.value.filter((c) => !more.includes(c)));
}

/** Adds something that finds. */
export function addSource(source: Source): void {
  sources.value = [...sources.value, source];
}
