import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { t, T } from '../i18n';
import { AudienceNote } from './Audience';
import { Avatar } from './Avatar';
import { Icon, type IconName } from './Icon';
import { LinkCard } from './LinkCard';
import { personLink, postLink } from './links';
import { MediaGrid } from './MediaGrid';
import type { MenuRows } from './Menu';
import { Address, Name } from './Name';
import { Poll } from './Poll';
import { PostActions, type PostVerb } from './PostActions';
import { PostText } from './PostText';
import { QuoteCard } from './Quote';
import { Time } from './Time';
import { nameOf, type Post } from './types';

export interface PostCardProps {
  post: Post;
  onAct: (verb: PostVerb, post: Post) => void;
  onOpen?: (post: Post) => void;
  onMedia?: (post: Post, index: number) => void;
  onVote?: (post: Post, choices: number[]) => void;
  /** What the button with the dots offers; made when it opens. */
  menu: (post: Post) => MenuRows;
  /** Share or quote, where both are possible. */
  shareMenu?: (post: Post) => MenuRows;
  /** main: the post a thread is about. */
  as?: 'feed' | 'main' | 'reply';
  /** Lines in the avatar column to the post above and below. */
  line?: 'up' | 'down' | 'both';
  state?: 'pending' | 'failed' | 'deleted';
  onRetry?: () => void;
  unread?: boolean;
  pinned?: boolean;
  /** By the author of the thread. */
  author?: boolean;
  /** A note of the screen: why it is here, a translation. */
  why?: { icon: IconName; words: ComponentChildren };
  below?: ComponentChildren;
  position?: number;
}

/** One post, shared or not, as it stands in a list or at the head of its thread. */
export function PostCard(props: PostCardProps) {
  const { post: outer, as = 'feed', state, position } = props;
  const post = outer.reblog ?? outer;
  const id = useId();
  if (state === 'deleted') return <article class="post post-gone"><p>{t('post.gone')}</p></article>;
  const look = ['post', as === 'main' && 'post-main-one', props.line && `post-line-${props.line}`, props.unread && 'post-unread', state && `post-${state}`];
  const open = (e: MouseEvent) => {
    if (props.onOpen && as !== 'main' && !onControl(e) && !getSelection()?.toString()) props.onOpen(post);
  };
  return (
    <article class={look.filter(Boolean).join(' ')} tabIndex={0} aria-labelledby={`${id}n ${id}t`} aria-posinset={position} aria-setsize={position ? -1 : undefined}
      data-id={outer.id} onClick={open} onKeyDown={(e) => { if (e.key === 'Enter' && e.target === e.currentTarget) props.onOpen?.(post); }}>
      <Why {...props} post={post} outer={outer} />
      <a class="post-face" href={personLink(post.account)} tabIndex={-1} aria-hidden="true"><Avatar who={post.account} /></a>
      <div class="post-body">
        <header class="post-head">
          <a id={id + 'n'} class="post-name one reach" href={personLink(post.account)}><Name who={post.account} /></a>
          {props.author && <span class="post-author">{t('post.author')}</span>}
          <span class="post-address one"><Address who={post.account} /></span>
          {as !== 'main' && (
            <span class="post-when">
              {post.visibility === 'unlisted' && <AudienceNote of={post.visibility} quiet />}
              {post.edited_at && <span title={t('post.edited')}><Icon name="compose" size={14} /><span class="hear">{t('post.edited')}</span></span>}
              {/* What waits to be sent has no page yet. */}
              {state ? <span id={id + 't'}><Time at={post.created_at} /></span> : <a id={id + 't'} class="reach" href={postLink(post)} tabIndex={-1}><Time at={post.created_at} /></a>}
            </span>
          )}
        </header>
        {(post.visibility === 'private' || post.visibility === 'direct') && as !== 'main' && <p class="post-limited"><AudienceNote of={post.visibility} /></p>}
        <PostInside {...props} post={post} large={as === 'main'} />
        {props.below}
        {as === 'main' && <MainMeta post={post} id={id + 't'} />}
        {state === 'failed'
          ? <p class="post-unsent" role="alert"><Icon name="warning" size={16} />{t('post.unsent')} <button type="button" class="link reach" onClick={props.onRetry}>{t('ui.again')}</button></p>
          : state === 'pending'
            ? <p class="post-waiting"><Icon name="clock" size={16} />{t('post.pending')}</p>
            : <PostActions post={post} onAct={(verb) => props.onAct(verb, post)} menu={() => props.menu(post)} shareMenu={props.shareMenu && (() => props.shareMenu!(post))} />}
      </div>
    </article>
  );
}

const onControl = (e: MouseEvent) => !!(e.target as Element).closest('a, button, input, label, video, audio, summary, dialog, [role="button"]');

/** The text, behind its warning or filter if it has one, and what hangs on it. */
function PostInside({ post, large, onMedia, onVote }: PostCardProps & { large: boolean }) {
  return (
    <PostText post={post} large={large}>
      {post.media_attachments.length > 0 && <MediaGrid media={post.media_attachments} covered={post.sensitive && !post.spoiler_text} onOpen={(i) => onMedia?.(post, i)} />}
      {post.poll && <Poll poll={post.poll} onVote={(choices) => onVote?.(post, choices)} />}
      {post.quote && <QuoteCard quote={post.quote} />}
      {post.card && !post.quote && !post.media_attachments.length && !post.poll && <LinkCard card={post.card} />}
    </PostText>
  );
}

/** Why it is here: shared by somebody, an answer, pinned. */
function Why({ post, outer, why, pinned, as }: PostCardProps & { outer: Post }) {
  let line: { icon: IconName; words: ComponentChildren } | undefined = why;
  if (!line && outer !== post) {
    line = { icon: 'share', words: T({ k: 'post.shared-by', name: <a href={personLink(outer.account)}><Name who={outer.account} /></a> }) };
  } else if (!line && pinned) line = { icon: 'pin', words: t('post.pinned') };
  else if (!line && as === 'feed' && post.in_reply_to_account_id) {
    const to = post.mentions?.find((m) => m.id === post.in_reply_to_account_id);
    const self = post.in_reply_to_account_id === post.account.id;
    line = { icon: 'reply', words: self ? t('post.thread-of', { name: nameOf(post.account) }) : to ? t('post.reply-to', { name: '@' + to.username }) : t('post.reply') };
  }
  if (!line) return null;
  return <p class="post-why"><Icon name={line.icon} size={16} /><span class="one">{line.words}</span></p>;
}

/** Under the post a thread is about: the whole date, who can see it, and that it was edited. */
function MainMeta({ post, id }: { post: Post; id: string }) {
  return (
    <p class="post-meta">
      <span id={id}><Time at={post.created_at} as="full" /></span>
      <AudienceNote of={post.visibility} />
      {post.edited_at && <span>{T({ k: 'post.edited-at', time: <Time at={post.edited_at} as="full" /> })}</span>}
    </p>
  );
}
