package storage

import (
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tulou/protocol/fault"
	"tulou/storage/storagetest"
)

func (s *Store) enqueue(t testing.TB, lane, kind string) {
	t.Helper()
	s.do(t, func(tx *Tx) error {
		return tx.Enqueue(t.Context(), Job{Queue: "q", Lane: lane, Kind: kind, Payload: []byte("{}")})
	})
}

// finish does all jobs of a lane and gives it back.
func (s *Store) finish(t testing.TB, lane Lane) error {
	return s.Tx(t.Context(), func(tx *Tx) error {
		for _, job := range lane.Jobs {
			if err := tx.FinishJob(t.Context(), job.ID); err != nil {
				return err
			}
		}
		return tx.ReleaseLane(t.Context(), lane)
	})
}

// Jobs of a lane would run beside each other, out of order, twice or never.
func TestLanesKeepOrderAndExclude(t *testing.T) {
	eachTwo(t, func(t *testing.T, s, other *Store) {
		const lanes, each = 5, 12
		var producers, workers sync.WaitGroup
		for l := range lanes {
			store := []*Store{s, other}[l%2]
			producers.Go(func() {
				for n := range each {
					store.enqueue(t, fmt.Sprint(l), fmt.Sprint(n))
				}
			})
		}
		var mu sync.Mutex
		held, done := map[string]bool{}, map[string][]string{}
		total := 0
		for _, store := range []*Store{s, other, s, other} {
			workers.Go(func() {
				for {
					claimed, err := store.ClaimLanes(t.Context(), "q", 2)
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					for _, lane := range claimed {
						if held[lane.Name] {
							t.Errorf("lane %s is held twice", lane.Name)
						}
						held[lane.Name] = true
						for _, job := range lane.Jobs {
							done[lane.Name] = append(done[lane.Name], job.Kind)
							total++
						}
					}
					finished := total == lanes*each
					mu.Unlock()
					for _, lane := range claimed {
						mu.Lock()
						held[lane.Name] = false
						mu.Unlock()
						if err := store.finish(t, lane); err != nil {
							t.Error(err)
							return
						}
					}
					if finished {
						return
					}
				}
			})
		}
		producers.Wait()
		workers.Wait()
		for lane, kinds := range done {
			for n, kind := range kinds {
				if kind != fmt.Sprint(n) {
					t.Errorf("lane %s: %v", lane, kinds)
					break
				}
			}
		}
		var left int
		if err := s.get(t.Context(), &left, `SELECT (SELECT COUNT(*) FROM job) + (SELECT COUNT(*) FROM lane)`); err != nil || left != 0 {
			t.Errorf("%d rows are left, %v", left, err)
		}
	})
}

// A worker that overslept would give back, or commit into, a lane that another one works on; two
// workers of one process are others to each other, too.
func TestLostLeaseIsNoticed(t *testing.T) {
	eachTwo(t, func(t *testing.T, s, other *Store) {
		for _, second := range []*Store{other, s} {
			s.enqueue(t, "l", "k")
			lost := must(s.ClaimLanes(t.Context(), "q", 1))[0]
			if again := must(second.ClaimLanes(t.Context(), "q", 1)); len(again) != 0 {
				t.Errorf("claimed while leased: %+v", again)
			}
			s.do(t, func(tx *Tx) error { _, err := tx.exec(t.Context(), `UPDATE lane SET lease_until = 1`); return err })
			taken := must(second.ClaimLanes(t.Context(), "q", 1))
			if len(taken) != 1 || len(taken[0].Jobs) != 1 {
				t.Fatalf("taken over: %+v", taken)
			}
			if err := s.finish(t, lost); !fault.Is(err, fault.Conflict) {
				t.Errorf("released a lost lease: %v", err)
			}
			if err := s.KeepLane(t.Context(), lost); !fault.Is(err, fault.Conflict) {
				t.Errorf("kept a lost lease: %v", err)
			}
			if err := second.KeepLane(t.Context(), taken[0]); err != nil {
				t.Errorf("keep: %v", err)
			}
			if err := second.finish(t, taken[0]); err != nil {
				t.Errorf("finish: %v", err)
			}
		}
	})
}

// A worker would do what it has no lease for, beside another one who has.
func TestFailedClaimHandsOutNothing(t *testing.T) {
	s := open(t, storagetest.SQLite(t))
	ctx := t.Context()
	s.enqueue(t, "l", "k")
	s.do(t, func(tx *Tx) error {
		id, err := tx.CreatePayload(ctx, []byte("p"))
		if err != nil {
			return err
		}
		return tx.Deliver(ctx, id, 1, []Inbox{{"a.example", "https://a.example/inbox"}})
	})
	s.do(t, func(tx *Tx) error {
		for _, command := range []string{`ALTER TABLE job RENAME TO job_gone`, `ALTER TABLE delivery RENAME TO delivery_gone`} {
			if err := tx.session.run(command); err != nil {
				return err
			}
		}
		return nil
	})
	if lanes, err := s.ClaimLanes(ctx, "q", 1); err == nil || lanes != nil {
		t.Errorf("lanes %+v, %v", lanes, err)
	}
	if hosts, err := s.ClaimDestinations(ctx, 1); err == nil || hosts != nil {
		t.Errorf("hosts %+v, %v", hosts, err)
	}
}

