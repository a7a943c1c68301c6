import { useState } from 'preact/hooks';
import { t } from '../../i18n';
import type { List } from '../../api/entities';
import { post, put } from '../../api/client';
import { Button } from '../../ui/Button';
import { Field, Select } from '../../ui/Field';
import { Sheet } from '../../ui/Sheet';
import { Tick } from '../../ui/Switch';
import { doNow } from '../post/menu';

/** Names a list, and says what comes into it. */
export function ListSheet({ list, onDone, onClose }: { list?: List; onDone: (list: List) => void; onClose: () => void }) {
  const [title, setTitle] = useState(list?.title ?? '');
  const [replies, setReplies] = useState<List['replies_policy']>(list?.replies_policy ?? 'list');
  const [exclusive, setExclusive] = useState(!!list?.exclusive);
  const [busy, setBusy] = useState(false);
  const save = async (close: () => void) => {
    setBusy(true);
    const body = { title: title.trim(), replies_policy: replies, exclusive };
    const asked = list ? put<List>('/api/v1/lists/' + list.id, body) : post<List>('/api/v1/lists', body);
    if (await doNow(asked.then(onDone))) close();
    else setBusy(false);
  };
  return (
    <Sheet title={t(list ? 'lists.edit' : 'lists.make')} onClose={onClose} foot={(close) => <Button kind="filled" busy={busy} disabled={!title.trim()} onClick={() => void save(close)}>{t(list ? 'ui.save' : 'lists.make')}</Button>}>
      <div class="stack">
        <Field label={t('lists.name')} dir="auto" value={title} onInput={setTitle} maxLength={100} />
        <Select label={t('lists.replies')} value={replies} onInput={(v) => setReplies(v as List['replies_policy'])} options={[{ value: 'list', label: t('lists.replies-list') }, { value: 'followed', label: t('lists.replies-followed') }, { value: 'none', label: t('lists.replies-none') }]} />
        <Tick checked={exclusive} hint={t('lists.exclusive-hint')} onChange={(e) => setExclusive(e.currentTarget.checked)}>{t('lists.exclusive')}</Tick>
      </div>
    </Sheet>
  );
}
