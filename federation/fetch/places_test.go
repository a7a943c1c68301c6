package fetch

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tulou/protocol/fault"
)

// If this fails, a slow host takes all workers, or is flooded by us.
func TestRequestsToOneHostAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int64
		n := newNetwork(t)
		n.serve("busy.example", func(http.ResponseWriter, *http.Request) {
			most.Store(max(most.Load(), now.Add(1)))
			time.Sleep(time.Second)
			now.Add(-1)
		})
		n.serve("idle.example", func(http.ResponseWriter, *http.Request) {})
		c := n.client()
		var group sync.WaitGroup
		var fine, refused atomic.Int64
		for range HostRequestsMax + HostWaitersMax + 10 {
			group.Go(func() {
				switch _, err := c.Get(t.Context(), "http://busy.example/", "*/*"); {
				case err == nil:
					fine.Add(1)
				case fault.Is(err, fault.Unavailable):
					refused.Add(1)
				}
			})
		}
		synctest.Wait()
		start := time.Now()
		if _, err := c.Get(t.Context(), "http://idle.example/", "*/*"); err != nil || time.Since(start) != 0 {
			t.Errorf("another host waits %v: %v", time.Since(start), err)
		}
		group.Wait()
		if most.Load() != HostRequestsMax || fine.Load() != HostRequestsMax+HostWaitersMax || refused.Load() != 10 {
			t.Errorf("%d at once, %d fine, %d refused", most.Load(), fine.Load(), refused.Load())
		}
	})
}

// If this fails, a caller waits without end for a place at a host that never answers.
func TestWaitingForAPlaceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlaces()
		for range HostRequestsMax {
			if _, err := p.enter(t.Context(), "stuck.example"); err != nil {
				t.Fatal(err)
			}
		}
		start := time.Now()
		if _, err := p.enter(t.Context(), "stuck.example"); !Temporary(err) || time.Since(start) != Timeout {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
	})
}

// If this fails, a peer that names many hosts grows our memory for ever.
func TestA067HostsAreForgottenAfterUse(t *testing.T) {
	c := newNetwork(t).client()
	for i := range 200 {
		_, _ = c.Post(t.Context(), fmt.Sprintf("http://h%d.example/inbox", i), ActivityJSON, nil, nil)
	}
	if len(c.hosts.hosts) != 0 {
		t.Errorf("%d hosts are remembered", len(c.hosts.hosts))
	}
}

// If this fails, one activity can make us send any number of requests.
func TestBudgetEndsTheRequestsOfOneActivity(t *testing.T) {
	var requests atomic.Int64
	c := public(t, func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1); r.URL.Path == "/moved" {
			http.Redirect(w, r, "/", http.StatusFound)
		}
	})
	ctx := WithBudget(WithBudget(t.Context()))
	for range BudgetRequests / 2 {
		if _, err := c.Get(WithBudget(ctx), "https://a.example.com/moved", "*/*"); err != nil {
			t.Fatal(err)
		}
	}
	_, err := c.Get(ctx, "https://a.example.com/", "*/*")
	if !fault.Is(err, fault.TooLarge) || Temporary(err) || requests.Load() != BudgetRequests {
		t.Errorf("%v after %d requests", err, requests.Load())
	}
	if _, err := c.Get(t.Context(), "https://a.example.com/", "*/*"); err != nil {
		t.Errorf("without a budget: %v", err)
	}
}
