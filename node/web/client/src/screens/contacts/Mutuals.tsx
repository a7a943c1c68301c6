import { useEffect } from 'preact/hooks';
import { signal } from '@preact/signals';
import { t } from '../../i18n';
import type { Account } from '../../api/entities';
import { Failure, get, page, type Page } from '../../api/client';
import { own, type Friend } from '../../api/tulou';
import { sentence } from '../../app/failure';
import { href } from '../../app/router';
import { keep, recall } from '../../state/db';
import { me } from '../../state/session';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { ContactRow } from '../../ui/Rows';
import { Skeleton } from '../../ui/Skeleton';
import { byLetter } from './letters';
import { called } from './Contacts';

/** How many of those one follows are looked at: beyond, it is no address book. */
const followedMax = 800;
const perPage = 80;

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
  let query: Record<string, string | number> | undefined = { limit: perPage };
  for (let seen = 0; query && seen < followedMax; ) {
    const followed: Page<Account> = await page<Account>(`/api/v1/accounts/${me.peek()!.id}/following`, query);
    seen += followed.items.length;
    query = followed.next;
    if (!followed.items.length) break;
    const ids = new URLSearchParams(followed.items.map((a) => ['id', a.id]));
    const between = await get<{ items: Friend[] }>(`${own}/friends/relationships?${ids}`);
    all.push(...between.items.filter((f) => f.mutual));
  }
  return all;
}
