package storage

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Budget is how often something may be tried before waits begin. They double from First to Most.
type Budget struct {
	Free        int           // tries without a wait
	First, Most time.Duration // the waits after that
	Forget      time.Duration // without a try in this time everything is as at first
}

// Try is one try that is counted under a key. Keys are hashes.
type Try struct {
	Key    string
	Budget Budget
	// Shared budgets are of many people, so that one who succeeds takes back only their own try.
	Shared bool
}

// KeepAttempts is the longest Forget that a Budget may have.
const KeepAttempts = 24 * time.Hour

// Attempt counts a try under all its keys before anybody knows whether it succeeds, so that many at
// once are not one. If one of the keys has to wait, nothing is counted, and wait is how long.
func (tx *Tx) Attempt(ctx context.Context, tries []Try) (wait time.Duration, err error) {
	now := Now()
	rows := map[string]attempt{}
	for _, try := range sortedTries(tries) {
		var a attempt
		if err := tx.get(ctx, &a, `
			INSERT INTO attempt (key, failures, wait_to, made_at) VALUES (?, 0, 0, ?)
			ON CONFLICT (key) DO UPDATE SET failures = attempt.failures
			RETURNING failures, wait_to, made_at`, try.Key, now); err != nil {
			return 0, err
		}
		wait = max(wait, a.WaitTo.Time().Sub(now.Time()))
		rows[try.Key] = a
	}
	if wait > 0 {
		return wait, nil
	}
	for _, try := range sortedTries(tries) {
		a := rows[try.Key].after(try.Budget, now)
		if _, err := tx.exec(ctx, `UPDATE attempt SET failures = ?, wait_to = ?, made_at = ? WHERE key = ?`,
			a.Failures, a.WaitTo, now, try.Key); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

// Succeed takes a try back that turned out to be right.
func (tx *Tx) Succeed(ctx context.Context, tries []Try) error {
	for _, try := range sortedTries(tries) {
		command := `DELETE FROM attempt WHERE key = ?`
		if try.Shared {
			command = `UPDATE attempt SET failures = failures - 1, wait_to = 0 WHERE key = ? AND failures > 0`
		}
		if _, err := tx.exec(ctx, command, try.Key); err != nil {
			return err
		}
	}
	return nil
}

// sortedTries is the order in which rows are locked, so that nobody waits for others in a circle.
func sortedTries(tries []Try) []Try {
	return slices.SortedFunc(slices.Values(tries), func(a, b Try) int { return strings.Compare(a.Key, b.Key) })
}

// attempt is the row of a key.
type attempt struct {
	Failures int
	WaitTo   Millis `db:"wait_to"`
	MadeAt   Millis `db:"made_at"`
}

// after is the row after one more try.
func (a attempt) after(b Budget, now Millis) attempt {
	if now.Time().Sub(a.MadeAt.Time()) > b.Forget {
		a.Failures = 0
	}
	a.Failures++
	a.WaitTo = 0
	if over := a.Failures - b.Free; over > 0 {
		a.WaitTo = At(now.Time().Add(b.wait(over - 1)))
	}
	return a
}

// wait is First doubled so many times, at most Most. It does not overflow however often somebody
// tries: a wait that did would be over before it began.
func (b Budget) wait(doublings int) time.Duration {
	if b.First > b.Most>>doublings {
		return b.Most
	}
	return b.First << doublings
}
