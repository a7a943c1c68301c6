package media

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"tulou/storage"
)

// Files of other servers may take so much of a disk and no more. What takes the room is counted in
// the database, for all processes; those at which nobody looked for longest go first, and what they
// take of the disk goes with them.

// roomCheckedFor is after which part of the limit a process looks again how much is taken, beside
// the hourly look: several processes together go beyond it by as many such parts.
const roomCheckedFor = 100

// room is how much files of other servers may take.
type room struct {
	bytesMax int64        // 0: as much as there is
	came     atomic.Int64 // bytes, since it was last looked how much is taken
}

// looked notes that somebody looks at a file, which goes later then. It is not worth an error: the
// file is there.
func (r *Remote) looked(ctx context.Context, m storage.RemoteMedia) {
	if time.Since(m.SeenAt.Time()) < storage.SeenEvery {
		return
	}
	ctx = context.WithoutCancel(ctx)
	if err := r.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.SeenRemoteMedia(ctx, m.ID, time.Now()) }); err != nil {
		r.Log.WarnContext(ctx, "note that a file is looked at", "err", err)
	}
}

// filled notes that a file came in, and makes room if that may be needed by now.
func (r *Remote) filled(ctx context.Context, bytes int64) {
	if r.room.bytesMax == 0 || r.room.came.Add(bytes) < r.room.bytesMax/roomCheckedFor {
		return
	}
	r.room.came.Store(0)
	if err := r.makeRoom(ctx); err != nil && ctx.Err() == nil {
		r.Log.WarnContext(ctx, "make room for media of others", "err", err)
	}
}

// makeRoom removes what is beyond the limit, and what it takes of the disk.
func (r *Remote) makeRoom(ctx context.Context) error {
	if r.room.bytesMax == 0 {
		return nil
	}
	for evicted := storage.ForgetBatch; evicted >= storage.ForgetBatch; {
		var blobs []string
		err := r.Store.Tx(ctx, func(tx *storage.Tx) (err error) {
			blobs, evicted, err = tx.ShrinkRemoteMedia(ctx, r.room.bytesMax)
			return err
		})
		if err == nil {
			err = r.Blobs.Collect(ctx, blobs, time.Now().Add(-settledAge), r.Store.UsedBlobs)
		}
		if err != nil {
			return fmt.Errorf("make room for media of others: %w", err)
		}
	}
	return nil
}
