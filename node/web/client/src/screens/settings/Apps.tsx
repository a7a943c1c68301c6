import { t, dayName, names } from '../../i18n';
import { cursorPage, del } from '../../api/client';
import { Screen } from '../../app/Screen';
import { ask } from '../../app/sheets';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { SettingsGroup, SettingsRow } from '../../ui/SettingsRow';
import { doNow } from '../post/menu';
import { Note, useKnown, Wait } from './controls';

interface App {
  id: string;
  name: string;
  website: string;
  scopes: string[];
  used_at: string | null;
}

/** The programs that may act for one, with what each may do in words. */
export default function Apps() {
  const known = useKnown<App[]>('apps', () => cursorPage<App>('/api/tulou/v1/apps').then((p) => p.items));
  const end = (app: App) => ask({ title: t('apps.end-title', { name: app.name }), text: t('apps.end-text'), act: t('apps.end'), danger: true },
    () => void doNow(del('/api/tulou/v1/apps/' + app.id), t('apps.ended', { name: app.name })).then((ok) => { if (ok) known.set(known.value!.filter((a) => a.id !== app.id)); }));
  return (
    <Screen title={t('apps.title')} remember>
      <Wait for={known} />
      {known.value && !known.value.length && <Empty>{t('apps.none')}</Empty>}
      {!!known.value?.length && (
        <SettingsGroup>
          <Note>{t('apps.text')}</Note>
          {known.value.map((app) => (
            <SettingsRow key={app.id} icon="apps" title={<bdi>{app.name}</bdi>} hint={<>{names(powers(app.scopes))}<br />{app.used_at ? t('apps.used', { time: dayName(Date.parse(app.used_at)) }) : t('apps.unused')}</>}
              value={<Button small label={t('apps.end-one', { name: app.name })} onClick={() => end(app)}>{t('apps.end')}</Button>} />
          ))}
        </SettingsGroup>
      )}
    </Screen>
  );
}

/** What a program may do, in a few words: scopes are for programs. */
function powers(scopes: string[]): string[] {
  const has = (start: string) => scopes.some((s) => s === start || s.startsWith(start + ':'));
  return [
    has('read') || scopes.includes('profile') ? t('apps.may-read') : '', has('write') ? t('apps.may-write') : '', has('follow') ? t('apps.may-follow') : '',
    has('push') ? t('apps.may-push') : '', has('tulou') ? t('apps.may-friends') : '', has('admin') ? t('apps.may-moderate') : '',
  ].filter(Boolean);
}
