package media

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/publicsuffix"

	"tulou/protocol/fault"
)

// remoteOfHost is how many of the files that come in are of one owner of hosts, a quarter of
// remoteAtOnce: enough for a page of a large one, while whoever has a slow one does not hold all
// places.
const remoteOfHost = 4

// owner is what hosts have in common that one owner may have any number of: the domain that was
// registered, below which names cost nothing. Domains below which others register or rent names
// (co.uk, github.io) are none of them, by the list of publicsuffix.org. An address counts with its
// network, as elsewhere (/64 for IPv6), and ports do not.
func owner(host string) string {
	name := host
	if without, _, err := net.SplitHostPort(host); err == nil {
		name = without
	}
	name = strings.Trim(name, "[]")
	if address, err := netip.ParseAddr(name); err == nil {
		if address = address.Unmap(); address.Is6() {
			return netip.PrefixFrom(address.WithZone(""), 64).Masked().String()
		}
		return address.String()
	}
	if registered, err := publicsuffix.EffectiveTLDPlusOne(name); err == nil {
		return registered
	}
	return name // a suffix itself, or a name of this network
}

// arrivals are the places for files that come in. A host is known while one of its files comes or
// waits. It is safe for concurrent use.
type arrivals struct {
	all chan struct{}

	mu    sync.Mutex
	hosts map[string]*arrival
}

type arrival struct {
	places chan struct{}
	users  int // inside or waiting; guarded by arrivals.mu
}

func newArrivals() *arrivals {
	return &arrivals{all: make(chan struct{}, remoteAtOnce), hosts: map[string]*arrival{}}
}

// enter waits for a place: first for one of the host, so that nobody who waits for a host holds a
// place of all.
// The fault is Unavailable if that takes longer than remoteWaits.
func (a *arrivals) enter(ctx context.Context, host string) (leave func(), err error) {
	host = owner(host)
	at := a.join(host)
	timer := time.NewTimer(remoteWaits)
	defer timer.Stop()
	taken := []chan struct{}{}
	leave = func() {
		for _, place := range taken {
			<-place
		}
		a.part(host)
	}
	for _, place := range []chan struct{}{at.places, a.all} {
		select {
		case place <- struct{}{}:
			taken = append(taken, place)
		case <-timer.C:
			leave()
			return nil, fault.New(fault.Unavailable, "too many files are coming")
		case <-ctx.Done():
			leave()
			return nil, ctx.Err()
		}
	}
	return leave, nil
}

func (a *arrivals) join(host string) *arrival {
	a.mu.Lock()
	defer a.mu.Unlock()
	at := a.hosts[host]
	if at == nil {
		at = &arrival{places: make(chan struct{}, remoteOfHost)}
		a.hosts[host] = at
	}
	at.users++
	return at
}

func (a *arrivals) part(host string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.hosts[host].users--; a.hosts[host].users == 0 {
		delete(a.hosts, host)
	}
}
