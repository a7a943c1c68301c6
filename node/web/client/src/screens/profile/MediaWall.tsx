import { useEffect } from 'preact/hooks';
import { t } from '../../i18n';
import type { Media } from '../../api/entities';
import { sentence } from '../../app/failure';
import { List } from '../../app/List';
import { fetchSheet } from '../../app/sheets';
import type { Feed } from '../../state/feed';
import type { Post } from '../../state/posts';
import { Blurhash } from '../../ui/Blurhash';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Empty';
import { Icon } from '../../ui/Icon';
import { Skeleton } from '../../ui/Skeleton';

interface Piece {
  post: Post;
  media: Media;
  at: number;
}

const perRow = 3;

/** The pictures and films of somebody, three in a row. */
export function MediaWall({ feed, label, empty }: { feed: Feed; label: string; empty: string }) {
  useEffect(() => {
    void feed.open();
    return () => feed.close();
  }, [feed]);
  const pieces = feed.posts.value.flatMap((post) => post.value.media_attachments.map((media, at): Piece => ({ post, media, at }))).filter((p) => p.media.preview_url);
  const rows: Piece[][] = [];
  for (let i = 0; i < pieces.length; i += perRow) rows.push(pieces.slice(i, i + perRow));
  const failure = feed.failure.value;
  return (
    <>
      {!pieces.length && feed.loading.value && <Skeleton of="post" count={2} label={t('shell.loading')} />}
      {!pieces.length && failure && <Empty act={<Button kind="filled" onClick={() => void feed.refresh()}>{t('ui.again')}</Button>}>{sentence(failure.kind)}</Empty>}
      {!pieces.length && feed.empty.value && <Empty>{empty}</Empty>}
      {rows.length > 0 && <List as="list" items={rows} id={(row) => row[0]!.media.id} place={'wall:' + label} label={label} busy={feed.loading.value} estimate={() => 130} onEnd={() => void feed.more()}
        render={(row) => <div class="wall-row">{row.map((piece) => <Tile key={piece.media.id} {...piece} />)}</div>} />}
    </>
  );
}

function Tile({ post, media, at }: Piece) {
  const status = post.value;
  const covered = status.sensitive || !!status.spoiler_text;
  const film = media.type === 'video' || media.type === 'gifv';
  return (
    <button type="button" class="wall-tile" data-media={media.id} aria-label={covered ? t('media.sensitive') : media.description || t(film ? 'media.video' : 'media.picture')}
      onClick={() => fetchSheet(() => import('../../bundles/sheets').then((all) => all.Viewer), { post: status, at })}>
      {media.blurhash && <Blurhash hash={media.blurhash} />}
      {!covered && <img src={media.preview_url!} alt="" loading="lazy" decoding="async" />}
      {covered ? <span class="wall-sign"><Icon name="eye-off" /></span> : film && <span class="wall-sign"><Icon name="play" on /></span>}
    </button>
  );
}
