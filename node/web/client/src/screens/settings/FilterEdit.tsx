import { useEffect, useState } from 'preact/hooks';
import { t, fullDate } from '../../i18n';
import type { Filter } from '../../api/entities';
import { del, get, post, put, type Failure } from '../../api/client';
import { sentence } from '../../app/failure';
import { usePane } from '../../app/Pane';
import { back } from '../../app/router';
import type { ScreenProps } from '../../app/routes';
import { Screen } from '../../app/Screen';
import { ask } from '../../app/sheets';
import { Button, IconButton } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { Field, Select } from '../../ui/Field';
import { SettingsGroup } from '../../ui/SettingsRow';
import { Skeleton } from '../../ui/Skeleton';
import { Tick } from '../../ui/Switch';
import { doNow } from '../post/menu';
import { contexts } from './contexts';
import { Note, OnOff } from './controls';

interface Word {
  id?: string;
  keyword: string;
  whole_word: boolean;
}

const hour = 3600;
const spans = ['keep', '0', String(hour), String(24 * hour), String(7 * 24 * hour), String(30 * 24 * hour)];

/** Makes a filter, or changes one: its words, where it works, what it does and for how long. */
export default function FilterEdit({ params }: ScreenProps) {
  const { entry } = usePane();
  const id = params.id === 'new' ? undefined : params.id;
  const [was, setWas] = useState<Filter>();
  const [failed, setFailed] = useState<Failure>();
  const [title, setTitle] = useState('');
  const [words, setWords] = useState<Word[]>([{ keyword: '', whole_word: true }]);
  const [where, setWhere] = useState(contexts.map(([name]) => name));
  const [action, setAction] = useState<Filter['filter_action']>('warn');
  const [lasts, setLasts] = useState(id ? 'keep' : '0');
  const [busy, setBusy] = useState(false);
  const load = () => {
    setFailed(undefined);
    get<Filter>('/api/v2/filters/' + id).then((f) => {
      setWas(f);
      setTitle(f.title);
      setWords(f.keywords?.length ? f.keywords : [{ keyword: '', whole_word: true }]);
      setWhere(f.context);
      setAction(f.filter_action);
    }, setFailed);
  };
  useEffect(() => void (id && load()), [id]);
  const said = words.filter((w) => w.keyword.trim());
  const ready = where.length > 0 && (said.length > 0 || !!was?.statuses?.length);
  const save = async () => {
    setBusy(true);
    const gone = was?.keywords?.filter((k) => !said.some((w) => w.id === k.id)) ?? [];
    const body = {
      title: title.trim() || said[0]?.keyword.trim(), context: where, filter_action: action, ...(lasts === 'keep' ? {} : { expires_in: lasts === '0' ? '' : Number(lasts) }),
      keywords_attributes: [...said.map((w) => ({ id: w.id, keyword: w.keyword.trim(), whole_word: w.whole_word })), ...gone.map((k) => ({ id: k.id, _destroy: true }))],
    };
    if (await doNow(id ? put('/api/v2/filters/' + id, body) : post('/api/v2/filters', body), t('filters.saved'))) back(entry);
    setBusy(false);
  };
  const remove = () => ask({ title: t('filters.delete-title', { name: was?.title ?? '' }), text: t('filters.delete-text'), act: t('filters.delete'), danger: true },
    () => void doNow(del('/api/v2/filters/' + id)).then((ok) => { if (ok) back(entry); }));
  const name = t(id ? 'filters.edit' : 'filters.new');
  if (failed) return <Screen title={name}><Empty act={<Button kind="filled" onClick={load}>{t('ui.again')}</Button>}>{sentence(failed.kind)}</Empty></Screen>;
  if (id && !was) return <Screen title={name}><Skeleton of="contact" label={t('shell.loading')} /></Screen>;
  return (
    <Screen title={name} actions={<Button kind="filled" small busy={busy} disabled={!ready} onClick={() => void save()}>{t('filters.save')}</Button>}>
      <SettingsGroup title={t('filters.words')}>
        <Words words={words} onWords={setWords} />
      </SettingsGroup>
      <SettingsGroup title={t('filters.where')}>
        <div class="set-ticks">
          {contexts.map(([name, key]) => <Tick key={name} checked={where.includes(name)} onChange={(e) => setWhere(e.currentTarget.checked ? [...where, name] : where.filter((w) => w !== name))}>{t(key)}</Tick>)}
        </div>
      </SettingsGroup>
      <SettingsGroup title={t('filters.does')}>
        <div class="set-ticks" role="radiogroup" aria-label={t('filters.does')}>
          <Tick type="radio" name="does" checked={action === 'warn'} hint={t('filters.warn-hint')} onChange={() => setAction('warn')}>{t('filters.warn')}</Tick>
          <Tick type="radio" name="does" checked={action === 'blur'} hint={t('filters.blur-hint')} onChange={() => setAction('blur')}>{t('filters.blur')}</Tick>
          <Tick type="radio" name="does" checked={action === 'hide'} hint={t('filters.hide-hint')} onChange={() => setAction('hide')}>{t('filters.hide')}</Tick>
        </div>
      </SettingsGroup>
      <SettingsGroup>
        <div class="set-fields">
          <Select label={t('filters.lasts')} value={lasts} onInput={setLasts} options={spans.filter((s) => s !== 'keep' || was).map((s) => ({ value: s, label: lastsWords(s, was) }))} />
          <Field label={t('filters.name')} hint={t('filters.name-hint')} dir="auto" maxLength={200} value={title} onInput={setTitle} />
        </div>
      </SettingsGroup>
      {id && <SettingsGroup>{!!was?.statuses?.length && <Note>{t('filters.posts', { count: was.statuses.length })}</Note>}<div class="set-fields"><Button kind="plain" icon="trash" onClick={remove}>{t('filters.delete')}</Button></div></SettingsGroup>}
    </Screen>
  );
}

function lastsWords(s: string, was?: Filter): string {
  switch (s) {
    case 'keep': return was?.expires_at ? t('filters.until', { time: fullDate(Date.parse(was.expires_at)) }) : t('filters.for-ever');
    case '0': return was && !was.expires_at ? t('filters.for-ever-from-now') : t('filters.for-ever');
  }
  return t('filters.for-hours', { count: Number(s) / hour });
}

function Words({ words, onWords }: { words: Word[]; onWords: (words: Word[]) => void }) {
  const put = (at: number, change: Partial<Word>) => onWords(words.map((w, i) => (i === at ? { ...w, ...change } : w)));
  return (
    <>
      {words.map((word, i) => (
        <div key={word.id ?? i} class="set-word">
          <div class="set-word-line">
            <Field label={t('filters.word', { at: i + 1 })} dir="auto" value={word.keyword} onInput={(keyword) => put(i, { keyword })} />
            {words.length > 1 && <IconButton icon="close" label={t('filters.word-remove', { at: i + 1 })} onClick={() => onWords(words.filter((_, n) => n !== i))} />}
          </div>
          <OnOff label={t('filters.whole')} on={word.whole_word} onPick={(whole_word) => put(i, { whole_word })} />
        </div>
      ))}
      <div class="set-fields"><Button small icon="plus" onClick={() => onWords([...words, { keyword: '', whole_word: true }])}>{t('filters.word-add')}</Button></div>
    </>
  );
}
