import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../../i18n';
import { go } from '../../app/router';
import { Screen } from '../../app/Screen';
import { instance } from '../../state/session';
import { Button } from '../../ui/Button';
import { Mark } from '../../ui/Mark';
import { OwnCode } from '../addfriend/OwnCode';
import { end } from './begin';
import { Face } from './Face';
import { People } from './People';

const steps = ['face', 'people', 'code'] as const;

/** Three steps for whoever has just come; each can be left, and all of it can be done later. */
export default function Welcome() {
  const [at, setAt] = useState(0);
  const [save, setSave] = useState<() => Promise<boolean>>();
  const [busy, setBusy] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const last = at === steps.length - 1;
  useEffect(() => void end(), []);
  useEffect(() => {
    setSave(undefined);
    if (at) heading.current?.focus();
  }, [at]);
  const on = () => (last ? go('/home', { replace: true }) : setAt(at + 1));
  const next = async () => {
    setBusy(true);
    if (!save || (await save())) on();
    setBusy(false);
  };
  const node = instance.value;
  const titles = [t('welcome.face'), t('welcome.people'), t('welcome.code')];
  const texts = [t('welcome.face-text'), t('welcome.people-text'), t('welcome.code-text')];
  return (
    <Screen title={t('welcome.title', { name: node?.title ?? location.host })} actions={<Button kind="plain" small onClick={() => go('/home', { replace: true })}>{t('welcome.later')}</Button>} foot={(
      <div class="welcome-foot">
        <ol class="welcome-steps" aria-label={t('welcome.step', { at: at + 1, all: steps.length })}>{steps.map((s, i) => <li key={s} data-on={i <= at || undefined} />)}</ol>
        {!last && <Button kind="plain" onClick={on}>{t('welcome.skip')}</Button>}
        <Button kind="filled" busy={busy} onClick={() => void next()}>{t(last ? 'welcome.go' : 'welcome.next')}</Button>
      </div>
    )}>
      <div class="welcome">
        <div class="welcome-head">
          {at === 0 && <Mark size={72} />}
          <h2 ref={heading} tabIndex={-1} class="welcome-title">{titles[at]}</h2>
          <p class="welcome-text">{texts[at]}</p>
        </div>
        {steps[at] === 'face' && <Face onSave={(f) => setSave(() => f)} />}
        {steps[at] === 'people' && <People />}
        {steps[at] === 'code' && <OwnCode />}
      </div>
    </Screen>
  );
}
