import { useEffect, useState } from 'preact/hooks';
import { t } from '../../i18n';
import type { Tag } from '../../api/entities';
import { get } from '../../api/client';
import type { ScreenProps } from '../../app/routes';
import { Screen } from '../../app/Screen';
import { write } from '../../app/write';
import { keep, recall } from '../../state/db';
import { feed, Feed } from '../../state/feed';
import { followTag, tagOf } from '../../state/tags';
import { Button } from '../../ui/Button';
import { Timeline } from '../home/Timeline';
import { Spark } from './Spark';

/** What is said with a hashtag. */
export default function TagPosts({ params }: ScreenProps) {
  const name = params.tag!, key = 'tag:' + name.toLowerCase();
  const shown = feed(key, () => new Feed(key, '/api/v1/timelines/tag/' + encodeURIComponent(name), {}, { stream: 'hashtag', tag: name.toLowerCase() }));
  const [known, setKnown] = useState<Tag>();
  const now = tagOf(name);
  useEffect(() => {
    void recall<Tag>(key).then((kept) => kept && setKnown((there) => there ?? kept));
    get<Tag>('/api/v1/tags/' + encodeURIComponent(name)).then((tag) => {
      setKnown(tag);
      now.value = !!tag.following;
      void keep(key, tag);
    }, () => {});
  }, [name]);
  const following = now.value ?? !!known?.following;
  const week = known?.history.reduce((sum, day) => sum + Number(day.accounts), 0) ?? 0;
  return (
    <Screen title={'#' + name}>
      <div class="tag-head">
        <div class="tag-words">
          {known ? t('tags.week', { count: week }) : ''}
        </div>
        {known && <Spark history={known.history} />}
        <Button small kind={following ? 'soft' : 'filled'} on={following} onClick={() => followTag(name, !following)}>{t(following ? 'person.following' : 'person.follow')}</Button>
      </div>
      <Timeline feed={shown} name={key} label={'#' + name} place="public" empty={t('tags.empty', { tag: '#' + name })} emptyAct={<Button icon="compose" onClick={() => write({ text: ` #${name}` })}>{t('shell.compose')}</Button>} />
    </Screen>
  );
}
