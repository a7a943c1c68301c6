import { useEffect, useId, useRef } from 'preact/hooks';
import { t } from '../../i18n';
import type { Writing } from '../../app/write';
import { href } from '../../app/router';
import { IconButton } from '../../ui/Button';
import Box from './Box';

/** Writing in a box at the bottom end of a wide page; what is behind it can be read and used. */
export default function PopOutBox({ what, onDone }: { what: Writing; onDone: () => void }) {
  const id = useId();
  const from = useRef(document.activeElement as HTMLElement | null);
  useEffect(() => () => from.current?.focus({ preventScroll: true }), []);
  return (
    <section class="pop-out" role="dialog" aria-labelledby={id}>
      <header class="pop-out-head">
        <h2 id={id} class="one">{t(what.edit ? 'compose.title-edit' : what.reply ? 'compose.title-reply' : 'compose.title')}</h2>
        <IconButton icon="list" size={20} label={t('drafts.title')} href={href('/drafts')} onClick={onDone} />
        <IconButton icon="close" size={20} label={t('ui.close')} onClick={onDone} />
      </header>
      <div class="pop-out-body"><Box what={what} onDone={onDone} onLeave={onDone} /></div>
    </section>
  );
}
