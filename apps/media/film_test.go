package media

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tulou/protocol/ids"
	"tulou/storage"
	"tulou/storage/storagetest"
)

// cinema converts films and remembers whose, as their content says.
type cinema struct {
	mu      sync.Mutex
	running int
	twice   bool
	shown   []string
	before  func(ctx context.Context, name string) error // nil: nothing
}

func (c *cinema) Convert(ctx context.Context, source io.Reader, _ string) (Film, error) {
	body, err := io.ReadAll(source)
	if err != nil {
		return Film{}, err
	}
	name := strings.TrimPrefix(string(body), mp4Head)
	c.mu.Lock()
	c.running++
	c.twice = c.twice || c.running > 1
	c.shown = append(c.shown, name)
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		c.running--
		c.mu.Unlock()
	}()
	if c.before != nil {
		if err := c.before(ctx, name); err != nil {
			return Film{}, err
		}
	}
	return Film{Body: io.NopCloser(strings.NewReader("converted " + name)), Kind: storage.KindVideo, MediaType: "video/mp4"}, nil
}

// studios are processes of one node: a database and a folder of files.
func studios(t *testing.T, database string, films Films, count int) (list []*studio) {
	t.Helper()
	folder := t.TempDir()
	for range count {
		log := slog.New(slog.DiscardHandler)
		store, err := storage.Open(context.Background(), database, log)
		check(t, err)
		t.Cleanup(func() { check(t, store.Close()) })
		blobs, err := storage.OpenBlobs(folder)
		check(t, err)
		t.Cleanup(func() { check(t, blobs.Close()) })
		list = append(list, &studio{Service: New(Deps{Store: store, Blobs: blobs, Paths: ids.Paths{Base: "https://harbor.example"}, Log: log, Films: films}), t: t})
	}
	return list
}

func (s *studio) person(name string) storage.Account {
	s.t.Helper()
	var a storage.Account
	check(s.t, s.Store.Tx(s.t.Context(), func(tx *storage.Tx) (err error) {
		a, err = tx.CreateAccount(s.t.Context(), storage.Account{URI: "https://harbor.example/users/" + name, Name: name})
		return err
	}))
	return a
}

func (s *studio) film(of storage.Account, name string) storage.Attachment {
	s.t.Helper()
	got, err := s.Receive(s.t.Context(), of.ID, strings.NewReader(mp4Head+name))
	check(s.t, err)
	a, err := s.Upload(s.t.Context(), of.ID, got, About{})
	check(s.t, err)
	return a
}

// work does the jobs of films that are due, as the node does, and tells whether there were any.
func (s *studio) work(ctx context.Context) (worked bool) {
	s.t.Helper()
	lanes, err := s.Store.ClaimLanes(context.WithoutCancel(ctx), queueWork, 9)
	check(s.t, err)
	for _, lane := range lanes {
		for _, job := range lane.Jobs {
			worked = true
			err := s.Jobs()[job.Kind](ctx, job)
			if ctx.Err() == nil {
				check(s.t, s.Store.Tx(ctx, func(tx *storage.Tx) error {
					if err != nil {
						return tx.RetryJob(ctx, job.ID, time.Now(), err)
					}
					return tx.FinishJob(ctx, job.ID)
				}))
			}
		}
		after := context.WithoutCancel(ctx)
		check(s.t, s.Store.Tx(after, func(tx *storage.Tx) error { return tx.ReleaseLane(after, lane) }))
	}
	return worked
}

// eachEngine runs a test on both engines.
func eachEngine(t *testing.T, test func(t *testing.T, database string)) {
	t.Run("sqlite", func(t *testing.T) { test(t, storagetest.SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, storagetest.Postgres(t)) })
}

// If this failed, eight films of one person would hold everybody else's up for half an hour, or a
// process that was killed would leave the queue unfair, or stuck.
func TestFilmsTakeTurnsBetweenPeople(t *testing.T) {
	eachEngine(t, func(t *testing.T, database string) {
		c := &cinema{}
		processes := studios(t, database, c, 2)
		first, second := processes[0], processes[1]
		ana, ben, cy := first.person("ana"), first.person("ben"), first.person("cy")
		for i := range 4 {
			first.film(ana, fmt.Sprintf("ana %d", i))
		}
		for i := range 2 {
			second.film(ben, fmt.Sprintf("ben %d", i))
		}
		gone := first.film(cy, "cy 0")
		first.film(cy, "cy 1")
		ctx := t.Context()
		first.work(ctx) // ana 0
		// The process that has the next one is killed: what it began waits again, and others go first.
		dying, kill := context.WithCancel(ctx)
		c.before = func(ctx context.Context, name string) error { kill(); return ctx.Err() }
		first.work(dying)
		c.before = nil
		check(t, first.Delete(ctx, cy.ID, gone.ID)) // who deletes gets no second turn
		for i := 0; second.work(ctx) || first.work(ctx); i++ {
			processes[0], processes[1] = processes[1], processes[0]
			first, second = processes[0], processes[1]
		}
		want := []string{"ana 0", "ben 0", "cy 1", "ana 1", "ben 0", "ana 2", "ben 1", "ana 3"}
		if !slices.Equal(c.shown, want) {
			t.Errorf("shown %v, want %v", c.shown, want)
		}
		if c.twice {
			t.Error("two films were converted at once")
		}
		if _, waits, err := first.Store.NextFilm(ctx); waits || err != nil {
			t.Errorf("somebody waits still: %v", err)
		}
		if depths, err := first.Store.QueueDepths(ctx); err != nil || len(depths) > 0 && depths[0].Queue == queueWork {
			t.Errorf("jobs are left: %+v %v", depths, err)
		}
	})
}

