import { t, dayName } from '../i18n';

/** A day as lists name it: today, yesterday, or its date. */
export function dayWords(at: number): string {
  const today = new Date().setHours(0, 0, 0, 0);
  if (at >= today) return t('notice.today');
  if (at >= today - 86_400_000) return t('notice.yesterday');
  return dayName(at);
}
