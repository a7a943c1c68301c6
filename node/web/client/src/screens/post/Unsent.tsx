import { useEffect, useMemo, useState } from 'preact/hooks';
import { t } from '../../i18n';
import type { Media, Status } from '../../api/entities';
import { write } from '../../app/write';
import { unsent, type PostBody } from '../../state/own-posts';
import { hurry, waiting, withdraw, withdrawLane, type Job } from '../../state/outbox';
import { me } from '../../state/session';
import { Button } from '../../ui/Button';
import { PostCard } from '../../ui/PostCard';
import { Time } from '../../ui/Time';

/** After this long one is told how long a post waits. */
const patience = 10_000;

/** One's posts that wait to go out: in the home timeline, or under the post that they answer. */
export function Unsent({ reply }: { reply?: string }) {
  const jobs = unsent.value.filter((job) => !reply || (job.body as PostBody).in_reply_to_id === reply);
  return <>{jobs.map((job) => <Waiting key={job.id} job={job} reply={!!reply} />)}</>;
}

function Waiting({ job, reply }: { job: Job; reply: boolean }) {
  const [late, setLate] = useState(Date.now() - job.at > patience);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), patience);
    return () => clearTimeout(timer);
  }, []);
  const post = useMemo(() => preview(job), [job.id]);
  useEffect(() => () => post?.media_attachments.forEach((m) => m.url?.startsWith('blob:') && URL.revokeObjectURL(m.url)), [post]);
  if (!post) return null;
  const change = async () => {
    if (!(await withdraw(job.id!))) return;
    await withdrawLane(job.lane);
    write({ draft: job.about });
  };
  const below = late && (
    <p class="unsent-acts">
      <span>{t('post.waits')} <Time at={job.at} /></span>
      <Button kind="plain" small onClick={() => void hurry()}>{t('ui.again')}</Button>
      <Button kind="plain" small onClick={() => void change()}>{t('post.take-back')}</Button>
    </p>
  );
  return <PostCard post={post} as={reply ? 'reply' : 'feed'} state="pending" menu={() => []} onAct={() => {}} below={below || undefined} />;
}

/** The post as it will be, as far as one can see it here. */
function preview(job: Job): Status | undefined {
  const who = me.value, body = job.body as PostBody;
  if (!who) return undefined;
  const paragraphs = body.status.split(/\n{2,}/).map((p) => `<p>${escape(p).replace(/\n/g, '<br>')}</p>`);
  const media: Media[] = waiting.peek().filter((j) => j.lane === job.lane && j.form).map((j) => {
    const file = j.form!.find(([name]) => name === 'file')![1] as Blob;
    const url = URL.createObjectURL(file);
    return { id: `job:${j.id}`, type: file.type.startsWith('video/') ? 'video' : file.type.startsWith('audio/') ? 'audio' : 'image', url, preview_url: file.type.startsWith('image/') ? url : null, description: null };
  });
  return {
    id: `job:${job.id}`, uri: '', url: null, created_at: new Date(job.at).toISOString(), edited_at: null, account: who, content: paragraphs.join(''), visibility: body.visibility, sensitive: false,
    spoiler_text: body.spoiler_text ?? '', language: body.language ?? null, media_attachments: media, mentions: [], tags: [], emojis: [], reblogs_count: 0, favourites_count: 0, replies_count: 0,
    in_reply_to_id: null, in_reply_to_account_id: null, reblog: null, poll: null, card: null,
  };
}

const escape = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
