import { useEffect, useMemo } from 'preact/hooks';
import { t } from '../../i18n';
import { usePane } from '../../app/Pane';
import { back, href } from '../../app/router';
import type { ScreenProps } from '../../app/routes';
import { Screen } from '../../app/Screen';
import type { Writing } from '../../app/write';
import { IconButton } from '../../ui/Button';
import { say } from '../../ui/Toast';
import Box from './Box';

/** Writing on a page of its own: on a phone, and where another app shares something. */
export default function Compose({ query }: ScreenProps) {
  const { entry } = usePane();
  const what = useMemo<Writing>(() => ({ reply: query.get('reply') ?? undefined, edit: query.get('edit') ?? undefined, quote: query.get('quote') ?? undefined, draft: query.get('draft') ?? undefined, text: query.get('text') ?? undefined }), []);
  const leave = () => back(entry);
  useEffect(() => {
    if (query.has('lost')) say(t('compose.lost'));
  }, []);
  return (
    <Screen title={t(what.edit ? 'compose.title-edit' : what.reply ? 'compose.title-reply' : 'compose.title')} actions={<IconButton icon="list" label={t('drafts.title')} href={href('/drafts')} />}>
      <div class="compose-page"><Box what={what} shared={query.has('shared')} onDone={leave} onLeave={leave} /></div>
    </Screen>
  );
}
