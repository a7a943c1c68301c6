package media

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"tulou/protocol/fault"
)

// If this failed, whoever has one slow server could keep everybody from the pictures of all others.
func TestFilesOfOneHostDoNotHoldAllPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newArrivals()
		var leave []func()
		enter := func(host string) {
			t.Helper()
			out, err := a.enter(t.Context(), host)
			check(t, err)
			leave = append(leave, out)
		}
		for range remoteOfHost {
			enter("slow.example")
		}
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := a.enter(short, "slow.example"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("one more of the same: %v", err)
		}
		for i := range remoteAtOnce - remoteOfHost {
			enter(strconv.Itoa(i) + ".example")
		}
		began := time.Now()
		if _, err := a.enter(t.Context(), "other.example"); !fault.Is(err, fault.Unavailable) || time.Since(began) != remoteWaits {
			t.Errorf("one more of all: %v after %s", err, time.Since(began))
		}
		for _, out := range leave {
			out()
		}
		if len(a.hosts) != 0 || len(a.all) != 0 {
			t.Errorf("%d hosts and %d places are left", len(a.hosts), len(a.all))
		}
	})
}