// The work of a process that died would wait for ever, or be taken while it still lives.
func TestLeaseOfTheDeadExpires(t *testing.T) {
	url := storagetest.SQLite(t)
	synctest.Test(t, func(t *testing.T) {
		begin := func() *Store {
			s, err := Open(t.Context(), url, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		first := begin()
		first.enqueue(t, "l", "k")
		first.do(t, func(tx *Tx) error {
			id, err := tx.CreatePayload(t.Context(), []byte("p"))
			if err != nil {
				return err
			}
			return tx.Deliver(t.Context(), id, 1, []Inbox{{"a.example", "https://a.example/inbox"}})
		})
		if len(must(first.ClaimLanes(t.Context(), "q", 1))) != 1 || len(must(first.ClaimDestinations(t.Context(), 1))) != 1 {
			t.Fatal("nothing to claim")
		}
		if err := first.Close(); err != nil { // as a crash does, it gives nothing back
			t.Fatal(err)
		}
		second := begin()
		defer second.Close()
		time.Sleep(LeaseFor - time.Second)
		if len(must(second.ClaimLanes(t.Context(), "q", 1)))+len(must(second.ClaimDestinations(t.Context(), 1))) != 0 {
			t.Error("taken before the lease was over")
		}
		if at, ok, err := second.NextLane(t.Context(), "q"); err != nil || !ok || time.Until(at) > time.Second {
			t.Errorf("next lane: %v %v %v", at, ok, err)
		}
		if at, ok, err := second.NextDestination(t.Context()); err != nil || !ok || time.Until(at) > time.Second {
			t.Errorf("next destination: %v %v %v", at, ok, err)
		}
		time.Sleep(2 * time.Second)
		lanes, hosts := must(second.ClaimLanes(t.Context(), "q", 1)), must(second.ClaimDestinations(t.Context(), 1))
		if len(lanes) != 1 || len(lanes[0].Jobs) != 1 || len(hosts) != 1 || len(hosts[0].Deliveries) != 1 {
			t.Errorf("after the lease: %+v %+v", lanes, hosts)
		}
	})
}

// A job that is enqueued while its lane is given back would never run.
func TestEnqueueDuringReleaseLosesNothing(t *testing.T) {
	eachTwo(t, func(t *testing.T, s, other *Store) {
		const jobs = 60
		done := 0
		var producer sync.WaitGroup
		producer.Go(func() {
			for n := range jobs {
				other.enqueue(t, "l", fmt.Sprint(n))
			}
		})
		drain := func() {
			for {
				lanes, err := s.ClaimLanes(t.Context(), "q", 1)
				if err != nil || len(lanes) == 0 {
					return
				}
				done += len(lanes[0].Jobs)
				if err := s.finish(t, lanes[0]); err != nil {
					t.Error(err)
					return
				}
			}
		}
		finished := make(chan struct{})
		go func() { producer.Wait(); close(finished) }()
		for running := true; running; {
			select {
			case <-finished:
				running = false
			case <-s.Wake("q"):
			case <-other.Wake("q"):
			}
			drain()
		}
		if done != jobs {
			t.Errorf("%d of %d jobs ran", done, jobs)
		}
	})
}

// Failed jobs would run at once again and again, or dead ones block their lane.
func TestRetryAndBury(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		for n := range 3 {
			s.enqueue(t, "l", fmt.Sprint(n))
		}
		lane := must(s.ClaimLanes(ctx, "q", 1))[0]
		if len(lane.Jobs) != 3 {
			t.Fatalf("lane: %+v", lane)
		}
		later := time.Now().Add(time.Hour).Truncate(time.Millisecond)
		s.do(t, func(tx *Tx) error {
			if err := tx.FinishJob(ctx, lane.Jobs[0].ID); err != nil {
				return err
			}
			if err := tx.RetryJob(ctx, lane.Jobs[1].ID, later, fmt.Errorf("not now")); err != nil {
				return err
			}
			if err := tx.BuryJob(ctx, lane.Jobs[2].ID, fmt.Errorf("never")); err != nil {
				return err
			}
			return tx.ReleaseLane(ctx, lane)
		})
		if got := must(s.ClaimLanes(ctx, "q", 1)); len(got) != 0 {
			t.Errorf("due too soon: %+v", got)
		}
		if at, ok, err := s.NextLane(ctx, "q"); err != nil || !ok || !at.Equal(later) {
			t.Errorf("next: %v %v %v", at, ok, err)
		}
		if dead := must(s.DeadJobs(ctx, 10)); len(dead) != 1 || dead[0].Error != "never" || dead[0].Attempts != 1 {
			t.Errorf("dead: %+v", dead)
		}
		depths := must(s.QueueDepths(ctx))
		if i := slices.IndexFunc(depths, func(d QueueDepth) bool { return d.Queue == "q" }); i < 0 || depths[i].Jobs != 1 {
			t.Errorf("depths: %+v", depths)
		}
	})
}

// Recurring work would multiply with every start.
func TestScheduleKeepsOneJob(t *testing.T) {
	eachTwo(t, func(t *testing.T, s, other *Store) {
		var wg sync.WaitGroup
		for range 5 {
			for _, store := range []*Store{s, other} {
				wg.Go(func() {
					if err := store.Tx(t.Context(), func(tx *Tx) error {
						return tx.Schedule(t.Context(), Job{Queue: "q", Lane: "daily", Kind: "k", Payload: []byte{}})
					}); err != nil {
						t.Error(err)
					}
				})
			}
		}
		wg.Wait()
		var jobs int
		if err := s.get(t.Context(), &jobs, `SELECT COUNT(*) FROM job`); err != nil || jobs != 1 {
			t.Errorf("%d jobs, %v", jobs, err)
		}
	})
}
