import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../../i18n';
import type { Me } from '../../api/entities';
import { patch } from '../../api/client';
import { keep } from '../../state/db';
import { me } from '../../state/session';
import { set, settings } from '../../state/settings';
import { Avatar } from '../../ui/Avatar';
import { Button } from '../../ui/Button';
import { Field, TextArea } from '../../ui/Field';
import { doNow } from '../post/menu';
import { OnOff } from '../settings/controls';

/** A picture, a name and a few words; and whether everything is shown larger. */
export function Face({ onSave }: { onSave: (save: () => Promise<boolean>) => void }) {
  const who = me.value;
  const [name, setName] = useState(who?.display_name ?? '');
  const [words, setWords] = useState(who?.source.note ?? '');
  const [picture, setPicture] = useState<File>();
  const [shown, setShown] = useState('');
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (!picture) return setShown('');
    const made = URL.createObjectURL(picture);
    setShown(made);
    return () => URL.revokeObjectURL(made);
  }, [picture]);
  useEffect(() => onSave(async () => {
    const before = me.peek();
    if (!before || (!picture && name === before.display_name && words === before.source.note)) return true;
    const form = new FormData();
    form.append('display_name', name.trim());
    form.append('note', words);
    if (picture) form.append('avatar', picture);
    return doNow(patch<Me>('/api/v1/accounts/update_credentials', form).then((now) => keep('me', (me.value = now))));
  }), [name, words, picture]);
  if (!who) return null;
  return (
    <div class="welcome-face">
      <input ref={input} class="hear" type="file" accept="image/*" tabIndex={-1} aria-hidden="true" onChange={(e) => setPicture(e.currentTarget.files?.[0])} />
      <div class="welcome-picture">
        <Avatar who={{ ...who, avatar: shown || who.avatar }} size={96} eager />
        <Button icon="camera" onClick={() => input.current?.click()}>{t('welcome.picture')}</Button>
      </div>
      <Field label={t('welcome.name')} hint={t('welcome.name-hint')} dir="auto" maxLength={30} value={name} onInput={setName} autocomplete="name" />
      <TextArea label={t('welcome.words')} value={words} onInput={setWords} maxLength={500} />
      <div class="welcome-clear"><OnOff label={t('settings.clear')} hint={t('settings.clear-hint')} on={settings.value.clear} onPick={(on) => set('clear', on)} /></div>
    </div>
  );
}
