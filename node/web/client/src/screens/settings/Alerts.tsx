import { useEffect, useState } from 'preact/hooks';
import { t, type Key } from '../../i18n';
import { Failure, get, patch, put } from '../../api/client';
import { href } from '../../app/router';
import { Screen } from '../../app/Screen';
import { lookAtPush, pushState, setPush } from '../../state/push';
import { instance } from '../../state/session';
import { SettingsGroup, SettingsRow } from '../../ui/SettingsRow';
import { say } from '../../ui/Toast';
import { doNow } from '../post/menu';
import { Choice, Note, OnOff, useKnown, Wait } from './controls';

interface Subscription {
  alerts: Record<string, boolean>;
  policy: string;
}

type Does = 'accept' | 'filter' | 'drop';
interface Policy {
  for_not_following: Does;
  for_not_followers: Does;
  for_new_accounts: Does;
  for_private_mentions: Does;
  for_limited_accounts: Does;
  summary: { pending_requests_count: number; pending_notifications_count: number };
}

/** What a browser can be told of, each kind of the server's with others that belong to it. */
const kinds: [Key, string[]][] = [
  ['push.mentions', ['mention', 'quote']],
  ['push.friends', ['tulou.friend_request', 'tulou.friend']],
  ['push.moments', ['tulou.moment_like', 'tulou.moment_comment']],
  ['push.follows', ['follow', 'follow_request']],
  ['push.likes', ['favourite', 'reblog']],
  ['push.polls', ['poll']],
  ['push.posts', ['status', 'update']],
];

const rules: [Exclude<keyof Policy, 'summary'>, Key][] = [
  ['for_not_following', 'policy.not-following'],
  ['for_not_followers', 'policy.not-followers'],
  ['for_new_accounts', 'policy.new'],
  ['for_private_mentions', 'policy.plain'],
  ['for_limited_accounts', 'policy.limited'],
];

/** Of what one is told: on this device while the app is closed, and from whom at all. */
export default function Alerts() {
  return (
    <Screen title={t('shell.notifications')} remember>
      <Here />
      <From />
    </Screen>
  );
}

function Here() {
  const [busy, setBusy] = useState(false);
  const [known, setKnown] = useState<Subscription>();
  useEffect(() => void lookAtPush(), [instance.value]);
  const state = pushState.value;
  useEffect(() => {
    if (state === 'on') get<Subscription>('/api/v1/push/subscription').then(setKnown, () => {});
  }, [state]);
  const turn = (on: boolean) => {
    setBusy(true);
    void setPush(on).catch((e) => say(e instanceof Failure ? t('failure.not-done', { why: t('failure.unavailable') }) : t('settings.push-refused'))).finally(() => setBusy(false));
  };
  const choose = (types: string[], on: boolean) => {
    if (!known) return;
    const next = { ...known, alerts: { ...known.alerts, ...Object.fromEntries(types.map((type) => [type, on])) } };
    setKnown(next);
    void doNow(put('/api/v1/push/subscription', { data: { alerts: next.alerts, policy: next.policy } })).then((ok) => { if (!ok) setKnown(known); });
  };
  return (
    <SettingsGroup title={t('push.title')}>
      <OnOff label={t('push.here')} hint={t(state === 'never' ? 'push.never' : 'push.here-hint')} on={state === 'on'} disabled={busy || state === 'never'} onPick={turn} />
      {state === 'on' && known && (
        <>
          <h3 class="set-head">{t('push.kinds')}</h3>
          {kinds.map(([label, types]) => <OnOff key={label} label={t(label)} on={types.some((type) => known.alerts[type])} onPick={(on) => choose(types, on)} />)}
        </>
      )}
    </SettingsGroup>
  );
}

function From() {
  const policy = useKnown<Policy>('policy', '/api/v2/notifications/policy');
  const now = policy.value;
  const choose = (rule: keyof Policy, does: Does) => {
    policy.set({ ...now!, [rule]: does });
    void doNow(patch<Policy>('/api/v2/notifications/policy', { [rule]: does }).then(policy.set)).then((ok) => { if (!ok) policy.set(now!); });
  };
  return (
    <SettingsGroup title={t('policy.title')}>
      <Note>{t('policy.text')}</Note>
      <Wait for={policy} />
      {now && rules.map(([rule, label]) => (
        <Choice key={rule} label={t(label)} value={now[rule]} onPick={(v) => choose(rule, v)} of={[['accept', t('policy.accept')], ['filter', t('policy.filter')], ['drop', t('policy.drop')]]} />
      ))}
      {!!now?.summary.pending_requests_count && <SettingsRow icon="archive" title={t('policy.waiting', { count: now.summary.pending_requests_count })} href={href('/notifications?show=requests')} />}
    </SettingsGroup>
  );
}
