package fetch

import (
	"context"
	"sync"
	"time"

	"tulou/protocol/fault"
)

// places bounds how many requests to one host are under way. It knows a host only while somebody
// is there or waits: a peer that names a million hosts leaves nothing behind.
type places struct {
	mu    sync.Mutex
	hosts map[string]*place
}

type place struct {
	free  chan struct{} // holds one token per request under way
	users int           // inside or waiting; guarded by places.mu
}

func newPlaces() *places { return &places{hosts: map[string]*place{}} }

// enter waits for a place at host and returns the function that gives it back, to be called once.
// The fault is Unavailable if too many wait already or Timeout passes.
func (p *places) enter(ctx context.Context, host string) (leave func(), err error) {
	at, ok := p.join(host)
	if !ok {
		return nil, fault.New(fault.Unavailable, "too many requests wait for %s", host)
	}
	timer := time.NewTimer(Timeout)
	defer timer.Stop()
	select {
	case at.free <- struct{}{}:
		return func() { <-at.free; p.part(host) }, nil
	case <-timer.C:
		err = fault.New(fault.Unavailable, "requests to %s take too long", host)
	case <-ctx.Done():
		err = networkFault(host, ctx.Err())
	}
	p.part(host)
	return nil, err
}

func (p *places) join(host string) (*place, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.hosts[host]
	if at == nil {
		at = &place{free: make(chan struct{}, HostRequestsMax)}
		p.hosts[host] = at
	}
	if at.users == HostRequestsMax+HostWaitersMax {
		return nil, false
	}
	at.users++
	return at, true
}

func (p *places) part(host string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.hosts[host]
	if at.users--; at.users == 0 {
		delete(p.hosts, host)
	}
}
