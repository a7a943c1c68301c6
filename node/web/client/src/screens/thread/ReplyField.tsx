import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { t } from '../../i18n';
import { write } from '../../app/write';
import { beside } from '../../app/width';
import { draft } from '../../state/drafts';
import type { Post } from '../../state/posts';
import { me } from '../../state/session';
import { worthKeeping, type Draft } from '../../state/writing';
import { AudienceNote } from '../../ui/Audience';
import { Avatar } from '../../ui/Avatar';
import { nameOf } from '../../ui/types';
import { inherited } from '../compose/audience';
import type { BoxProps } from '../compose/Box';

/** The field at the foot of a thread: who will see an answer is said before the first letter. */
export function ReplyField({ post }: { post: Post }) {
  const status = post.value;
  const name = 'reply:' + status.id;
  const [kept, setKept] = useState('');
  const [Box, setBox] = useState<ComponentType<BoxProps>>();
  useEffect(() => {
    void draft<Draft>(name).then((d) => setKept(d && worthKeeping(d) ? d.text : ''));
  }, [name, Box]);
  if (!me.value) return null;
  const begin = () => {
    if (!beside()) return write({ reply: status.id });
    import('../../bundles/writing').then((m) => setBox(() => m.Box), () => write({ reply: status.id }));
  };
  if (Box) return <div class="reply-open"><Box what={{ reply: status.id }} onDone={() => setBox(undefined)} onLeave={() => setBox(undefined)} /></div>;
  return (
    <button type="button" class="reply-field" onClick={begin}>
      <Avatar who={me.value} size={32} />
      <span class="reply-words">
        <span class="one">{kept ? <><b class="row-draft">{t('chat.draft')}</b> <bdi>{kept}</bdi></> : t('thread.reply-to', { name: nameOf(status.account) })}</span>
        <span class="reply-audience"><AudienceNote of={inherited(status.visibility)} size={14} /></span>
      </span>
    </button>
  );
}
