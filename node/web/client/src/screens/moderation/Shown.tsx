import { useState } from 'preact/hooks';
import { t } from '../../i18n';
import type { Status } from '../../api/entities';
import { href } from '../../app/router';
import { fetchSheet } from '../../app/sheets';
import { AudienceNote } from '../../ui/Audience';
import { Button } from '../../ui/Button';
import { MediaGrid } from '../../ui/MediaGrid';
import { RichText } from '../../ui/RichText';
import { Time } from '../../ui/Time';

/** A post as it was reported: covered until somebody asks for it, pictures once more. */
export function Shown({ post }: { post: Status }) {
  const [shown, setShown] = useState(false);
  return (
    <article class="case-post">
      <p class="case-meta"><Time at={post.created_at} as="full" /><AudienceNote of={post.visibility} size={14} /></p>
      {post.spoiler_text && <p class="case-warning" dir="auto">{post.spoiler_text}</p>}
      {shown
        ? (
          <>
            <div class="post-text" dir="auto" lang={post.language ?? undefined}><RichText text={post.content} emojis={post.emojis} mentions={post.mentions} /></div>
            {post.media_attachments.length > 0 && <MediaGrid media={post.media_attachments} covered onOpen={(i) => fetchSheet(() => import('../../bundles/sheets').then((all) => all.Viewer), { post, at: i })} />}
            <p><Button kind="plain" small icon="thread" href={href(`/@${post.account.acct}/${post.id}`)}>{t('moderation.context')}</Button></p>
          </>
        )
        : <Button small icon="eye" onClick={() => setShown(true)}>{t('moderation.show-post', { count: post.media_attachments.length })}</Button>}
    </article>
  );
}
