package streaming

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
	"tulou/storage/storagetest"
)

// broken renders everything but what is of account 2.
type broken struct{ plain }

func (b broken) RenderNotification(ctx context.Context, viewer, id int64) ([]byte, error) {
	if viewer == 2 {
		panic("a mistake")
	}
	return b.plain.RenderNotification(ctx, viewer, id)
}

func TestAMistakeInShowingCostsTheStreamsThatItConcerns(t *testing.T) {
	// If this failed, one post that nobody thought of could end the node, or everybody's streams.
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t)
		h.Renderer = broken{}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- h.Run(ctx) }()
		streams := map[int64]*stream{}
		for account := range int64(3) {
			streams[account+1] = looker(account + 1)
			if _, err := h.enter(streams[account+1], channel{name: "user", of: account + 1, told: true}); err != nil {
				t.Fatal(err)
			}
		}
		for account := range int64(3) {
			h.happened(storage.Happening{Kind: storage.HappenedNotification, ID: 7, Accounts: []int64{account + 1}})
		}
		synctest.Wait()
		for account, s := range streams {
			frames, end := s.take()
			if account == 2 && (end == nil || end.label != "broken" || !end.retry) {
				t.Errorf("the stream of 2 ends with %v", end)
			}
			if account != 2 && (end != nil || len(frames) != 1) {
				t.Errorf("the stream of %d got %d events and ends with %v", account, len(frames), end)
			}
			h.leave(s)
		}
		if got := counted(t, h.Metrics.panics); got != 1 {
			t.Errorf("%v mistakes are counted", got)
		}
		stop()
		<-done
	})
}

// trap is a transport that breaks the program.
type trap struct{}

func (trap) write([][]byte) error { panic("a mistake") }
func (trap) beat() error          { return nil }

func TestAMistakeInWritingCostsOneStream(t *testing.T) {
	// If this failed, what one client sends or reads could end the node for everybody.
	h := newHub(t)
	s := looker(1)
	leave, err := h.enter(s, channel{name: "public"})
	if err != nil {
		t.Fatal(err)
	}
	defer leave()
	s.offer(newFrame(channel{name: "public"}, eventUpdate, []byte("{}")))
	if end := h.pump(t.Context(), s, trap{}, time.Hour); end == nil || end.label != "broken" || end.code != 1011 {
		t.Errorf("it ends with %v", end)
	}
	if got := counted(t, h.Metrics.panics); got != 1 {
		t.Errorf("%v mistakes are counted", got)
	}
}

func TestWhoSubscribedToADeletedListCanLeaveIt(t *testing.T) {
	// If this failed, clients would be told of an error when they close a column whose list is gone.
	h := newHub(t)
	s := looker(1)
	c := channel{name: "list", of: 99}
	leave, err := h.enter(s, c)
	if err != nil {
		t.Fatal(err)
	}
	defer leave()
	if err := h.obey(t.Context(), s, []byte(`{"type":"unsubscribe","stream":"list","list":"99"}`)); err != nil || s.channels[c] {
		t.Errorf("unsubscribe: %v, still looking: %v", err, s.channels[c])
	}
	if err := h.obey(t.Context(), s, []byte(`{"type":"subscribe","stream":"list","list":"99"}`)); !fault.Is(err, fault.NotFound) {
		t.Errorf("subscribe: %v", err)
	}
	if err := h.obey(t.Context(), s, []byte(`{"type":"unsubscribe","stream":"list","list":"x"}`)); !fault.Is(err, fault.NotFound) {
		t.Errorf("unsubscribe from nothing: %v", err)
	}
}

func TestDeletionsReachStreamsOfDirectMessages(t *testing.T) {
	// If this failed, a message that its author took back would stand in open conversations.
	h := newHub(t)
	var author, reader storage.Account
	err := h.Store.Tx(t.Context(), func(tx *storage.Tx) (err error) {
		author, err = tx.CreateAccount(t.Context(), storage.Account{URI: "https://harbor.example/users/ana", Name: "ana"})
		if err == nil {
			reader, err = tx.CreateAccount(t.Context(), storage.Account{URI: "https://harbor.example/users/ben", Name: "ben"})
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s := looker(reader.ID)
	leave, err := h.enter(s, channel{name: "direct", of: reader.ID})
	if err != nil {
		t.Fatal(err)
	}
	defer leave()
	h.put(storage.Happening{Kind: storage.HappenedDelete, ID: 5, Gone: &storage.Gone{AccountID: author.ID, Direct: []int64{reader.ID}}})
	list, _ := h.waiting()
	if len(list) != 1 {
		t.Fatalf("%d happenings wait", len(list))
	}
	h.showOne(t.Context(), list[0])
	frames, end := s.take()
	if end != nil || len(frames) != 1 || !strings.Contains(string(frames[0]), "event: delete\ndata: "+ids.Format(5)) {
		t.Errorf("%q, %v", frames, end)
	}
}

// counting is a log that counts what it is told.
type counting struct {
	slog.Handler
	lines *atomic.Int64
}

func (c counting) Enabled(context.Context, slog.Level) bool { return true }
func (c counting) Handle(context.Context, slog.Record) error {
	c.lines.Add(1)
	return nil
}

func TestProcessesDoNotStormADatabaseThatIsAway(t *testing.T) {
	// If this failed, every process would try ten times a second, all at once, to write to a database
	// that is busy coming back.
	wait := relayEvery
	for range 8 {
		next := pause(wait, errors.New("away"))
		if next < min(2*wait, relayPauseMax)*3/4 || next > relayPauseMax {
			t.Errorf("after %s comes %s", wait, next)
		}
		wait = next
	}
	if got := pause(wait, nil); got != relayEvery {
		t.Errorf("after a success: %s", got)
	}
	synctest.Test(t, func(t *testing.T) {
		store, err := storage.Open(context.Background(), storagetest.SQLite(t), slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		var lines atomic.Int64
		r := newRelay("one", store, slog.New(counting{slog.DiscardHandler, &lines}))
		r.look(1)
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); r.run(ctx) }()
		time.Sleep(10 * time.Second)
		stop()
		<-done
		if n := lines.Load(); n < 5 || n > 20 {
			t.Errorf("%d tries in ten seconds", n)
		}
	})
}
