/** What happens with friends and Moments while no screen of theirs is open. */
import { signal } from '@preact/signals';
import { get } from '../api/client';
import { listen } from '../api/stream';
import { own } from '../api/tulou';

/** What one has not seen of Moments: those of friends, and what was said about one's own. */
export const unread = signal({ moments: 0, notices: 0 });

/** Counts what happened that changes who is a friend, or asks. */
export const friendsChanged = signal(0);

/** Counts now, and whenever something happens. */
export function watchFriends(): void {
  void countUnread();
  listen({ stream: 'moments' }, {
    on: (event) => {
      if (event === 'friend.notice') friendsChanged.value++;
      else if (event === 'moment' || event === 'moment.notice') void countUnread();
    },
    onBack: () => {
      friendsChanged.value++;
      void countUnread();
    },
  });
}

/** Asks what is unread. */
export async function countUnread(): Promise<void> {
  unread.value = await get<{ moments: number; notices: number }>(`${own}/moments/unread`).catch(() => unread.peek());
}
