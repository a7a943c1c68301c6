import { t } from '../../i18n';
import { href } from '../../app/router';
import { Screen } from '../../app/Screen';
import { feed, Feed } from '../../state/feed';
import { Button } from '../../ui/Button';
import { Timeline } from '../home/Timeline';

/** Posts that one keeps or has liked; both are lists of one's own. */
export function SavedPosts({ name, path, title, empty }: { name: string; path: string; title: string; empty: string }) {
  const shown = feed(name, () => new Feed(name, path));
  return (
    <Screen title={title}>
      <p class="screen-hint">{t('saved.only-you')}</p>
      <Timeline feed={shown} name={name} label={title} empty={empty} emptyAct={<Button href={href('/home')}>{t('missing.home')}</Button>} place="account" />
    </Screen>
  );
}
