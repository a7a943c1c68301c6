import { useState } from 'preact/hooks';
import { t } from '../../i18n';
import type { Friend } from '../../api/tulou';
import { note } from '../../state/friends';
import { Button } from '../../ui/Button';
import { Field } from '../../ui/Field';
import { Sheet } from '../../ui/Sheet';
import { nameOf } from '../../ui/types';

const remarkMax = 60;

/** The name one gives a friend. */
export function RemarkSheet({ friend, onClose }: { friend: Friend; onClose: () => void }) {
  const [remark, setRemark] = useState(friend.remark);
  const save = (close: () => void) => {
    if (remark.trim() !== friend.remark) note(friend.account.id, { remark: remark.trim() });
    close();
  };
  return (
    <Sheet title={t('friend.remark')} onClose={onClose} foot={(close) => <Button kind="filled" onClick={() => save(close)}>{t('friend.save')}</Button>}>
      <Field label={t('friend.remark-for', { name: nameOf(friend.account) })} dir="auto" value={remark} onInput={setRemark} maxLength={remarkMax} hint={t('friend.remark-hint')} />
    </Sheet>
  );
}
