/** What the button with the dots offers: first what is harmless, last what destroys. */
import { t } from '../../i18n';
import type { Account, Status } from '../../api/entities';
import { Failure, post as send, put } from '../../api/client';
import { sentence } from '../../app/failure';
import { go, href, stack, back } from '../../app/router';
import { ask, fetchSheet } from '../../app/sheets';
import { write } from '../../app/write';
import { keepPost } from '../../state/posts';
import { quotePolicyWords, type QuotePolicy } from './QuotePolicy';
import { saveDraft } from '../../state/drafts';
import { deletePost, turn } from '../../state/own-posts';
import { askRelations, insist, relation, unfollow } from '../../state/relations';
import { instance, me } from '../../state/session';
import { draftOf } from '../../state/writing';
import type { MenuRows } from '../../ui/Menu';
import { say } from '../../ui/Toast';
import type { Post as View } from '../../ui/types';

export function postMenu(view: View): MenuRows {
  const post = view as Status;
  const own = post.account.id === me.peek()?.id;
  return [...about(post), 'gap', ...(own ? ofOwn(post) : ofOthers(post))];
}

function about(post: Status): MenuRows {
  const path = `/@${post.account.acct}/${post.id}`;
  const link = post.url ?? location.origin + href(path);
  const remote = post.account.acct.includes('@');
  const rows: MenuRows = post.visibility === 'direct' ? [] : [quoteRow(post)];
  rows.push({ label: t('post.copy-link'), icon: 'link', onPick: () => void copy(link) });
  if (remote && post.url) rows.push({ label: t('post.open-original'), icon: 'external', onPick: () => void open(post.url!, '_blank', 'noopener') });
  if (post.favourites_count) rows.push({ label: t('post.likers'), icon: 'like', onPick: () => go(path + '/likes') });
  if (post.reblogs_count) rows.push({ label: t('post.sharers'), icon: 'share', onPick: () => go(path + '/shares') });
  if (post.quotes_count) rows.push({ label: t('quote.list'), icon: 'quote', onPick: () => go(path + '/quotes') });
  const theirs = post.quote?.quoted_status;
  if (post.quote?.state === 'accepted' && theirs?.account.id === me.peek()?.id && theirs && post.account.id !== theirs.account.id) {
    rows.push({ label: t('quote.revoke'), icon: 'undo', danger: true, onPick: () => ask({ title: t('quote.revoke-title'), text: t('quote.revoke-text'), act: t('quote.revoke'), danger: true }, () => void revoke(theirs.id, post.id)) });
  }
  if (post.edited_at) rows.push({ label: t('post.history'), icon: 'clock', onPick: () => go(path + '/history') });
  return rows;
}

/** To quote, or why one may not. */
function quoteRow(post: Status): MenuRows[number] {
  const { current_user: may, automatic, manual } = post.quote_approval ?? { current_user: 'denied', automatic: [], manual: [] };
  const followers = [...automatic, ...manual].includes('followers');
  const hint = may === 'manual' ? t('quote.asked') : may === 'automatic' ? undefined : followers ? t('quote.followers-may') : t('quote.may-not');
  return { label: t('quote.act'), icon: 'quote', keys: 'q', hint, disabled: may !== 'automatic' && may !== 'manual', onPick: () => write({ quote: post.id }) };
}

async function revoke(quoted: string, quoting: string): Promise<void> {
  await doNow(send<Status>(`/api/v1/statuses/${quoted}/quotes/${quoting}/revoke`).then(keepPost), t('quote.revoked-now'));
}

async function letQuote(id: string, policy: QuotePolicy): Promise<void> {
  await doNow(put<Status>(`/api/v1/statuses/${id}/interaction_policy`, { quote_approval_policy: policy }).then(keepPost), quotePolicyWords(policy));
}

const quotePolicyOf = (post: Status): QuotePolicy => {
  const may = post.quote_approval?.automatic ?? [];
  return may.includes('public') ? 'public' : may.includes('followers') ? 'followers' : 'nobody';
};

export async function copy(text: string): Promise<void> {
  await navigator.clipboard.writeText(text).then(() => say(t('post.copied')), () => say(t('post.copy-refused')));
}

const quiet = (post: Status): MenuRows[number] => ({
  label: t(post.muted ? 'post.unmute-thread' : 'post.mute-thread'), icon: post.muted ? 'bell' : 'muted', hint: post.muted ? undefined : t('post.mute-thread-hint'), onPick: () => turn('mute', post.id, !post.muted),
});

