import { useState } from 'preact/hooks';
import { t } from '../../i18n';
import type { Friend } from '../../api/tulou';
import { friends } from '../../state/friends';
import { Avatar } from '../../ui/Avatar';
import { Field } from '../../ui/Field';
import { nameOf } from '../../ui/types';
import { byLetter, plain } from '../contacts/letters';

const called = (f: Friend): string => f.remark || nameOf(f.account);

/** Friends with a box each, and a field to find one among many. */
export function PickFriends({ chosen, onPick }: { chosen: (f: Friend) => boolean; onPick: (f: Friend, on: boolean) => void }) {
  const [words, setWords] = useState('');
  const wanted = plain(words.trim());
  const all = byLetter(friends.value, called).flatMap((s) => s.items);
  const shown = wanted ? all.filter((f) => [f.remark, nameOf(f.account), f.account.acct].some((text) => plain(text).includes(wanted))) : all;
  return (
    <div class="pick">
      {all.length > 8 && <Field quiet label={t('friends.search')} type="search" icon="search" placeholder={t('friends.search')} dir="auto" value={words} onInput={setWords} autocomplete="off" />}
      {!all.length && <p class="hint">{t('friends.empty')}</p>}
      {shown.map((f) => (
        <label key={f.account.id} class="pick-row">
          <Avatar who={f.account} size={40} />
          <bdi class="row-name one">{called(f)}</bdi>
          <input type="checkbox" class="tick" checked={chosen(f)} onChange={(e) => onPick(f, e.currentTarget.checked)} />
        </label>
      ))}
    </div>
  );
}
