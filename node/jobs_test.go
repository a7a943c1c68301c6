package node

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tulou/storage"
	"tulou/storage/storagetest"
)

// openStore opens a new database inside a bubble.
func openStore(t *testing.T) *storage.Store {
	t.Helper()
	store, err := storage.Open(context.Background(), storagetest.SQLite(t), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// atWork runs workers with the given kinds in a bubble while during goes on.
func atWork(t *testing.T, kinds map[string]jobKind, during func(t *testing.T, store *storage.Store)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		store := openStore(t)
		defer store.Close()
		w := newWorkers(store, newMetrics(store, slog.New(slog.DiscardHandler)), slog.New(slog.DiscardHandler))
		for name, kind := range kinds {
			w.handle(name, kind.every, kind.do)
		}
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan error)
		go func() { done <- w.run(ctx) }()
		during(t, store)
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func enqueue(t *testing.T, store *storage.Store, jobs ...storage.Job) {
	t.Helper()
	err := store.Tx(context.Background(), func(tx *storage.Tx) error {
		for _, job := range jobs {
			job.Queue = QueueWork
			if err := tx.Enqueue(context.Background(), job); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// diary notes what was done when.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) note(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, line)
}

func (d *diary) want(t *testing.T, lines ...string) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if diff := cmp.Diff(lines, d.lines); diff != "" {
		t.Error(diff)
	}
}

// If this failed, what happens in the background would happen in the wrong order, late, or twice.
func TestJobsOfALaneRunInOrderOnce(t *testing.T) {
	var d diary
	say := func(_ context.Context, job storage.Job) error { d.note(string(job.Payload)); return nil }
	atWork(t, map[string]jobKind{"say": {do: say}}, func(t *testing.T, store *storage.Store) {
		enqueue(t, store, storage.Job{Lane: "a", Kind: "say", Payload: []byte("one")},
			storage.Job{Lane: "a", Kind: "say", Payload: []byte("two")},
			storage.Job{Lane: "a", Kind: "say", Payload: []byte("three")})
		time.Sleep(10 * time.Millisecond)
		enqueue(t, store, storage.Job{Lane: "b", Kind: "say", Payload: []byte("later"), RunAt: storage.At(time.Now().Add(10 * time.Minute))})
		time.Sleep(9 * time.Minute)
		d.want(t, "one", "two", "three")
		time.Sleep(2 * time.Minute)
		d.want(t, "one", "two", "three", "later")
	})
}

// If this failed, a job that cannot be done would be tried for ever, or given up without a word.
func TestFailingJobIsTriedAgainAndThenBuried(t *testing.T) {
	for name, do := range map[string]jobFunc{
		"fail":  func(context.Context, storage.Job) error { return errors.New("no such luck") },
		"panic": func(context.Context, storage.Job) error { panic("no such luck") },
	} {
		synctest.Test(t, func(t *testing.T) {
			store, ctx, log := openStore(t), context.Background(), slog.New(slog.DiscardHandler)
			defer store.Close()
			w := newWorkers(store, newMetrics(store, log), log)
			w.handle(name, 0, do)
			enqueue(t, store, storage.Job{Lane: "a", Kind: name, Payload: []byte{}})
			for try := range len(jobRetries) + 1 {
				if try > 0 {
					time.Sleep(jobRetries[try-1] - time.Second)
					if lanes, err := store.ClaimLanes(ctx, QueueWork, 1); err != nil || len(lanes) > 0 {
						t.Fatalf("try %d comes early: %v %v", try, lanes, err)
					}
					time.Sleep(jobRetries[try-1]/4 + 2*time.Second)
				}
				lanes, err := store.ClaimLanes(ctx, QueueWork, 1)
				if err != nil || len(lanes) != 1 || lanes[0].Jobs[0].Attempts != try {
					t.Fatalf("try %d: %+v %v", try, lanes, err)
				}
				w.work(ctx, lanes[0])
			}
			dead, err := store.DeadJobs(ctx, 10)
			if err != nil || len(dead) != 1 || !strings.Contains(dead[0].Error, "no such luck") {
				t.Errorf("dead %+v, %v", dead, err)
			}
		})
	}
}

// If this failed, a job of a newer version would be lost when an older one runs beside it.
func TestUnknownKindWaitsForAVersionThatKnowsIt(t *testing.T) {
	atWork(t, nil, func(t *testing.T, store *storage.Store) {
		enqueue(t, store, storage.Job{Lane: "a", Kind: "of the future", Payload: []byte{}})
		time.Sleep(10 * time.Minute)
		depths, err := store.QueueDepths(context.Background())
		if err != nil || depths[0].Jobs != 1 {
			t.Errorf("%+v %v", depths, err)
		}
	})
}

// If this failed, old data would be cleared away once, or never again after one failure.
func TestRecurringJobComesBack(t *testing.T) {
	var runs atomic.Int64
	clean := func(context.Context, storage.Job) error {
		if runs.Add(1) == 2 {
			return errors.New("just now not")
		}
		return nil
	}
	atWork(t, map[string]jobKind{"clean": {do: clean, every: time.Minute}}, func(t *testing.T, store *storage.Store) {
		time.Sleep(10*time.Minute + 30*time.Second)
		if n := runs.Load(); n < 10 || n > 12 {
			t.Errorf("%d runs in ten minutes, want one a minute and one again", n)
		}
	})
}

// If this failed, a node that stops would lose a job, or keep the next process from doing it.
func TestStoppingGivesUnfinishedJobsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := openStore(t)
		defer store.Close()
		log := slog.New(slog.DiscardHandler)
		m := newMetrics(store, log)
		begun, finished := 0, 0
		slow := func(ctx context.Context, _ storage.Job) error {
			begun++
			select {
			case <-time.After(2 * time.Minute):
				finished++
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		run := func(during time.Duration) time.Duration {
			w := newWorkers(store, m, log)
			w.handle("slow", 0, slow)
			ctx, stop := context.WithCancel(context.Background())
			done := make(chan error)
			go func() { done <- w.run(ctx) }()
			time.Sleep(during)
			stop()
			start := time.Now()
			<-done
			return time.Since(start)
		}
		enqueue(t, store, storage.Job{Lane: "a", Kind: "slow", Payload: []byte{}})
		if took := run(time.Minute); took > jobDrain+time.Second || begun != 1 || finished != 0 {
			t.Errorf("stopped in %s, begun %d, finished %d", took, begun, finished)
		}
		// The next process need not wait for the end of a lease. The lease of the work, which takes
		// longer than a lease, is kept meanwhile.
		if took := run(2*time.Minute + time.Second); took > time.Second || begun != 2 || finished != 1 {
			t.Errorf("stopped in %s, begun %d, finished %d", took, begun, finished)
		}
	})
}

// If this failed, a revoked token would stay good in other processes (A121).
func TestEventsOfOthersAreToldOnceWithinTwoSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := openStore(t)
		defer store.Close()
		var d diary
		e := newEvents(store, slog.New(slog.DiscardHandler))
		e.on("revoked", func(payload string) { d.note(payload) })
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan error)
		go func() { done <- e.run(ctx) }()
		publish := func(kind, payload string) {
			err := store.Tx(ctx, func(tx *storage.Tx) error { return tx.Publish(ctx, kind, payload) })
			if err != nil {
				t.Error(err)
			}
		}
		time.Sleep(time.Minute)
		publish("revoked", "1")
		publish("other", "2")
		publish("revoked", "3")
		time.Sleep(2 * time.Second)
		d.want(t, "1", "3")
		time.Sleep(time.Minute)
		publish("revoked", "4")
		time.Sleep(time.Minute)
		d.want(t, "1", "3", "4")
		stop()
		<-done
	})
}

// If this failed, tables would grow for ever, or something would be cleared away too early.
func TestRetentionRunsOnAnEmptyAndAFullDatabase(t *testing.T) {
	n := newNode(t, Config{})
	for _, kind := range []string{"retention.received", "retention.posts", "retention.large", "retention.queue", "retention.requests", "retention.log", "retention.expired", "retention.apps", "retention.homes"} {
		known, ok := n.workers.kinds[kind]
		if !ok || known.every == 0 {
			t.Fatalf("%s does not come back", kind)
		}
		if err := known.do(t.Context(), storage.Job{}); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	err := n.store.Tx(t.Context(), func(tx *storage.Tx) error {
		for range 2*storage.ForgetBatch + 1 {
			if _, err := tx.CreatePayload(t.Context(), []byte("x")); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.workers.kinds["retention.queue"].do(t.Context(), storage.Job{}); err != nil {
		t.Fatal(err)
	}
	err = n.store.Tx(t.Context(), func(tx *storage.Tx) error {
		if left, err := tx.ForgetPayloads(t.Context()); err != nil || left != 0 {
			t.Errorf("%d payloads that nobody needs were left (%v)", left, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
