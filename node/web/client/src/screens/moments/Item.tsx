import { useState } from 'preact/hooks';
import { t } from '../../i18n';
import { Failure } from '../../api/client';
import { sentence } from '../../app/failure';
import { go } from '../../app/router';
import { ask, fetchSheet } from '../../app/sheets';
import { friendOf, isMe, note } from '../../state/friends';
import { forgetMoment, type Held } from '../../state/moments';
import { LinkCard } from '../../ui/LinkCard';
import { MomentsCard, type MomentView } from '../../ui/MomentsCard';
import type { MenuRows } from '../../ui/Menu';
import { say } from '../../ui/Toast';
import type { Moment } from '../../api/tulou';
import { CommentField } from './CommentField';
import { asMedia, called, deleteMoment, like, uncomment, viewOf } from './view';

type Line = MomentView['comments'][number];

/** A Moment with everything one can do with it. */
export function Item({ held, onGone }: { held: Held; onGone?: () => void }) {
  const [writing, setWriting] = useState<{ to?: Line }>();
  const moment = held.value;
  const view: MomentView = { ...viewOf(moment), link: moment.link && <LinkCard card={{ url: moment.link.url, title: moment.link.title || moment.link.url }} /> };
  const answer = (to?: Line) => {
    if (to?.pending) return;
    if (to && isMe(to.author)) return takeBack(moment.id, to);
    setWriting({ to });
  };
  return (
    <MomentsCard moment={view} name={called} onLike={() => like(moment)} onComment={answer} onMedia={(at) => fetchSheet(() => import('../../bundles/sheets').then((all) => all.MomentViewer), { media: moment.media.map(asMedia), at, moment: view })}
      menu={() => menu(moment, onGone)}
      composer={writing && <CommentField key={writing.to?.id ?? ''} moment={moment.id} to={writing.to} onDone={() => setWriting(undefined)} onRemove={writing.to?.own ? () => takeBack(moment.id, writing.to!, () => setWriting(undefined)) : undefined} />} />
  );
}

function takeBack(moment: string, line: Line, then?: () => void): void {
  ask({ title: t('moments.uncomment-title'), text: line.text, act: t('moments.uncomment'), danger: true }, () => {
    uncomment(moment, line.id);
    then?.();
  });
}

function menu(moment: Moment, onGone?: () => void): MenuRows {
  const who = moment.account;
  const copy: MenuRows = moment.text ? [{ label: t('moments.copy'), icon: 'copy', onPick: () => void navigator.clipboard.writeText(moment.text).then(() => say(t('moments.copied')), () => say(t('friend.copy-refused'))) }] : [];
  if (isMe(who)) {
    return [...copy, 'gap', { label: t('moments.delete'), icon: 'trash', danger: true, onPick: () => ask({ title: t('moments.delete-title'), text: t('moments.delete-text'), act: t('moments.delete'), danger: true }, () => void remove(moment.id, onGone)) }];
  }
  return [
    { label: t('moments.all-of', { name: called(who) }), icon: 'clock', onPick: () => go('/moments/of/' + who.id) },
    { label: t('moments.card'), icon: 'contacts', onPick: () => go('/friends/' + who.id) },
    ...copy, 'gap',
    { label: t('friend.hide-theirs'), icon: 'eye-off', onPick: () => ask({ title: t('moments.hide-title', { name: called(who) }), text: t('moments.hide-text'), act: t('moments.hide') }, () => hide(who.id)) },
  ];
}

function hide(id: string): void {
  note(id, { hide_theirs: true });
  say(t('moments.hidden', { name: called(friendOf(id)!.account) }), { label: t('moments.undo'), onPick: () => note(id, { hide_theirs: false }) });
}

async function remove(id: string, onGone?: () => void): Promise<void> {
  try {
    await deleteMoment(id);
    forgetMoment(id);
    say(t('moments.deleted'));
    onGone?.();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.kind === 'gone') forgetMoment(id);
    else say(sentence(error.kind));
  }
}
