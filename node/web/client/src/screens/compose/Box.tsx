import { useEffect, useRef, useState } from 'preact/hooks';
import { t, languageName } from '../../i18n';
import type { Account, Status, Visibility } from '../../api/entities';
import { Failure, get } from '../../api/client';
import { textOf } from '../../api/html';
import { sentence } from '../../app/failure';
import { ask, openSheet } from '../../app/sheets';
import type { Writing } from '../../app/write';
import { keep, recall } from '../../state/db';
import { dropDraft, keepDraft, saveDraft } from '../../state/drafts';
import { instance, me } from '../../state/session';
import { online } from '../../state/alive';
import { publish, worthKeeping, type Draft } from '../../state/writing';
import { Attachments } from '../../ui/Attachments';
import { audienceWords } from '../../ui/Audience';
import { Avatar } from '../../ui/Avatar';
import { Button, IconButton } from '../../ui/Button';
import { Chip } from '../../ui/Chip';
import { Composer } from '../../ui/Composer';
import { Empty } from '../../ui/Empty';
import { fullDate } from '../../ui/format';
import { Name } from '../../ui/Name';
import { QuoteCard } from '../../ui/Quote';
import { PollEditor } from '../../ui/PollEditor';
import { Tick } from '../../ui/Switch';
import { say } from '../../ui/Toast';
import { grows, inherited, lengthOf, namedIn, whoSees, type Reach } from './audience';
import { begin, empty, type Begun } from './begin';
import { useCompletion } from './complete';
import { attachmentsOf, usePieces } from './pieces';
import type { QuotePolicy } from '../post/QuotePolicy';
import QuoteSheet from '../post/QuoteSheet';
import { AudienceSheet, DescribeSheet, LanguageSheet, LaterSheet } from './sheets';

export interface BoxProps {
  what: Writing;
  /** Another app has shared something (the service worker kept it). */
  shared?: boolean;
  /** It was sent. */
  onDone: () => void;
  /** It is left; what was written stays as a draft. */
  onLeave: () => void;
}

/** The composer, joined to drafts and the outbox; shown on a page, in a box, under a thread. */
export default function Box({ what, shared, onDone, onLeave }: BoxProps) {
  const [begun, setBegun] = useState<Begun>();
  const [failed, setFailed] = useState('');
  const [time, setTime] = useState(0);
  const load = () => {
    setFailed('');
    begin(what, !!shared).then(setBegun, (e) => {
      if (!(e instanceof Failure)) throw e;
      setFailed(sentence(e.kind));
    });
  };
  useEffect(load, []);
  if (failed) return <Empty act={<Button kind="filled" onClick={load}>{t('ui.again')}</Button>}>{failed}</Empty>;
  if (!begun || !me.value) return <div class="compose-wait" aria-busy="true" />;
  return <Writer key={begun.name + time} begun={begun} onDone={onDone} onLeave={onLeave} onAnew={() => { setTime(time + 1); setBegun({ name: 'compose', draft: empty(), found: false }); }} />;
}

