import { useComputed } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { t } from '../../i18n';
import type { ScheduledStatus } from '../../api/entities';
import { del } from '../../api/client';
import { moves } from '../../app/router';
import { Screen } from '../../app/Screen';
import { ask } from '../../app/sheets';
import { write } from '../../app/write';
import { draft, dropDraft, drafts, saveDraft } from '../../state/drafts';
import { waiting } from '../../state/outbox';
import { isSent, type Draft } from '../../state/writing';
import { AudienceNote } from '../../ui/Audience';
import { Button, IconButton } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { fullDate } from '../../ui/format';
import { Icon } from '../../ui/Icon';
import { Time } from '../../ui/Time';
import { stale, usePages } from '../people/usePages';
import { doNow } from '../post/menu';
import { empty } from './begin';

interface Kept {
  key: string;
  at: number;
  draft: Draft;
}

/** What is written and not out yet: drafts of this device, and posts that the server keeps for later. */
export default function Drafts() {
  const [kept, setKept] = useState<Kept[]>();
  const going = useComputed(() => new Set(waiting.value.map((j) => j.about))).value;
  const later = usePages<ScheduledStatus>('scheduled', '/api/v1/scheduled_statuses', { limit: '40' });
  const load = () => void drafts().then((all) => setKept(all.filter((d) => isPost(d.key)).map((d) => ({ key: d.key, at: d.at, draft: d.content as Draft }))));
  useEffect(load, [going, moves.value]);
  useEffect(() => { if (!going.size) stale('scheduled'); }, [going.size]);
  const shown = kept?.filter((d) => !going.has(d.key)) ?? [];
  const drop = (one: Kept) => ask({ title: t('drafts.delete-title'), text: one.draft.text.slice(0, 120), act: t('drafts.delete'), danger: true }, () => void dropDraft(one.key).then(load));
  const unschedule = async (post: ScheduledStatus, again: boolean) => {
    if (!(await doNow(del('/api/v1/scheduled_statuses/' + post.id)))) return;
    later.set((all) => all.filter((p) => p.id !== post.id));
    if (!again) return;
    const name = 'compose:' + crypto.randomUUID();
    saveDraft(name, draftOf(post));
    await draft(name);
    write({ draft: name });
  };
  return (
    <Screen title={t('drafts.title')} remember>
      {kept && later.heard && !shown.length && !later.items.length && <Empty act={<Button onClick={() => write()}>{t('shell.compose')}</Button>}>{t('drafts.none')}</Empty>}
      {shown.length > 0 && <h2 class="section-head">{t('drafts.here')}</h2>}
      <ul>
        {shown.map((one) => (
          <li key={one.key} class="draft-row">
            <button type="button" class="draft-main" onClick={() => write({ draft: one.key })}>
              {isSent(one.key) && <span class="draft-refused"><Icon name="warning" size={16} />{t('drafts.refused')}</span>}
              <span class="draft-text" dir="auto" lang={one.draft.language}>{one.draft.text || one.draft.warning || t('drafts.no-words')}</span>
              <span class="draft-meta">
                <Time at={one.at} /> · <AudienceNote of={one.draft.audience} size={14} />
                {one.draft.edit ? <> · {t('compose.title-edit')}</> : one.draft.reply?.author ? <> · {t('post.reply-to', { name: one.draft.reply.author })}</> : null}
                {one.draft.media.length > 0 && <> · {t('drafts.pictures', { count: one.draft.media.length })}</>}
              </span>
            </button>
            <IconButton icon="trash" size={20} label={t('drafts.delete')} onClick={() => drop(one)} />
          </li>
        ))}
      </ul>
      {later.items.length > 0 && <h2 class="section-head">{t('drafts.later')}</h2>}
      <ul>
        {later.items.map((post) => (
          <li key={post.id} class="draft-row">
            <button type="button" class="draft-main" onClick={() => ask({ title: t('drafts.change-title'), text: t('drafts.change-text'), act: t('drafts.change') }, () => void unschedule(post, true))}>
              <span class="draft-text" dir="auto">{post.params.text || post.params.spoiler_text || t('drafts.no-words')}</span>
              <span class="draft-meta"><Icon name="clock" size={14} /> {fullDate(Date.parse(post.scheduled_at))} · <AudienceNote of={post.params.visibility} size={14} /></span>
            </button>
            <IconButton icon="trash" size={20} label={t('drafts.unschedule')} onClick={() => ask({ title: t('drafts.unschedule-title'), text: post.params.text.slice(0, 120), act: t('drafts.unschedule'), danger: true }, () => void unschedule(post, false))} />
          </li>
        ))}
      </ul>
      <div class="list-space" />
    </Screen>
  );
}

const isPost = (key: string): boolean => /^(compose|reply:|edit:|redraft:|sent:)/.test(key);

function draftOf(post: ScheduledStatus): Draft {
  const { text, spoiler_text, visibility } = post.params;
  return { ...empty(), text, warning: spoiler_text || undefined, audience: visibility, media: post.media_attachments.map((m) => ({ key: m.id, id: m.id, kind: m.type as 'image', preview: m.preview_url ?? undefined, description: m.description ?? '' })) };
}
