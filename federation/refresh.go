package federation

import (
	"context"
	"time"

	"tulou/federation/fetch"
	"tulou/storage"
)

// Not every server tells of every change of its people: an Update may be lost, or never be sent. So
// what is known of an actor is read again now and then, as long as they are heard of.

const (
	// staleAfter is how old what is known of an actor may be before it is read again.
	staleAfter = 24 * time.Hour
	// staleAgain is how soon an actor is asked for again who could not be had: their server speaks,
	// but may refuse us.
	staleAgain = 6 * time.Hour
	// staleMax is how many actors who were asked for are remembered, at about 100 bytes each.
	staleMax = 20_000
	// refreshesAtOnce is how many are read at a time. Nobody waits for them, so they must not take
	// the places of fetches that somebody waits for.
	refreshesAtOnce = 4
)

// refreshStale reads an actor again whose data is old, beside everything else. It does nothing if
// enough others are being read, since more of the actor will come, and returns at once.
func (e *Engine) refreshStale(ctx context.Context, actor storage.Account) {
	if actor.ID == 0 || actor.Local() || actor.SuspendedAt != 0 || actor.DeletedAt != 0 ||
		time.Since(actor.FetchedAt.Time()) < staleAfter || ctx.Err() != nil {
		return
	}
	if !e.refreshes.TryAcquire(1) {
		return
	}
	if !e.refreshed.add(actor.URI, struct{}{}) {
		e.refreshes.Release(1)
		return
	}
	go func() {
		defer e.refreshes.Release(1)
		ctx, cancel := context.WithTimeout(fetch.WithBudget(ctx), needsWithin)
		defer cancel()
		// Not RefreshAccount: its fetch goes on when the node stops, and this one is waited for.
		if _, err := e.fetchAccount(ctx, actor.URI); err != nil {
			e.log.Debug("an actor could not be read again", "err", err)
		}
	}()
}
