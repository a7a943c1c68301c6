import { t } from '../i18n';
import { Avatar } from './Avatar';
import { Icon } from './Icon';
import { postLink } from './links';
import { Address, Name } from './Name';
import { RichText } from './RichText';
import { Time } from './Time';
import type { Post } from './types';

/** A post within a post, one level deep; where it cannot be shown it says why. */
export function QuoteCard({ quote }: { quote: NonNullable<Post['quote']> }) {
  const post = quote.quoted_status;
  if (quote.state !== 'accepted' || !post) {
    return <p class="quote quote-none"><Icon name="quote" size={16} />{quote.state === 'pending' ? t('quote.pending') : t('quote.gone')}</p>;
  }
  const picture = post.media_attachments.find((m) => m.preview_url && !post.sensitive);
  return (
    <a class="quote" href={postLink(post)}>
      <span class="quote-head">
        <Avatar who={post.account} size={20} />
        <span class="post-name one"><Name who={post.account} /></span>
        <span class="post-address one"><Address who={post.account} /></span>
        <span class="post-when"><Time at={post.created_at} /></span>
      </span>
      <span class="quote-body">
        <span class="quote-text" dir="auto" lang={post.language ?? undefined}>
          {post.spoiler_text ? <><Icon name="warning" size={16} /> {post.spoiler_text}</> : <RichText text={post.content} emojis={post.emojis} plain />}
        </span>
        {picture && !post.spoiler_text && <img class="quote-picture" src={picture.preview_url!} alt={picture.description ?? ''} loading="lazy" />}
      </span>
    </a>
  );
}
