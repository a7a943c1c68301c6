import { t } from '../../i18n';
import { Sheet } from '../../ui/Sheet';
import { quotePolicies, quotePolicyWords, type QuotePolicy } from './QuotePolicy';

/** Lets one choose who may quote a post. */
export default function QuoteSheet({ at, onPick, onClose }: { at: QuotePolicy; onPick: (to: QuotePolicy) => void; onClose: () => void }) {
  return (
    <Sheet title={t('quote.who')} onClose={onClose}>
      <div class="choices" role="radiogroup" aria-label={t('quote.who')}>
        {quotePolicies.map((of) => (
          <label key={of} class="choice choice-low">
            <input type="radio" class="tick" name="quotes" checked={of === at} data-first={of === at || undefined} onChange={() => { onPick(of); onClose(); }} />
            <span class="choice-words">{quotePolicyWords(of)}</span>
          </label>
        ))}
      </div>
    </Sheet>
  );
}
