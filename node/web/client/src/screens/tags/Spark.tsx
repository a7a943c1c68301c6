import { t } from '../../i18n';
import type { Tag } from '../../api/entities';

/** How much a week saw of something, as a small line; the newest day at the end of the text's direction. */
export function Spark({ history }: { history: Tag['history'] }) {
  const days = [...history].reverse().map((d) => Number(d.uses));
  const most = Math.max(1, ...days);
  const points = days.map((n, i) => `${((i * 56) / Math.max(1, days.length - 1) + 2).toFixed(1)},${(22 - (n / most) * 18).toFixed(1)}`).join(' ');
  return <svg class="spark icon-points" viewBox="0 0 60 24" width="60" height="24" role="img" aria-label={t('tags.spark', { count: days.reduce((a, b) => a + b, 0) })}><polyline points={points} /></svg>;
}
