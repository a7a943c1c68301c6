import { useRef, useState } from 'preact/hooks';
import { t } from '../i18n';
import { shortCount } from './format';
import { Icon, type IconName } from './Icon';
import { Menu, MenuButton, type MenuRows } from './Menu';
import type { Post } from './types';

export type PostVerb = 'reply' | 'share' | 'like' | 'bookmark';

interface Act { verb: PostVerb; icon: IconName; label: string; count?: number; on?: boolean; off?: boolean; menu?: () => MenuRows }

/** Reply, share, like, bookmark, more. Counts from one, in the name for the ear. */
export function PostActions({ post, onAct, menu, shareMenu }: { post: Post; onAct: (verb: PostVerb) => void; menu: () => MenuRows; shareMenu?: () => MenuRows }) {
  const closed = post.visibility === 'private' || post.visibility === 'direct';
  const acts: Act[] = [
    { verb: 'reply', icon: 'reply', label: t('post.reply'), count: post.replies_count },
    { verb: 'share', icon: 'share', label: t('post.share'), count: post.reblogs_count, on: !!post.reblogged, off: closed && !post.reblogged, menu: shareMenu },
    { verb: 'like', icon: 'like', label: t('post.like'), count: post.favourites_count, on: !!post.favourited },
    { verb: 'bookmark', icon: 'bookmark', label: t('post.bookmark'), on: !!post.bookmarked },
  ];
  return (
    <footer class="acts">
      {acts.map((a) => <ActButton key={a.verb} {...a} onAct={onAct} />)}
      <MenuButton label={t('post.more')} rows={menu} size={20} />
    </footer>
  );
}

function ActButton({ verb, icon, label, count = 0, on, off, menu, onAct }: Act & { onAct: (verb: PostVerb) => void }) {
  const [rows, setRows] = useState<MenuRows>();
  const button = useRef<HTMLButtonElement>(null);
  const name = count > 0 ? `${label}, ${shortCount(count)}` : label;
  return (
    <>
      <button ref={button} type="button" class={`act act-${verb}`} aria-label={name} title={off ? t('post.share-closed') : label} aria-pressed={menu ? undefined : on}
        aria-haspopup={menu ? 'menu' : undefined} aria-expanded={menu ? !!rows : undefined} data-on={on || undefined} disabled={off}
        onClick={() => (menu ? setRows(menu()) : onAct(verb))}>
        <Icon name={icon} size={20} on={on && (verb === 'like' || verb === 'bookmark')} />
        <span class="act-count num">{count > 0 && shortCount(count)}</span>
        <span class="icon-words" aria-hidden="true">{label}</span>
      </button>
      {rows && <Menu rows={rows} label={label} at={button.current} onClose={() => setRows(undefined)} />}
    </>
  );
}
