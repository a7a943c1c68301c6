package node

import (
	"context"
	"log/slog"
	"time"

	"tulou/protocol/ids"
	"tulou/storage"
)

const (
	// readTogether is how long posts wait to be read for searching with those that come next:
	// reading many at once costs a fraction, and nobody looks for a post within the second.
	readTogether = 250 * time.Millisecond
	// readPause is between two parts of much to read, for others who write.
	readPause = 5 * time.Millisecond
	// readBack is how far back a process looks at its start for posts that one of an older version
	// wrote, which ran beside newer ones.
	readBack = 24 * time.Hour
)

// reading has posts read, after they were stored, so that searching finds them. What waits is in
// the database: several processes share it, and a kill loses nothing.
type reading struct {
	store *storage.Store
	log   *slog.Logger
	poll  time.Duration
}

// run reads until ctx ends.
func (r reading) run(ctx context.Context) error {
	if err := r.store.Tx(ctx, func(tx *storage.Tx) error {
		return tx.ReadMissing(ctx, ids.FloorAt(time.Now().Add(-readBack)))
	}); err != nil && ctx.Err() == nil {
		r.log.Warn("look for posts that nobody read", "err", err)
	}
	for ctx.Err() == nil {
		more, err := r.store.ReadPosts(ctx)
		if err != nil && ctx.Err() == nil {
			r.log.Error("read posts for searching", "err", err)
		}
		if more && err == nil {
			wait(ctx, readPause, nil)
			continue
		}
		wait(ctx, r.poll, r.store.Wake(storage.QueueSearch))
		wait(ctx, readTogether, nil)
	}
	return nil
}

// wait returns after a time, at a signal, or when ctx ends.
func wait(ctx context.Context, at time.Duration, signal <-chan struct{}) {
	timer := time.NewTimer(at)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-signal:
	}
}
