import { useState } from 'preact/hooks';
import { t } from '../../i18n';
import type { Me } from '../../api/entities';
import { patch } from '../../api/client';
import { href } from '../../app/router';
import { Screen } from '../../app/Screen';
import { keep } from '../../state/db';
import { me } from '../../state/session';
import { SettingsGroup, SettingsRow } from '../../ui/SettingsRow';
import { doNow } from '../post/menu';
import { quotePolicies, quotePolicyWords, type QuotePolicy } from '../post/QuotePolicy';
import { Choice, Note, OnOff, useKnown, Wait } from './controls';

type Reach = 'three_days' | 'month' | 'half_year' | 'always';
type AskedBy = 'everyone' | 'known' | 'link';

/** Changes the account at once, and takes it back if the server refuses. */
function useAccount(): [Me | null, (sent: object, shown: Partial<Me>, source?: Partial<Me['source']>) => void] {
  const who = me.value;
  const change = (sent: object, shown: Partial<Me>, source?: Partial<Me['source']>) => {
    const before = me.peek();
    if (!before) return;
    me.value = { ...before, ...shown, source: { ...before.source, ...source } };
    void doNow(patch<Me>('/api/v1/accounts/update_credentials', sent).then((now) => {
      me.value = now;
      void keep('me', now);
    })).then((ok) => { if (!ok) me.value = before; });
  };
  return [who, change];
}

/** Who may do what, and who sees what. */
export default function Privacy() {
  const [who, change] = useAccount();
  if (!who) return <Screen title={t('privacy.title')} />;
  const s = who.source;
  return (
    <Screen title={t('privacy.title')} remember>
      <SettingsGroup title={t('privacy.who-may')}>
        <OnOff label={t('privacy.locked')} hint={t('privacy.locked-hint')} on={who.locked} onPick={(on) => change({ locked: on }, { locked: on })} />
        <Circles />
      </SettingsGroup>
      <SettingsGroup title={t('privacy.found')}>
        <OnOff label={t('privacy.discoverable')} hint={t('privacy.discoverable-hint')} on={!!(s.discoverable ?? who.discoverable)} onPick={(on) => change({ discoverable: on }, { discoverable: on }, { discoverable: on })} />
        <OnOff label={t('privacy.indexable')} hint={t('privacy.indexable-hint')} on={!!s.indexable} onPick={(on) => change({ indexable: on }, {}, { indexable: on })} />
        <OnOff label={t('privacy.hide-ties')} hint={t('privacy.hide-ties-hint')} on={!!s.hide_collections} onPick={(on) => change({ hide_collections: on }, {}, { hide_collections: on })} />
      </SettingsGroup>
      <SettingsGroup title={t('privacy.posts')}>
        <Choice label={t('privacy.audience')} value={s.privacy} onPick={(v) => change({ source: { privacy: v } }, {}, { privacy: v })}
          of={[['public', t('audience.public')], ['unlisted', t('audience.unlisted')], ['private', t('audience.private')]]} />
        <Choice label={t('quote.who')} value={(s.quote_policy ?? 'public') as QuotePolicy} onPick={(v) => change({ source: { quote_policy: v } }, {}, { quote_policy: v })}
          of={quotePolicies.map((of) => [of, quotePolicyWords(of)])} />
        <OnOff label={t('privacy.sensitive')} hint={t('privacy.sensitive-hint')} on={s.sensitive} onPick={(on) => change({ source: { sensitive: on } }, {}, { sensitive: on })} />
      </SettingsGroup>
      <SettingsGroup title={t('privacy.hidden')}>
        <SettingsRow icon="block" title={t('privacy.blocked')} href={href('/settings/blocked')} />
        <SettingsRow icon="muted" title={t('privacy.muted')} href={href('/settings/muted')} />
        <SettingsRow icon="server" title={t('privacy.servers')} href={href('/settings/servers')} />
      </SettingsGroup>
      <Note>{t('privacy.promise')}</Note>
    </Screen>
  );
}

/** What concerns friends: how far back they look, and whether one is suggested to friends of theirs. */
function Circles() {
  const moments = useKnown<{ visible_for: Reach }>('moments.settings', '/api/tulou/v1/moments/settings');
  const friends = useKnown<{ suggestible: boolean; asked_by: AskedBy }>('friends.settings', '/api/tulou/v1/friends/settings');
  const [busy, setBusy] = useState(false);
  const save = async <T,>(known: { value?: T; set: (v: T) => void }, path: string, next: T) => {
    const before = known.value;
    known.set(next);
    setBusy(true);
    if (!(await doNow(patch(path, next))) && before) known.set(before);
    setBusy(false);
  };
  const silent = [moments, friends].filter((known) => known.failure && known.value === undefined);
  return (
    <>
      {silent.length > 0 && <Wait for={{ failure: silent[0]!.failure, again: () => silent.forEach((known) => known.again()) }} />}
      {moments.value && (
        <Choice label={t('privacy.moments-back')} value={moments.value.visible_for} disabled={busy} onPick={(v) => void save(moments, '/api/tulou/v1/moments/settings', { visible_for: v })}
          of={[['three_days', t('privacy.three-days')], ['month', t('privacy.month')], ['half_year', t('privacy.half-year')], ['always', t('privacy.always')]]} />
      )}
      {friends.value && (
        <Choice label={t('privacy.asked-by')} value={friends.value.asked_by} disabled={busy} onPick={(v) => void save(friends, '/api/tulou/v1/friends/settings', { ...friends.value!, asked_by: v })}
          of={[['everyone', t('privacy.asked-everyone')], ['known', t('privacy.asked-known')], ['link', t('privacy.asked-link')]]} />
      )}
      {friends.value && <OnOff label={t('privacy.suggest')} hint={t('privacy.suggest-hint')} on={friends.value.suggestible} disabled={busy} onPick={(on) => void save(friends, '/api/tulou/v1/friends/settings', { ...friends.value!, suggestible: on })} />}
    </>
  );
}

