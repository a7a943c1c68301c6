import { useRef, useState } from 'preact/hooks';
import { t, type Key } from '../../i18n';
import { get, post } from '../../api/client';
import { useKeys } from '../../app/keys';
import { ask } from '../../app/sheets';
import { Button } from '../../ui/Button';
import { TextArea } from '../../ui/Field';
import { SettingsGroup } from '../../ui/SettingsRow';
import { Tick } from '../../ui/Switch';
import { doNow } from '../post/menu';
import { OnOff } from '../settings/controls';
import { handleOf, type Report } from './queue';

/** What can be decided, each with its key; the mildest first. */
const acts: { id: string; label: Key; hint: Key; local?: boolean }[] = [
  { id: 'close', label: 'moderation.close', hint: 'moderation.close-hint' },
  { id: 'none', label: 'moderation.warn', hint: 'moderation.warn-hint', local: true },
  { id: 'sensitive', label: 'moderation.cover', hint: 'moderation.cover-hint' },
  { id: 'silence', label: 'moderation.limit', hint: 'moderation.limit-hint' },
  { id: 'suspend', label: 'moderation.suspend', hint: 'moderation.suspend-hint' },
];

/** Chooses what to do, says why to the person, and does it. Keys 1 to 5 choose. */
export function Decide({ report, also, onDone }: { report: Report; also: Report[]; onDone: (now: Report) => void }) {
  const [act, setAct] = useState('');
  const [text, setText] = useState('');
  const [tell, setTell] = useState(true);
  const [busy, setBusy] = useState(false);
  const button = useRef<HTMLDivElement>(null);
  const who = report.target_account!;
  const local = !who.domain;
  const possible = acts.filter((a) => local || !a.local);
  useKeys(() => acts.map((a, i) => ({ keys: String(i + 1), label: a.label, run: () => {
    if (!local && a.local) return;
    setAct(a.id);
    setTimeout(() => button.current?.querySelector('button')?.focus());
  } })), [local]);
  const decide = async () => {
    setBusy(true);
    const done = act === 'close' ? post(`/api/v1/admin/reports/${report.id}/resolve`) : post(`/api/v1/admin/accounts/${who.id}/action`, { type: act, text, report_id: report.id, send_email_notification: local && tell });
    // Who said the same about the same person is answered, too.
    const all = done.then(() => Promise.all(also.filter((r) => r.category === report.category).map((r) => post(`/api/v1/admin/reports/${r.id}/resolve`))));
    if (await doNow(all, t('moderation.decided'))) onDone(await get<Report>('/api/v1/admin/reports/' + report.id));
    setBusy(false);
  };
  const sure = () => (act === 'suspend'
    ? ask({ title: t('moderation.suspend-title', { name: handleOf(who) }), text: t('moderation.suspend-text'), act: t('moderation.suspend'), danger: true }, () => void decide())
    : void decide());
  return (
    <SettingsGroup title={t('moderation.decide')}>
      <div class="set-ticks" role="radiogroup" aria-label={t('moderation.decide')}>
        {possible.map((a) => (
          <Tick key={a.id} type="radio" name="act" checked={act === a.id} hint={t(a.hint)} onChange={() => setAct(a.id)}>{t(a.label)} <kbd>{acts.indexOf(a) + 1}</kbd></Tick>
        ))}
      </div>
      {act && act !== 'close' && (
        <>
          <div class="set-fields"><TextArea label={t('moderation.note')} hint={t(local ? 'moderation.note-hint' : 'moderation.note-remote')} value={text} onInput={setText} maxLength={2000} /></div>
          {local && <OnOff label={t('moderation.tell')} on={tell} onPick={setTell} />}
        </>
      )}
      <div class="set-fields" ref={button}><Button kind={act === 'suspend' ? 'danger' : 'filled'} busy={busy} disabled={!act} onClick={sure}>{t('moderation.do')}</Button></div>
    </SettingsGroup>
  );
}
