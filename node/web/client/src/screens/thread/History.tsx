import { useEffect, useState } from 'preact/hooks';
import { t } from '../../i18n';
import type { Media, Status } from '../../api/entities';
import { Failure, get } from '../../api/client';
import { sentence } from '../../app/failure';
import type { ScreenProps } from '../../app/routes';
import { Screen } from '../../app/Screen';
import { keep, recall } from '../../state/db';
import { postOf, restore } from '../../state/posts';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { MediaGrid } from '../../ui/MediaGrid';
import { RichText } from '../../ui/RichText';
import { Skeleton } from '../../ui/Skeleton';
import { Time } from '../../ui/Time';
import { fetchSheet } from '../../app/sheets';

interface Version extends Pick<Status, 'content' | 'spoiler_text' | 'sensitive' | 'created_at' | 'emojis' | 'account'> {
  media_attachments: Media[];
  poll?: { options: { title: string }[] } | null;
}

/** What a post said before, the newest first. */
export default function History({ params }: ScreenProps) {
  const id = params.id!, name = 'history:' + id;
  const [versions, setVersions] = useState<Version[]>();
  const [failed, setFailed] = useState('');
  const [language, setLanguage] = useState<string | undefined>(postOf(id)?.peek().language ?? undefined);
  const load = () => {
    setFailed('');
    get<Version[]>(`/api/v1/statuses/${id}/history`).then((found) => {
      const newest = [...found].reverse();
      setVersions(newest);
      void keep(name, newest);
    }, (e) => {
      if (!(e instanceof Failure)) throw e;
      setFailed(sentence(e.kind));
    });
  };
  useEffect(() => {
    void recall<Version[]>(name).then((v) => v && setVersions((now) => now ?? v));
    void restore([id]).then(([p]) => p && setLanguage(p.peek().language ?? undefined));
    load();
  }, [id]);
  return (
    <Screen title={t('post.history')} remember>
      {!versions && !failed && <Skeleton of="post" count={2} label={t('shell.loading')} />}
      {!versions && failed && <Empty act={<Button kind="filled" onClick={load}>{t('ui.again')}</Button>}>{failed}</Empty>}
      <ol class="versions">
        {versions?.map((v, i) => (
          <li key={v.created_at} class="version">
            <p class="version-head"><b>{i === versions.length - 1 ? t('history.first') : i === 0 ? t('history.now') : t('history.before')}</b> <Time at={v.created_at} as="full" /></p>
            {v.spoiler_text && <p class="version-warning" dir="auto" lang={language}>{v.spoiler_text}</p>}
            <div class="post-text" dir="auto" lang={language}><RichText text={v.content} emojis={v.emojis} /></div>
            {v.poll && <ul class="version-poll">{v.poll.options.map((o, n) => <li key={n} dir="auto">{o.title}</li>)}</ul>}
            {v.media_attachments.length > 0 && <MediaGrid media={v.media_attachments} covered={v.sensitive} onOpen={(at) => fetchSheet(() => import('../../bundles/sheets').then((all) => all.Viewer), { post: { ...v, id, visibility: 'public' } as unknown as Status, at })} />}
          </li>
        ))}
      </ol>
    </Screen>
  );
}
