package federation

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tulou/storage"
)

// orchard serves the people of orchard.example, each called new.
type orchard struct {
	asked atomic.Int64  // how often for an actor
	hold  chan struct{} // answers wait until it is closed, if not nil
}

func (o *orchard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, "/users/") {
		w.WriteHeader(http.StatusServiceUnavailable) // WebFinger is away
		return
	}
	o.asked.Add(1)
	if o.hold != nil {
		select {
		case <-o.hold:
		case <-r.Context().Done():
			return
		}
	}
	id := "http://orchard.example" + r.URL.Path
	w.Header().Set("Content-Type", "application/activity+json")
	json.NewEncoder(w).Encode(map[string]any{
		"@context": "https://www.w3.org/ns/activitystreams", "type": "Person", "id": id, "name": "new",
		"preferredUsername": strings.TrimPrefix(r.URL.Path, "/users/"), "inbox": id + "/inbox", "outbox": id + "/outbox",
	})
}

// likes has somebody's activity accepted and worked on.
func (n *outNode) likes(ctx context.Context, t *testing.T, who storage.Account, name string) {
	t.Helper()
	id := who.URI + "/" + name
	body := fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":%q,"type":"Like","actor":%q,"object":%q}`, id, who.URI, n.ana.URI+"/1")
	n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
		if _, err := tx.AcceptActivity(ctx, id, who.URI, []byte(body), 0); err != nil {
			return err
		}
		return tx.Enqueue(ctx, storage.Job{Queue: QueueInbox, Lane: who.URI, Kind: "activity", Payload: storage.MarshalPayload(inboxJob{Activity: id})})
	})
	n.works(ctx, t, n.claim(t))
}

// If this failed, people of other servers would look for ever as they did when they were first
// heard of, or every activity would have them asked for, or their handles would change when
// WebFinger is away.
func TestActorsAreReadAgainWhenTheyAreOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, peer := newOutNode(t), &orchard{}
		n.table[Key{"Like", "Object"}] = accepting(func() {})
		n.net.serve(t, "orchard.example", peer)
		bob := n.stranger(t, "bob", "orchard.example", func(a *storage.Account) { a.Host = "fruit.example" })
		for i, step := range []struct {
			wait time.Duration
			want int64
		}{{staleAfter - time.Minute, 0}, {2 * time.Minute, 1}, {time.Minute, 1}, {staleAfter, 2}} {
			time.Sleep(step.wait)
			n.likes(t.Context(), t, bob, fmt.Sprint(i))
			synctest.Wait()
			if got := peer.asked.Load(); got != step.want {
				t.Errorf("step %d: asked %d times, want %d", i, got, step.want)
			}
		}
		now, err := n.store.AccountByURI(t.Context(), bob.URI)
		if err != nil || now.DisplayName != "new" || now.Host != "fruit.example" {
			t.Errorf("bob is %q at %s, %v", now.DisplayName, now.Host, err)
		}
	})
}

// If this failed, servers that answer slowly could hold up the inbox, or take all connections, or a
// node that stops would write to a database that is closed.
func TestFewActorsAreReadAgainAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, peer := newOutNode(t), &orchard{hold: make(chan struct{})}
		n.table[Key{"Like", "Object"}] = accepting(func() {})
		n.net.serve(t, "orchard.example", peer)
		var people []storage.Account
		for i := range refreshesAtOnce + 2 {
			people = append(people, n.stranger(t, fmt.Sprintf("p%d", i), "orchard.example"))
		}
		time.Sleep(staleAfter)
		ctx, stop := context.WithCancel(t.Context())
		for i := range 2 { // a second activity of one who is being read asks nobody
			for _, who := range people {
				n.likes(ctx, t, who, fmt.Sprint(i))
			}
		}
		synctest.Wait()
		if got := peer.asked.Load(); got != refreshesAtOnce || n.waits(t) != 0 {
			t.Errorf("asked %d at a time, %d activities wait", got, n.waits(t))
		}
		began := time.Now()
		stop()
		if err := n.runInbox(ctx); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("stopping took %v", took)
		}
		if n.refreshes.TryAcquire(1) {
			t.Error("the node stops while actors are being read")
		}
		now, err := n.store.AccountByURI(t.Context(), people[0].URI)
		if err != nil || now.DisplayName != "" {
			t.Errorf("what was not read was stored: %q, %v", now.DisplayName, err)
		}
	})
}
