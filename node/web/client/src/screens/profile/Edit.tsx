import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from '../../i18n';
import type { Account, Me } from '../../api/entities';
import { del, Failure, said, send } from '../../api/client';
import { sentence } from '../../app/failure';
import { usePane } from '../../app/Pane';
import { back } from '../../app/router';
import { Screen } from '../../app/Screen';
import { keep } from '../../state/db';
import { draft, dropDraft, saveDraft } from '../../state/drafts';
import { keepPerson } from '../../state/posts';
import { instance, me } from '../../state/session';
import { Avatar } from '../../ui/Avatar';
import { Button, IconButton } from '../../ui/Button';
import { Field, TextArea } from '../../ui/Field';
import { Icon } from '../../ui/Icon';
import { SettingsRow } from '../../ui/SettingsRow';
import { Switch } from '../../ui/Switch';
import { say } from '../../ui/Toast';

interface Form {
  display_name: string;
  note: string;
  fields: { name: string; value: string }[];
  locked: boolean;
  bot: boolean;
  discoverable: boolean;
  hide_collections: boolean;
  avatar?: File;
  header?: File;
}

const draftName = 'profile';
const fieldsMax = 4;

function formOf(who: Me): Form {
  const fields = who.source.fields.map(({ name, value }) => ({ name, value }));
  return { display_name: who.display_name, note: who.source.note, fields: fields.length ? fields : [{ name: '', value: '' }], locked: who.locked, bot: who.bot, discoverable: !!(who.source.discoverable ?? who.discoverable), hide_collections: !!who.source.hide_collections };
}

/** One's own name, words, links and pictures. */
export default function Edit() {
  const who = me.value;
  return <Screen title={t('profile.edit-title')} remember>{who && <Editor key={who.id} who={who} />}</Screen>;
}

function Editor({ who }: { who: Me }) {
  const { entry } = usePane();
  const [form, setForm] = useState<Form>(() => formOf(who));
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure>();
  useEffect(() => {
    void draft<Form>(draftName).then((kept) => kept && setForm(kept));
  }, []);
  const set = (by: Partial<Form>) => setForm((now) => {
    const next = { ...now, ...by };
    saveDraft(draftName, next);
    return next;
  });
  const limits = instance.value?.configuration.accounts as { max_display_name_length?: number; max_note_length?: number; profile_field_name_limit?: number; profile_field_value_limit?: number } | undefined;
  const save = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    setFailure(undefined);
    try {
      const now = await said<Me>(await send('PATCH', '/api/v1/accounts/update_credentials', { body: bodyOf(form) }));
      me.value = now;
      keepPerson(now);
      await Promise.all([keep('me', now), keep('person:' + now.acct, now as Account), dropDraft(draftName)]);
      say(t('profile.saved'));
      back(entry);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      setFailure(error);
      setBusy(false);
    }
  };
  const field = (i: number, by: object) => set({ fields: form.fields.map((f, n) => (n === i ? { ...f, ...by } : f)) });
  return (
    <form class="edit-profile" onSubmit={(e) => void save(e)}>
      <Pictures who={who} form={form} onPick={set} />
      <Field label={t('profile.name')} dir="auto" value={form.display_name} onInput={(display_name) => set({ display_name })} maxLength={limits?.max_display_name_length} error={wrong(failure, 'display_name')} />
      <TextArea label={t('profile.words')} hint={t('profile.words-hint')} value={form.note} onInput={(note) => set({ note })} maxLength={limits?.max_note_length} error={wrong(failure, 'note')} />
      <fieldset class="stack">
        <legend class="field-label">{t('profile.fields')}</legend>
        <p class="hint">{t('profile.fields-hint', { link: `${location.origin}/@${who.acct}` })}</p>
        {form.fields.map((f, i) => (
          <div key={i} class="edit-field">
            <Field quiet label={t('profile.field-name', { at: i + 1 })} placeholder={t('profile.field-name', { at: i + 1 })} dir="auto" value={f.name} onInput={(name) => field(i, { name })} maxLength={limits?.profile_field_name_limit} />
            <Field quiet label={t('profile.field-value', { at: i + 1 })} placeholder={t('profile.field-value', { at: i + 1 })} dir="auto" value={f.value} onInput={(value) => field(i, { value })} maxLength={limits?.profile_field_value_limit} />
            <IconButton icon="trash" size={20} label={t('profile.field-remove', { at: i + 1 })} onClick={() => set({ fields: form.fields.filter((_, n) => n !== i) })} />
          </div>
        ))}
        {form.fields.length < fieldsMax && <div><Button kind="plain" small icon="plus" onClick={() => set({ fields: [...form.fields, { name: '', value: '' }] })}>{t('profile.field-add')}</Button></div>}
      </fieldset>
      <div class="edit-switches">
        <SettingsRow title={t('profile.locked')} hint={t('profile.locked-hint')} control={(id) => <Switch id={id} checked={form.locked} onChange={(locked) => set({ locked })} />} />
        <SettingsRow title={t('profile.discoverable')} hint={t('profile.discoverable-hint')} control={(id) => <Switch id={id} checked={form.discoverable} onChange={(discoverable) => set({ discoverable })} />} />
        <SettingsRow title={t('profile.hide-ties')} hint={t('profile.hide-ties-hint')} control={(id) => <Switch id={id} checked={form.hide_collections} onChange={(hide_collections) => set({ hide_collections })} />} />
        <SettingsRow title={t('profile.automated')} hint={t('profile.automated-hint')} control={(id) => <Switch id={id} checked={form.bot} onChange={(bot) => set({ bot })} />} />
      </div>
      {failure && <p class="field-error" role="alert"><Icon name="warning" size={16} />{t('profile.not-saved', { why: sentence(failure.kind) })}</p>}
      <div class="edit-acts">
        <Button kind="plain" onClick={() => { void dropDraft(draftName); back(entry); }}>{t('ui.cancel')}</Button>
        <Button kind="filled" type="submit" busy={busy}>{t('ui.save')}</Button>
      </div>
    </form>
  );
}

