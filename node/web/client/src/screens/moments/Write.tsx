import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../../i18n';
import { Failure } from '../../api/client';
import { sentence } from '../../app/failure';
import { go } from '../../app/router';
import { Screen } from '../../app/Screen';
import { ask, openSheet } from '../../app/sheets';
import { draft, dropDraft, saveDraft } from '../../state/drafts';
import { openFriends } from '../../state/friends';
import { instance, me } from '../../state/session';
import { Attachments } from '../../ui/Attachments';
import { Button, IconButton } from '../../ui/Button';
import { Composer } from '../../ui/Composer';
import { Field, TextArea } from '../../ui/Field';
import { Icon } from '../../ui/Icon';
import { Sheet } from '../../ui/Sheet';
import { say } from '../../ui/Toast';
import { AudienceSheet } from './AudienceSheet';
import { choose } from './choose';
import { audienceOf, audienceSays, footOf, glyphOf } from './view';
import { blank, descriptionMax, draftName, nothing, picturesMax, placeMax, share, taken, textMax, type Piece, type Written } from './written';

/** Where a Moment is written: who will see it, words, pictures or a film or a link, a place. */
export default function Write() {
  const [w, setW] = useState<Written>();
  const [busy, setBusy] = useState(false);
  const [linking, setLinking] = useState(false);
  const [placing, setPlacing] = useState(false);
  useEffect(() => {
    void openFriends();
    void draft<Written>(draftName).then((was) => {
      setW(was ?? nothing());
      setLinking(!!was?.link);
      setPlacing(!!was?.place);
    });
  }, []);
  const urls = usePreviews(w?.pieces ?? []);
  const who = me.value;
  if (!w || !who) return <Screen title={t('moments.write')} />;
  const change = (by: Partial<Written>) => {
    const now = { ...w, ...by };
    setW(now);
    if (blank(now) && !now.place) void dropDraft(draftName);
    else saveDraft(draftName, now);
  };
  const add = (files: File[]) => {
    const limits = instance.peek()?.configuration.media_attachments;
    const fit = files.filter((f) => !limits || f.size <= (f.type.startsWith('video/') ? limits.video_size_limit : limits.image_size_limit));
    if (fit.length < files.length) say(t('failure.too-large'));
    const pieces = taken(fit, w.pieces);
    if (pieces.length < w.pieces.length + fit.length) say(t('moments.not-all', { count: picturesMax }));
    change({ pieces, link: '' });
    setLinking(false);
  };
  const film = w.pieces.some((p) => p.film);
  const linkWrong = !!w.link.trim() && !isLink(w.link.trim());
  const nobody = w.audience.kind !== 'myself' && w.audience.kind !== 'friends' && !w.audience.circles.length && !w.audience.people.length;
  const send = async () => {
    setBusy(true);
    try {
      await share(w);
      go('/moments');
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      setBusy(false);
      say(t('moments.refused', { why: sentence(error.kind) }));
    }
  };
  const discard = () => ask({ title: t('moments.discard-title'), act: t('moments.discard'), danger: true }, () => {
    setW(nothing());
    void dropDraft(draftName);
    go('/moments');
  });
  return (
    <Screen title={t('moments.write')} actions={!blank(w) && <IconButton icon="trash" label={t('moments.discard')} onClick={discard} />}>
      <div class="moment-write">
        <Composer who={who} audience={glyphOf(w.audience)} audienceLabel={chip(w)} onAudience={() => openSheet(AudienceSheet, { was: w.audience, onPick: (audience: Written['audience']) => change({ audience }) })}
          text={w.text} onText={(text) => change({ text })} hint={t('moments.hint')} left={textMax - [...w.text].length} act={w.audience.kind === 'myself' ? t('moments.keep') : t('moments.share')} busy={busy}
          ready={!blank(w) && !linkWrong && !nobody} onSubmit={() => void send()} onPaste={add}
          foot={footOf(w.audience)}
          tools={(
            <>
              <IconButton icon="picture" label={t('moments.pictures')} disabled={film || w.pieces.length >= picturesMax} onClick={() => void choose({ accept: 'image/*,video/*', several: true }).then((files) => files.length && add(files))} />
              <IconButton icon="link" label={t('moments.link')} on={linking} disabled={w.pieces.length > 0} onClick={() => { setLinking(!linking); if (linking) change({ link: '' }); }} />
              <IconButton icon="place" label={t('moments.place')} on={placing} onClick={() => { setPlacing(!placing); if (placing) change({ place: '' }); }} />
            </>
          )}>
          {w.pieces.length > 0 && (
            <Attachments items={w.pieces.map((p) => ({ id: p.id, kind: p.film ? 'video' : 'image', preview: p.film ? undefined : urls.get(p.id), name: t('media.video'), description: p.description }))}
              onRemove={(id) => change({ pieces: w.pieces.filter((p) => p.id !== id) })}
              onMove={(id, by) => change({ pieces: moved(w.pieces, id, by) })}
              onDescribe={(id) => openSheet(DescribeSheet, { piece: w.pieces.find((p) => p.id === id)!, url: urls.get(id), onDone: (description: string) => change({ pieces: w.pieces.map((p) => (p.id === id ? { ...p, description } : p)) }) })} />
          )}
          {linking && <Field label={t('moments.link')} type="url" inputMode="url" icon="link" placeholder="https://" dir="ltr" value={w.link} onInput={(link) => change({ link })} error={linkWrong && w.link.length > 8 ? t('moments.link-wrong') : undefined} />}
          {placing && <Field label={t('moments.place')} icon="place" dir="auto" maxLength={placeMax} value={w.place} onInput={(place) => change({ place })} hint={t('moments.place-hint')} />}
        </Composer>
      </div>
    </Screen>
  );
}

/** The words on the audience chip: who, and how many. */
function chip(w: Written): string {
  if (w.audience.kind === 'myself') return t('audience.me');
  return t('moments.chip', { who: audienceSays(w.audience), count: audienceOf(w.audience).length });
}

function isLink(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function moved(pieces: Piece[], id: string, by: -1 | 1): Piece[] {
  const at = pieces.findIndex((p) => p.id === id), to = at + by;
  if (at < 0 || !pieces[to]) return pieces;
  return pieces.with(at, pieces[to]!).with(to, pieces[at]!);
}

/** Addresses at which the page can show the files, as long as they are there. */
function usePreviews(pieces: Piece[]): Map<string, string> {
  const urls = useRef(new Map<string, string>()).current;
  for (const p of pieces) if (!urls.has(p.id)) urls.set(p.id, URL.createObjectURL(p.blob));
  useEffect(() => () => urls.forEach((url) => URL.revokeObjectURL(url)), []);
  return urls;
}

/** What a picture shows, for those who cannot see it. */
function DescribeSheet({ piece, url, onDone, onClose }: { piece: Piece; url?: string; onDone: (text: string) => void; onClose: () => void }) {
  const [text, setText] = useState(piece.description);
  return (
    <Sheet title={t('moments.describe')} onClose={onClose} foot={(close) => <Button kind="filled" onClick={() => { onDone(text.trim()); close(); }}>{t('friend.save')}</Button>}>
      <div class="ask">
        {piece.film ? <span class="describe-film"><Icon name="video" /></span> : <img class="describe-picture" src={url} alt="" />}
        <TextArea label={t('moments.describe')} value={text} onInput={setText} maxLength={descriptionMax} hint={t('moments.describe-hint')} />
      </div>
    </Sheet>
  );
}
