import { useState } from 'preact/hooks';
import { t, fullDate, type Key } from '../../i18n';
import { page, post } from '../../api/client';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { SettingsRow } from '../../ui/SettingsRow';
import { doNow } from '../post/menu';
import { Note, useKnown, Wait } from '../settings/controls';
import { handleOf, type Act, type AdminAccount, type Appeal } from './queue';

const askAll = <T,>(path: string, query: Record<string, string | number | boolean>) => () => page<T>(path, query).then((p) => p.items);

/** Who waits to be let in, and what they say of themselves. */
export function Wishes() {
  const known = useKnown<AdminAccount[]>('moderation.wishes', askAll('/api/v1/admin/accounts', { pending: true, limit: 100 }));
  const [busy, setBusy] = useState('');
  const answer = async (who: AdminAccount, how: 'approve' | 'reject') => {
    setBusy(who.id);
    if (await doNow(post(`/api/v1/admin/accounts/${who.id}/${how}`), t(how === 'approve' ? 'moderation.let-in' : 'moderation.turned-away', { name: handleOf(who) }))) known.set(known.value!.filter((w) => w.id !== who.id));
    setBusy('');
  };
  return (
    <>
      <Wait for={known} />
      {known.value && !known.value.length && <Empty>{t('moderation.none-people')}</Empty>}
      {known.value?.map((who) => (
        <section key={who.id} class="request" aria-label={handleOf(who)}>
          <div class="row-words">
            <p class="row-name one"><bdi dir="ltr">{handleOf(who)}</bdi></p>
            <p class="row-under">{t(who.confirmed ? 'moderation.wish' : 'moderation.wish-unconfirmed', { time: fullDate(Date.parse(who.created_at)) })}</p>
            <p class="request-words" dir="auto">{who.invite_request || t('moderation.no-words')}</p>
            <div class="request-acts">
              <Button kind="filled" small busy={busy === who.id} onClick={() => void answer(who, 'approve')}>{t('moderation.approve')}</Button>
              <Button kind="plain" small disabled={busy === who.id} onClick={() => void answer(who, 'reject')}>{t('moderation.reject')}</Button>
            </div>
          </div>
        </section>
      ))}
    </>
  );
}

/** What people answer to decisions about them. */
export function Appeals() {
  const known = useKnown<Appeal[]>('moderation.appeals', askAll('/api/v1/admin/appeals', { limit: 40 }));
  const answer = async (appeal: Appeal, how: 'approve' | 'reject') => {
    if (await doNow(post(`/api/v1/admin/appeals/${appeal.id}/${how}`), t('moderation.decided'))) known.set(known.value!.filter((a) => a.id !== appeal.id));
  };
  return (
    <>
      <Wait for={known} />
      {known.value && !known.value.length && <Empty>{t('moderation.none-appeals')}</Empty>}
      {known.value?.map((appeal) => (
        <section key={appeal.id} class="request" aria-label={appeal.decision.target}>
          <div class="row-words">
            <p class="row-name one"><bdi dir="ltr">{appeal.decision.target}</bdi></p>
            <p class="row-under">{t('moderation.appeal-of', { act: actWords(appeal.decision.action), time: fullDate(Date.parse(appeal.decision.created_at)) })}</p>
            {appeal.decision.text && <p class="row-under" dir="auto">{appeal.decision.text}</p>}
            <p class="request-words" dir="auto">{appeal.text}</p>
            <div class="request-acts">
              <Button kind="filled" small onClick={() => void answer(appeal, 'approve')}>{t('moderation.appeal-yes')}</Button>
              <Button kind="plain" small onClick={() => void answer(appeal, 'reject')}>{t('moderation.appeal-no')}</Button>
            </div>
          </div>
        </section>
      ))}
    </>
  );
}

/** What those who moderate did. */
export function Log() {
  const known = useKnown<Act[]>('moderation.log', askAll('/api/v1/admin/audit_log', { limit: 100 }));
  return (
    <>
      <Wait for={known} />
      {known.value && !known.value.length && <Empty>{t('moderation.none-log')}</Empty>}
      {!!known.value?.length && <Note>{t('moderation.log-text')}</Note>}
      {known.value?.map((act) => <LogRow key={act.id} act={act} target />)}
    </>
  );
}

export function LogRow({ act, target }: { act: Act; target?: boolean }) {
  const by = t('moderation.by', { name: act.moderator_account ? handleOf(act.moderator_account) : t('moderation.operator'), time: fullDate(Date.parse(act.created_at)) });
  return <SettingsRow title={target ? t('moderation.log-line', { act: actWords(act.action), target: `\u2066${act.target}\u2069` }) : actWords(act.action)} hint={<>{act.text && <><span dir="auto">{act.text}</span><br /></>}{by}</>} />;
}

const words: Record<string, Key> = {
  none: 'moderation.warn', sensitive: 'moderation.cover', unsensitive: 'moderation.did-uncover', silence: 'moderation.limit', unsilence: 'moderation.did-unlimit', suspend: 'moderation.suspend', unsuspend: 'moderation.did-unsuspend',
  disable: 'moderation.did-freeze', enable: 'moderation.did-unfreeze', approve: 'moderation.approve', reject: 'moderation.reject', resolve: 'moderation.close', reopen: 'moderation.reopen', delete: 'moderation.did-delete',
  assign: 'moderation.take', unassign: 'moderation.leave', classify: 'moderation.did-classify', role: 'moderation.did-role',
};
/** A decision in words; a kind that is newer than this program by its name. */
const actWords = (action: string): string => (words[action] ? t(words[action]) : action.startsWith('domain_') ? t('moderation.did-domain') : action.replaceAll('_', ' '));
