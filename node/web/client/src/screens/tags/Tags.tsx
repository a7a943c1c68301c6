import { useState } from 'preact/hooks';
import { t } from '../../i18n';
import type { Tag } from '../../api/entities';
import { sentence } from '../../app/failure';
import { go, href } from '../../app/router';
import { Screen } from '../../app/Screen';
import { followTag, tagOf } from '../../state/tags';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { Field } from '../../ui/Field';
import { Icon } from '../../ui/Icon';
import { tagLink } from '../../ui/links';
import { Skeleton } from '../../ui/Skeleton';
import { usePages } from '../people/usePages';

/** The hashtags that one follows. */
export default function Tags() {
  const tags = usePages<Tag>('followed-tags', '/api/v1/followed_tags', { limit: '100' }, (found) => found.forEach((tag) => (tagOf(tag.name).value ??= true)));
  const [name, setName] = useState('');
  const wanted = name.trim().replace(/^#/, '');
  return (
    <Screen title={t('tags.title')} remember>
      <form class="line-form" onSubmit={(e) => { e.preventDefault(); if (wanted) go('/tags/' + encodeURIComponent(wanted)); }}>
        <Field quiet icon="hash" label={t('tags.find')} placeholder={t('tags.find')} value={name} onInput={setName} dir="auto" autocapitalize="none" />
        <Button type="submit" disabled={!wanted}>{t('tags.look')}</Button>
      </form>
      {!tags.items.length && tags.loading && <Skeleton of="contact" label={t('shell.loading')} />}
      {!tags.items.length && tags.failure && <Empty act={<Button kind="filled" onClick={tags.again}>{t('ui.again')}</Button>}>{sentence(tags.failure.kind)}</Empty>}
      {!tags.items.length && tags.heard && <Empty act={<Button href={href('/explore')}>{t('explore.tags')}</Button>}>{t('tags.none')}</Empty>}
      <ul>
        {tags.items.map((tag) => <TagRow key={tag.name} tag={tag} />)}
      </ul>
      <div class="list-space" />
    </Screen>
  );
}

export function TagRow({ tag, hint }: { tag: Tag; hint?: string }) {
  const on = tagOf(tag.name).value ?? !!tag.following;
  return (
    <li class="list-row tag-row">
      <a class="row-main" href={tagLink(tag.name)}><Icon name="hash" /><span class="row-words"><bdi class="row-name one">{tag.name}</bdi>{hint && <span class="row-under one">{hint}</span>}</span></a>
      <Button small on={on} label={t(on ? 'tags.unfollow-name' : 'tags.follow-name', { tag: '#' + tag.name })} onClick={() => followTag(tag.name, !on)}>{t(on ? 'person.following' : 'person.follow')}</Button>
    </li>
  );
}
