import { useEffect, useState } from 'preact/hooks';
import { t, fullDate } from '../../i18n';
import { get, page, post, type Failure } from '../../api/client';
import { sentence } from '../../app/failure';
import { useKeys } from '../../app/keys';
import { go, href } from '../../app/router';
import type { ScreenProps } from '../../app/routes';
import { Screen } from '../../app/Screen';
import { me } from '../../state/session';
import { Banner } from '../../ui/Banner';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { personLink } from '../../ui/links';
import { ContactRow } from '../../ui/Rows';
import { SettingsGroup, SettingsRow } from '../../ui/SettingsRow';
import { Skeleton } from '../../ui/Skeleton';
import { moderates } from '../me/role';
import { doNow } from '../post/menu';
import { Note } from '../settings/controls';
import { Closed } from './Closed';
import { Decide } from './Decide';
import { LogRow } from './Others';
import { cases, handleOf, kinds, openQueue, place, reportOf, reports, type Act, type AdminAccount, type Report } from './queue';
import { Shown } from './Shown';

/** One case: what was reported as it was shown, whom it concerns, and what is done about it. */
export default function CaseScreen(props: ScreenProps) {
  return moderates() ? <OneCase {...props} /> : <Closed />;
}

function OneCase({ params }: ScreenProps) {
  const id = params['id']!;
  const [report, setReport] = useState<Report | undefined>(() => [...reports.peek().open, ...reports.peek().done].find((r) => r.id === id));
  const [failed, setFailed] = useState<Failure>();
  const load = () => {
    setFailed(undefined);
    reportOf(id).then(setReport, setFailed);
  };
  useEffect(() => {
    load();
    if (!reports.peek().open.length) void openQueue();
  }, [id]);
  const next = (by: 1 | -1) => {
    const list = cases('open');
    const at = list.findIndex((c) => c.reports.some((r) => r.id === id));
    const to = list[at < 0 ? 0 : at + by];
    if (to) go('/moderation/reports/' + to.first.id, { replace: true });
  };
  useKeys(() => [{ keys: 'j', label: 'keys.next', run: () => next(1) }, { keys: 'k', label: 'keys.previous', run: () => next(-1) }], [id]);
  const title = report?.target_account ? t('moderation.report', { name: handleOf(report.target_account) }) : t('moderation.title');
  if (!report) {
    return <Screen title={title}>{failed ? <Empty act={failed.kind === 'gone' ? <Button kind="filled" href={href('/moderation')}>{t('moderation.title')}</Button> : <Button kind="filled" onClick={load}>{t('ui.again')}</Button>}>{sentence(failed.kind)}</Empty> : <Skeleton of="post" count={2} label={t('shell.loading')} />}</Screen>;
  }
  const mine = report.assigned_account?.id === me.value?.id;
  const set = (now: Report) => {
    place(now);
    setReport(now);
  };
  const take = () => void doNow(post<Report>(`/api/v1/admin/reports/${id}/${mine ? 'unassign' : 'assign_to_self'}`).then(set));
  const others = reports.value.open.filter((r) => r.id !== id && r.target_account?.id === report.target_account?.id);
  return (
    <Screen title={title} actions={!report.action_taken && <Button small onClick={take}>{t(mine ? 'moderation.leave' : 'moderation.take')}</Button>}>
      {report.action_taken && <Banner kind="ok" icon="check" act={{ label: t('moderation.reopen'), onPick: () => void doNow(post<Report>(`/api/v1/admin/reports/${id}/reopen`).then(set)) }}>{t('moderation.closed', { name: handleOf(report.action_taken_by_account), time: fullDate(Date.parse(report.action_taken_at ?? report.created_at)) })}</Banner>}
      {!mine && report.assigned_account && !report.action_taken && <Banner kind="info" icon="me">{t('moderation.taken', { name: handleOf(report.assigned_account) })}</Banner>}
      <Said report={report} others={others} />
      <Person of={report.target_account} key={report.target_account?.id} />
      {!report.action_taken && report.target_account && <Decide key={id} report={report} also={others} onDone={(now) => { set(now); void openQueue(); }} />}
    </Screen>
  );
}

/** What people say, and what they saw. */
function Said({ report, others }: { report: Report; others: Report[] }) {
  return (
    <SettingsGroup title={t('moderation.said', { kind: t(kinds[report.category]), count: others.length + 1 })}>
      {[report, ...others].map((r) => (
        <blockquote key={r.id} class="case-said">
          <p dir="auto">{r.comment || t('moderation.no-words')}</p>
          <footer class="hint">{t('moderation.by', { name: r.account ? handleOf(r.account) : t('moderation.server'), time: fullDate(Date.parse(r.created_at)) })}</footer>
        </blockquote>
      ))}
      {report.rules.length > 0 && <ul class="case-rules">{report.rules.map((rule) => <li key={rule.id} dir="auto">{t('moderation.rule', { text: rule.text })}</li>)}</ul>}
      {!report.statuses.length && <Note>{t('moderation.no-posts')}</Note>}
      {report.statuses.map((s) => <Shown key={s.id} post={s} />)}
    </SettingsGroup>
  );
}

/** Whom it concerns: how long they are here, what was decided before, how they stand now. */
function Person({ of }: { of: AdminAccount | null }) {
  const [before, setBefore] = useState<{ acts: Act[]; closed: number }>();
  const [now, setNow] = useState(of);
  useEffect(() => {
    if (!of) return;
    void Promise.all([page<Act>('/api/v1/admin/audit_log', { target_account_id: of.id, limit: 20 }).then((p) => p.items, () => []), get<Report[]>('/api/v1/admin/reports', { target_account_id: of.id, resolved: true, limit: 40 })])
      .then(([acts, closed]) => setBefore({ acts, closed: closed.length }), () => {});
  }, [of?.id]);
  if (!now) return <Note>{t('moderation.gone')}</Note>;
  const undo = (how: string) => void doNow(post<AdminAccount>(`/api/v1/admin/accounts/${now.id}/${how}`).then(setNow), t('moderation.undone'));
  const a = now.account;
  return (
    <SettingsGroup title={t('moderation.person')}>
      {a ? <ContactRow who={a} href={personLink(a)} note={<bdi dir="ltr">{handleOf(now)}</bdi>} /> : <SettingsRow icon="me" title={<bdi dir="ltr">{handleOf(now)}</bdi>} />}
      <Note>{t('moderation.facts', { joined: fullDate(Date.parse(now.created_at)), posts: a?.statuses_count ?? 0, reports: before?.closed ?? 0 })}</Note>
      {now.silenced && <SettingsRow icon="volume-off" title={t('moderation.is-limited')} value={<Button small onClick={() => undo('unsilence')}>{t('moderation.undo')}</Button>} />}
      {now.sensitized && <SettingsRow icon="eye-off" title={t('moderation.is-covered')} value={<Button small onClick={() => undo('unsensitive')}>{t('moderation.undo')}</Button>} />}
      {now.disabled && <SettingsRow icon="lock" title={t('moderation.is-frozen')} value={<Button small onClick={() => undo('enable')}>{t('moderation.undo')}</Button>} />}
      {now.suspended && <SettingsRow icon="block" title={t('moderation.is-suspended')} value={<Button small onClick={() => undo('unsuspend')}>{t('moderation.undo')}</Button>} />}
      {!!before?.acts.length && <h3 class="set-head">{t('moderation.before')}</h3>}
      {before?.acts.map((act) => <LogRow key={act.id} act={act} />)}
    </SettingsGroup>
  );
}
