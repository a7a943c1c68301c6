package storage

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

func (s *Store) deliver(t testing.TB, inboxes ...Inbox) (payload int64) {
	t.Helper()
	s.do(t, func(tx *Tx) (err error) {
		if payload, err = tx.CreatePayload(t.Context(), []byte("body")); err != nil {
			return err
		}
		return tx.Deliver(t.Context(), payload, 1, inboxes)
	})
	return payload
}

func inboxAt(host string) Inbox { return Inbox{host, "https://" + host + "/inbox"} }

func (d Destination) all() (ids []int64) {
	for _, x := range d.Deliveries {
		ids = append(ids, x.ID)
	}
	return ids
}

// Two workers would send to one host at once, or a delivery get lost between them.
func TestDestinationsAreHeldByOne(t *testing.T) {
	eachTwo(t, func(t *testing.T, s, other *Store) {
		const rounds, hosts = 15, 3
		var producer, workers sync.WaitGroup
		producer.Go(func() {
			for range rounds {
				s.deliver(t, inboxAt("h0.example"), inboxAt("h1.example"), inboxAt("h2.example"), inboxAt("h0.example"))
			}
		})
		var mu sync.Mutex
		held, last, total := map[string]bool{}, map[string]int64{}, 0
		for _, store := range []*Store{s, other, s} {
			workers.Go(func() {
				for {
					found, err := store.ClaimDestinations(t.Context(), 2)
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					for _, d := range found {
						if held[d.Host] {
							t.Errorf("%s is held twice", d.Host)
						}
						held[d.Host] = true
						for _, id := range d.all() {
							if id <= last[d.Host] {
								t.Errorf("%s: %d after %d", d.Host, id, last[d.Host])
							}
							last[d.Host] = id
							total++
						}
					}
					finished := total == rounds*hosts
					mu.Unlock()
					for _, d := range found {
						mu.Lock()
						held[d.Host] = false
						mu.Unlock()
						if err := store.ReleaseDestination(t.Context(), d, Outcome{Delivered: d.all()}); err != nil {
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
		producer.Wait()
		workers.Wait()
		var left int
		if err := s.get(t.Context(), &left, `SELECT COUNT(*) FROM delivery`); err != nil || left != 0 {
			t.Errorf("%d deliveries are left, %v", left, err)
		}
	})
}

// A worker that overslept would free a host that another one is sending to.
func TestLostDestinationStaysWithItsHolder(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		s.deliver(t, inboxAt("a.example"))
		s.deliver(t, inboxAt("a.example"))
		lost := must(s.ClaimDestinations(ctx, 1))[0]
		s.do(t, func(tx *Tx) error { _, err := tx.exec(ctx, `UPDATE destination SET lease_until = 1`); return err })
		taken := must(s.ClaimDestinations(ctx, 1))[0]
		if err := s.ReleaseDestination(ctx, lost, Outcome{Delivered: lost.all()[:1]}); err != nil {
			t.Fatal(err)
		}
		if got := must(s.ClaimDestinations(ctx, 1)); len(got) != 0 {
			t.Errorf("freed by the wrong one: %+v", got)
		}
		if err := s.ReleaseDestination(ctx, taken, Outcome{}); err != nil {
			t.Fatal(err)
		}
		if got := must(s.ClaimDestinations(ctx, 1)); len(got) != 1 || len(got[0].Deliveries) != 1 {
			t.Errorf("what was delivered is due again: %+v", got)
		}
	})
}

// A host that is down would be asked all the time, or what waits for it be lost when it is back.
func TestHostThatIsDownWaits(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		payload := s.deliver(t, inboxAt("a.example"), Inbox{"a.example", "https://a.example/2"})
		d := must(s.ClaimDestinations(ctx, 1))[0]
		if body := must(s.Payload(ctx, d.Deliveries[0].PayloadID)); string(body) != "body" || d.Deliveries[0].PayloadID != payload {
			t.Errorf("payload: %q", body)
		}
		down := time.Now().Add(time.Hour).Truncate(time.Millisecond)
		err := s.ReleaseDestination(ctx, d, Outcome{DownUntil: down,
			Retry: map[int64]Failure{d.Deliveries[0].ID: {At: time.Now(), Reason: "refused"}},
			Dead:  map[int64]Failure{d.Deliveries[1].ID: {Reason: "gone"}}})
		if err != nil {
			t.Fatal(err)
		}
		s.deliver(t, inboxAt("a.example")) // new work does not wake a host that is down
		if got := must(s.ClaimDestinations(ctx, 1)); len(got) != 0 {
			t.Errorf("asked while down: %+v", got)
		}
		if at, ok, err := s.NextDestination(ctx); err != nil || !ok || !at.Equal(down) {
			t.Errorf("next: %v %v %v", at, ok, err)
		}
		if dead := must(s.DeadDeliveries(ctx, 5)); len(dead) != 1 || dead[0].Error != "gone" {
			t.Errorf("dead: %+v", dead)
		}
		s.do(t, func(tx *Tx) error { return tx.ReviveHost(ctx, "a.example") })
		got := must(s.ClaimDestinations(ctx, 1))
		if len(got) != 1 || len(got[0].Deliveries) != 2 || got[0].Failures != 0 {
			t.Fatalf("revived: %+v", got)
		}
		if err := s.ReleaseDestination(ctx, got[0], Outcome{Delivered: got[0].all(), RFC9421: true}); err != nil {
			t.Fatal(err)
		}
		s.deliver(t, inboxAt("a.example"))
		if got := must(s.ClaimDestinations(ctx, 1)); len(got) != 1 || got[0].RFC9421At == 0 {
			t.Errorf("what the host knows was forgotten: %+v", got)
		}
	})
}

// One host with much to get would keep the others waiting.
func TestLeaseIsBounded(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		var inboxes []Inbox
		for n := range DeliveriesPerLease + insertRowsMax {
			inboxes = append(inboxes, Inbox{"a.example", fmt.Sprintf("https://a.example/%d", n)})
		}
		s.deliver(t, inboxes...)
		d := must(s.ClaimDestinations(t.Context(), 1))[0]
		if len(d.Deliveries) != DeliveriesPerLease {
			t.Errorf("%d deliveries", len(d.Deliveries))
		}
		s.do(t, func(tx *Tx) error { return tx.NoteRFC9421(t.Context(), "new.example") })
		if got := must(s.ClaimDestinations(t.Context(), 5)); len(got) != 0 {
			t.Errorf("nothing is due: %+v", got)
		}
	})
}

