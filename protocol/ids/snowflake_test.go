package ids

import (
	"testing"
	"time"
)

// A job, a delivery or a post of ours would get an id that another has, and be refused, because
// something old came in between.
func TestOldPostsDoNotRepeatTheIDsOfNow(t *testing.T) {
	s := NewSnowflakes(7)
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	made := map[int64]bool{}
	note := func(id int64) {
		if made[id] {
			t.Fatalf("the id %d was made twice", id)
		}
		made[id] = true
	}
	place := time.Duration(len(s.ring)) * time.Millisecond
	for range 3 {
		note(s.At(now, now))
		note(s.At(now.Add(-place), now))
		note(s.At(now.Add(-1000*place), now))
	}
	id, _ := s.Next(now)
	note(id)
}

// Posts of a server that knows only seconds would lose their order.
func TestIDsOfOneInstantSortAsAskedFor(t *testing.T) {
	s := NewSnowflakes(0)
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	last := int64(0)
	for range 100 {
		id := s.At(now.Add(-time.Hour), now)
		if id <= last || timeOf(id) != now.Add(-time.Hour) {
			t.Fatalf("%d after %d", id, last)
		}
		last = id
	}
}

// Two posts of ours would have one instant, and other servers would not know their order.
func TestOwnPostsHaveInstantsOfTheirOwn(t *testing.T) {
	s := NewSnowflakes(1)
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	first, at := s.Next(now)
	second, later := s.Next(now.Add(-time.Second)) // the clock was set back
	if !later.After(at) || second <= first {
		t.Errorf("%d at %v, then %d at %v", first, at, second, later)
	}
}

// Posts that another server made at once would lose their order here, or those of a wrong clock
// stay on top.
func TestOthersMayBeASecondAheadAndNoMore(t *testing.T) {
	s := NewSnowflakes(1)
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	later := s.At(now.Add(2*time.Millisecond), now)
	if earlier := s.At(now.Add(time.Millisecond), now); earlier >= later {
		t.Errorf("%d is not before %d", earlier, later)
	}
	for ahead, want := range map[time.Duration]time.Duration{
		AheadMax: AheadMax, AheadMax + time.Millisecond: AheadMax, 24 * time.Hour: AheadMax,
	} {
		if got := timeOf(s.At(now.Add(ahead), now)).Sub(now); got != want {
			t.Errorf("what says it is of %v ahead is at %v, want %v", ahead, got, want)
		}
	}
}

// timeOf returns the instant in an id.
func timeOf(id int64) time.Time { return time.UnixMilli(id >> timeShift).UTC() }
