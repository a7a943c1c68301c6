package storage

import (
	"context"
	"fmt"
	"math/rand/v2" // spreads retries; nobody gains by guessing it
	"runtime/debug"
	"time"

	"tulou/protocol/fault"
)

// Tx is one transaction, or one part of a group that is committed at once. It is used by one
// goroutine and is dead when the function it was given to returns.
type Tx struct {
	Reader
	store    *Store
	session  *session
	onCommit []func()
}

// attemptsMax is how often a transaction is run that keeps losing against others. With the pauses
// of retry that is about three seconds, longer than any transaction of ours holds a lock.
const attemptsMax = 12

// Tx runs fn in a transaction and commits it; an error of fn rolls back and is returned. fn may run
// more than once, so it has no effects but through tx: no network, no signals, no nested Tx. On
// SQLite transactions that wait at the same time share one commit, each in a savepoint of its own.
func (s *Store) Tx(ctx context.Context, fn func(tx *Tx) error) error {
	if s.engine == sqlite {
		return s.committer.submit(ctx, "", fn)
	}
	return s.txOver(ctx, s.sessions, fn)
}

// txOver is Tx over some of the connections to PostgreSQL.
func (s *Store) txOver(ctx context.Context, some *sessions, fn func(tx *Tx) error) error {
	var tx *Tx
	err := retry(ctx, func() error {
		return some.use(ctx, func(session *session) (err error) {
			tx, err = s.commitOne(session, fn)
			return err
		})
	})
	if err != nil {
		return away(err)
	}
	tx.committed()
	return nil
}

// away makes what a lost connection or lost conflicts left undone fault.Unavailable: nothing is
// wrong with the request, and it may be made again.
func away(err error) error {
	if (broken(err) || retryable(err)) && !fault.Is(err, fault.Unavailable) {
		return fault.Wrap(err, fault.Unavailable, "the database does not answer just now; try again")
	}
	return err
}

// Group is Tx for many small writes at once, such as accepting activities: on both engines those
// that wait share one commit, which is what makes a durable answer cheap. about is the row that fn
// shares with others (AboutHost, AboutLane): members run in its order, which is the order in which
// ClaimLanes and Deliver take such rows, so that on PostgreSQL nobody waits for others in a circle.
// If PostgreSQL does not say what became of a commit, because the connection broke, all of it is
// done again: fn is such that twice is once.
func (s *Store) Group(ctx context.Context, about string, fn func(tx *Tx) error) error {
	return s.committer.submit(ctx, about, fn)
}

// AboutHost and AboutLane name what a member of a Group is about. Hosts come before lanes, as they
// do in a transaction that answers an activity and gives its lane back.
func AboutHost(host string) string { return "host " + host }

// AboutLane is AboutHost for lanes.
func AboutLane(name string) string { return "lane " + name }

func (s *Store) commitOne(session *session, fn func(*Tx) error) (*Tx, error) {
	if err := session.begin(); err != nil {
		return nil, err
	}
	tx := s.newTx(session)
	if err := call(fn, tx); err != nil {
		return nil, session.undo(err)
	}
	if err := session.run(`COMMIT`); err != nil {
		return nil, session.rollback(fmt.Errorf("commit: %w", err))
	}
	return tx, nil
}

// retry runs fn until its error is not a lost conflict.
func retry(ctx context.Context, fn func() error) (err error) {
	for attempt := range attemptsMax {
		if err = fn(); err == nil || !retryable(err) {
			return err
		}
		pause := time.Duration(1+rand.IntN(1<<min(attempt, 9))) * time.Millisecond
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
	return fmt.Errorf("gave up after %d conflicts: %w", attemptsMax, err)
}

func (s *Store) newTx(session *session) *Tx {
	return &Tx{Reader: Reader{q: session}, store: s, session: session}
}

// OnCommit has fn called after the transaction is durable, in the order of asking, before whoever
// called Store.Tx goes on. If the transaction does not commit, fn is never called. It must not
// block.
func (tx *Tx) OnCommit(fn func()) { tx.onCommit = append(tx.onCommit, fn) }

// NewID is Store.NewID.
func (tx *Tx) NewID() (int64, time.Time) { return tx.store.NewID() }

// IDAt is Store.IDAt.
func (tx *Tx) IDAt(t time.Time) int64 { return tx.store.IDAt(t) }

// Savepoint runs fn so that its error undoes only what it did; the error is returned and the
// transaction goes on, except after an error that only running the whole again can mend.
func (tx *Tx) Savepoint(fn func() error) error {
	hooks := len(tx.onCommit)
	if err := tx.session.run(`SAVEPOINT part`); err != nil {
		return err
	}
	err := call(func(*Tx) error { return fn() }, tx)
	if err == nil {
		return tx.session.run(`RELEASE SAVEPOINT part`)
	}
	tx.onCommit = tx.onCommit[:hooks]
	for _, undo := range []string{`ROLLBACK TO SAVEPOINT part`, `RELEASE SAVEPOINT part`} {
		if e := tx.session.run(undo); e != nil {
			return fmt.Errorf("%w: %w: %w", err, errRollback, e)
		}
	}
	return err
}

func (tx *Tx) committed() {
	for _, fn := range tx.onCommit {
		fn()
	}
}

// call runs fn and turns a panic into an error, so that one bad writer harms nobody else's commit.
func call(fn func(*Tx) error, tx *Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in transaction: %v\n%s", p, debug.Stack())
		}
	}()
	return fn(tx)
}