function ofOwn(post: Status): MenuRows {
  const rows: MenuRows = [{ label: t('post.edit'), icon: 'compose', onPick: () => write({ edit: post.id }) }];
  if (post.visibility !== 'direct') rows.push({ label: t(post.pinned ? 'post.unpin' : 'post.pin'), icon: 'pin', onPick: () => turn('pin', post.id, !post.pinned) });
  if (post.visibility === 'public' || post.visibility === 'unlisted') {
    rows.push({ label: t('quote.who'), icon: 'quote', hint: quotePolicyWords(quotePolicyOf(post)),
      onPick: () => fetchSheet(() => import('../../bundles/sheets').then((all) => all.QuoteSheet), { at: quotePolicyOf(post), onPick: (policy: QuotePolicy) => void letQuote(post.id, policy) }) });
  }
  rows.push(quiet(post), 'gap',
    { label: t('post.redraft'), icon: 'undo', danger: true, onPick: () => ask({ title: t('post.redraft-title'), text: t('post.redraft-text'), act: t('post.redraft'), danger: true }, () => void redraft(post)) },
    { label: t('post.delete'), icon: 'trash', danger: true, onPick: () => ask({ title: t('post.delete-title'), text: t('post.delete-text'), act: t('post.delete'), danger: true }, () => void remove(post)) });
  return rows;
}

function ofOthers(post: Status): MenuRows {
  const name = '@' + post.account.acct;
  const rows: MenuRows = [
    { label: t('post.mention', { name }), icon: 'mention', onPick: () => write({ text: name + ' ' }) },
    quiet(post),
    { label: t('post.filter'), icon: 'filter', onPick: () => fetchSheet(() => import('../../bundles/sheets').then((all) => all.FilterSheet), { post }) },
    'gap',
  ];
  if (relation(post.account.id).peek()?.following) rows.push({ label: t('person.unfollow-name', { name }), icon: 'person-remove', onPick: () => unfollow(post.account.id) });
  return [...rows, ...against(post.account, post)];
}

/** Against somebody: mute, block, report. */
export function against(who: Account, post?: Status): MenuRows {
  const name = '@' + who.acct, now = relation(who.id).peek();
  const host = who.acct.split('@')[1];
  const rows: MenuRows = [
    now?.muting
      ? { label: t('person.unmute', { name }), icon: 'volume', onPick: () => void doNow(insist(who.id, 'unmute')) }
      : { label: t('person.mute', { name }), icon: 'muted', onPick: () => fetchSheet(() => import('../../bundles/sheets').then((all) => all.MuteSheet), { who }) },
    now?.blocking
      ? { label: t('person.unblock', { name }), icon: 'undo', onPick: () => void doNow(insist(who.id, 'unblock')) }
      : { label: t('person.block', { name }), icon: 'block', danger: true, onPick: () => ask({ title: t('person.block-title', { name }), text: t('person.block-text'), act: t('person.block-act'), danger: true }, () => void doNow(insist(who.id, 'block'), t('person.blocked', { name }))) },
    { label: t('person.report', { name }), icon: 'flag', danger: true, onPick: () => fetchSheet(() => import('../../bundles/sheets').then((all) => all.ReportSheet), { who, post }) },
  ];
  if (host && !post) rows.push({ label: t('person.hide-server', { host }), icon: 'server', danger: true, onPick: () => ask({ title: t('person.hide-server-title', { host }), text: t('person.hide-server-text', { host }), act: t('person.hide-server-act'), danger: true }, () => void hideServer(host, who)) });
  return rows;
}

async function hideServer(host: string, who: Account): Promise<void> {
  await doNow(send('/api/v1/domain_blocks', { domain: host }).then(() => askRelations([who.id])), t('person.server-hidden', { host }));
}

/** Waits for what must be so before it is said. */
export async function doNow(act: Promise<unknown>, done?: string): Promise<boolean> {
  try {
    await act;
    if (done) say(done);
    return true;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    say(t('failure.not-done', { why: sentence(error.kind) }));
    return false;
  }
}

/** Leaves the page of a post that is not there any more. */
function leavePage(post: Status): void {
  const top = stack().at(-1);
  if (top?.path.split('?')[0] === `/@${post.account.acct}/${post.id}`) back(top);
}

async function remove(post: Status): Promise<void> {
  const next = document.querySelector(`.pane:not(.pane-under) [data-item="${CSS.escape(post.id)}"]`)?.nextElementSibling;
  if (!(await doNow(deletePost(post.id, true), t('post.deleted')))) return;
  leavePage(post);
  requestAnimationFrame(() => next?.querySelector<HTMLElement>('[tabindex="0"]')?.focus({ preventScroll: true }));
}

async function redraft(post: Status): Promise<void> {
  try {
    const was = await deletePost(post.id, false);
    const name = 'redraft:' + post.id;
    saveDraft(name, draftOf({ ...was, account: post.account }, was.text ?? '', instance.peek()));
    leavePage(post);
    write({ draft: name });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    say(t('failure.not-done', { why: sentence(error.kind) }));
  }
}
