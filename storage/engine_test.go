package storage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/lib/pq"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage/storagetest"
)

// put writes a row that tests can look for.
func put(tx *Tx, key string) error {
	_, err := tx.exec(context.Background(), `INSERT INTO setting (key, value) VALUES (?, ?)`, key, []byte("x"))
	return err
}

func (s *Store) keys(t *testing.T) (keys []string) {
	t.Helper()
	if err := s.list(t.Context(), &keys, `SELECT key FROM setting ORDER BY key`); err != nil {
		t.Fatal(err)
	}
	return keys
}

// One bad writer would undo what others of its group wrote, or its own work stay.
func TestGroupCommitIsolatesItsMembers(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		mine := errors.New("mine")
		var hooks []string
		member := func(key string, end func(tx *Tx) error) *unit {
			return &unit{done: make(chan struct{}), fn: func(tx *Tx) error {
				tx.OnCommit(func() { hooks = append(hooks, key) })
				if err := put(tx, key); err != nil {
					return err
				}
				return end(tx)
			}}
		}
		group := []*unit{
			member("a", func(*Tx) error { return nil }),
			member("fails", func(*Tx) error { return mine }),
			member("panics", func(*Tx) error { panic("boom") }),
			member("clashes", func(tx *Tx) error { return put(tx, "a") }),
			member("z", func(*Tx) error { return nil }),
		}
		// The committer is busy with this one while the others come, so they are one group.
		err := s.Group(t.Context(), "", func(*Tx) error {
			for _, u := range group {
				s.committer.queue <- u
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range group {
			<-u.done
		}
		if diff := cmp.Diff([]string{"a", "z"}, s.keys(t)); diff != "" {
			t.Error(diff)
		}
		if !slices.Equal(hooks, []string{"a", "z"}) {
			t.Errorf("told: %v", hooks)
		}
		if group[0].err != nil || !errors.Is(group[1].err, mine) || group[2].err == nil ||
			!strings.Contains(group[2].err.Error(), "boom") || !fault.Is(group[3].err, fault.Conflict) || group[4].err != nil {
			t.Errorf("answers: %v | %v | %v | %v | %v", group[0].err, group[1].err, group[2].err, group[3].err, group[4].err)
		}
	})
}

// A transaction that lost against another would fail, or have its effects twice.
func TestLostConflictIsRunAgain(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		for name, run := range map[string]func(context.Context, func(*Tx) error) error{"tx": s.Tx,
			"group": func(ctx context.Context, fn func(*Tx) error) error { return s.Group(ctx, "", fn) }} {
			attempts, told := 0, 0
			err := run(t.Context(), func(tx *Tx) error {
				attempts++
				tx.OnCommit(func() { told++ })
				if err := put(tx, name); err != nil {
					return err
				}
				if attempts < 3 {
					return fmt.Errorf("wrapped: %w", &pq.Error{Code: "40001"})
				}
				return nil
			})
			if err != nil || attempts != 3 || told != 1 {
				t.Errorf("%s: %v after %d attempts, told %d times", name, err, attempts, told)
			}
		}
		if got := s.keys(t); len(got) != 2 {
			t.Errorf("rows: %v", got)
		}
	})
}

// A process that stands still within a transaction would keep its rows locked from all others, or
// what it was doing would be lost.
func TestStalledTransactionIsRunAgain(t *testing.T) {
	s := open(t, storagetest.Postgres(t))
	attempts := 0
	err := s.Tx(t.Context(), func(tx *Tx) error {
		attempts++
		var limit string
		if err := tx.get(t.Context(), &limit, `SHOW idle_in_transaction_session_timeout`); err != nil || limit != "5s" {
			return fmt.Errorf("a transaction may stand still for %q, %w", limit, err)
		}
		if err := put(tx, "stalled"); err != nil || attempts > 1 {
			return err
		}
		if _, err := tx.exec(t.Context(), `SET LOCAL idle_in_transaction_session_timeout = '10ms'`); err != nil {
			return err
		}
		time.Sleep(200 * time.Millisecond) // PostgreSQL's clock is the real one
		return put(tx, "stalled too")
	})
	if got := s.keys(t); err != nil || attempts != 2 || len(got) != 1 {
		t.Errorf("%v after %d attempts, rows: %v", err, attempts, got)
	}
}

