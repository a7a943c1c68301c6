import { useEffect, useState } from 'preact/hooks';
import { t } from '../../i18n';
import type { Filter, Status } from '../../api/entities';
import { get, post as send } from '../../api/client';
import { sentence } from '../../app/failure';
import { change } from '../../state/posts';
import { Button } from '../../ui/Button';
import { Field } from '../../ui/Field';
import { Sheet } from '../../ui/Sheet';
import { Tick } from '../../ui/Switch';
import { doNow } from './menu';

const everywhere = ['home', 'notifications', 'public', 'thread', 'account'];

/** Puts a post under a filter that there is, or makes a filter of words. */
export default function FilterSheet({ post, onClose }: { post: Status; onClose: () => void }) {
  const [filters, setFilters] = useState<Filter[]>();
  const [failed, setFailed] = useState('');
  const [words, setWords] = useState('');
  const [hide, setHide] = useState(false);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    get<Filter[]>('/api/v2/filters').then(setFilters, (e) => setFailed(sentence(e.kind)));
  }, []);
  const done = (filter: Filter) => change(post.id, { filtered: [...(post.filtered ?? []), { filter, keyword_matches: null, status_matches: [post.id] }] });
  const put = (filter: Filter, close: () => void) => void doNow(send(`/api/v2/filters/${filter.id}/statuses`, { status_id: post.id }).then(() => done(filter)), t('filter.done', { name: filter.title })).then((ok) => ok && close());
  const make = async (close: () => void) => {
    setBusy(true);
    const body = { title: words.trim(), context: everywhere, filter_action: hide ? 'hide' : 'warn', keywords_attributes: [{ keyword: words.trim(), whole_word: true }] };
    if (await doNow(send<Filter>('/api/v2/filters', body), t('filter.made', { name: words.trim() }))) close();
    else setBusy(false);
  };
  return (
    <Sheet title={t('filter.title')} onClose={onClose} foot={(close) => <Button kind="filled" busy={busy} disabled={!words.trim()} onClick={() => void make(close)}>{t('filter.make')}</Button>}>
      <div class="stack">
        <p class="sheet-text">{t('filter.text')}</p>
        <Field label={t('filter.words')} dir="auto" value={words} onInput={setWords} maxLength={200} />
        <Tick checked={hide} hint={t('filter.hide-hint')} onChange={(e) => setHide(e.currentTarget.checked)}>{t('filter.hide')}</Tick>
        {failed && <p class="sheet-text" role="alert">{failed}</p>}
        {!!filters?.length && (
          <section>
            <h3 class="field-label">{t('filter.put')}</h3>
            <div class="chips chips-wrap chips-flush">{filters.map((f) => <Button key={f.id} small icon="filter" onClick={() => put(f, onClose)}>{f.title}</Button>)}</div>
          </section>
        )}
      </div>
    </Sheet>
  );
}
