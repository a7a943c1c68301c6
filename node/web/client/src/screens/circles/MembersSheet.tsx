import { t } from '../../i18n';
import { circles, friendOf, inCircle } from '../../state/friends';
import { Sheet } from '../../ui/Sheet';
import { PickFriends } from './PickFriends';

/** Chooses who is in a circle; each tick counts at once. */
export function MembersSheet({ id, onClose }: { id: string; onClose: () => void }) {
  const circle = circles.value.find((c) => c.id === id);
  return (
    <Sheet title={circle?.name ?? t('friends.circles')} onClose={onClose}>
      <PickFriends chosen={(f) => f.circles.includes(id)} onPick={(f, on) => { const now = friendOf(f.account.id); if (now) inCircle(now, id, on); }} />
    </Sheet>
  );
}