// A transaction that never wins would be tried for ever.
func TestConflictsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		attempts := 0
		err := retry(t.Context(), func() error { attempts++; return &pq.Error{Code: "40P01"} })
		if err == nil || attempts != attemptsMax {
			t.Errorf("%v after %d attempts", err, attempts)
		}
	})
}

// Two transactions that wait for each other would both fail.
func TestDeadlockIsResolved(t *testing.T) {
	s := open(t, storagetest.Postgres(t))
	ctx := t.Context()
	s.do(t, func(tx *Tx) error { return errors.Join(put(tx, "a"), put(tx, "b")) })
	var both sync.WaitGroup
	both.Add(2)
	var wg sync.WaitGroup
	for _, order := range [][2]string{{"a", "b"}, {"b", "a"}} {
		wg.Go(func() {
			first := true
			err := s.Tx(ctx, func(tx *Tx) error {
				update := `UPDATE setting SET value = ? WHERE key = ?`
				if _, err := tx.exec(ctx, update, []byte(order[0]), order[0]); err != nil {
					return err
				}
				if first {
					first = false
					both.Done()
					both.Wait()
				}
				_, err := tx.exec(ctx, update, []byte(order[0]), order[1])
				return err
			})
			if err != nil {
				t.Errorf("%v: %v", order, err)
			}
		})
	}
	wg.Wait()
}

// On PostgreSQL those who accept, work and deliver would wait for each other in circles, each of
// which takes it a second to notice: fifty activities a second instead of thousands.
func TestWhoeverSharesRowsTakesThemInOneOrder(t *testing.T) {
	s := open(t, emptyPostgres(t))
	ctx, stop := context.WithCancel(t.Context())
	var calls, runs atomic.Int64 // the loser of a deadlock is run again
	names := func(n int) (list []string) {
		for _, i := range rand.Perm(n) {
			list = append(list, fmt.Sprintf("h%02d.example", i))
		}
		return list
	}
	var busy, idle sync.WaitGroup
	for range 8 {
		busy.Go(func() { // accepts activities and posts
			for _, name := range slices.Concat(names(20), names(20)) {
				calls.Add(2)
				accept := s.Group(ctx, AboutLane(name), func(tx *Tx) error {
					runs.Add(1)
					return tx.Enqueue(ctx, Job{Queue: "q", Lane: name, Kind: "k", Payload: []byte("{}")})
				})
				post := s.Tx(ctx, func(tx *Tx) error {
					runs.Add(1)
					id, err := tx.CreatePayload(ctx, []byte("p"))
					if err != nil {
						return err
					}
					var inboxes []Inbox
					for _, host := range names(20) {
						inboxes = append(inboxes, Inbox{host, "https://" + host + "/inbox"})
					}
					return tx.Deliver(ctx, id, 1, inboxes)
				})
				if err := errors.Join(accept, post); err != nil {
					t.Error(err)
				}
			}
		})
	}
	idle.Go(func() { // works
		for ctx.Err() == nil {
			lanes, _ := s.ClaimLanes(ctx, "q", 64)
			_ = s.Tx(ctx, func(tx *Tx) (err error) {
				for _, lane := range lanes {
					for _, job := range lane.Jobs {
						err = errors.Join(err, tx.FinishJob(ctx, job.ID))
					}
				}
				for _, lane := range lanes {
					err = errors.Join(err, tx.ReleaseLane(ctx, lane))
				}
				return err
			})
		}
	})
	idle.Go(func() { // delivers
		for ctx.Err() == nil {
			hosts, _ := s.ClaimDestinations(ctx, 64)
			var released sync.WaitGroup
			for _, host := range hosts {
				var o Outcome
				for _, d := range host.Deliveries {
					o.Delivered = append(o.Delivered, d.ID)
				}
				released.Go(func() { _ = s.ReleaseDestination(context.WithoutCancel(ctx), host, o) })
			}
			released.Wait()
		}
	})
	busy.Wait()
	stop()
	idle.Wait()
	if again := runs.Load() - calls.Load(); again > 10 {
		t.Errorf("%d of %d transactions were run again", again, calls.Load())
	}
}

