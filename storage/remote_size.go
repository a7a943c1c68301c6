package storage

import (
	"context"
	"time"
)

// SeenEvery is how often at most it is noted that somebody looks at a file of another server: it
// decides which files go first when there are too many, for which hours are enough.
const SeenEvery = time.Hour

// SeenRemoteMedia notes when somebody looked at a file of another server.
func (tx *Tx) SeenRemoteMedia(ctx context.Context, id int64, at time.Time) error {
	_, err := tx.exec(ctx, `UPDATE remote_media SET seen_at = ? WHERE id = ? AND fetched_at > 0`, At(at), id)
	return err
}

// RemoteMediaSize is what files of other servers take here.
type RemoteMediaSize struct{ Files, Bytes int64 }

// RemoteMediaSize counts what files of other servers take here.
func (r Reader) RemoteMediaSize(ctx context.Context) (size RemoteMediaSize, err error) {
	err = r.get(ctx, &size, `
		SELECT COUNT(*) AS files, CAST(COALESCE(SUM(bytes), 0) AS BIGINT) AS bytes FROM remote_media WHERE fetched_at > 0`)
	return size, err
}

// ShrinkRemoteMedia removes files of other servers until the rest takes at most so many bytes,
// those first at which nobody has looked for longest; they are fetched again when somebody does. It
// removes up to ForgetBatch and returns their blobs; with fewer of them there is nothing left to
// do. Two processes that do it at the same time remove the same ones.
func (tx *Tx) ShrinkRemoteMedia(ctx context.Context, bytesMax int64) (blobs []string, evicted int, err error) {
	size, err := tx.RemoteMediaSize(ctx)
	if err != nil || size.Bytes <= bytesMax {
		return nil, 0, err
	}
	var oldest []RemoteMedia
	if err := tx.list(ctx, &oldest, `
		SELECT `+remoteColumns+` FROM remote_media WHERE fetched_at > 0 ORDER BY seen_at, bytes, id LIMIT ?`, ForgetBatch); err != nil {
		return nil, 0, err
	}
	for _, m := range oldest {
		if size.Bytes <= bytesMax {
			break
		}
		var of []string
		if err := tx.list(ctx, &of, `SELECT blob FROM file WHERE key IN (?, ?)`, m.FileKey, m.PreviewKey); err != nil {
			return nil, 0, err
		}
		if err := tx.evict(ctx, m); err != nil {
			return nil, 0, err
		}
		size.Bytes -= m.Bytes
		blobs, evicted = append(blobs, of...), evicted+1
	}
	return blobs, evicted, nil
}
