package storage

import (
	"context"
	"sync"
	"time"
)

const (
	// aliveFor is how long a process is believed to live after it last said so: short, because what
	// it had leased rests for as long when it was killed, and long enough for a stall of a disk.
	aliveFor = 6 * time.Second
	// aliveEvery is how often a process says that it lives, so that it may miss a turn.
	aliveEvery = 2 * time.Second
	// leaveWithin is how long a process that stops waits for a database that does not answer.
	leaveWithin = 3 * time.Second
	// clock is the present instant by PostgreSQL's clock, since those of two machines differ.
	clock = `CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)`
)

// Join says that this process is about to work, before it leases anything, and frees what processes
// had leased that are gone. The caller calls leave when it has stopped working.
//
// On SQLite, where one process works on a database, every holder is gone that is not this process.
// On PostgreSQL others may be alive. Each has a row that it renews; whoever finds one that was not
// renewed removes it and frees its leases, at most aliveFor + aliveEvery after a kill.
//
// A process that only slept, and two that share a SQLite file after all, notice that their leases
// were taken when they give them back. Leases of a process that lives and does not end its work are
// free after LeaseFor, on both engines.
func (s *Store) Join(ctx context.Context) (leave func(), err error) {
	if s.engine == sqlite {
		return func() {}, s.Tx(ctx, func(tx *Tx) error { return tx.freeLeases(ctx, "") })
	}
	if err := s.Tx(ctx, func(tx *Tx) error { return tx.stayAlive(ctx, true) }); err != nil {
		return nil, err
	}
	living, stop := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() { s.stayAlive(living) })
	return func() {
		stop()
		running.Wait()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveWithin)
		defer cancel()
		if err := s.Tx(ctx, func(tx *Tx) error { return tx.leave(ctx) }); err != nil {
			s.log.Error("leave the database to others", "err", err) // they find out in a moment
		}
	}, nil
}

// stayAlive renews the row of this process until ctx ends, over a connection of its own: a process
// whose writers all wait for something is alive.
func (s *Store) stayAlive(ctx context.Context) {
	own := newSessions(s, 1)
	defer own.close()
	renew := time.NewTicker(aliveEvery)
	defer renew.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-renew.C:
		}
		try, cancel := context.WithTimeout(ctx, aliveFor)
		err := s.txOver(try, own, func(tx *Tx) error { return tx.stayAlive(try, false) })
		cancel()
		if err != nil && ctx.Err() == nil {
			s.log.Error("tell the others that this process lives", "err", err)
		}
	}
}

// stayAlive renews the row of this process and buries those who did not renew theirs. A process
// that is late itself buries nobody: perhaps it was the database that stood still, for all of them.
func (tx *Tx) stayAlive(ctx context.Context, first bool) error {
	inTime, err := tx.exec(ctx, `UPDATE process SET alive_until = `+clock+` + ? WHERE name = ? AND alive_until >= `+clock,
		aliveFor.Milliseconds(), tx.store.name)
	if err == nil && inTime == 0 {
		_, err = tx.exec(ctx, `
			INSERT INTO process (name, alive_until) VALUES (?, `+clock+` + ?)
			ON CONFLICT (name) DO UPDATE SET alive_until = excluded.alive_until`, tx.store.name, aliveFor.Milliseconds())
	}
	if err != nil || inTime == 0 && !first {
		return err
	}
	var gone []string
	if err := tx.list(ctx, &gone, `DELETE FROM process WHERE alive_until < `+clock+` RETURNING name`); err != nil {
		return err
	}
	for _, name := range gone {
		if err := tx.freeLeases(ctx, name); err != nil {
			return err
		}
		tx.OnCommit(func() { tx.store.log.Info("a process is gone, others go on with its work") })
	}
	return nil
}

// leave frees what this process still has and removes its row.
func (tx *Tx) leave(ctx context.Context) error {
	if _, err := tx.exec(ctx, `DELETE FROM process WHERE name = ?`, tx.store.name); err != nil {
		return err
	}
	return tx.freeLeases(ctx, tx.store.name)
}

// freeLeases ends the leases of a process, those of all if it has no name. If it lives after all,
// it finds that it is not their holder.
func (tx *Tx) freeLeases(ctx context.Context, process string) error {
	for _, table := range []string{`lane`, `destination`} {
		if _, err := tx.exec(ctx, `
			UPDATE `+table+` SET lease_until = 0, holder = '' WHERE lease_until > 0 AND substr(holder, 1, ?) = ?`,
			len(process), process); err != nil {
			return err
		}
	}
	tx.OnCommit(tx.store.wakes.signalAll)
	return nil
}