// On PostgreSQL two processes would wait for each other in a circle whenever one shares a like with
// a boost, an edit or a vote, while the other one takes a like of the same post.
func TestHoldingAPostWaitsForNobodyWhoRefersToIt(t *testing.T) {
	s := open(t, emptyPostgres(t))
	v := village{t, s}
	author, ana := v.remote("bo", "orchard.example"), v.local("ana")
	post := v.post(author, VisibilityPublic, nil)
	ctx := t.Context()
	refer := func(hold func(tx *Tx) error) error {
		return s.Tx(ctx, func(tx *Tx) error { // refers to the post until the other one has held it
			if err := tx.PutBookmark(ctx, ana.ID, post.ID); err != nil {
				return err
			}
			waiting, stop := context.WithTimeout(ctx, 20*time.Second) // it waits only if this is broken
			defer stop()
			return s.Tx(waiting, hold)
		})
	}
	for name, hold := range map[string]func(tx *Tx) error{
		"boost": func(tx *Tx) error {
			_, err := tx.CreateStatus(ctx, v.newStatus(author, VisibilityPublic, func(n *NewStatus) { n.BoostOfID, n.Type = post.ID, "Announce" }))
			return err
		},
		"edit": func(tx *Tx) error {
			_, err := tx.EditStatus(ctx, Edit{StatusID: post.ID, Type: "Note", Content: "<p>other</p>"})
			return err
		},
		"poll": func(tx *Tx) error {
			if _, err := tx.LockPoll(ctx, post.ID); !fault.Is(err, fault.NotFound) {
				return err
			}
			return nil
		},
	} {
		if err := refer(hold); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whoever gives up waiting would undo what shares their transaction.
func TestCancellingOneWriterHarmsNobody(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx, cancel := context.WithCancel(t.Context())
		err := s.Group(ctx, "", func(tx *Tx) error {
			cancel()
			_, err := tx.exec(ctx, `INSERT INTO setting (key, value) VALUES (?, ?)`, "a", []byte("x"))
			return err
		})
		if err != nil || len(s.keys(t)) != 1 {
			t.Errorf("a writer whose caller left: %v", err)
		}
		if err := s.Tx(ctx, func(tx *Tx) error { return put(tx, "b") }); err == nil && len(s.keys(t)) != 2 {
			t.Error("said to be written and is not")
		}
		if err := s.Tx(t.Context(), func(tx *Tx) error { return put(tx, "c") }); err != nil {
			t.Error(err)
		}
	})
}

// A failed part would take the rest of a transaction with it, or stay itself.
func TestSavepointUndoesOnlyItsPart(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		told := 0
		s.do(t, func(tx *Tx) error {
			told = 0
			if err := put(tx, "a"); err != nil {
				return err
			}
			for _, fails := range []bool{true, false} {
				err := tx.Savepoint(func() error {
					tx.OnCommit(func() { told++ })
					if err := put(tx, fmt.Sprint("part ", fails)); err != nil || !fails {
						return err
					}
					return put(tx, "a")
				})
				if fails != fault.Is(err, fault.Conflict) {
					t.Errorf("fails %v: %v", fails, err)
				}
			}
			return nil
		})
		if diff := cmp.Diff([]string{"a", "part false"}, s.keys(t)); diff != "" || told != 1 {
			t.Errorf("told %d: %s", told, diff)
		}
	})
}

