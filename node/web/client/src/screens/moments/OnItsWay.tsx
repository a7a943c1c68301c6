import { useEffect, useState } from 'preact/hooks';
import { t } from '../../i18n';
import { draft } from '../../state/drafts';
import type { Job } from '../../state/outbox';
import { me } from '../../state/session';
import { Avatar } from '../../ui/Avatar';
import { AudienceNote } from '../../ui/Audience';
import { Icon } from '../../ui/Icon';
import { audienceSays, called, glyphOf } from './view';
import { sentName, type Written } from './written';

/** One's own Moment before the server has it. */
export function OnItsWay({ job }: { job: Job }) {
  const [written, setWritten] = useState<Written>();
  const [urls, setURLs] = useState<string[]>([]);
  useEffect(() => {
    let made: string[] = [];
    void draft<Written>(sentName(job.lane)).then((w) => {
      setWritten(w);
      made = w?.pieces.map((p) => URL.createObjectURL(p.blob)) ?? [];
      setURLs(made);
    });
    return () => made.forEach((url) => URL.revokeObjectURL(url));
  }, [job.lane]);
  const who = me.value;
  if (!who) return null;
  const body = job.body as { text?: string };
  return (
    <article class="moment moment-leaving" aria-label={t('post.pending')}>
      <Avatar who={who} />
      <div class="moment-body">
        <span class="moment-name one"><bdi>{called(who)}</bdi></span>
        {body.text && <p class="moment-text" dir="auto">{body.text}</p>}
        {urls.length > 0 && (
          <div class="moment-pictures">
            {urls.map((url, i) => <span key={url} class="moment-picture">{written?.pieces[i]?.film ? <video src={url} muted playsInline preload="metadata" /> : <img src={url} alt={written?.pieces[i]?.description} />}</span>)}
          </div>
        )}
        {written?.place && <p class="moment-place"><Icon name="place" size={16} /><bdi>{written.place}</bdi></p>}
        <div class="moment-foot"><Icon name="clock" size={14} /><span>{t('post.pending')}</span>{written && <AudienceNote of={glyphOf(written.audience)} words={audienceSays(written.audience)} />}</div>
      </div>
    </article>
  );
}