function Writer({ begun, onDone, onLeave, onAnew }: { begun: Begun; onDone: () => void; onLeave: () => void; onAnew: () => void }) {
  const { name } = begun;
  const [d, setDraft] = useState(begun.draft);
  const [area, setArea] = useState<HTMLTextAreaElement | null>(null);
  const [found, setFound] = useState(begun.found && name === 'compose');
  const [busy, setBusy] = useState(false);
  const latest = useRef(d);
  latest.current = d;
  const set = (by: Partial<Draft>) => {
    const next = { ...latest.current, ...by };
    latest.current = next;
    setDraft(next);
    if (worthKeeping(next)) saveDraft(name, next);
    else void dropDraft(name);
  };
  useEffect(() => () => { if (worthKeeping(latest.current) && !sent.current) void keepDraft(name, latest.current).catch(() => {}); }, []);
  const sent = useRef(false);
  useEffect(() => {
    if (!area) return;
    area.focus();
    area.setSelectionRange(area.value.length, area.value.length);
  }, [area]);
  const limits = instance.value?.configuration;
  const reach = useReach();
  const offers = useCompletion(area, d.text, (text) => set({ text }));
  const pieces = usePieces(d.media, (media) => set({ media }), limits);
  const named = namedIn(d.text, me.value);
  const node = instance.value?.domain ?? location.host;
  const left = (limits?.statuses.max_characters ?? 500) - lengthOf(d.text, limits?.statuses.characters_reserved_per_url ?? 23) - [...(d.warning ?? '')].length;
  const poll = !d.poll || d.poll.options.filter((o) => o.trim()).length > 1;
  const ready = (d.text.trim() !== '' || d.media.length > 0) && poll && (d.audience !== 'direct' || named.length > 0);
  const send = async () => {
    setBusy(true);
    sent.current = true;
    try {
      await publish(name, d);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      sent.current = false;
      setBusy(false);
      return say(t('compose.refused', { why: sentence(error.kind) }));
    }
    if (!online.peek()) say(t('compose.waits'));
    onDone();
    // One's own words are seen at once, wherever one had read to.
    if (!d.reply && !d.edit && !d.at) setTimeout(() => dispatchEvent(new CustomEvent('tulou:top', { detail: 'home' })));
  };
  const anew = async () => {
    await keepDraft('compose:' + crypto.randomUUID(), d);
    await dropDraft('compose');
    sent.current = true;
    setFound(false);
    onAnew();
  };
  const most = limits?.statuses.max_media_attachments ?? 4;
  return (
    <div class="write" onKeyDown={(e) => { if (e.key === 'Escape' && !e.defaultPrevented && !e.isComposing) { e.stopPropagation(); onLeave(); } }}>
      <Composer who={me.value!} audience={d.audience} audienceLabel={labelOf(d.audience, reach, named)} onAudience={() => pickAudience(d, begun.parent, reach, named, (audience) => set({ audience }))}
        text={d.text} onText={(text) => set({ text })} hint={t(d.reply ? 'compose.hint-reply' : d.poll ? 'compose.hint-poll' : 'compose.hint')} lang={d.language} left={left} textRef={setArea}
        warning={d.warning} onWarning={(warning) => set({ warning })} act={t(d.edit ? 'compose.save' : d.at ? 'compose.schedule' : d.reply ? 'post.reply' : 'compose.post')}
        ready={ready} busy={busy} onSubmit={() => void send()} onPaste={(files) => pieces.add(files)} foot={d.edit ? t('compose.foot-edit') : whoSees(d.audience, reach, named, node)}
        above={<Above d={d} parent={begun.parent} quoted={begun.quoted} found={found} onAnew={() => void anew()} onNow={() => set({ at: undefined })} />}
        tools={(
          <>
            <FileButton most={most} disabled={!!d.poll || d.media.length >= most} types={limits?.media_attachments.supported_mime_types} onFiles={pieces.add} />
            <IconButton icon="poll" label={t('compose.poll')} on={!!d.poll} disabled={d.media.length > 0} onClick={() => set({ poll: d.poll ? undefined : { options: ['', ''], multiple: false, seconds: 86_400 } })} />
            <IconButton icon="warning" label={t('compose.warning')} on={d.warning !== undefined} onClick={() => set({ warning: d.warning === undefined ? '' : undefined })} />
            <IconButton icon="globe" label={t('compose.language-is', { language: languageName(d.language) })} popup="dialog" onClick={() => openSheet(LanguageSheet, { at: d.language, onPick: (language: string) => set({ language }) })} />
            {!d.edit && (d.audience === 'public' || d.audience === 'unlisted') && (
              <IconButton icon="quote" label={t('quote.who')} popup="dialog" onClick={() => openSheet(QuoteSheet, { at: (d.quotable ?? me.peek()?.source.quote_policy ?? 'public') as QuotePolicy, onPick: (quotable: QuotePolicy) => set({ quotable }) })} />
            )}
            {!d.edit && <IconButton icon="clock" label={t('compose.later-title')} popup="dialog" onClick={() => openSheet(LaterSheet, { at: d.at, onPick: (at: string | undefined) => set({ at }) })} />}
          </>
        )}>
        {offers}
        {d.media.length > 0 && (
          <div>
            <Attachments items={attachmentsOf(d.media, pieces.urls)} onRemove={pieces.remove} onMove={pieces.move}
              onDescribe={(key) => { const piece = d.media.find((p) => p.key === key)!; openSheet(DescribeSheet, { piece, url: pieces.urls.get(key) ?? piece.preview, onChange: (by: object) => pieces.change(key, by) }); }} />
            {!d.warning && <Tick checked={d.sensitive} onChange={(e) => set({ sensitive: e.currentTarget.checked })}>{t('compose.sensitive')}</Tick>}
          </div>
        )}
        {d.poll && <PollEditor poll={d.poll} most={limits?.polls.max_options ?? 4} onChange={(p) => set({ poll: p })} onRemove={() => set({ poll: undefined })} />}
      </Composer>
    </div>
  );
}