// Two processes on one database would lose each other's writes.
func TestTwoStoresWriteAtOnce(t *testing.T) {
	eachTwo(t, func(t *testing.T, s, other *Store) {
		ctx := t.Context()
		s.do(t, func(tx *Tx) error {
			_, err := tx.exec(ctx, `INSERT INTO counter (name, value) VALUES ('n', 0) ON CONFLICT (name) DO UPDATE SET value = 0`)
			return err
		})
		const each = 40
		var wg sync.WaitGroup
		for _, store := range []*Store{s, other} {
			for range 4 {
				wg.Go(func() {
					for range each {
						if err := store.Tx(ctx, func(tx *Tx) error {
							var n int64
							if err := tx.get(ctx, &n, `SELECT value FROM counter WHERE name = 'n' {{for update}}`); err != nil {
								return err
							}
							_, err := tx.exec(ctx, `UPDATE counter SET value = ? WHERE name = 'n'`, n+1)
							return err
						}); err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
		}
		wg.Wait()
		var n int64
		if err := s.get(ctx, &n, `SELECT value FROM counter WHERE name = 'n'`); err != nil || n != 2*4*each {
			t.Errorf("counted %d, %v", n, err)
		}
	})
}

// Processes that start at once on a new database would trip over each other's tables or ids.
func TestProcessesStartTogether(t *testing.T) {
	for name, url := range map[string]func(testing.TB) string{"sqlite": storagetest.EmptySQLite, "postgres": storagetest.EmptyPostgres} {
		t.Run(name, func(t *testing.T) {
			database := url(t)
			workers := make(chan int64, 4)
			var wg sync.WaitGroup
			for range cap(workers) {
				wg.Go(func() {
					s, err := Open(t.Context(), database, slog.New(slog.DiscardHandler))
					if err != nil {
						t.Error(err)
						return
					}
					id, _ := s.NewID()
					workers <- id >> 12 & 1023
					if err := s.Close(); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			close(workers)
			seen := map[int64]bool{}
			for w := range workers {
				if seen[w] {
					t.Errorf("worker %d twice", w)
				}
				seen[w] = true
			}
		})
	}
}

// Two processes would make two secrets and disagree.
func TestSettingIsCreatedOnce(t *testing.T) {
	eachTwo(t, func(t *testing.T, s, other *Store) {
		ctx := t.Context()
		for _, c := range []struct {
			store *Store
			value string
		}{{s, "one"}, {other, "two"}} {
			c.store.do(t, func(tx *Tx) error {
				got, err := tx.CreateSetting(ctx, "secret", []byte(c.value))
				if string(got) != "one" {
					t.Errorf("secret %q", got)
				}
				return err
			})
		}
		if _, err := s.Setting(ctx, "other"); !fault.Is(err, fault.NotFound) {
			t.Errorf("never put: %v", err)
		}
	})
}

// A URL that is not one of ours would be taken for a file.
func TestOpenRefusesWhatItDoesNotKnow(t *testing.T) {
	for _, url := range []string{"", "sqlite:", "mysql://x", "tulou.db", "postgres://%zz"} {
		if s, err := Open(t.Context(), url, slog.New(slog.DiscardHandler)); err == nil {
			t.Errorf("%q was opened", url)
			s.Close()
		}
	}
}

// An operator who is told of migrations when the server is down looks in the wrong place.
func TestOpenSaysThatNoDatabaseIsThere(t *testing.T) {
	for _, url := range []string{"sqlite:" + filepath.Join(t.TempDir(), "missing", "tulou.db"), "postgres://ana:secret@127.0.0.1:1/tulou?sslmode=disable"} {
		_, err := Open(t.Context(), url, slog.New(slog.DiscardHandler))
		if !fault.Is(err, fault.Unavailable) || !strings.HasPrefix(fault.DetailOf(err), "the database cannot be opened: ") ||
			strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// A stranger could fill the log with errors of ours, by a path with %00 in it.
func TestWhatIsNoTextIsTheSendersFault(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		for _, text := range []string{"a\x00b", "\xff\xfe"} {
			if _, err := s.AccountByHandle(t.Context(), text, ""); !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.NotFound) {
				t.Errorf("%q is looked for: %v", text, err)
			}
		}
	})
}

// After Close a writer would wait for ever.
func TestClosedStoreRefusesWriters(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		s.stop()
		<-s.committer.gone
		if err := s.Group(t.Context(), "", func(*Tx) error { return nil }); err == nil {
			t.Error("a writer after the end was not refused")
		}
	})
}

// Arguments would be mixed up on one of the engines.
func TestPlaceholdersMeanTheSameOnBothEngines(t *testing.T) {
	for query, want := range map[string]string{
		`a = ? AND b = ?`:              `a = $1 AND b = $2`,
		`a = ?1 AND b = ?2 AND c = ?1`: `a = $1 AND b = $2 AND c = $1`,
		`a = ?2 AND b = ?1 LIMIT ?`:    `a = $2 AND b = $1 LIMIT $3`,
		`no arguments`:                 `no arguments`,
		`?10, ?`:                       `$10, $11`,
	} {
		if got := dollars(query); got != want {
			t.Errorf("%s: %s", query, got)
		}
	}
	each(t, func(t *testing.T, s *Store) {
		var got struct{ A, B, C int64 }
		if err := s.get(t.Context(), &got, `SELECT CAST(?2 AS BIGINT) AS a, CAST(?1 AS BIGINT) AS b, CAST(? AS BIGINT) AS c`, 1, 2, 3); err != nil {
			t.Fatal(err)
		}
		if got.A != 2 || got.B != 1 || got.C != 3 {
			t.Errorf("%+v", got)
		}
	})
}

// Long lists of ids would be cut or refused.
func TestLongListsAreReadInParts(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ana := village{t, s}.local("ana")
		ids := make([]int64, 3*inMax)
		for i := range ids {
			ids[i] = int64(i + 1)
		}
		ids = append(ids, ana.ID)
		if got := must(s.AccountsByIDs(t.Context(), ids)); len(got) != 1 {
			t.Errorf("found %d", len(got))
		}
		if got := must(s.AccountsByURIs(t.Context(), nil)); len(got) != 0 {
			t.Errorf("found %d of none", len(got))
		}
	})
}

// Other processes would not hear of a revoked token, or of it for ever.
func TestEventsReachOthers(t *testing.T) {
	eachTwo(t, func(t *testing.T, s, other *Store) {
		ctx, start := t.Context(), time.Now()
		wake := s.Wake(QueueEvents)
		s.do(t, func(tx *Tx) error { return tx.Publish(ctx, "kind", "payload") })
		<-wake
		events := must(other.EventsSince(ctx, start, nil))
		if len(events) != 1 || events[0].Kind != "kind" || events[0].Payload != "payload" {
			t.Errorf("events: %+v", events)
		}
		s.do(t, func(tx *Tx) error {
			if _, err := tx.exec(ctx, `UPDATE event SET id = ?`, ids.FloorAt(start.Add(-2*EventsKept))); err != nil {
				return err
			}
			return tx.ForgetEvents(ctx)
		})
		if events := must(other.EventsSince(ctx, start.Add(-3*EventsKept), nil)); len(events) != 0 {
			t.Errorf("kept: %+v", events)
		}
	})
}

// The processes on one PostgreSQL would hear of new work only a second later.
func TestHintsCrossProcesses(t *testing.T) {
	url := storagetest.Postgres(t)
	s, other := open(t, url), open(t, url)
	wake := other.Wake("q")
	for {
		s.do(t, func(tx *Tx) error {
			return tx.Enqueue(t.Context(), Job{Queue: "q", Lane: "l", Kind: "k", Payload: []byte{}})
		})
		select {
		case <-wake:
			return
		case <-time.After(hintEvery): // the listener may not have been connected yet
		}
	}
}

// The demo's databases would not be made, or somebody's own be dropped by a strange name.
func TestDatabasesAreMadeAndDropped(t *testing.T) {
	admin := storagetest.PostgresServer(t)
	ctx := t.Context()
	name := "demo_" + strings.ToLower(newName()[:6])
	name = strings.NewReplacer("-", "0").Replace(name)
	for range 2 {
		url, err := CreateDatabase(ctx, admin, name)
		if err != nil {
			t.Fatal(err)
		}
		s, err := Open(ctx, url, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := DropDatabase(ctx, admin, name); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"", "a b", `a"b`, "A", "1a", strings.Repeat("a", 64)} {
		if _, err := CreateDatabase(ctx, admin, bad); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
