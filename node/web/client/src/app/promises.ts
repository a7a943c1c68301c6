/** What is said when acts that were promised are done or refused; bound once, on every start. */
import { t } from '../i18n';
import { handleActions } from '../state/actions';
import { dropDraft } from '../state/drafts';
import { handleOwnPosts } from '../state/own-posts';
import { handleRelations } from '../state/relations';
import { handleTags } from '../state/tags';
import { say } from '../ui/Toast';
import { sentence } from './failure';
import { go } from './router';
import { write } from './write';

const notDone = (why: string) => say(t('failure.not-done', { why: sentence(why) }));

export function handlePromises(): void {
  handleActions((_, why) => notDone(why));
  handleRelations(notDone);
  handleTags(notDone);
  handleOwnPosts({
    posted: (status, job) => {
      void dropDraft(job.about);
      // Where it is seen it need not be said.
      requestAnimationFrame(() => seen(status.id) || say(t('compose.posted'), { label: t('compose.look'), onPick: () => go(`/@${status.account.acct}/${status.id}`) }));
    },
    changed: (job) => {
      void dropDraft(job.about);
      say(t('compose.changed'));
    },
    scheduled: (job) => {
      void dropDraft(job.about);
      say(t('compose.scheduled'), { label: t('compose.look'), onPick: () => go('/drafts') });
    },
    refused: (job, why) => say(t('compose.refused', { why: sentence(why) }), { label: t('compose.open'), onPick: () => write({ draft: job.about }) }),
    failed: notDone,
  });
}

/** Whether a post stands on the page, within what is seen of it. */
function seen(id: string): boolean {
  return [...document.querySelectorAll(`.post[data-id="${id}"]`)].some((card) => {
    const { top, bottom } = card.getBoundingClientRect();
    return card.checkVisibility({ visibilityProperty: true }) && bottom > 60 && top < innerHeight - 60;
  });
}
