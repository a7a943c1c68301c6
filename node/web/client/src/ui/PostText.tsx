import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { t } from '../i18n';
import { Icon } from './Icon';
import { withEmoji } from '../api/html';
import { RichText } from './RichText';
import type { Post } from './types';

/** Below this length no text has thirteen lines, and nothing need be measured. */
const surelyShort = 300;

/** The words of a post: behind a warning or a filter if it has one, twelve lines at first. */
export function PostText({ post, large, children }: { post: Post; large?: boolean; children?: ComponentChildren }) {
  const filter = post.filtered?.find((f) => f.filter.filter_action !== 'hide')?.filter;
  const [shown, setShown] = useState(false);
  const [despite, setDespite] = useState(false);
  if (filter && !despite) {
    return <Cover icon="filter" words={t('post.filtered', { name: filter.title })} open={false} onToggle={() => setDespite(true)} />;
  }
  const warned = !!post.spoiler_text;
  return (
    <>
      {warned && <Cover icon="warning" lang={post.language} words={withEmoji(post.spoiler_text, post.emojis)} open={shown} onToggle={() => setShown(!shown)} />}
      {(!warned || shown) && (
        <>
          {post.content && <Words post={post} large={large} />}
          {children}
        </>
      )}
    </>
  );
}

function Cover({ icon, words, open, onToggle, lang }: { icon: 'warning' | 'filter'; words: ComponentChildren; open: boolean; onToggle: () => void; lang?: string | null }) {
  return (
    <div class="veil">
      <Icon name={icon} size={20} />
      <p class="veil-words" dir="auto" lang={lang ?? undefined}>{words}</p>
      <button type="button" class="btn btn-plain btn-s" aria-expanded={open} data-cover onClick={onToggle}>{open ? t('post.hide') : t('post.show')}</button>
    </div>
  );
}

function Words({ post, large }: { post: Post; large?: boolean }) {
  const box = useRef<HTMLDivElement>(null);
  const [long, setLong] = useState(false);
  const [all, setAll] = useState(!!large || post.content.length < surelyShort);
  useLayoutEffect(() => {
    const el = box.current;
    if (el && !all) setLong(el.scrollHeight > el.clientHeight + 4);
  }, [post.content, all]);
  return (
    <>
      <div ref={box} class={`post-text${large ? ' post-text-large' : ''}${all ? '' : ' post-text-cut'}`} dir="auto" lang={post.language ?? undefined}>
        <RichText text={post.content} emojis={post.emojis} mentions={post.mentions} quotes={!!post.quote} />
      </div>
      {long && !all && <button type="button" class="link post-more" onClick={() => setAll(true)}>{t('post.read-more')}</button>}
    </>
  );
}
