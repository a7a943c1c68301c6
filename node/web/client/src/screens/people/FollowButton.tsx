import { t } from '../../i18n';
import type { Account } from '../../api/entities';
import { ask } from '../../app/sheets';
import { follow, relation, unfollow } from '../../state/relations';
import { me } from '../../state/session';
import { Button } from '../../ui/Button';
import { nameOf } from '../../ui/types';

/** Follow, or what there is already; pressing that asks before it ends. */
export function FollowButton({ who, small, filled }: { who: Account; small?: boolean; filled?: boolean }) {
  const now = relation(who.id).value;
  if (!now || who.id === me.value?.id || now.blocking || now.blocked_by) return null;
  const name = nameOf(who);
  if (now.following) {
    return <Button small={small} label={t('person.following-name', { name })} onClick={() => ask({ title: t('person.unfollow-title', { name }), text: t(who.locked ? 'person.unfollow-locked' : 'person.unfollow-text'), act: t('person.unfollow') }, () => unfollow(who.id))}>{t('person.following')}</Button>;
  }
  if (now.requested) {
    return <Button small={small} label={t('person.requested-name', { name })} onClick={() => ask({ title: t('person.unrequest-title', { name }), act: t('person.unrequest') }, () => unfollow(who.id))}>{t('person.requested')}</Button>;
  }
  return <Button kind={filled ? 'filled' : 'soft'} small={small} label={t(who.locked ? 'person.ask-name' : now.followed_by ? 'person.follow-back-name' : 'person.follow-name', { name })} onClick={() => follow(who)}>{t(who.locked ? 'person.ask' : now.followed_by ? 'person.follow-back' : 'person.follow')}</Button>;
}
