import { useEffect, useState } from 'preact/hooks';
import type { Account } from '../../api/entities';
import { Failure, get } from '../../api/client';
import { keep, recall } from '../../state/db';
import { keepPerson, personOf } from '../../state/posts';
import { askRelations } from '../../state/relations';

export interface Found {
  who?: Account;
  failure?: Failure;
  again: () => void;
}

/** Somebody by their address: as they were known last, then as they are; from elsewhere if need be. */
export function usePerson(acct: string): Found {
  const [who, setWho] = useState<Account>();
  const [failure, setFailure] = useState<Failure>();
  const ask = async () => {
    setFailure(undefined);
    try {
      const found = await lookup(acct);
      setWho(found);
      keepPerson(found);
      void keep('person:' + acct, found);
      await askRelations([found.id]);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      setFailure(error);
    }
  };
  useEffect(() => {
    setWho(undefined);
    void recall<Account>('person:' + acct).then((kept) => kept && setWho((now) => now ?? kept));
    void ask();
  }, [acct]);
  // What is changed elsewhere, such as one's own words, is seen here.
  return { who: who && (personOf(who.id)?.value ?? who), failure, again: () => void ask() };
}

async function lookup(acct: string): Promise<Account> {
  try {
    return await get<Account>('/api/v1/accounts/lookup', { acct });
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== 'gone' || !acct.includes('@')) throw error;
    const found = await get<Account[]>('/api/v1/accounts/search', { q: '@' + acct, resolve: true, limit: 1 });
    if (!found[0]) throw error;
    return found[0];
  }
}
