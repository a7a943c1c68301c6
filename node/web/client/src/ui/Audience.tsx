import { t, type Key } from '../i18n';
import { Icon, type IconName } from './Icon';

/** Who will see it: Mastodon's four, and those of Moments. */
export type Audience = 'public' | 'unlisted' | 'private' | 'direct' | 'friends' | 'circle' | 'except' | 'me';

const looks: Record<Audience, { icon: IconName; words: Key }> = {
  public: { icon: 'aud-everyone', words: 'audience.public' },
  unlisted: { icon: 'aud-quiet', words: 'audience.unlisted' },
  private: { icon: 'aud-followers', words: 'audience.private' },
  direct: { icon: 'aud-some', words: 'audience.direct' },
  friends: { icon: 'aud-friends', words: 'audience.friends' },
  circle: { icon: 'aud-circle', words: 'audience.circle' },
  except: { icon: 'aud-circle', words: 'audience.except' },
  me: { icon: 'aud-me', words: 'audience.me' },
};

export const audienceIcon = (of: string): IconName => (looks[of as Audience] ?? looks.direct).icon;
export const audienceWords = (of: string): string => t((looks[of as Audience] ?? looks.direct).words);

/** The glyph, a round house with its gate more or less open, and always the words: seen, or for the ear. */
export function AudienceNote({ of, words, quiet, size = 16 }: { of: string; words?: string; quiet?: boolean; size?: number }) {
  const said = words ?? audienceWords(of);
  return (
    <span class="audience" title={quiet ? said : undefined}>
      <Icon name={audienceIcon(of)} size={size} />
      <span class={quiet ? 'hear' : undefined}>{said}</span>
    </span>
  );
}
