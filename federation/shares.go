package federation

import "sync"

// shares gives out a bounded amount of something, and to each taker no more than a part of it, so
// that one who takes and never gives back stops nobody else. It is safe for concurrent use.
type shares struct {
	each int64

	mu   sync.Mutex
	free int64
	held map[string]int64 // by taker; nobody who holds nothing is in it
}

func newShares(all, each int64) *shares {
	return &shares{each: each, free: all, held: map[string]int64{}}
}

// take tells whether who got n more.
func (s *shares) take(who string, n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.free || s.held[who]+n > s.each {
		return false
	}
	s.free -= n
	s.held[who] += n
	return true
}

// give returns what was taken.
func (s *shares) give(who string, n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free += n
	if s.held[who] -= n; s.held[who] <= 0 {
		delete(s.held, who)
	}
}
