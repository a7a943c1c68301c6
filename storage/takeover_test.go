package storage

import "testing"

// A node that was killed would lie still for a minute after its restart, or a process that starts
// would take away what another one on the same PostgreSQL is working on.
func TestTakeOverFreesWhatADeadProcessHeld(t *testing.T) {
	eachTwo(t, func(t *testing.T, s, other *Store) {
		s.deliver(t, inboxAt("h.example"))
		s.do(t, func(tx *Tx) error {
			return tx.Enqueue(t.Context(), Job{Queue: "q", Lane: "l", Kind: "k", Payload: []byte{}})
		})
		claim := func(s *Store) (lanes []Lane, hosts int) {
			t.Helper()
			lanes, err := s.ClaimLanes(t.Context(), "q", 10)
			if err != nil {
				t.Fatal(err)
			}
			found, err := s.ClaimDestinations(t.Context(), 10)
			if err != nil {
				t.Fatal(err)
			}
			return lanes, len(found)
		}
		held, hosts := claim(s)
		if len(held) != 1 || hosts != 1 {
			t.Fatalf("%d lanes and %d hosts were leased", len(held), hosts)
		}
		if err := other.TakeOver(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := 1
		if s.Postgres() {
			want = 0
		}
		if lanes, hosts := claim(other); len(lanes) != want || hosts != want {
			t.Errorf("%d lanes and %d hosts were taken over, want %d", len(lanes), hosts, want)
		}
		err := s.Tx(t.Context(), func(tx *Tx) error { return tx.ReleaseLane(t.Context(), held[0]) })
		if lost := err != nil; lost == s.Postgres() {
			t.Errorf("the old holder gave its lane back: %v", err)
		}
	})
}