const wrong = (failure: Failure | undefined, field: string): string | undefined => (failure?.fields[field] ? sentence(failure.kind) : undefined);

function bodyOf(form: Form): FormData {
  const body = new FormData();
  for (const name of ['display_name', 'note'] as const) body.append(name, form[name]);
  for (const name of ['locked', 'bot', 'discoverable', 'hide_collections'] as const) body.append(name, String(form[name]));
  const fields = form.fields.filter((f) => f.name.trim() || f.value.trim());
  for (let i = 0; i < fieldsMax; i++) {
    body.append(`fields_attributes[${i}][name]`, fields[i]?.name ?? '');
    body.append(`fields_attributes[${i}][value]`, fields[i]?.value ?? '');
  }
  if (form.avatar) body.append('avatar', form.avatar);
  if (form.header) body.append('header', form.header);
  return body;
}

/** Cover and face, changed by a press; what was chosen is shown before it is saved. */
function Pictures({ who, form, onPick }: { who: Me; form: Form; onPick: (by: Partial<Form>) => void }) {
  const cover = useUrl(form.header) ?? (/\/missing\.(png|svg)$/.test(who.header) ? '' : who.header);
  const face = useUrl(form.avatar) ?? who.avatar;
  const remove = async (what: 'avatar' | 'header') => {
    if (form[what]) return onPick({ [what]: undefined });
    try {
      const now = await del<Me>('/api/v1/profile/' + what);
      me.value = { ...who, [what]: now[what] };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      say(t('failure.not-done', { why: sentence(error.kind) }));
    }
  };
  return (
    <div class="edit-pictures">
      <div class="edit-cover">
        {cover && <img src={cover} alt="" />}
        <PictureButtons label={t('profile.cover')} removable={!!cover} onPick={(header) => onPick({ header })} onRemove={() => void remove('header')} />
      </div>
      <div class="edit-face">
        <Avatar who={{ ...who, avatar: face }} size={88} eager />
        <PictureButtons label={t('profile.picture')} removable={!/\/missing\.(png|svg)$/.test(face)} onPick={(avatar) => onPick({ avatar })} onRemove={() => void remove('avatar')} />
      </div>
    </div>
  );
}

function PictureButtons({ label, removable, onPick, onRemove }: { label: string; removable: boolean; onPick: (file: File) => void; onRemove: () => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <span class="edit-buttons">
      <input ref={input} type="file" hidden accept="image/jpeg,image/png,image/gif,image/webp" onChange={(e) => { const file = e.currentTarget.files?.[0]; if (file) onPick(file); e.currentTarget.value = ''; }} />
      <IconButton round icon="camera" size={20} label={t('profile.change', { what: label })} onClick={() => input.current?.click()} />
      {removable && <IconButton round icon="trash" size={20} label={t('profile.remove', { what: label })} onClick={onRemove} />}
    </span>
  );
}

function useUrl(file?: File): string | undefined {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    if (!file) return setUrl(undefined);
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return url;
}
