package storage

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tulou/protocol/fault"
)

// committer is the one goroutine that commits on behalf of many. Whoever waits while it is busy
// with the disk goes into the next group, so the cost of a durable commit is shared exactly when
// there is something to share, and nobody waits for a timer.
type committer struct {
	store *Store
	queue chan *unit
	gone  chan struct{} // closed when nobody commits any more
}

type unit struct {
	about string
	fn    func(*Tx) error
	tx    *Tx
	err   error
	done  chan struct{}
}

// groupMax bounds how many writers share a commit, so that the first does not wait for thousands.
const groupMax = 256

func newCommitter(store *Store) *committer {
	return &committer{store: store, queue: make(chan *unit, groupMax), gone: make(chan struct{})}
}

// submit hands fn over and waits until it is committed, or undone. Once handed over it is not
// abandoned: the answer says what really happened.
func (c *committer) submit(ctx context.Context, about string, fn func(*Tx) error) error {
	u := &unit{about: about, fn: fn, done: make(chan struct{})}
	select {
	case c.queue <- u:
	case <-ctx.Done():
		return ctx.Err()
	case <-c.gone:
		return errClosed
	}
	select {
	case <-u.done:
		return u.err
	case <-c.gone:
		select {
		case <-u.done:
			return u.err
		default:
			return errClosed
		}
	}
}

var errClosed = fault.New(fault.Unavailable, "the node is stopping")

// run commits until ctx ends, then what is still in the queue.
func (c *committer) run(ctx context.Context) {
	defer close(c.gone)
	var s *session
	defer func() {
		if s != nil {
			s.close()
		}
	}()
	for {
		var first *unit
		select {
		case first = <-c.queue:
		case <-ctx.Done():
			select {
			case first = <-c.queue:
			default:
				return
			}
		}
		s = c.commit(s, c.collect(first))
	}
}

// collect takes everybody who is waiting now, in the order of what they are about.
func (c *committer) collect(first *unit) []*unit {
	group := c.waiting(first)
	slices.SortStableFunc(group, func(a, b *unit) int { return strings.Compare(a.about, b.about) })
	return group
}

func (c *committer) waiting(first *unit) []*unit {
	group := []*unit{first}
	for len(group) < groupMax {
		select {
		case u := <-c.queue:
			group = append(group, u)
		default:
			return group
		}
	}
	return group
}

// commit runs a group, tells its members, and returns the session for the next one, nil if it
// broke.
func (c *committer) commit(s *session, group []*unit) *session {
	ctx := context.Background()
	err := retry(ctx, func() (err error) {
		if s == nil {
			if s, err = c.store.newSession(ctx); err != nil {
				return err
			}
		}
		err = c.attempt(s, group)
		if broken(err) {
			s.close()
			s = nil
		}
		return err
	})
	for _, u := range group {
		if err != nil && u.err == nil {
			u.err = away(err)
		}
		if u.err == nil {
			u.tx.committed()
		}
		close(u.done)
	}
	return s
}

// attempt runs every member once and commits. Its error is one of the whole group; errors of single
// members are left with them.
func (c *committer) attempt(s *session, group []*unit) error {
	if err := s.begin(); err != nil {
		return err
	}
	for _, u := range group {
		u.tx, u.err = c.store.newTx(s), nil
		if len(group) == 1 {
			u.err = call(u.fn, u.tx)
		} else {
			u.err = u.tx.Savepoint(func() error { return u.fn(u.tx) })
		}
		if retryable(u.err) || broken(u.err) {
			return s.undo(u.err)
		}
	}
	if len(group) == 1 && group[0].err != nil {
		if err := s.undo(group[0].err); broken(err) {
			return err
		}
		return nil
	}
	err := s.run(`COMMIT`)
	switch {
	case err == nil:
		return nil
	case c.store.engine == postgres: // for members of a Group twice is once
		return s.undo(fmt.Errorf("commit: %w", err))
	}
	return s.rollback(fmt.Errorf("commit: %w", err))
}
