package node

import (
	"context"
	"log/slog"
	"time"

	"tulou/storage"
)

// events tells the parts of this process what other processes of the node did: the command line
// beside a running node, or its peers on one database. It reads the events table every second, so a
// revoked token's streams close within two.
type events struct {
	store *storage.Store
	log   *slog.Logger
	poll  time.Duration
	told  map[string][]func(payload string)
	seen  map[int64]bool
	since time.Time // when the newest one seen was made
}

func newEvents(store *storage.Store, log *slog.Logger) *events {
	return &events{store: store, log: log, poll: storage.EventsEvery, told: map[string][]func(string){}, seen: map[int64]bool{}}
}

// on has tell called with the payload of every event of a kind, on one goroutine; it must not
// block. Events may be told again after a restart. Call it before run.
func (e *events) on(kind string, tell func(payload string)) {
	e.told[kind] = append(e.told[kind], tell)
}

// run reads until ctx ends.
func (e *events) run(ctx context.Context) error {
	e.since = time.Now()
	tick := time.NewTicker(e.poll)
	defer tick.Stop()
	for {
		if err := e.read(ctx); err != nil && ctx.Err() == nil {
			e.log.Warn("read events", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-e.store.Wake(storage.QueueEvents):
		}
	}
}

// read tells about the events that were not seen. They may come late and out of order, because a
// transaction that commits last may have taken its id first.
func (e *events) read(ctx context.Context) error {
	found, err := e.store.EventsSince(ctx, e.since, e.seen)
	if err != nil {
		return err
	}
	for _, event := range found {
		// A process whose clock is ahead must not make us blind for the events of the others.
		if made := event.CreatedAt.Time(); made.After(e.since) && !made.After(time.Now()) {
			e.since = made
		}
		for _, tell := range e.told[event.Kind] {
			tell(event.Payload)
		}
	}
	return nil
}