/** What is answered, when it goes out, and that a draft was found. */
function Above({ d, parent, quoted, found, onAnew, onNow }: { d: Draft; parent?: Status; quoted?: Status; found: boolean; onAnew: () => void; onNow: () => void }) {
  return (
    <>
      {parent && (
        <blockquote class="write-parent">
          <Avatar who={parent.account} size={24} />
          <p class="one"><b><Name who={parent.account} /></b> <span dir="auto" lang={parent.language ?? undefined}>{parent.spoiler_text || textOf(parent.content)}</span></p>
        </blockquote>
      )}
      {quoted && <div role="group" aria-label={t('quote.this')}><QuoteCard quote={{ state: 'accepted', quoted_status: quoted }} /></div>}
      {found && <p class="write-note"><span>{t('compose.found')}</span><button type="button" class="link reach" onClick={onAnew}>{t('compose.anew')}</button></p>}
      {d.at && <div class="write-note"><Chip icon="clock" onRemove={onNow} removeLabel={t('compose.later-now')}>{t('compose.at', { time: fullDate(new Date(d.at).getTime()) })}</Chip></div>}
    </>
  );
}

function FileButton({ most, disabled, types, onFiles }: { most: number; disabled: boolean; types?: string[]; onFiles: (files: File[]) => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input ref={input} type="file" hidden multiple={most > 1} accept={types?.join(',')} onChange={(e) => { onFiles([...(e.currentTarget.files ?? [])]); e.currentTarget.value = ''; }} />
      <IconButton icon="picture" label={t('compose.pictures')} disabled={disabled} onClick={() => input.current?.click()} />
    </>
  );
}

function labelOf(audience: Visibility, reach: Reach, named: string[]): string {
  if (audience === 'private') return t('compose.audience-followers', { count: reach.followers });
  if (audience === 'direct' && named.length) return t('compose.audience-people', { count: named.length, first: '@' + named[0]!.split('@')[0] });
  return audienceWords(audience);
}

/** Lets one choose who sees it. That more people see it than before is asked once. */
function pickAudience(d: Draft, parent: Status | undefined, reach: Reach, named: string[], set: (to: Visibility) => void): void {
  if (d.edit) return say(t('compose.audience-fixed'));
  const usual = parent ? inherited(parent.visibility, me.peek()?.source.privacy) : d.audience;
  const onPick = (to: Visibility) => {
    if (!grows(usual, to) || !grows(d.audience, to)) return set(to);
    ask({ title: t('compose.grows', { audience: audienceWords(to) }), text: t(parent ? 'compose.grows-reply' : 'compose.grows-text'), act: t('compose.grows-act') }, () => set(to));
  };
  openSheet(PickAudience, { at: d.audience, reach, named, onPick });
}

function PickAudience(props: { at: Visibility; reach: Reach; named: string[]; onPick: (to: Visibility) => void; onClose: () => void }) {
  return <AudienceSheet {...props} onPick={(to) => { props.onClose(); props.onPick(to); }} />;
}

/** How many get what is for followers, as it was known last and then as it is. */
function useReach(): Reach {
  const who = me.value as Account | null;
  const [reach, setReach] = useState<Reach>({ followers: who?.followers_count ?? 0, servers: 0 });
  useEffect(() => {
    void recall<Reach>('reach').then((r) => r && setReach(r));
    get<Reach>('/api/tulou/v1/reach').then((r) => {
      setReach(r);
      void keep('reach', r);
    }, () => {});
  }, []);
  return reach;
}

