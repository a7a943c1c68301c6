import type { ComponentChildren } from 'preact';
import { textOf } from '../api/html';
import { Avatar } from './Avatar';
import { Icon, type IconName } from './Icon';
import { Time } from './Time';
import type { Face, Post } from './types';

export interface NotificationGroupProps {
  /** The sign of its kind; love is drawn in its colour. */
  icon: IconName;
  kind?: 'love' | 'accent' | 'warn' | 'plain';
  faces: Face[];
  /** One whole sentence: "Ada, Noor and 12 others liked". */
  sentence: ComponentChildren;
  post?: Post | null;
  at: string;
  href: string;
  unread?: boolean;
  children?: ComponentChildren;
}

/** What several people did with one thing, told once: their faces, a sentence, the post in two lines. */
export function NotificationGroup({ icon, kind = 'plain', faces, sentence, post, at, href, unread, children }: NotificationGroupProps) {
  return (
    <article class={unread ? 'note note-unread' : 'note'}>
      <span class={`note-icon note-${kind}`}><Icon name={icon} size={24} on={kind === 'love'} /></span>
      <div class="note-body">
        <div class="note-faces">
          {faces.slice(0, 3).map((f) => <Avatar key={f.id} who={f} size={32} />)}
          <span class="note-time"><Time at={at} /></span>
        </div>
        <a class="note-link" href={href}>
          <span class="note-words">{sentence}</span>
          {post && <span class="note-post" dir="auto" lang={post.language ?? undefined}>{post.spoiler_text || textOf(post.content)}</span>}
        </a>
        {children}
      </div>
    </article>
  );
}

/** Between the days of a list. */
export function DayLine({ children }: { children: ComponentChildren }) {
  return <h2 class="day-line">{children}</h2>;
}
