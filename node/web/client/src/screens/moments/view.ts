/** A Moment as it is drawn: what the server says, with what oneself did that it has not heard of. */
import { names, t } from '../../i18n';
import { del } from '../../api/client';
import { own, type Moment, type MomentAudience, type MomentFile } from '../../api/tulou';
import { calls, circles, friendOf, friends, isMe, serverOf } from '../../state/friends';
import { promise, waiting } from '../../state/outbox';
import { instance, me } from '../../state/session';
import type { MomentView } from '../../ui/MomentsCard';
import type { Face, Media } from '../../ui/types';

export const likeKind = 'moment-like', commentKind = 'moment-comment', shareKind = 'moment', uploadKind = 'moment-upload', uncommentKind = 'moment-uncomment';

/** What somebody is called in Moments. */
export const called = (who: Face): string => (isMe(who) ? t('moments.you') : calls(who));

export function asMedia(file: MomentFile): Media {
  return {
    id: file.id, type: file.kind, url: file.url || null, preview_url: file.preview_url || file.url || null, description: file.description, blurhash: file.blurhash || null,
    meta: file.width && file.height ? { original: { width: file.width, height: file.height, aspect: file.width / file.height, duration: file.duration / 1000 } } : null,
  };
}

interface Said {
  text: string;
  answers?: string;
}

export function viewOf(moment: Moment): MomentView {
  const jobs = waiting.value.filter((job) => job.about === moment.id);
  const like = jobs.findLast((job) => job.kind === likeKind);
  const liked = like ? like.method === 'POST' : moment.liked;
  const mine = me.value;
  const others = moment.likes.filter((who) => !isMe(who));
  const removed = new Set(jobs.filter((job) => job.kind === uncommentKind).map((job) => job.path.split('/').at(-1)));
  const comments: MomentView['comments'] = moment.comments.filter((c) => !removed.has(c.id)).map((c) => ({ id: c.id, author: c.account, to: c.answers ?? undefined, text: c.text, own: c.can_delete }));
  for (const job of jobs) {
    if (job.kind !== commentKind || !mine) continue;
    const said = job.body as Said;
    comments.push({ id: 'job:' + job.id, author: mine, to: moment.comments.find((c) => c.id === said.answers)?.account, text: said.text, own: true, pending: true });
  }
  return {
    id: moment.id, author: moment.account, remark: friendOf(moment.account.id)?.remark || undefined, text: moment.text, media: moment.media.map(asMedia), place: moment.place || undefined,
    at: moment.created_at, likes: liked && mine ? [mine, ...others] : others, liked, comments, own: isMe(moment.account),
    audience: moment.audience ? { of: glyphOf(moment.audience), words: audienceSays(moment.audience) } : undefined,
  };
}

const glyphs = { friends: 'friends', circles: 'circle', except: 'except', myself: 'me' } as const;
export const glyphOf = (a: MomentAudience): string => glyphs[a.kind];

const namesOf = (a: MomentAudience): string[] => [
  ...circles.value.filter((c) => a.circles.includes(c.id)).map((c) => c.name),
  ...a.people.map((id) => friendOf(id)).filter((f) => f !== undefined).map((f) => calls(f.account)),
];

/** Who will see it, in a few words. */
export function audienceSays(a: MomentAudience): string {
  const who = namesOf(a);
  switch (a.kind) {
    case 'friends': return t('audience.friends');
    case 'myself': return t('audience.me');
    case 'circles': return who.length ? t('moments.for-circles', { names: names(who) }) : t('audience.circle');
    case 'except': return who.length ? t('moments.for-except', { names: names(who) }) : t('audience.except');
  }
}

/** Whom a Moment would be sent to now. */
export function audienceOf(a: MomentAudience) {
  const chosen = (id: string, inside: string[]) => a.people.includes(id) || inside.some((c) => a.circles.includes(c));
  return friends.value.filter((f) => a.kind !== 'myself' && !f.hide_mine && (a.kind === 'friends' || chosen(f.account.id, f.circles) === (a.kind === 'circles')));
}

/** Who gets it and how many servers carry it, as a sentence. */
export function footOf(a: MomentAudience): string {
  const people = audienceOf(a), here = instance.value?.domain ?? location.host;
  const servers = new Set(people.map((f) => serverOf(f.account)));
  if (a.kind === 'myself') return t('moments.foot-me', { server: here });
  if (!people.length) return t('moments.foot-nobody');
  if (servers.size === 1 && servers.has(here)) return t('moments.foot-here', { count: people.length, server: here });
  return t('moments.foot', { people: t('friends.count', { count: people.length }), servers: t('moments.servers', { count: servers.size }) });
}

/** Likes it, or no more. */
export function like(moment: Moment): void {
  const on = !viewOf(moment).liked;
  void promise({ kind: likeKind, about: moment.id, method: on ? 'POST' : 'DELETE', path: `${own}/moments/${moment.id}/like` });
}

export function comment(moment: string, text: string, answers?: string): void {
  void promise({ kind: commentKind, about: moment, method: 'POST', path: `${own}/moments/${moment}/comments`, body: answers ? { text, answers } : { text } });
}

export function uncomment(moment: string, id: string): void {
  void promise({ kind: uncommentKind, about: moment, method: 'DELETE', path: `${own}/moments/${moment}/comments/${id}` });
}

/** Takes a Moment back. It waits for the server, since what was deleted must be gone when it is said. */
export const deleteMoment = (id: string): Promise<void> => del(`${own}/moments/${id}`);