// If this failed, a film could be lost that comes in while the job ends that converts them.
func TestFilmsThatComeInMeanwhileAreNotLost(t *testing.T) {
	eachEngine(t, func(t *testing.T, database string) {
		c := &cinema{}
		processes := studios(t, database, c, 2)
		people := make([]storage.Account, 6)
		for i := range people {
			people[i] = processes[0].person(fmt.Sprintf("p%d", i))
		}
		var uploading, working sync.WaitGroup
		for i, p := range people {
			uploading.Go(func() {
				for n := range 4 {
					processes[i%2].film(p, fmt.Sprintf("%d %d", i, n))
				}
			})
		}
		done := make(chan struct{})
		for _, s := range processes {
			working.Go(func() {
				for over := false; !over; {
					select {
					case <-done:
						over = true
					default:
					}
					for s.work(t.Context()) {
					}
				}
			})
		}
		uploading.Wait()
		close(done)
		working.Wait()
		for processes[0].work(t.Context()) {
		}
		if _, waits, err := processes[0].Store.NextFilm(t.Context()); waits || err != nil || len(c.shown) != 24 || c.twice {
			t.Errorf("%d of 24 films were converted, some wait: %v, two at once: %v (%v)", len(c.shown), waits, c.twice, err)
		}
	})
}

// If this failed, a film that cannot be converted just now would hold up the others, or use up all
// its tries within a moment.
func TestFilmsThatFailWaitWhileOthersGoOn(t *testing.T) {
	s := studios(t, storagetest.SQLite(t), &cinema{before: func(_ context.Context, name string) error {
		if name == "bad" {
			return fmt.Errorf("the disk is full")
		}
		return nil
	}}, 1)[0]
	ana, ben := s.person("ana"), s.person("ben")
	s.film(ana, "bad")
	good, other := s.film(ana, "good"), s.film(ben, "other")
	for range 3 {
		s.work(t.Context())
	}
	for _, a := range []storage.Attachment{good, other} {
		if now, err := s.Store.Attachment(t.Context(), a.ID); err != nil || now.State != storage.MediaReady {
			t.Errorf("%s %v", now.State, err)
		}
	}
	at, waits, err := s.Store.NextFilm(t.Context())
	if pause := time.Until(at.Time()); !waits || err != nil || pause < filmPause/2 || pause > 2*filmPause {
		t.Errorf("%v, again in %s, %v", waits, pause, err)
	}
	if next, ok, err := s.Store.NextLane(t.Context(), queueWork); err != nil || !ok || next.Sub(at.Time()).Abs() > time.Second {
		t.Errorf("the job comes back at %v: %v", next, err)
	}
}

// If this failed, a film that its owner deleted, or an account that is gone, would keep the
// processors busy for minutes, while others wait.
func TestDeletingAFilmStopsItsConversion(t *testing.T) {
	eachEngine(t, func(t *testing.T, database string) {
		begun := make(chan struct{}, 1)
		c := &cinema{before: func(ctx context.Context, _ string) error {
			begun <- struct{}{}
			<-ctx.Done()
			return ctx.Err()
		}}
		processes := studios(t, database, c, 2)
		here, there := processes[0], processes[1]
		ana := here.person("ana")
		for _, deleted := range []struct {
			name   string
			remove func(a storage.Attachment) error
		}{
			{"an upload", func(a storage.Attachment) error { return there.Delete(t.Context(), ana.ID, a.ID) }},
			{"an account", func(storage.Attachment) error { // who is gone has no more films, so it comes last
				return there.Store.Tx(t.Context(), func(tx *storage.Tx) error { return tx.MarkDeleted(t.Context(), ana.ID) })
			}},
		} {
			name, remove := deleted.name, deleted.remove
			a := here.film(ana, name)
			ended := make(chan struct{})
			go func() { defer close(ended); here.work(t.Context()) }()
			<-begun
			check(t, remove(a))
			select {
			case <-ended:
			case <-time.After(5 * wantedEvery):
				t.Fatalf("%s: the conversion goes on", name)
			}
			if _, waits, err := here.Store.NextFilm(t.Context()); waits || err != nil {
				t.Errorf("%s: it waits again: %v", name, err)
			}
		}
	})
}
