/** What the command palette finds of friends: they, and the ways to them and to Moments. */
import { t } from '../../i18n';
import { addCommands, addSource, type Command } from '../../app/commands';
import { go } from '../../app/router';
import { friends, openFriends } from '../../state/friends';
import { nameOf } from '../../ui/types';
import { plain } from './letters';

const most = 5;

export function teachPalette(): void {
  addCommands(
    { id: 'moments', label: () => t('discover.moments'), icon: 'camera', keys: 'g m', run: () => go('/moments') },
    { id: 'moments:new', label: () => t('moments.write'), icon: 'compose', run: () => go('/moments/new') },
    { id: 'add-friend', label: () => t('friends.add'), icon: 'person-add', run: () => go('/add') },
    { id: 'circles', label: () => t('friends.circles'), icon: 'aud-circle', run: () => go('/circles') },
  );
  let known: Promise<void> | undefined;
  addSource(async (words): Promise<Command[]> => {
    if (!friends.peek().length) await (known ??= openFriends());
    const wanted = plain(words);
    const found = friends.peek().filter((f) => [f.remark, nameOf(f.account), f.account.acct].some((text) => plain(text).includes(wanted)));
    return found.slice(0, most).map((f) => ({ id: 'friend:' + f.account.id, label: () => f.remark || nameOf(f.account), icon: 'contacts', run: () => go('/friends/' + f.account.id) }));
  });
}
