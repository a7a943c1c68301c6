import { useEffect, useState } from 'preact/hooks';
import { t } from '../../i18n';
import type { Account, List } from '../../api/entities';
import { del, get, post } from '../../api/client';
import { href } from '../../app/router';
import { Button } from '../../ui/Button';
import { Sheet } from '../../ui/Sheet';
import { Tick } from '../../ui/Switch';
import { doNow } from '../post/menu';

/** On which of one's lists somebody is. */
export default function MemberSheet({ who, onClose }: { who: Account; onClose: () => void }) {
  const [lists, setLists] = useState<List[]>();
  const [on, setOn] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    void doNow(Promise.all([get<List[]>('/api/v1/lists'), get<List[]>(`/api/v1/accounts/${who.id}/lists`)]).then(([all, those]) => {
      setLists(all);
      setOn(new Set(those.map((l) => l.id)));
    }));
  }, []);
  const flip = (list: List, add: boolean) => {
    const put = (is: boolean) => setOn((now) => new Set(is ? [...now, list.id] : [...now].filter((id) => id !== list.id)));
    const path = `/api/v1/lists/${list.id}/accounts`, ids = { account_ids: [who.id] };
    put(add);
    void doNow(add ? post(path, ids) : del(path, ids)).then((ok) => { if (!ok) put(!add); });
  };
  return (
    <Sheet title={t('person.lists')} onClose={onClose}>
      {lists?.map((list) => <Tick key={list.id} checked={on.has(list.id)} onChange={(e) => flip(list, e.currentTarget.checked)}><bdi>{list.title}</bdi></Tick>)}
      {lists && !lists.length && <p class="sheet-text">{t('lists.none')}</p>}
      <p><Button kind="plain" small icon="list" href={href('/lists')}>{t('lists.title')}</Button></p>
    </Sheet>
  );
}
