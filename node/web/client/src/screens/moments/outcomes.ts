/** How it went with what was promised about friends and Moments, also if no screen of them is open. */
import { t } from '../../i18n';
import type { Friend } from '../../api/tulou';
import { sentence } from '../../app/failure';
import { isNoted, noted } from '../../state/friends';
import type { Job } from '../../state/outbox';
import { say } from '../../ui/Toast';

export function done(job: Job, answer: unknown): void {
  if (job.kind === noted) isNoted(job, answer as Friend);
}

export function refused(_job: Job, why: string): void {
  say(t('failure.not-done', { why: sentence(why) }));
}