// Each number of followers would be statements of its own that every connection keeps for ever.
func TestDeliveriesAreQueuedByFewStatements(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v, ctx := village{t, s}, t.Context()
		ana := v.local("ana")
		s.do(t, func(tx *Tx) error {
			rows := 0
			for _, n := range []int{0, 1, 2, 9, 10, 11, 59, 61, 199, 200, 201, 263, 461} {
				payload, err := tx.CreatePayload(ctx, []byte("{}"))
				if err != nil {
					return err
				}
				var inboxes []Inbox
				for i := range n { // two for most hosts, and one twice
					host := fmt.Sprintf("h%d.example", i/2)
					inboxes = append(inboxes, Inbox{Host: host, URL: fmt.Sprintf("https://%s/%d", host, i)})
				}
				rows += n
				if n > 0 {
					inboxes = append(inboxes, inboxes[0])
				}
				if err := tx.Deliver(ctx, payload, ana.ID, inboxes); err != nil {
					return err
				}
			}
			var found struct{ Deliveries, Destinations int }
			err := tx.get(ctx, &found, `SELECT (SELECT COUNT(*) FROM delivery) AS deliveries, (SELECT COUNT(*) FROM destination) AS destinations`)
			if err != nil || found.Deliveries != rows || found.Destinations != (461+1)/2 {
				t.Errorf("%+v for %d rows, %v", found, rows, err)
			}
			texts := 0
			for text := range tx.session.byText {
				if strings.Contains(text, "INSERT INTO de") {
					texts++
				}
			}
			if texts != 2*4 {
				t.Errorf("%d statements", texts)
			}
			return nil
		})
	})
}
