/** What the command palette finds on the server and in settings. */
import { t } from '../../i18n';
import { addSource, type Command } from '../../app/commands';
import { go } from '../../app/router';
import { personLink, postLink, tagLink } from '../../ui/links';
import { nameOf } from '../../ui/types';
import { textOf } from '../../api/html';
import { findSettings } from '../settings/places';
import { look } from './find';

const each = 4;
const to = (link: string) => () => go(link.slice('/app'.length));

export function addSearch(): void {
  addSource(async (words) => findSettings(words, each).map((s): Command => ({ id: 'set:' + s.path + s.words, label: () => s.words, icon: s.icon, run: () => go(s.path) })));
  addSource(async (words, signal) => {
    const found = await look(words, signal);
    return [
      ...found.accounts.slice(0, each).map((a): Command => ({ id: 'who:' + a.id, label: () => `${nameOf(a)} @${a.acct}`, icon: 'me', run: to(personLink(a)) })),
      ...found.hashtags.slice(0, each).map((h): Command => ({ id: 'tag:' + h.name, label: () => '#' + h.name, icon: 'hash', run: to(tagLink(h.name)) })),
      ...found.statuses.slice(0, each).map((s): Command => ({ id: 'post:' + s.id, label: () => t('search.post-by', { name: nameOf(s.account), words: textOf(s.content).slice(0, 80) }), icon: 'chats', run: to(postLink(s)) })),
    ];
  });
}
