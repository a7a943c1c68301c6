package storage

import (
	"testing"
	"time"
)

// Whoever tries long enough would have no wait any more: doubled often enough, a duration is
// negative.
func TestWaitsDoNotEndByTryingOn(t *testing.T) {
	for _, first := range []time.Duration{time.Millisecond, time.Second, 5 * time.Second, 30 * time.Second, time.Minute, 5 * time.Minute, time.Hour} {
		b := Budget{Free: 3, First: first, Most: time.Hour, Forget: 24 * time.Hour}
		var a attempt
		now := At(time.Now())
		for n := range 2000 {
			before := a.WaitTo.Time().Sub(now.Time())
			a = a.after(b, now)
			a.MadeAt = now
			wait := a.WaitTo.Time().Sub(now.Time())
			switch {
			case n < b.Free:
				if a.WaitTo != 0 {
					t.Fatalf("first %s: try %d waits %s", first, n, wait)
				}
			case wait < first || wait > b.Most || wait < min(before, b.Most):
				t.Fatalf("first %s: after %d tries a wait of %s follows one of %s", first, n+1, wait, before)
			}
		}
	}
}
