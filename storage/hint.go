package storage

import (
	"context"
	"time"

	"github.com/lib/pq"
)

// The processes on one PostgreSQL tell each other of new work by NOTIFY. It is a hint: everybody
// looks every second anyway. Since a committing transaction with NOTIFY takes a lock of the whole
// database, hints are sent by a statement of their own, at most one every hintEvery.
const (
	hintChannel = "tulou"
	hintEvery   = 50 * time.Millisecond
	hintRetry   = 10 * time.Second
)

// signal wakes the goroutine of a queue in this process and, on PostgreSQL, in the others.
func (s *Store) signal(queue string) {
	s.wakes.signal(queue)
	if s.engine == postgres {
		s.wakes.signal(hintChannel)
	}
}

// hints sends and receives hints until ctx ends.
func (s *Store) hints(ctx context.Context) {
	listener := pq.NewListener(s.url, hintEvery, hintRetry, nil)
	defer listener.Close()
	s.running.Go(func() {
		if err := listener.Listen(hintChannel); err != nil && ctx.Err() == nil {
			s.log.Debug("listen for hints", "err", err)
		}
	})
	pause := time.NewTicker(hintEvery)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case n := <-listener.Notify: // nil after a reconnect: something may have been missed
			if n == nil || n.Extra != s.name {
				s.wakes.signalAll()
			}
		case <-s.wakes.channel(hintChannel):
			if _, err := s.writer.ExecContext(ctx, `SELECT pg_notify($1, $2)`, hintChannel, s.name); err != nil && ctx.Err() == nil {
				s.log.Debug("send a hint", "err", err)
			}
			select {
			case <-pause.C:
			case <-ctx.Done():
				return
			}
		}
	}
}

// signalAll wakes every goroutine that waits for work here.
func (w *wakes) signalAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for name, c := range w.channels {
		if name == hintChannel {
			continue
		}
		select {
		case c <- struct{}{}:
		default:
		}
	}
}
