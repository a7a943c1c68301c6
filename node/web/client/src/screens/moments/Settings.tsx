import { useEffect, useState } from 'preact/hooks';
import { t } from '../../i18n';
import { del, Failure, get, patch } from '../../api/client';
import { own, type Friend, type Reach } from '../../api/tulou';
import { sentence } from '../../app/failure';
import { href } from '../../app/router';
import { Screen } from '../../app/Screen';
import { ask } from '../../app/sheets';
import { keep, recall } from '../../state/db';
import { friends, note, openFriends } from '../../state/friends';
import { cover, openCover, setCover } from '../../state/moments';
import { me } from '../../state/session';
import { Button } from '../../ui/Button';
import { ContactRow } from '../../ui/Rows';
import { SettingsGroup, SettingsRow } from '../../ui/SettingsRow';
import { Tick } from '../../ui/Switch';
import { say } from '../../ui/Toast';
import { changeCover } from './changeCover';

const reaches: Reach[] = ['three_days', 'month', 'half_year', 'always'];

/** How far back friends may look, who is left out, and the cover. */
export default function Settings() {
  const [reach, setReach] = useState<Reach>();
  const id = me.value?.id ?? '';
  useEffect(() => {
    void openFriends();
    void openCover(id);
    void recall<Reach>('moments-reach').then((was) => was && setReach((now) => now ?? was));
    get<{ visible_for: Reach }>(`${own}/moments/settings`).then((s) => {
      setReach(s.visible_for);
      void keep('moments-reach', s.visible_for);
    }, () => {});
  }, []);
  const pick = async (wanted: Reach) => {
    const before = reach;
    setReach(wanted);
    try {
      await patch(`${own}/moments/settings`, { visible_for: wanted });
      void keep('moments-reach', wanted);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      setReach(before);
      say(t('failure.not-done', { why: sentence(error.kind) }));
    }
  };
  const without = () => ask({ title: t('moments.cover-remove-title'), act: t('moments.cover-remove'), danger: true }, () => {
    del(`${own}/moments/cover`).then(() => setCover(id, null), (error) => (error instanceof Failure ? say(sentence(error.kind)) : Promise.reject(error)));
  });
  return (
    <Screen title={t('moments.settings')} remember>
      <SettingsGroup title={t('moments.reach')}>
        <div class="moments-reach" role="radiogroup" aria-label={t('moments.reach')}>
          {reaches.map((r) => <Tick key={r} type="radio" name="reach" checked={reach === r} onChange={() => void pick(r)}>{reachSays(r)}</Tick>)}
          <p class="hint">{t('moments.reach-hint')}</p>
        </div>
      </SettingsGroup>
      <SettingsGroup title={t('moments.cover')}>
        <SettingsRow icon="picture" title={t('moments.cover-change')} onClick={() => void changeCover()} />
        {cover(id).value && <SettingsRow icon="trash" title={t('moments.cover-remove')} onClick={without} danger />}
      </SettingsGroup>
      <Left title={t('moments.left-out')} none={t('moments.left-out-none')} of={friends.value.filter((f) => f.hide_mine)} undo={(f) => note(f.account.id, { hide_mine: false })} />
      <Left title={t('moments.not-seen')} none={t('moments.not-seen-none')} of={friends.value.filter((f) => f.hide_theirs)} undo={(f) => note(f.account.id, { hide_theirs: false })} />
    </Screen>
  );
}

function Left({ title, none, of, undo }: { title: string; none: string; of: Friend[]; undo: (f: Friend) => void }) {
  return (
    <SettingsGroup title={title}>
      {!of.length && <p class="moments-none">{none}</p>}
      {of.map((f) => <ContactRow key={f.account.id} who={f.account} remark={f.remark || undefined} href={href('/friends/' + f.account.id)} end={<Button kind="plain" small onClick={() => undo(f)}>{t('moments.undo')}</Button>} />)}
    </SettingsGroup>
  );
}

function reachSays(reach: Reach): string {
  switch (reach) {
    case 'three_days': return t('moments.reach-days');
    case 'month': return t('moments.reach-month');
    case 'half_year': return t('moments.reach-half-year');
    case 'always': return t('moments.reach-always');
  }
}
