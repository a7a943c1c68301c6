package ids

import (
	"strconv"
	"sync"
	"time"
)

// The bits of a snowflake from the top: 41 of milliseconds since 1970, 10 of worker, 12 of
// sequence.
const (
	workerBits   = 10
	sequenceBits = 12
	timeShift    = workerBits + sequenceBits

	// Workers is how many worker numbers there are.
	Workers = 1 << workerBits
)

// AheadMax is how far ahead of this node's clock something may say that it was published. Posts
// made at once have instants ahead of their server's clock, a millisecond apart (see Next), and
// clocks of servers differ a little; taking all that for now would lose the order of such posts. A
// second is enough for both, and too short to stay on top of a timeline.
const AheadMax = time.Second

// Snowflakes makes 64-bit ids that sort by time. Clients page by them, so an id is a place in a
// timeline: a post that arrives late gets the id of the time at which it was published, and one
// that claims to come from the future gets an id at most AheadMax ahead. It is safe for concurrent
// use.
type Snowflakes struct {
	worker int64

	mu   sync.Mutex
	last int64         // the millisecond of the newest id made by Next
	ring [4096]counter // sequences of recent milliseconds, by millisecond modulo its size
	late int64         // sequence of milliseconds whose place in ring a newer one has
}

type counter struct {
	ms  int64
	seq int64
}

// NewSnowflakes returns a generator for a worker number, which no other living process may share.
func NewSnowflakes(worker int) *Snowflakes {
	return &Snowflakes{worker: int64(worker) & (Workers - 1)}
}

// Next returns an id for something that happens now, together with the instant that it stands for.
// Instants of one generator are strictly increasing by at least a millisecond, so that the
// published times of posts tell their order to other servers, too.
func (s *Snowflakes) Next(now time.Time) (int64, time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ms := max(now.UnixMilli(), s.last+1)
	s.last = ms
	return s.at(ms), time.UnixMilli(ms).UTC()
}

// At returns an id for something published at t, clamped to AheadMax after now. Ids asked for the
// same millisecond sort in the order of asking. Ids of the last three seconds and of those ahead
// are never made twice; one of an older instant may have been made before, so whoever stores it
// looks.
func (s *Snowflakes) At(t, now time.Time) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at(max(0, min(t.UnixMilli(), now.Add(AheadMax).UnixMilli())))
}

func (s *Snowflakes) at(ms int64) int64 {
	c := &s.ring[ms%int64(len(s.ring))]
	next := &c.seq
	switch {
	case c.ms < ms:
		*c = counter{ms: ms}
	case c.ms > ms: // what is made for now must not begin anew because something old came between
		next = &s.late
	}
	seq := *next
	*next = (seq + 1) & (1<<sequenceBits - 1)
	return ms<<timeShift | s.worker<<sequenceBits | seq
}

// FloorAt returns the smallest id of an instant, for "since" and "until" questions.
func FloorAt(t time.Time) int64 { return t.UnixMilli() << timeShift }

// Format writes an id as clients see it: a decimal string.
func Format(id int64) string { return strconv.FormatInt(id, 10) }

// Parse reads an id from a client; ok is false for anything that is not a positive number.
func Parse(text string) (id int64, ok bool) {
	id, err := strconv.ParseInt(text, 10, 64)
	return id, err == nil && id > 0
}
