import { t, type Key } from '../i18n';
import type { Kind } from '../api/client';

const sentences: Record<Kind, Key> = {
  offline: 'failure.offline',
  'no-room': 'failure.no-room',
  'signed-out': 'failure.signed-out',
  forbidden: 'failure.forbidden',
  gone: 'failure.gone',
  invalid: 'failure.invalid',
  conflict: 'failure.conflict',
  'too-many': 'failure.too-many',
  'too-large': 'failure.too-large',
  unavailable: 'failure.unavailable',
  broken: 'failure.broken',
};

/** What went wrong, in a sentence. */
export const sentence = (kind: Kind | string): string => t(sentences[kind as Kind] ?? 'failure.broken');
