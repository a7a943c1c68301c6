import { t } from '../i18n';
import { Sheet } from '../ui/Sheet';
import { bindings, readable } from './keys';

/** Every key that does something now. */
export function KeyList({ onClose }: { onClose: () => void }) {
  const seen = new Set<string>();
  const rows = bindings.value.toReversed().filter((b) => !seen.has(b.keys) && seen.add(b.keys)).toReversed();
  return (
    <Sheet title={t('keys.title')} onClose={onClose} read>
      <dl class="keys">
        {rows.map((b) => (
          <div key={b.keys} class="keys-row">
            <dt>{t(b.label)}</dt>
            <dd>{readable(b.keys).map((k, i) => <kbd key={i}>{k}</kbd>)}</dd>
          </div>
        ))}
      </dl>
    </Sheet>
  );
}
