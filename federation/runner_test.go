package federation

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"tulou/protocol/vocab"
	"tulou/storage"
)

// boosts is a handler that records for which boosts it got the post.
type boosts struct{ got []bool }

// Need asks for the post.
func (b *boosts) Need(in In) []Ref { return []Ref{{in.Activity.ObjectID, RefStatus}} }

// Apply records whether it came.
func (b *boosts) Apply(_ context.Context, _ *storage.Tx, in In, got Fetched) error {
	b.got = append(b.got, got.Objects[in.Activity.ObjectID] != nil)
	return nil
}

const boostedPost = "http://grove.example/users/cy/statuses/1"

// boosting is a node that accepted a boost by bob, whom it knows, of a post that it does not have.
func boosting(t *testing.T) (n *outNode, handler *boosts) {
	t.Helper()
	n, handler = newOutNode(t), &boosts{}
	if err := n.Handle("Announce", "Object", handler); err != nil {
		t.Fatal(err)
	}
	bob := n.stranger(t, "bob", "orchard.example")
	id := bob.URI + "/boost"
	body := fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":%q,"type":"Announce","actor":%q,"object":%q}`, id, bob.URI, boostedPost)
	n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
		if _, err := tx.AcceptActivity(ctx, id, bob.URI, []byte(body), 0); err != nil {
			return err
		}
		return tx.Enqueue(ctx, storage.Job{Queue: QueueInbox, Lane: bob.URI, Kind: "activity", Payload: storage.MarshalPayload(inboxJob{Activity: id})})
	})
	return n, handler
}

// claim leases what is in the inbox.
func (n *outNode) claim(t *testing.T) []storage.Lane {
	t.Helper()
	lanes, err := n.store.ClaimLanes(t.Context(), QueueInbox, 10)
	if err != nil {
		t.Fatal(err)
	}
	return lanes
}

// works does one round and waits for the slow lanes.
func (n *outNode) works(ctx context.Context, t *testing.T, lanes []storage.Lane) {
	t.Helper()
	n.work(ctx, lanes)
	if err := n.slow.Acquire(t.Context(), slowLanesMax); err != nil {
		t.Fatal(err)
	}
	n.slow.Release(slowLanesMax)
}

// waits tells how many jobs are in the inbox, done or not yet due.
func (n *outNode) waits(t *testing.T) (jobs int64) {
	t.Helper()
	depths, err := n.store.QueueDepths(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range depths {
		if d.Queue == QueueInbox {
			jobs = d.Jobs
		}
	}
	return jobs
}

func servePost(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/activity+json")
	fmt.Fprintf(w, `{"@context":"https://www.w3.org/ns/activitystreams","id":%q,"type":"Place","name":"x"}`, boostedPost)
}

// If this failed, a boost that was answered 202 would be lost when the node is stopped while it
// asks for the post.
func TestStoppingDoesNotDropWhatIsBeingFetched(t *testing.T) {
	n, handler := boosting(t)
	ctx, stop := context.WithCancel(t.Context())
	away := n.net.serve(t, "grove.example", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		stop()
		<-r.Context().Done()
	}))
	n.works(ctx, t, n.claim(t))
	if len(handler.got) != 0 || n.waits(t) != 1 {
		t.Fatalf("applied %v, %d jobs wait", handler.got, n.waits(t))
	}
	away()
	n.net.serve(t, "grove.example", http.HandlerFunc(servePost))
	n.works(t.Context(), t, n.claim(t))
	if len(handler.got) != 1 || !handler.got[0] || n.waits(t) != 0 {
		t.Errorf("after the next start: applied %v, %d jobs wait", handler.got, n.waits(t))
	}
}

// If this failed, boosts of posts on a server that is away for a moment would never be seen.
func TestActivityWaitsForAnObjectWhoseHostIsAway(t *testing.T) {
	n, handler := boosting(t)
	n.net.serve(t, "grove.example", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }))
	n.works(t.Context(), t, n.claim(t))
	if len(handler.got) != 0 || n.waits(t) != 1 {
		t.Errorf("applied %v, %d jobs wait", handler.got, n.waits(t))
	}
}

// If this failed, a worker that overslept would do again what somebody else has done since.
func TestWorkOfALostLeaseIsDoneOnce(t *testing.T) {
	n, handler := boosting(t)
	n.net.serve(t, "grove.example", http.HandlerFunc(servePost))
	overslept := n.claim(t)
	if _, err := n.store.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	n.works(t.Context(), t, n.claim(t))
	n.works(t.Context(), t, overslept)
	if len(handler.got) != 1 || !handler.got[0] || n.waits(t) != 0 {
		t.Errorf("applied %v, %d jobs wait", handler.got, n.waits(t))
	}
}

// choosy is boosts of which some concern somebody.
type choosy struct {
	boosts
	concerns bool
}

// Concerns is as the test says.
func (c *choosy) Concerns(context.Context, storage.Reader, In) (bool, error) { return c.concerns, nil }

// If this failed, any stranger could have this node fetch what they name, from whom they like.
func TestNothingIsFetchedForWhatConcernsNobody(t *testing.T) {
	for _, concerns := range []bool{false, true} {
		n, _ := boosting(t)
		handler, asked := &choosy{concerns: concerns}, 0
		n.table[Key{"Announce", "Object"}] = handler
		n.net.serve(t, "grove.example", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked++
			servePost(w, r)
		}))
		n.works(t.Context(), t, n.claim(t))
		if len(handler.got) != 1 || handler.got[0] != concerns || asked > 0 != concerns || n.waits(t) != 0 {
			t.Errorf("concerns somebody: %t; asked %d times, applied %v, %d jobs wait", concerns, asked, handler.got, n.waits(t))
		}
	}
}

// If this failed, a first boost right after a follow was accepted would be lost, or whoever says
// that they accept one could have us fetch what they like.
func TestWhatFollowsAnAcceptIsJudgedAfterIt(t *testing.T) {
	for _, followed := range []bool{false, true} {
		n, _ := boosting(t)
		handler, asked := &choosy{}, 0
		n.table[Key{"Announce", "Object"}] = handler
		n.table[Key{"Accept", "Follow"}] = accepting(func() { handler.concerns = followed })
		n.net.serve(t, "grove.example", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked++
			servePost(w, r)
		}))
		lanes := n.claim(t)
		accept := storage.Job{Lane: lanes[0].Jobs[0].Lane, Payload: storage.MarshalPayload(inboxJob{Activity: "accept"})}
		bob := accept.Lane
		n.fresh.put("accept", &parsed{&vocab.Activity{ID: bob + "/accept", Type: "Accept", Actor: bob, ObjectID: n.ana.URI + "#follow"}})
		items, err := n.prepare(t.Context(), storage.Lane{Jobs: append([]storage.Job{accept}, lanes[0].Jobs...)})
		if err != nil || len(items) != 2 || len(items[1].needs) != 1 {
			t.Fatalf("prepared %d items, %v", len(items), err)
		}
		n.tx(t, func(ctx context.Context, tx *storage.Tx) error { return n.apply(ctx, tx, items[0]) })
		if err := n.fetchNeeds(t.Context(), items[1]); err != nil {
			t.Fatal(err)
		}
		if asked > 0 != followed {
			t.Errorf("followed: %t; asked %d times", followed, asked)
		}
	}
}

// accepting is a handler that only does what it is made of.
type accepting func()

// Need asks for nothing.
func (accepting) Need(In) []Ref { return nil }

// Apply calls it.
func (f accepting) Apply(context.Context, *storage.Tx, In, Fetched) error { f(); return nil }
