/** How it went with what was promised about friends and Moments, also if no screen of them is open. */
import { t } from '../../i18n';
import type { Friend, Moment, MomentComment } from '../../api/tulou';
import { sentence } from '../../app/failure';
import { go } from '../../app/router';
import { draft, dropDraft, saveDraft } from '../../state/drafts';
import { isNoted, noted } from '../../state/friends';
import { heldMoment, hold, over, posted } from '../../state/moments';
import type { Job } from '../../state/outbox';
import { say } from '../../ui/Toast';
import { blank, draftName, sentName, type Written } from './written';
import { commentKind, likeKind, shareKind, uncommentKind, uploadKind } from './view';

export function done(job: Job, answer: unknown): void {
  if (job.kind === noted) return isNoted(job, answer as Friend);
  if (job.kind === uploadKind) return;
  if (job.kind === shareKind) {
    posted(answer as Moment);
    void dropDraft(sentName(job.lane));
    say(t('moments.shared'));
  } else if (job.kind === likeKind) hold(answer as Moment);
  else if (job.kind === commentKind) {
    const held = heldMoment(job.about), said = answer as MomentComment;
    if (held && !held.peek().comments.some((c) => c.id === said.id)) held.value = { ...held.peek(), comments: [...held.peek().comments, said] };
  } else if (job.kind === uncommentKind) {
    const held = heldMoment(job.about), id = job.path.split('/').at(-1);
    if (held) held.value = { ...held.peek(), comments: held.peek().comments.filter((c) => c.id !== id) };
  }
  over(job);
}

export function refused(job: Job, why: string): void {
  if (job.kind === uploadKind) return; // the Moment that needs it is refused with it
  if (job.kind === shareKind) void giveBack(job, why);
  else if (job.kind === commentKind) {
    saveDraft('comment:' + job.about, (job.body as { text: string }).text);
    say(t('moments.comment-refused', { why: sentence(why) }));
  } else say(t('failure.not-done', { why: sentence(why) }));
}

/** What could not be shared is what one is writing, again. */
async function giveBack(job: Job, why: string): Promise<void> {
  const was = await draft<Written>(sentName(job.lane)), now = await draft<Written>(draftName);
  if (was && (!now || blank(now))) {
    saveDraft(draftName, was);
    await dropDraft(sentName(job.lane));
  }
  say(t('moments.refused', { why: sentence(why) }), { label: t('moments.look'), onPick: () => go('/moments/new') });
}
