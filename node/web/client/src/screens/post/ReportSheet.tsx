import { useState } from 'preact/hooks';
import { t, T } from '../../i18n';
import type { Account, Status } from '../../api/entities';
import { post as send } from '../../api/client';
import { instance } from '../../state/session';
import { Button } from '../../ui/Button';
import { TextArea } from '../../ui/Field';
import { Sheet } from '../../ui/Sheet';
import { Tick } from '../../ui/Switch';
import { against, doNow } from './menu';

type Kind = 'spam' | 'violation' | 'legal' | 'other';
const commentMax = 1000;

/** Tells the moderators of this server, and of the other if one wants, what is wrong. */
export default function ReportSheet({ who, post, onClose }: { who: Account; post?: Status; onClose: () => void }) {
  const [kind, setKind] = useState<Kind>();
  const [rules, setRules] = useState<string[]>([]);
  const [comment, setComment] = useState('');
  const [forward, setForward] = useState(false);
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState(false);
  const all = instance.value?.rules ?? [];
  const name = '@' + who.acct, host = who.acct.split('@')[1];
  const kinds: [Kind, string, string][] = [
    ['spam', t('report.spam'), t('report.spam-hint')],
    ...(all.length ? [['violation', t('report.rule'), t('report.rule-hint')] as [Kind, string, string]] : []),
    ['legal', t('report.legal'), t('report.legal-hint')],
    ['other', t('report.other'), t('report.other-hint')],
  ];
  const ready = kind && (kind !== 'violation' || rules.length > 0) && comment.length <= commentMax;
  const report = async () => {
    setBusy(true);
    const body = { account_id: who.id, status_ids: post ? [post.id] : [], category: kind, rule_ids: kind === 'violation' ? rules : [], comment, forward };
    if (await doNow(send('/api/v1/reports', body))) setDone(true);
    setBusy(false);
  };
  if (done) {
    return (
      <Sheet title={t('report.thanks')} onClose={onClose} foot={(close) => <Button kind="filled" onClick={close}>{t('ui.close')}</Button>}>
        <p class="sheet-text">{t('report.done', { name })}</p>
        <div class="stack">{against(who).slice(0, 2).map((row) => row !== 'gap' && <Button key={row.label} icon={row.icon} onClick={row.onPick}>{row.label}</Button>)}</div>
      </Sheet>
    );
  }
  return (
    <Sheet title={t('person.report', { name })} onClose={onClose} foot={<Button kind="filled" busy={busy} disabled={!ready} onClick={() => void report()}>{t('report.send')}</Button>}>
      <div class="stack">
        <fieldset>
          <legend class="field-label">{t(post ? 'report.why-post' : 'report.why-person')}</legend>
          {kinds.map(([k, words, hint]) => <Tick key={k} type="radio" name="report-kind" value={k} checked={kind === k} hint={hint} onChange={() => setKind(k)}>{words}</Tick>)}
        </fieldset>
        {kind === 'violation' && (
          <fieldset>
            <legend class="field-label">{t('report.which-rules')}</legend>
            {all.map((r) => <Tick key={r.id} checked={rules.includes(r.id)} hint={r.hint || undefined} onChange={(e) => setRules(e.currentTarget.checked ? [...rules, r.id] : rules.filter((id) => id !== r.id))}>{r.text}</Tick>)}
          </fieldset>
        )}
        <TextArea label={t('report.comment')} value={comment} onInput={setComment} maxLength={commentMax} />
        {host && <Tick checked={forward} hint={t('report.forward-hint')} onChange={(e) => setForward(e.currentTarget.checked)}><T k="report.forward" host={<bdi>{host}</bdi>} /></Tick>}
      </div>
    </Sheet>
  );
}
