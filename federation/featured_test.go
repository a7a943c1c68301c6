package federation

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"tulou/federation/fetch"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// Pinned posts must be served to those who ask for the profile, and those for followers not even
// named (A098).
func TestFeaturedNamesWhatEverybodyMaySee(t *testing.T) {
	n := newOutNode(t)
	client := n.web(t)
	public := n.publish(t, n.ana, storage.VisibilityPublic, "hello", "")
	secret := n.publish(t, n.ana, storage.VisibilityPrivate, "secret", "", storage.FollowersOf(n.ana.ID))
	n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
		for _, id := range []int64{public.ID, secret.ID} {
			if _, err := tx.PutPin(ctx, n.ana.ID, id, storage.PinsMax); err != nil {
				return err
			}
		}
		_, err := tx.PutFeaturedTag(ctx, n.ana.ID, "garden", "Garden")
		return err
	})
	got := n.get(t, client, n.ana.URI+ids.Featured).doc(t)
	items := got["orderedItems"].([]any)
	if got["type"] != "OrderedCollection" || got["totalItems"] != 1.0 || len(items) != 1 || items[0].(map[string]any)["id"] != public.URI {
		t.Errorf("featured: %v", got)
	}
	tags := n.get(t, client, n.ana.URI+ids.FeaturedTags).doc(t)
	tag := tags["items"].([]any)[0].(map[string]any)
	if tags["type"] != "Collection" || tag["type"] != "Hashtag" || tag["name"] != "#Garden" || !strings.HasSuffix(tag["href"].(string), "/tags/garden") {
		t.Errorf("featured tags: %v", tags)
	}
	actor := n.get(t, client, n.ana.URI).doc(t)
	if actor["featuredTags"] != n.ana.URI+ids.FeaturedTags || actor["featured"] != n.ana.URI+ids.Featured {
		t.Errorf("actor: %v", actor)
	}
}

// Mastodon sends Add and Remove without ids: if they were refused, pins would come from nowhere;
// and if they were told apart by what they say, a post could be pinned once in its life.
func TestAddAndRemoveNeedNoID(t *testing.T) {
	s := newStation(t)
	for _, kind := range []string{"Add", "Remove"} {
		if err := s.engine.Handle(kind, "Object", s); err != nil {
			t.Fatal(err)
		}
	}
	mallory := s.evil.Actor("mallory")
	pin := mallory.Do("Add", mallory.ID+"/statuses/1", map[string]any{"target": mallory.ID + "/collections/featured"})
	unpin := mallory.Do("Remove", mallory.ID+"/statuses/1", map[string]any{"target": mallory.ID + "/collections/featured"})
	delete(pin, "id")
	delete(unpin, "id")
	for _, a := range []map[string]any{pin, unpin, pin} {
		if status, text := s.send(t, mallory, a); status != 202 {
			t.Fatal(status, text)
		}
		s.applied(t)
	}
	var kinds []string
	for _, in := range s.seen {
		kinds = append(kinds, in.Activity.Type)
		if !ids.SameOrigin(in.Activity.ID, mallory.ID) {
			t.Errorf("id %q", in.Activity.ID)
		}
	}
	if !slices.Equal(kinds, []string{"Add", "Remove", "Add"}) {
		t.Errorf("applied %v", kinds)
	}
	like := mallory.Do("Like", s.ana.URI, nil)
	delete(like, "id")
	if status, _ := s.send(t, mallory, like); status < 400 {
		t.Errorf("a Like without an id: %d", status)
	}
	elsewhere := mallory.Do("Add", mallory.ID+"/statuses/1", map[string]any{"target": s.ana.URI + "/collections/featured"})
	if status, _ := s.send(t, mallory, elsewhere); status != 403 {
		t.Errorf("what is another's: %d", status)
	}
	tag := mallory.Do("Add", map[string]any{"type": "Hashtag", "name": "#x", "href": mallory.ID + "/tags/x"},
		map[string]any{"target": mallory.ID + "/collections/featured"})
	if status, text := s.send(t, mallory, tag); status != 202 {
		t.Errorf("a hashtag: %d %s", status, text)
	}
	if got := s.applied(t); len(got) != 3 {
		t.Errorf("applied %v", got)
	}
}

// An activity without an id that was accepted before a crash would be forgotten after it.
func TestWhatHadNoIDKeepsTheOneItGot(t *testing.T) {
	body := []byte(`{"type":"Add","actor":"https://far.example/users/bo","object":"https://far.example/1","target":"https://far.example/featured"}`)
	first, err := parseActivity(body, "")
	if err != nil || !ids.SameOrigin(first.ID, first.Actor) {
		t.Fatal(first, err)
	}
	if again, err := parseActivity(body, first.ID); err != nil || again.ID != first.ID {
		t.Errorf("id %q, want %q (%v)", again.ID, first.ID, err)
	}
}

// A collection of another server could name as much as it likes, or be read where it is not.
func TestItemIDsAreBoundedAndOfTheOrigin(t *testing.T) {
	s := newStation(t)
	s.net.serve(t, "far.example", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", fetch.ActivityJSON)
		_, _ = w.Write([]byte(`{"@context":"https://www.w3.org/ns/activitystreams","id":"http://far.example` + r.URL.Path +
			`","type":"OrderedCollection","orderedItems":["http://far.example/1",{"type":"Note"},{"id":"http://far.example/2","type":"Note"},7,"nonsense","http://far.example/3"]}`))
	}))
	got, err := s.engine.ItemIDs(t.Context(), "http://far.example/featured", 2)
	if err != nil || !slices.Equal(got, []string{"http://far.example/1", "http://far.example/2"}) {
		t.Errorf("items %v, %v", got, err)
	}
	if _, err := s.engine.ItemIDs(t.Context(), s.ana.URI+"/collections/featured", 2); !fault.Is(err, fault.NotFound) {
		t.Errorf("our own: %v", err)
	}
}
