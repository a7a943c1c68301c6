/** Who will see what is written: the choices, and the exact sentence about them. */
import { t } from '../../i18n';
import type { Account, Visibility } from '../../api/entities';

export const audiences: Visibility[] = ['public', 'unlisted', 'private', 'direct'];

/** How wide an audience is: a larger number is seen by more. */
const width: Record<Visibility, number> = { direct: 0, private: 1, unlisted: 2, public: 3 };

/** Whether it is seen by more people than before. */
export const grows = (from: Visibility, to: Visibility): boolean => width[to] > width[from];

/** An answer is not seen by more than what it answers. */
export function inherited(of: string, own: Visibility = 'public'): Visibility {
  const above = (of in width ? of : 'direct') as Visibility;
  return grows(above, own) ? above : own;
}

/** How many follow, and on how many servers they are; servers 0 is not known. */
export interface Reach {
  followers: number;
  servers: number;
}

/** The sentence at the foot: who gets it, how many, and what their servers can do. */
export function whoSees(audience: Visibility, reach: Reach, named: string[], node: string): string {
  const { followers, servers } = reach;
  switch (audience) {
    case 'public': return followers ? t('compose.foot-public', { node, followers, servers }) : t('compose.foot-public-none', { node });
    case 'unlisted': return followers ? t('compose.foot-unlisted', { followers, servers }) : t('compose.foot-unlisted-none');
    case 'private': return followers ? t('compose.foot-private', { followers, servers }) : t('compose.foot-private-none');
    case 'direct': {
      const hosts = new Set(named.map((n) => n.split('@')[1] ?? node));
      return named.length ? t('compose.foot-direct', { people: named.length, servers: hosts.size }) : t('compose.foot-direct-none');
    }
  }
}

/** The people that a text names, each once, in the order in which they come. */
export function namedIn(text: string, me: Account | null): string[] {
  const found = [...text.matchAll(/(?<![\w/@.])@([\w][\w.-]*(?:@[\w.-]+(?::\d+)?)?)/g)].map((m) => m[1]!.replace(/[.-]+$/, ''));
  return [...new Set(found)].filter((acct) => acct !== me?.acct);
}

/** How long the server thinks a text is: links count the same whatever their length, servers of people do not. */
export function lengthOf(text: string, perLink: number): number {
  const links = text.replace(/https?:\/\/[^\s<>"]+/g, 'x'.repeat(perLink));
  const names = links.replace(/(^|[^\w/@.])@([\w][\w.-]*)@[\w.-]+(?::\d+)?/g, '$1@$2');
  return [...new Intl.Segmenter().segment(names)].length;
}
