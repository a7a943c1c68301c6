import { useState } from 'preact/hooks';
import { t } from '../../i18n';
import type { AudienceKind, MomentAudience } from '../../api/tulou';
import { circles, friends } from '../../state/friends';
import { Button } from '../../ui/Button';
import { Icon } from '../../ui/Icon';
import { audienceIcon } from '../../ui/Audience';
import { Sheet } from '../../ui/Sheet';
import { Tick } from '../../ui/Switch';
import { PickFriends } from '../circles/PickFriends';
import { footOf, glyphOf } from './view';

const kinds: AudienceKind[] = ['friends', 'circles', 'except', 'myself'];

/** Who will see it: all friends, some circles and people, all but some, or oneself. */
export function AudienceSheet({ was, onPick, onClose }: { was: MomentAudience; onPick: (a: MomentAudience) => void; onClose: () => void }) {
  const [a, setA] = useState(was);
  const some = a.kind === 'circles' || a.kind === 'except';
  const ready = !some || a.circles.length + a.people.length > 0;
  const flip = (list: string[], id: string, on: boolean) => (on ? [...list.filter((i) => i !== id), id] : list.filter((i) => i !== id));
  return (
    <Sheet title={t('moments.who')} onClose={onClose} foot={(close) => <Button kind="filled" disabled={!ready} onClick={() => { onPick(some ? a : { kind: a.kind, circles: [], people: [] }); close(); }}>{t('moments.who-done')}</Button>}>
      <div role="radiogroup" aria-label={t('moments.who')}>
        {kinds.map((kind) => (
          <Tick key={kind} type="radio" name="audience" checked={a.kind === kind} onChange={() => setA({ ...a, kind })} hint={hint(kind)}>
            <span class="audience-choice"><Icon name={audienceIcon(glyphOf({ kind, circles: [], people: [] }))} size={20} />{label(kind)}</span>
          </Tick>
        ))}
      </div>
      {some && (
        <div class="audience-some">
          {circles.value.length > 0 && (
            <section>
              <h3 class="field-label">{t('friends.circles')}</h3>
              {circles.value.map((c) => <Tick key={c.id} checked={a.circles.includes(c.id)} onChange={(e) => setA({ ...a, circles: flip(a.circles, c.id, e.currentTarget.checked) })} hint={t('friends.count', { count: c.members })}>{c.name}</Tick>)}
            </section>
          )}
          <section>
            <h3 class="field-label">{t('moments.people')}</h3>
            <PickFriends chosen={(f) => a.people.includes(f.account.id)} onPick={(f, on) => setA({ ...a, people: flip(a.people, f.account.id, on) })} />
          </section>
        </div>
      )}
      <p class="audience-foot" role="status">{ready ? footOf(a) : t('moments.who-none')}</p>
    </Sheet>
  );
}

function label(kind: AudienceKind): string {
  switch (kind) {
    case 'friends': return t('moments.who-friends', { count: friends.value.length });
    case 'circles': return t('moments.who-circles');
    case 'except': return t('moments.who-except');
    case 'myself': return t('audience.me');
  }
}

function hint(kind: AudienceKind): string | undefined {
  if (kind === 'except') return t('moments.who-except-hint');
  return kind === 'myself' ? t('moments.who-me-hint') : undefined;
}
