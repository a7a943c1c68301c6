import { t, names } from '../../i18n';
import type { Account } from '../../api/entities';
import { href } from '../../app/router';
import type { ScreenProps } from '../../app/routes';
import { instance } from '../../state/session';
import { Avatar } from '../../ui/Avatar';
import { Icon } from '../../ui/Icon';
import { personLink } from '../../ui/links';
import { ContactRow } from '../../ui/Rows';
import { Sheet } from '../../ui/Sheet';
import { roomOf } from './rooms';

/** Who is in a chat, and who else can read it: the servers that carry it, by name. */
export function About({ people, onClose }: { people: Account[]; onClose: () => void }) {
  return <Sheet title={t('chats.about')} onClose={onClose}><Words people={people} /></Sheet>;
}

/** The same beside the chat, where there is room. */
export default function ChatAside({ params }: ScreenProps) {
  const people = roomOf(params['key']!).people.value;
  if (!people.length) return null;
  return (
    <>
      <h2 class="aside-title">{t('chats.about')}</h2>
      <div class="aside-faces">{people.slice(0, 4).map((p) => <Avatar key={p.id} who={p} size={people.length > 1 ? 56 : 88} />)}</div>
      <Words people={people} />
    </>
  );
}

function Words({ people }: { people: Account[] }) {
  const own = instance.value?.domain ?? location.host;
  const servers = [...new Set([own, ...people.map((p) => p.acct.split('@')[1] ?? own)])];
  return (
    <div class="chat-about">
      <p class="chat-about-line"><Icon name="lock-open" size={20} /><span><b>{t('chats.plain')}</b><br />{t('chats.servers', { count: servers.length, names: names(servers) })}</span></p>
      {people.map((p) => <ContactRow key={p.id} who={p} href={personLink(p)} />)}
      <p class="hint">{t('chats.who-hint')} <a class="link" href={href('/chats/new')}>{t('chats.new')}</a></p>
    </div>
  );
}
