import { useEffect } from 'preact/hooks';
import { signal } from '@preact/signals';
import { t } from '../../i18n';
import { Failure, get } from '../../api/client';
import { own, type Friend } from '../../api/tulou';
import { sentence } from '../../app/failure';
import { href } from '../../app/router';
import { keep, recall } from '../../state/db';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { ContactRow } from '../../ui/Rows';
import { Skeleton } from '../../ui/Skeleton';
import { byLetter } from './letters';
import { called } from './Contacts';

/** How many are shown: beyond, it is no address book. */
const mutualsMax = 800;
const perPage = 200;

const found = signal<Friend[] | undefined>(undefined);
const trouble = signal<Failure | null>(null);

/** Who follows one back and is no friend. They are told apart since nobody agreed to anything. */
export function Mutuals() {
  useEffect(() => void open(), []);
  const those = (found.value ?? []).filter((f) => f.state !== 'friend');
  if (!those.length) {
    if (trouble.value) return <Empty act={<Button kind="filled" onClick={() => void open()}>{t('ui.again')}</Button>}>{sentence(trouble.value.kind)}</Empty>;
    if (!found.value) return <Skeleton of="contact" count={6} label={t('shell.loading')} />;
    return <Empty>{t('friends.mutuals-empty')}</Empty>;
  }
  return (
    <div class="contacts-book">
      <p class="contacts-say">{t('friends.mutuals-text')}</p>
      {byLetter(those, called).flatMap((s) => s.items).map((f) => (
        <ContactRow key={f.account.id} who={f.account} href={href('/friends/' + f.account.id)} note={t('friends.mutual')} />
      ))}
    </div>
  );
}

async function open(): Promise<void> {
  found.value ??= await recall<Friend[]>('mutuals');
  trouble.value = null;
  try {
    found.value = await mutualsNow();
    void keep('mutuals', found.value);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    trouble.value = error;
  }
}

async function mutualsNow(): Promise<Friend[]> {
  const all: Friend[] = [];
  for (let cursor = ''; all.length < mutualsMax; ) {
    const some: { items: Friend[]; next: string } = await get(`${own}/friends/mutuals?limit=${perPage}${cursor}`);
    all.push(...some.items);
    if (!some.next) break;
    cursor = '&cursor=' + encodeURIComponent(some.next);
  }
  return all;
}
