package node

import (
	"context"
	"fmt"
	"time"

	"tulou/storage"
)

// How often old things are cleared away. Once a day is enough for what is kept for days; what
// expires within minutes goes every hour.
const (
	daily  = 24 * time.Hour
	hourly = time.Hour
)

// retention registers the recurring jobs that keep tables from growing for ever. How long things
// stay is in storage.
func (n *Node) retention() {
	n.workers.handle("retention.received", daily, n.forgetReceived)
	n.workers.handle("retention.posts", daily, n.forgetPosts)
	n.workers.handle("retention.moments", daily, n.forgetMoments)
	n.workers.handle("retention.large", hourly, n.forgetLarge)
	n.workers.handle("retention.requests", hourly, n.forgetRequests)
	n.workers.handle("retention.queue", hourly, n.forgetQueue)
	n.workers.handle("retention.log", hourly, func(ctx context.Context, _ storage.Job) error { return n.store.ForgetLog(ctx) })
	n.workers.handle("retention.expired", hourly, n.once(func(ctx context.Context, tx *storage.Tx) error {
		return tx.ForgetExpired(ctx, time.Now())
	}))
	n.workers.handle("retention.remote", hourly, func(ctx context.Context, _ storage.Job) error {
		return n.remote.Forget(ctx, time.Duration(n.config.MediaCacheDays)*daily)
	})
	n.workers.handle("retention.uploads", hourly, func(ctx context.Context, _ storage.Job) error { return n.media.Forget(ctx) })
	n.workers.handle("retention.blobs", daily, func(ctx context.Context, _ storage.Job) error { return n.media.Sweep(ctx) })
	n.workers.handle("retention.apps", daily, n.forgetApps)
	n.workers.handle("retention.homes", daily, n.rounds((*storage.Tx).ForgetHomes))
	n.workers.handle("retention.strangers", daily, n.forgetStrangers)
	n.workers.handle(storage.JobRebuild, 0, n.store.Rebuild)
}

// once makes a job of one transaction.
func (n *Node) once(do func(context.Context, *storage.Tx) error) jobFunc {
	return func(ctx context.Context, _ storage.Job) error {
		return n.store.Tx(ctx, func(tx *storage.Tx) error { return do(ctx, tx) })
	}
}

// rounds makes a job of transactions that each go on after the last row of the one before, which
// they return, 0 at the end.
func (n *Node) rounds(part func(tx *storage.Tx, ctx context.Context, after int64) (int64, error)) jobFunc {
	return func(ctx context.Context, _ storage.Job) error {
		for last := int64(0); ; {
			var next int64
			err := n.store.Tx(ctx, func(tx *storage.Tx) (err error) {
				next, err = part(tx, ctx, last)
				return err
			})
			if err != nil || next == 0 {
				return err
			}
			last = next
		}
	}
}

// batches repeats a transaction that forgets a bounded number of rows until there are fewer.
func (n *Node) batches(ctx context.Context, forget func(context.Context, *storage.Tx) (int64, error)) error {
	for {
		var count int64
		err := n.store.Tx(ctx, func(tx *storage.Tx) (err error) {
			count, err = forget(ctx, tx)
			return err
		})
		if err != nil || count < storage.ForgetBatch {
			return err
		}
	}
}

func (n *Node) forgetReceived(ctx context.Context, _ storage.Job) error {
	before := func(keep time.Duration, forget func(*storage.Tx, context.Context, time.Time) (int64, error)) error {
		limit := time.Now().Add(-keep)
		return n.batches(ctx, func(ctx context.Context, tx *storage.Tx) (int64, error) { return forget(tx, ctx, limit) })
	}
	if err := before(storage.KeepBodies, (*storage.Tx).ForgetBodies); err != nil {
		return fmt.Errorf("forget bodies: %w", err)
	}
	if err := before(storage.KeepReceived, (*storage.Tx).ForgetReceived); err != nil {
		return fmt.Errorf("forget received activities: %w", err)
	}
	if err := before(storage.KeepTombstones, (*storage.Tx).ForgetTombstones); err != nil {
		return fmt.Errorf("forget tombstones: %w", err)
	}
	return nil
}

func (n *Node) forgetLarge(ctx context.Context, _ storage.Job) error {
	limit := time.Now().Add(-storage.KeepLarge)
	forget := func(ctx context.Context, tx *storage.Tx) (int64, error) { return tx.ForgetLarge(ctx, limit) }
	if err := n.batches(ctx, forget); err != nil {
		return fmt.Errorf("forget large bodies: %w", err)
	}
	return nil
}

func (n *Node) forgetApps(ctx context.Context, _ storage.Job) error {
	limit := time.Now().Add(-storage.KeepUnusedApps)
	forget := func(ctx context.Context, tx *storage.Tx) (int64, error) { return tx.ForgetApps(ctx, limit) }
	if err := n.batches(ctx, forget); err != nil {
		return fmt.Errorf("forget apps: %w", err)
	}
	return nil
}

func (n *Node) forgetPosts(ctx context.Context, job storage.Job) error {
	limit := time.Now().Add(-storage.KeepRemotePosts)
	forget := n.rounds(func(tx *storage.Tx, ctx context.Context, after int64) (int64, error) {
		return tx.ForgetRemotePosts(ctx, limit, after)
	})
	if err := forget(ctx, job); err != nil {
		return fmt.Errorf("forget posts of others: %w", err)
	}
	return nil
}

func (n *Node) forgetRequests(ctx context.Context, _ storage.Job) error {
	limit := time.Now().Add(-storage.KeepFriendRequests)
	forget := func(ctx context.Context, tx *storage.Tx) (int64, error) { return tx.ForgetFriendRequests(ctx, limit) }
	if err := n.batches(ctx, forget); err != nil {
		return fmt.Errorf("forget requests of friends: %w", err)
	}
	return nil
}

func (n *Node) forgetStrangers(ctx context.Context, job storage.Job) error {
	limit := time.Now().Add(-storage.KeepStrangers)
	people := n.rounds(func(tx *storage.Tx, ctx context.Context, after int64) (int64, error) {
		return tx.ForgetStrangers(ctx, limit, after)
	})
	if err := people(ctx, job); err != nil {
		return fmt.Errorf("forget people of others: %w", err)
	}
	hosts := func(ctx context.Context, tx *storage.Tx) (int64, error) { return tx.ForgetDestinations(ctx, limit) }
	if err := n.batches(ctx, hosts); err != nil {
		return fmt.Errorf("forget hosts: %w", err)
	}
	return nil
}

func (n *Node) forgetQueue(ctx context.Context, _ storage.Job) error {
	limit := time.Now().Add(-storage.KeepDead)
	if err := n.batches(ctx, func(ctx context.Context, tx *storage.Tx) (int64, error) { return tx.ForgetDead(ctx, limit) }); err != nil {
		return fmt.Errorf("forget dead jobs: %w", err)
	}
	forget := func(ctx context.Context, tx *storage.Tx) (int64, error) { return tx.ForgetPayloads(ctx) }
	if err := n.batches(ctx, forget); err != nil {
		return fmt.Errorf("forget payloads: %w", err)
	}
	return nil
}
