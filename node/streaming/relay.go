package streaming

import (
	"context"
	"encoding/json"
	"log/slog"
	"math/rand/v2" // spreads processes; nobody gains by guessing it
	"sync"
	"time"

	"tulou/storage"
)

// Processes that share a database tell each other what happens, but only while somebody looks: one
// that has streams says so, and says it again; the others hear it and write what happens with them
// into the event table, many happenings to a row.
const (
	// announceEvery is how often a process says that it has streams.
	announceEvery = 20 * time.Second
	// heardFor is how long that is believed.
	heardFor = time.Minute
	// relayEvery is the least time between two rows.
	relayEvery = 100 * time.Millisecond
	// relayPauseMax is the longest between two tries while the database does not answer: what waits
	// is still recent when it comes back, and it is not asked ten times a second by every process.
	relayPauseMax = time.Second
	// relayKept is how long others have to read a row. Who reads it later has been away for so long
	// that its streams are gone.
	relayKept = time.Minute
	// relayRowMax bounds the happenings of a row, and relayMax those that wait for one. Beyond that,
	// which takes a database that does not answer for long, the others close their streams.
	relayRowMax = 256
	relayMax    = 4096
	// recentFor is how long a process remembers what happened before it hears that somebody looks,
	// since that takes the other's commit and a look at the table, a second or two.
	recentFor = 5 * time.Second
)

// past is something that happened when nobody was known to look.
type past struct {
	at time.Time
	storage.Happening
}

// relay brings what happens here to other processes of the node.
type relay struct {
	name  string
	store *storage.Store
	log   *slog.Logger
	wake  chan struct{}

	mu      sync.Mutex
	until   time.Time // when those who have streams will have to say it again
	recent  []past
	pending []storage.Happening
	lost    bool // something is missing in pending
	looking bool // there are streams here
	said    bool // the others were told of them
}

func newRelay(name string, store *storage.Store, log *slog.Logger) *relay {
	return &relay{name: name, store: store, log: log, wake: make(chan struct{}, 1)}
}

func (r *relay) nudge() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// look notes how many streams there are here.
func (r *relay) look(streams int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.looking = streams > 0; r.looking && !r.said {
		r.nudge()
	}
}

// heard notes that a process has streams.
func (r *relay) heard(process string, now time.Time) {
	if process == r.name {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.until = now.Add(heardFor)
	for _, p := range r.recent {
		if now.Sub(p.at) < recentFor {
			r.pending = append(r.pending, p.Happening)
		}
	}
	r.recent = nil
	r.nudge()
}

// add takes what happened here.
func (r *relay) add(x storage.Happening, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.After(r.until) {
		gone := 0
		for gone < len(r.recent) && (now.Sub(r.recent[gone].at) >= recentFor || len(r.recent)-gone >= relayMax) {
			gone++
		}
		r.recent = append(r.recent[gone:], past{now, x})
		return
	}
	if len(r.pending) >= relayMax {
		r.pending, r.lost = nil, true
	}
	r.pending = append(r.pending, x)
	r.nudge()
}

// read reads what another process relayed; ok is false for one's own.
func (r *relay) read(payload string) (relayed storage.Relay, ok bool) {
	err := json.Unmarshal([]byte(payload), &relayed)
	return relayed, err == nil && relayed.From != r.name
}

// run writes until ctx ends.
func (r *relay) run(ctx context.Context) {
	announce := time.NewTicker(announceEvery)
	defer announce.Stop()
	wait := relayEvery
	for {
		again := false
		select {
		case <-ctx.Done():
			return
		case <-announce.C:
			again = true
		case <-r.wake:
		}
		err := r.write(ctx, again)
		if err != nil && ctx.Err() == nil {
			r.log.WarnContext(ctx, "tell other processes", "err", err)
		}
		wait = pause(wait, err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// pause is how long to wait after a row was written, or was not: after a failure up to twice as
// long as the last time, and never quite as long as another process.
func pause(last time.Duration, err error) time.Duration {
	if err == nil {
		return relayEvery
	}
	longest := min(2*last, relayPauseMax)
	return longest - rand.N(longest/4)
}

// write says that there are streams here, if that is due, and what happened.
func (r *relay) write(ctx context.Context, again bool) error {
	announce, what := r.take(again)
	if !announce && len(what.Happenings) == 0 && !what.Lost {
		return nil
	}
	err := r.store.Tx(ctx, func(tx *storage.Tx) error {
		if announce {
			if err := tx.Publish(ctx, storage.EventStreaming, r.name); err != nil {
				return err
			}
		}
		if len(what.Happenings) == 0 && !what.Lost {
			return nil
		}
		return tx.PublishRelay(ctx, what, relayKept)
	})
	if err != nil {
		r.failed(announce, what)
	}
	return err
}

func (r *relay) take(again bool) (announce bool, what storage.Relay) {
	r.mu.Lock()
	defer r.mu.Unlock()
	announce = r.looking && (again || !r.said)
	r.said = r.looking && (r.said || announce)
	n := min(len(r.pending), relayRowMax)
	what = storage.Relay{From: r.name, Lost: r.lost, Happenings: r.pending[:n:n]}
	r.pending, r.lost = r.pending[n:], false
	if len(r.pending) > 0 {
		r.nudge()
	}
	return announce, what
}

// failed has said again what could not be written.
func (r *relay) failed(announce bool, what storage.Relay) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if announce {
		r.said = false
	}
	r.lost = r.lost || what.Lost || len(what.Happenings) > 0
	r.nudge()
}
