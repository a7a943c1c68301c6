import { t } from '../../i18n';

/** Who may quote, by Mastodon's names. */
export const quotePolicies = ['public', 'followers', 'nobody'] as const;
export type QuotePolicy = (typeof quotePolicies)[number];

export const quotePolicyWords = (of: QuotePolicy): string => (of === 'public' ? t('quote.by-all') : of === 'followers' ? t('quote.by-followers') : t('quote.by-nobody'));
