package storage

import (
	"testing"
	"time"

	"tulou/protocol/fault"
	"tulou/storage/storagetest"
)

// lease leases everything that is due in the queue q and for any host.
func (s *Store) lease(t *testing.T) (lanes []Lane, hosts []Destination) {
	t.Helper()
	return must(s.ClaimLanes(t.Context(), "q", 10)), must(s.ClaimDestinations(t.Context(), 10))
}

// work makes a job and a delivery.
func (s *Store) work(t *testing.T) {
	t.Helper()
	s.deliver(t, inboxAt("h.example"))
	s.enqueue(t, "l", "k")
}

// join is Join; the test leaves in the end.
func (s *Store) join(t *testing.T) (leave func()) {
	t.Helper()
	leave, err := s.Join(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(leave)
	return leave
}

// die lets the time pass in which a process that was killed is believed to live.
func (s *Store) die(t *testing.T) {
	t.Helper()
	s.do(t, func(tx *Tx) error {
		n, err := tx.exec(t.Context(), `UPDATE process SET alive_until = 1 WHERE name = ?`, s.name)
		if err == nil && n != 1 {
			t.Errorf("%d rows of the process", n)
		}
		return err
	})
}

// look is what a process that lives does every aliveEvery.
func (s *Store) look(t *testing.T) {
	t.Helper()
	s.do(t, func(tx *Tx) error { return tx.stayAlive(t.Context(), false) })
}

// A node that was killed would lie still for a minute after its restart, or a process that starts
// would take away what another one on the same PostgreSQL is working on.
func TestWhoJoinsFreesWhatADeadProcessHeld(t *testing.T) {
	eachTwo(t, func(t *testing.T, s, other *Store) {
		s.join(t)
		s.work(t)
		lanes, hosts := s.lease(t)
		if len(lanes) != 1 || len(hosts) != 1 {
			t.Fatalf("%d lanes and %d hosts were leased", len(lanes), len(hosts))
		}
		if s.Postgres() {
			other.join(t)
			if lanes, hosts := other.lease(t); len(lanes) != 0 || len(hosts) != 0 {
				t.Errorf("%d lanes and %d hosts of a process that lives were taken", len(lanes), len(hosts))
			}
			s.die(t)
		}
		other.join(t)
		if lanes, hosts := other.lease(t); len(lanes) != 1 || len(lanes[0].Jobs) != 1 || len(hosts) != 1 || len(hosts[0].Deliveries) != 1 {
			t.Errorf("taken over: %+v and %+v", lanes, hosts)
		}
	})
}

// Of several processes one dies, and the others would leave its work alone.
func TestTheLivingBuryTheDead(t *testing.T) {
	eachTwo(t, func(t *testing.T, s, other *Store) {
		if !s.Postgres() {
			return // one process
		}
		s.join(t)
		other.join(t)
		s.work(t)
		s.lease(t)
		other.look(t)
		if lanes, hosts := other.lease(t); len(lanes) != 0 || len(hosts) != 0 {
			t.Errorf("%d lanes and %d hosts of a process that lives were taken", len(lanes), len(hosts))
		}
		s.die(t)
		other.die(t) // the database stood still, for both
		other.look(t)
		if lanes, hosts := other.lease(t); len(lanes) != 0 || len(hosts) != 0 {
			t.Errorf("%d lanes and %d hosts were taken by one that was late itself", len(lanes), len(hosts))
		}
		other.look(t)
		if lanes, hosts := other.lease(t); len(lanes) != 1 || len(hosts) != 1 {
			t.Errorf("%d lanes and %d hosts of a dead process were taken", len(lanes), len(hosts))
		}
	})
}

// A process whose writers all wait for something would be taken for dead, and its work be done by
// others as well.
func TestBusyProcessIsAlive(t *testing.T) {
	s := open(t, storagetest.Postgres(t))
	s.join(t)
	until := func() (ms int64) {
		if err := s.get(t.Context(), &ms, `SELECT alive_until FROM process WHERE name = ?`, s.name); err != nil {
			t.Fatal(err)
		}
		return ms
	}
	before := until()
	for range postgresWriters {
		busy := <-s.sessions.free
		defer func() { s.sessions.free <- busy }()
	}
	for begun := time.Now(); until() == before; time.Sleep(aliveEvery / 20) { // by PostgreSQL's clock
		if time.Since(begun) > aliveFor {
			t.Fatal("a busy process does not say that it lives")
		}
	}
}

// A process that was stopped for a while, and believed to be dead, would do what others did, or
// take from them what they are working on.
func TestWhoOnlySleptNoticesIt(t *testing.T) {
	eachTwo(t, func(t *testing.T, s, other *Store) {
		s.join(t)
		s.work(t)
		lanes, hosts := s.lease(t)
		if s.Postgres() {
			s.die(t)
		}
		other.join(t)
		theirs, atTheirs := other.lease(t)
		if len(theirs) != 1 || len(atTheirs) != 1 {
			t.Fatalf("%d lanes and %d hosts were taken over", len(theirs), len(atTheirs))
		}
		if s.Postgres() {
			s.look(t) // it wakes
		}
		if err := s.KeepLane(t.Context(), lanes[0]); !fault.Is(err, fault.Conflict) {
			t.Errorf("kept a lane that another process has: %v", err)
		}
		if err := s.finish(t, lanes[0]); !fault.Is(err, fault.Conflict) {
			t.Errorf("did the jobs of a lane that another process has: %v", err)
		}
		if err := s.ReleaseDestination(t.Context(), hosts[0], Outcome{}); err != nil {
			t.Error(err)
		}
		if again, _ := s.ClaimDestinations(t.Context(), 10); len(again) != 0 {
			t.Error("it gave away a host that another process serves")
		}
		if err := other.finish(t, theirs[0]); err != nil {
			t.Errorf("the other process: %v", err)
		}
		if err := other.ReleaseDestination(t.Context(), atTheirs[0], Outcome{Delivered: []int64{atTheirs[0].Deliveries[0].ID}}); err != nil {
			t.Error(err)
		}
		if lanes, hosts := s.lease(t); len(lanes)+len(hosts) != 0 {
			t.Errorf("left over: %+v and %+v", lanes, hosts)
		}
	})
}

// What a process had not given back when it was stopped in an orderly way would rest.
func TestWhoLeavesFreesEverything(t *testing.T) {
	eachTwo(t, func(t *testing.T, s, other *Store) {
		if !s.Postgres() {
			return // nobody is there, and whoever comes frees everything
		}
		other.join(t)
		leave := s.join(t)
		s.work(t)
		s.lease(t)
		leave()
		if lanes, hosts := other.lease(t); len(lanes) != 1 || len(hosts) != 1 {
			t.Errorf("%d lanes and %d hosts are free", len(lanes), len(hosts))
		}
		var rows int
		if err := s.get(t.Context(), &rows, `SELECT COUNT(*) FROM process WHERE name = ?`, s.name); err != nil || rows != 0 {
			t.Errorf("%d rows are left, %v", rows, err)
		}
	})
}
