package notify

import (
	"maps"
	"math/rand/v2" // spreads tries; nobody gains by guessing it
	"sync"
	"time"

	"tulou/protocol/ids"
)

const (
	// pushesAtOnce is how many messages are on their way to one push service at a time: a quarter of
	// the places for background jobs, so that a service that answers nobody leaves the others theirs.
	pushesAtOnce = 4
	// pushServiceFails is after how many failures in a row a service is left alone as a whole, and
	// not asked once for everybody who uses it.
	pushServiceFails = 2 * pushesAtOnce
	// pushServicePause is for how long then, and pushBusyPause how long a message waits for its
	// turn. Both are prolonged by up to as much again, or all would come back at once.
	pushServicePause = time.Minute
	pushBusyPause    = pushWithin
	// pushServicesMax is how many services are remembered that failed: there are a dozen, and as many
	// more as somebody invents.
	pushServicesMax = 1024
)

// pushServices knows how the push services do, by host. It is a hint, which every process has for
// itself: what is to be pushed is in the database. It is safe for concurrent use.
type pushServices struct {
	mu sync.Mutex
	of map[string]pushService
}

type pushService struct {
	busy     int
	failures int       // in a row
	until    time.Time // it is left alone
}

// enter takes a turn at the service of an endpoint; without one, it is later when to try again.
func (p *pushServices) enter(endpoint string, now time.Time) (later time.Time, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	host := ids.Host(endpoint)
	s := p.of[host]
	switch {
	case now.Before(s.until):
		return s.until.Add(rand.N(pushServicePause)), false
	case s.busy >= pushesAtOnce:
		return now.Add(pushBusyPause + rand.N(pushBusyPause)), false
	}
	s.busy++
	if p.of == nil {
		p.of = map[string]pushService{}
	}
	if len(p.of) >= pushServicesMax {
		maps.DeleteFunc(p.of, func(_ string, s pushService) bool { return s.busy == 0 && !now.Before(s.until) })
	}
	p.of[host] = s
	return time.Time{}, true
}

// leave ends a turn.
func (p *pushServices) leave(endpoint string) {
	p.change(endpoint, func(s *pushService) { s.busy-- })
}

// judge notes, within a turn, whether a service answered or failed.
func (p *pushServices) judge(endpoint string, failed bool, now time.Time) {
	p.change(endpoint, func(s *pushService) { s.judge(failed, now) })
}

func (s *pushService) judge(failed bool, now time.Time) {
	if s.failures++; !failed {
		s.failures, s.until = 0, time.Time{}
	}
	if s.failures >= pushServiceFails {
		s.until = now.Add(pushServicePause)
	}
}

func (p *pushServices) change(endpoint string, change func(*pushService)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	host := ids.Host(endpoint)
	s := p.of[host]
	change(&s)
	if p.of[host] = s; s.busy == 0 && s.failures == 0 {
		delete(p.of, host)
	}
}
