import { useState } from 'preact/hooks';
import { t } from '../../i18n';
import type { Status } from '../../api/entities';
import { fetchSheet } from '../../app/sheets';
import { go } from '../../app/router';
import { write } from '../../app/write';
import { toggle } from '../../state/actions';
import { filtered, type Place } from '../../state/filters';
import { vote } from '../../state/own-posts';
import { current, type Post } from '../../state/posts';
import { Icon } from '../../ui/Icon';
import type { PostVerb } from '../../ui/PostActions';
import { PostCard, type PostCardProps } from '../../ui/PostCard';
import type { Post as View } from '../../ui/types';
import { postMenu } from './menu';

type Rest = Partial<Pick<PostCardProps, 'as' | 'line' | 'pinned' | 'author' | 'position' | 'why' | 'below' | 'unread'>>;

/** A post of the server with everything one can do with it, as filters leave it in its place. */
export function PostItem({ post, place, ...rest }: { post: Post; place: Place } & Rest) {
  const [despite, setDespite] = useState(false);
  const whole = current(post);
  const shown = despite || rest.as === 'main' ? whole : filtered(whole, place);
  if (!shown) {
    return <article class="post-left-out"><Icon name="filter" size={16} /><span>{t('post.left-out')}</span> <button type="button" class="link reach" onClick={() => setDespite(true)}>{t('post.show')}</button></article>;
  }
  return <PostCard post={shown} {...rest} menu={postMenu} onAct={act} onOpen={open} onMedia={showMedia} onVote={(view, choices) => vote(view as Status, choices)} />;
}

const open = (view: View) => go(`/@${view.account.acct}/${view.id}`);

function act(verb: PostVerb, view: View): void {
  if (verb === 'reply') write({ reply: view.id });
  else toggle(verb, view.id);
}

function showMedia(view: View, index: number): void {
  fetchSheet(() => import('../../bundles/sheets').then((all) => all.Viewer), { post: view, at: index });
}

/** Whether filters leave it out of a list altogether. */
export const leftOut = (post: Post, place: Place): boolean => !filtered(post.peek(), place);
