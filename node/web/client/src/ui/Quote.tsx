import { useState } from 'preact/hooks';
import { t } from '../i18n';
import { Avatar } from './Avatar';
import { Icon } from './Icon';
import { postLink } from './links';
import { Address, Name } from './Name';
import { RichText } from './RichText';
import { Time } from './Time';
import type { Post } from './types';

type Quote = NonNullable<Post['quote']>;

/** A post within a post, one level deep; where it cannot be shown it says why. */
export function QuoteCard({ quote }: { quote: Quote }) {
  const [despite, setDespite] = useState(false);
  const post = quote.quoted_status;
  if (!post || (quote.state !== 'accepted' && !despite)) {
    return (
      <p class="quote quote-none">
        <Icon name="quote" size={16} /><span>{why(quote.state)}</span>
        {post && <button type="button" class="link reach" onClick={() => setDespite(true)}>{t('post.show')}</button>}
      </p>
    );
  }
  const picture = post.media_attachments.find((m) => m.preview_url && !post.sensitive);
  const filter = post.filtered?.[0]?.filter;
  if (filter && !despite) {
    return <p class="quote quote-none"><Icon name="filter" size={16} /><span>{t('post.filtered', { name: filter.title })}</span><button type="button" class="link reach" onClick={() => setDespite(true)}>{t('post.show')}</button></p>;
  }
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
          {post.spoiler_text ? <><Icon name="warning" size={16} /> {post.spoiler_text}</> : <RichText text={post.content} emojis={post.emojis} quotes={!!post.quote} plain />}
        </span>
        {picture && !post.spoiler_text && <img class="quote-picture" src={picture.preview_url!} alt={picture.description ?? ''} loading="lazy" />}
      </span>
    </a>
  );
}

function why(state: string): string {
  switch (state) {
    case 'pending': return t('quote.pending');
    case 'rejected': return t('quote.rejected');
    case 'revoked': return t('quote.revoked');
    case 'deleted': return t('quote.deleted');
    case 'blocked_account': return t('quote.blocked');
    case 'muted_account': return t('quote.muted');
    case 'blocked_domain': return t('quote.hidden-server');
  }
  return t('quote.gone');
}
