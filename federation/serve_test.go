package federation

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tulou/protocol/ids"
	"tulou/protocol/keys"
	"tulou/protocol/proof"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// publish makes a post of somebody of this node with its documents. audience are the principals of
// what is not for everybody.
func (n *outNode) publish(t testing.TB, from storage.Account, visibility, content string, inReplyTo string, audience ...int64) storage.Status {
	t.Helper()
	paths := n.config.Paths
	id, at := n.store.NewID()
	a := n.post(from, id, content)
	note := a.Object.Note
	note.InReplyTo, note.Published, a.Published = inReplyTo, at, at
	switch visibility {
	case storage.VisibilityPublic, storage.VisibilityUnlisted:
		audience = append(audience, storage.Everybody)
	default:
		note.To, note.Cc = []string{from.Followers}, nil
		a.To, a.Cc = note.To, nil
	}
	out, err := n.Prepare(context.Background(), from, a)
	if err != nil {
		t.Fatal(err)
	}
	var status storage.Status
	n.tx(t, func(ctx context.Context, tx *storage.Tx) (err error) {
		status, err = tx.CreateStatus(ctx, storage.NewStatus{Audience: audience, Status: storage.Status{
			ID: id, URI: paths.Status(from.Name, id), AccountID: from.ID, Local: true, Type: "Note", Visibility: visibility,
			Content: content, ReplyToURI: inReplyTo, CreatedAt: storage.At(at),
		}})
		if err != nil {
			return err
		}
		return out.Send(ctx, tx)
	})
	return status
}

// answer is what a GET got.
type answer struct {
	status int
	header http.Header
	body   string
}

// doc is the body as JSON.
func (a answer) doc(t testing.TB) (doc map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), &doc); err != nil {
		t.Fatalf("%v in %q", err, a.body)
	}
	return doc
}

// get asks for a path or address; sign may sign the request.
func (n *outNode) get(t testing.TB, client *http.Client, address string, sign ...func(*http.Request)) answer {
	t.Helper()
	if strings.HasPrefix(address, "/") {
		address = n.config.Paths.Base + address
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "application/activity+json")
	for _, f := range sign {
		f(r)
	}
	return do(t, client, r)
}

func do(t testing.TB, client *http.Client, r *http.Request) answer {
	t.Helper()
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(body)}
}

// dialects are the two ways in which a peer may sign a GET.
func dialects(t testing.TB, who storage.Account) map[string]func(*http.Request) {
	key := rsaKey()
	return map[string]func(*http.Request){
		"draft":   func(r *http.Request) { signDraftGET(t, r, who.URI+"#main-key", key) },
		"RFC9421": func(r *http.Request) { sign9421GET(t, r, who.URI+"#main-key", key) },
	}
}

// An actor must be found under its id, whole, and by whoever asks in one of the usual ways.
func TestActorIsServed(t *testing.T) {
	n := newOutNode(t)
	client := n.web(t)
	got := n.get(t, client, n.ana.URI)
	if got.status != 200 || got.header.Get("Content-Type") != "application/activity+json; charset=utf-8" {
		t.Fatalf("%d %s: %s", got.status, got.header.Get("Content-Type"), got.body)
	}
	if vary := got.header.Get("Vary"); vary != "Accept, Signature" {
		t.Errorf("Vary is %q", vary)
	}
	actor, err := vocab.ParseActor([]byte(got.body))
	if err != nil {
		t.Fatal(err)
	}
	if err := checkActor(*actor); err != nil {
		t.Errorf("we would refuse our own actor: %v", err)
	}
	if actor.ID != n.ana.URI || !actor.RFC9421 || actor.Webfinger != "ana@harbor.example" || len(actor.Keys) != 2 {
		t.Errorf("the actor is %+v", actor)
	}
	for accept, want := range map[string]string{
		"": "application/activity+json; charset=utf-8", "*/*": "application/activity+json; charset=utf-8",
		`application/ld+json; profile="https://www.w3.org/ns/activitystreams"`: `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`,
		"application/activity+json, application/ld+json":                       "application/activity+json; charset=utf-8",
		"application/json": "application/activity+json; charset=utf-8",
	} {
		got := n.get(t, client, n.ana.URI, func(r *http.Request) { r.Header.Set("Accept", accept) })
		if got.status != 200 || got.header.Get("Content-Type") != want {
			t.Errorf("Accept %q: %d %s, want %s", accept, got.status, got.header.Get("Content-Type"), want)
		}
	}
}

// A change of the profile must be seen at once, although the document is kept.
func TestActorDocumentFollowsTheProfile(t *testing.T) {
	n := newOutNode(t)
	client := n.web(t)
	n.get(t, client, n.ana.URI)
	n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
		changed := n.ana
		changed.DisplayName = "Another name"
		_, err := tx.UpdateProfile(ctx, changed)
		return err
	})
	if got := n.get(t, client, n.ana.URI).doc(t)["name"]; got != "Another name" {
		t.Errorf("the name is %v", got)
	}
}

// A browser that follows an id must end at a page, a server never.
func TestBrowsersAreSentToPages(t *testing.T) {
	n := newOutNode(t)
	client := n.web(t)
	status := n.publish(t, n.ana, storage.VisibilityPublic, "hello", "")
	for accept, page := range map[string]bool{
		"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": true,
		"text/html": true,
		"application/activity+json, text/html;q=0.1": false,
		"application/activity+json, text/html":       false,
		"application/activity+json;q=0.2, text/html": true,
		"text/html;q=x, ;;;":                         true,
		strings.Repeat("a/b,", 1000) + "text/html":   false,
	} {
		for address, want := range map[string]string{
			n.ana.URI:                "http://harbor.example/@ana",
			status.URI:               "http://harbor.example/@ana/" + ids.Format(status.ID),
			status.URI + "/activity": "http://harbor.example/@ana/" + ids.Format(status.ID),
		} {
			got := n.get(t, client, address, func(r *http.Request) { r.Header.Set("Accept", accept) })
			if redirected := got.status == http.StatusFound && got.header.Get("Location") == want; redirected != page {
				t.Errorf("%s with Accept %.60q: %d to %q", address, accept, got.status, got.header.Get("Location"))
			}
		}
	}
}

// A deleted person must be gone for good and say so; a suspended one is not shown; nobody is found
// under another's id.
func TestActorsWhoAreNotThere(t *testing.T) {
	n := newOutNode(t)
	client := n.web(t)
	gone, banned := n.person(t, "gone", 3), n.person(t, "banned", 4)
	n.stranger(t, "bob", "orchard.example")
	n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
		if err := tx.SetSuspended(ctx, banned.ID, true); err != nil {
			return err
		}
		return tx.MarkDeleted(ctx, gone.ID)
	})
	got := n.get(t, client, gone.URI)
	if doc := got.doc(t); got.status != 410 || doc["type"] != "Tombstone" || doc["id"] != gone.URI || doc["deleted"] == nil {
		t.Errorf("deleted: %d %s", got.status, got.body)
	}
	for path, want := range map[string]int{
		"/users/banned": 403, "/users/banned/outbox": 403, "/users/gone/followers": 410, "/users/nobody": 404,
		"/users/Ana": 404, "/users/bob": 404, "/users/%2e%2e": 404, "/users/ana%00": 404, "/users/nobody/outbox": 404,
		"/users/ana/statuses/x": 404, "/users/ana/statuses/-1": 404, "/users/ana/statuses/01": 404,
		"/users/ana/statuses/99999999999999999999": 404, "/users/ana/activities/1": 404, "/users/ana/statuses/7": 404,
	} {
		if got := n.get(t, client, path); got.status != want {
			t.Errorf("%s: %d, want %d", path, got.status, want)
		}
	}
}

// What was sent must be what is served, byte for byte, or its proof would fail.
func TestPostsAreServedAsTheyWereSent(t *testing.T) {
	n := newOutNode(t)
	client := n.web(t)
	status := n.publish(t, n.ana, storage.VisibilityPublic, "hello", "")
	for _, address := range []string{status.URI, status.URI + "/activity"} {
		got := n.get(t, client, address)
		if got.status != 200 || got.header.Get("Cache-Control") != publicAge {
			t.Errorf("%s: %d, kept %q", address, got.status, got.header.Get("Cache-Control"))
		}
		doc, err := n.store.Document(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		if got.body != string(doc.Body) {
			t.Errorf("%s changed on the way", address)
		}
		p, err := proof.Parse([]byte(got.body), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Verify(keys.Ed25519FromSeed(seed(1)).Public(), n.ana.URI); err != nil {
			t.Error(err)
		}
	}
}

// What is not for everybody must be served to those it is for, who prove who they are, and for all
// others be as if it did not exist: the same bytes (A090, A092).
func TestPrivatePostsAreForTheirAudience(t *testing.T) {
	n := newOutNode(t)
	client := n.web(t)
	friend := n.stranger(t, "friend", "orchard.example")
	named := n.stranger(t, "named", "orchard.example")
	neighbour := n.stranger(t, "neighbour", "orchard.example")
	blocked := n.stranger(t, "blocked", "orchard.example")
	for _, who := range []storage.Account{friend, blocked} {
		n.follows(t, who, n.ana)
	}
	n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.PutBlock(ctx, n.ana.ID, blocked.ID, "")
		return err
	})
	private := n.publish(t, n.ana, storage.VisibilityPrivate, "for followers", "", storage.FollowersOf(n.ana.ID))
	direct := n.publish(t, n.ana, storage.VisibilityDirect, "for one", "", named.ID)
	absent := n.get(t, client, n.config.Paths.Status("ana", 12345))
	cases := []struct {
		who             storage.Account
		private, direct int
	}{{friend, 200, 404}, {named, 404, 200}, {neighbour, 404, 404}, {blocked, 404, 404}, {storage.Account{}, 404, 404}}
	for _, c := range cases {
		for dialect, sign := range dialects(t, c.who) {
			if c.who.ID == 0 {
				sign = func(*http.Request) {}
			}
			if got := n.get(t, client, "/users/ben/statuses/"+ids.Format(private.ID)+"/replies", sign); got.status != 404 {
				t.Errorf("%s finds the post under another name: %d", c.who.Name, got.status)
			}
			for status, want := range map[string]int{private.URI: c.private, direct.URI: c.direct} {
				for _, address := range []string{status, status + "/activity", status + "/replies"} {
					got := n.get(t, client, address, sign)
					if got.status != want {
						t.Errorf("%s asks for %s (%s): %d, want %d", c.who.Name, address, dialect, got.status, want)
					}
					if want == 200 && got.header.Get("Cache-Control") != privateAge {
						t.Errorf("%s may be kept: %q", address, got.header.Get("Cache-Control"))
					}
					if want == 404 && (got.body != absent.body || got.header.Get("Cache-Control") != absent.header.Get("Cache-Control")) {
						t.Errorf("%s differs from what does not exist: %s", address, got.body)
					}
				}
			}
		}
	}
}

// A signature that does not verify must not open anything, whatever it claims.
func TestForgedSignaturesOpenNothing(t *testing.T) {
	n := newOutNode(t)
	client := n.web(t)
	friend := n.stranger(t, "friend", "orchard.example")
	n.follows(t, friend, n.ana)
	private := n.publish(t, n.ana, storage.VisibilityPrivate, "for followers", "", storage.FollowersOf(n.ana.ID))
	for name, forge := range map[string]func(*http.Request){
		"signed for another path": func(r *http.Request) {
			other := r.Clone(r.Context())
			other.URL.Path = "/users/ana"
			signDraftGET(t, other, friend.URI+"#main-key", rsaKey())
			r.Header = other.Header
		},
		"signature of nothing": func(r *http.Request) {
			r.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
			r.Header.Set("Signature", `keyId="`+friend.URI+`#main-key",headers="(request-target) host date",signature="AAAA"`)
		},
		"old": func(r *http.Request) {
			sign9421GET(t, r, friend.URI+"#main-key", rsaKey())
			r.Header.Set("Signature-Input", strings.Replace(r.Header.Get("Signature-Input"), "created=1", "created=0", 1))
		},
		"not a signature": func(r *http.Request) { r.Header.Set("Signature", "x") },
	} {
		got := n.get(t, client, private.URI, forge)
		if got.status != 404 && got.status != 503 { // the key is fetched anew, and its host is away
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
}

// A host that the operator keeps out must not read even what is public under its own name.
func TestBlockedHostsAreRefused(t *testing.T) {
	n := newOutNode(t)
	client := n.web(t)
	evil := n.stranger(t, "evil", "blocked.example")
	status := n.publish(t, n.ana, storage.VisibilityPublic, "hello", "")
	n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
		return tx.PutDomainPolicy(ctx, storage.DomainPolicy{Domain: "blocked.example", Action: storage.DomainBlock})
	})
	for dialect, sign := range dialects(t, evil) {
		for _, address := range []string{n.ana.URI, status.URI, n.ana.URI + "/outbox", n.ana.URI + "/followers"} {
			if got := n.get(t, client, address, sign); got.status != 403 {
				t.Errorf("%s (%s): %d", address, dialect, got.status)
			}
		}
	}
}

// With authorized fetch nothing but keys may be read without a signature, and keys must always be:
// two such nodes would never meet otherwise.
func TestAuthorizedFetch(t *testing.T) {
	n := newOutNode(t, func(c *Config) { c.AuthorizedFetch = true })
	client := n.web(t)
	n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
		id := n.config.Paths.InstanceActor()
		node, err := tx.CreateAccount(ctx, storage.Account{URI: id, Name: "harbor.example", Type: "Application"})
		if err != nil {
			return err
		}
		return tx.PutKeys(ctx, node.ID, localKeys(t, id, node.ID, 9))
	})
	friend, blocked := n.stranger(t, "friend", "orchard.example"), n.stranger(t, "blocked", "meadow.example")
	n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.PutBlock(ctx, n.ana.ID, blocked.ID, "")
		return err
	})
	status := n.publish(t, n.ana, storage.VisibilityPublic, "hello", "")
	bare := n.get(t, client, n.ana.URI)
	if doc := bare.doc(t); bare.status != 200 || doc["publicKey"] == nil || doc["assertionMethod"] == nil || doc["inbox"] == nil || doc["name"] != nil {
		t.Errorf("the actor for strangers: %d %s", bare.status, bare.body)
	}
	if got := n.get(t, client, "/actor"); got.status != 200 || got.doc(t)["publicKey"] == nil || got.doc(t)["type"] != "Application" {
		t.Errorf("the instance actor: %d %s", got.status, got.body)
	}
	for _, address := range []string{status.URI, status.URI + "/activity", status.URI + "/replies", n.ana.URI + "/outbox",
		n.ana.URI + "/followers", n.config.Paths.Status("ana", 12345)} {
		if got := n.get(t, client, address); got.status != 401 {
			t.Errorf("%s unsigned: %d", address, got.status)
		}
	}
	for dialect, sign := range dialects(t, friend) {
		for _, address := range []string{status.URI, n.ana.URI, n.ana.URI + "/outbox?page=true"} {
			got := n.get(t, client, address, sign)
			if got.status != 200 || got.header.Get("Cache-Control") != privateAge {
				t.Errorf("%s signed (%s): %d, kept %q", address, dialect, got.status, got.header.Get("Cache-Control"))
			}
		}
		if doc := n.get(t, client, n.ana.URI, sign).doc(t); doc["name"] != "ANA" {
			t.Errorf("a signed request gets the actor %v", doc)
		}
	}
	for dialect, sign := range dialects(t, blocked) {
		if got := n.get(t, client, status.URI, sign); got.status != 404 {
			t.Errorf("blocked (%s): %d", dialect, got.status)
		}
		if got := n.get(t, client, n.ana.URI+"/outbox?page=true", sign); strings.Contains(got.body, status.URI) {
			t.Errorf("blocked (%s) reads the outbox: %s", dialect, got.body)
		}
	}
}

// The instance actor must be served to everybody and be an actor that we would accept ourselves.
func TestInstanceActor(t *testing.T) {
	n := newOutNode(t)
	client := n.web(t)
	if got := n.get(t, client, "/actor"); got.status != 404 {
		t.Errorf("before it is made: %d", got.status)
	}
	n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
		id := n.config.Paths.InstanceActor()
		node, err := tx.CreateAccount(ctx, storage.Account{URI: id, Name: "harbor.example", Type: "Application"})
		if err != nil {
			return err
		}
		return tx.PutKeys(ctx, node.ID, localKeys(t, id, node.ID, 9))
	})
	got := n.get(t, client, "/actor")
	actor, err := vocab.ParseActor([]byte(got.body))
	if err != nil {
		t.Fatal(err)
	}
	if err := checkActor(*actor); err != nil {
		t.Error(err)
	}
	if actor.PreferredUsername != "harbor.example" || !actor.RFC9421 || actor.Type != "Application" {
		t.Errorf("the actor is %+v", actor)
	}
	if outbox := n.get(t, client, "/actor/outbox").doc(t); outbox["totalItems"] != 0.0 || len(outbox["orderedItems"].([]any)) != 0 {
		t.Errorf("its outbox: %v", outbox)
	}
}

// walk reads a collection through its pages.
func (n *outNode) walk(t testing.TB, client *http.Client, id string) (total any, items []any, pages int) {
	t.Helper()
	doc := n.get(t, client, id).doc(t)
	total = doc["totalItems"]
	next, _ := doc["first"].(string)
	for next != "" {
		got := n.get(t, client, next)
		page := got.doc(t)
		if page["id"] != next || page["partOf"] != id {
			t.Errorf("the page %s says it is %v of %v", next, page["id"], page["partOf"])
		}
		for _, name := range []string{"orderedItems", "items"} {
			list, _ := page[name].([]any)
			items = append(items, list...)
		}
		next, _ = page["next"].(string)
		pages++
	}
	return total, items, pages
}

// Outboxes must hold all that is public, in order, as it was sent, and nothing else (A098).
func TestOutboxHoldsWhatIsPublic(t *testing.T) {
	n := newOutNode(t)
	client := n.web(t)
	friend := n.stranger(t, "friend", "orchard.example")
	n.follows(t, friend, n.ana)
	var want []string
	for i := range 45 {
		visibility := []string{storage.VisibilityPublic, storage.VisibilityUnlisted, storage.VisibilityPrivate}[i%3]
		var audience []int64
		if visibility == storage.VisibilityPrivate {
			audience = []int64{storage.FollowersOf(n.ana.ID)}
		}
		s := n.publish(t, n.ana, visibility, fmt.Sprint("post ", i), "", audience...)
		if visibility != storage.VisibilityPrivate {
			want = append(want, s.URI+"/activity")
		}
	}
	slices.Reverse(want)
	total, items, pages := n.walk(t, client, n.ana.URI+"/outbox")
	var got []string
	for _, item := range items {
		got = append(got, item.(map[string]any)["id"].(string))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if total != 45.0 || pages != 2 {
		t.Errorf("%v in total on %d pages", total, pages)
	}
	for dialect, sign := range dialects(t, friend) {
		page := n.get(t, client, n.ana.URI+"/outbox?page=true", sign)
		if strings.Contains(page.body, "post 2<") || strings.Contains(page.body, `"post 2"`) {
			t.Errorf("a follower (%s) gets more: %s", dialect, page.body)
		}
	}
	doc, err := n.store.Document(t.Context(), want[0])
	if err != nil {
		t.Fatal(err)
	}
	if page := n.get(t, client, n.ana.URI+"/outbox?page=true"); !bytes.Contains([]byte(page.body), doc.Body) {
		t.Error("an activity in the outbox is not as it was sent")
	}
}

// Lists of people must be complete over their pages and not name those who are hidden.
func TestFollowersAndFollowing(t *testing.T) {
	n := newOutNode(t)
	client := n.web(t)
	var want []string
	n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
		want = nil
		for i := range 170 {
			who, err := putStranger(ctx, tx, fmt.Sprintf("u%d", i), "orchard.example")
			if err != nil {
				return err
			}
			want = append(want, who.URI)
			for _, f := range []storage.Follow{{AccountID: who.ID, TargetID: n.ana.ID}, {AccountID: n.ana.ID, TargetID: who.ID}} {
				f.URI, f.Accepted = fmt.Sprintf("%s#%d", who.URI, f.TargetID), true
				if _, err := tx.PutFollow(ctx, f); err != nil {
					return err
				}
			}
		}
		return nil
	})
	hidden := n.stranger(t, "hidden", "meadow.example")
	n.follows(t, hidden, n.ana)
	n.tx(t, func(ctx context.Context, tx *storage.Tx) error { return tx.SetSuspended(ctx, hidden.ID, true) })
	for _, which := range []string{"/followers", "/following"} {
		_, items, pages := n.walk(t, client, n.ana.URI+which)
		var got []string
		for _, item := range items {
			got = append(got, item.(string))
		}
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", which, diff)
		}
		if pages != 3 {
			t.Errorf("%s has %d pages", which, pages)
		}
	}
	if got := n.get(t, client, n.ana.URI+"/followers?page=true&max_id=x"); got.status != 400 {
		t.Errorf("a broken page: %d", got.status)
	}
	if got := n.get(t, client, n.ana.URI+"/collections/featured").doc(t); got["totalItems"] != 0.0 || len(got["orderedItems"].([]any)) != 0 {
		t.Errorf("featured: %v", got)
	}
}

// The answers to a post must be named if everybody may see them, ours and others', and not
// otherwise (A098).
func TestRepliesNamesPublicAnswersOnly(t *testing.T) {
	n := newOutNode(t)
	client := n.web(t)
	bob := n.stranger(t, "bob", "orchard.example")
	post := n.publish(t, n.ana, storage.VisibilityPublic, "hello", "")
	ours := n.publish(t, n.ana, storage.VisibilityUnlisted, "and", post.URI)
	n.publish(t, n.ana, storage.VisibilityPrivate, "secret", post.URI, storage.FollowersOf(n.ana.ID))
	theirs := bob.URI + "/1"
	n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
		for uri, visibility := range map[string]string{theirs: storage.VisibilityPublic, bob.URI + "/2": storage.VisibilityDirect} {
			who := storage.Everybody
			if visibility == storage.VisibilityDirect {
				who = n.ana.ID
			}
			if _, err := tx.CreateStatus(ctx, storage.NewStatus{Audience: []int64{who}, Status: storage.Status{
				URI: uri, AccountID: bob.ID, Type: "Note", Visibility: visibility, ReplyToURI: post.URI}}); err != nil {
				return err
			}
		}
		return nil
	})
	_, items, _ := n.walk(t, client, post.URI+"/replies")
	want := []any{ours.URI, theirs}
	slices.SortFunc(items, func(a, b any) int { return -strings.Compare(a.(string), b.(string)) })
	slices.SortFunc(want, func(a, b any) int { return -strings.Compare(a.(string), b.(string)) })
	if diff := cmp.Diff(want, items); diff != "" {
		t.Error(diff)
	}
}

// A deleted post must say that it was deleted, so that copies elsewhere go, too.
func TestDeletedPostsAreTombstones(t *testing.T) {
	n := newOutNode(t)
	client := n.web(t)
	status := n.publish(t, n.ana, storage.VisibilityPublic, "hello", "")
	n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
		if _, err := tx.DeleteStatus(ctx, status.ID); err != nil {
			return err
		}
		return tx.PutStatusTombstone(ctx, status, n.ana.URI)
	})
	for _, address := range []string{status.URI, status.URI + "/activity"} {
		got := n.get(t, client, address)
		if got.status != 410 || got.doc(t)["type"] != "Tombstone" || got.doc(t)["id"] != status.URI || strings.Contains(got.body, "hello") {
			t.Errorf("%s: %d %s", address, got.status, got.body)
		}
	}
}

// Somebody who could not see a post must not learn from its deletion that it was there.
func TestDeletedPostsThatWereNotForEverybodyNeverWere(t *testing.T) {
	n := newOutNode(t)
	client := n.web(t)
	never := n.get(t, client, n.config.Paths.Status("ana", 12345))
	for _, visibility := range []string{storage.VisibilityPrivate, storage.VisibilityDirect} {
		status := n.publish(t, n.ana, visibility, "hello", "")
		n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
			deleted, err := tx.DeleteStatus(ctx, status.ID)
			if err != nil {
				return err
			}
			return tx.PutStatusTombstone(ctx, deleted, n.ana.URI)
		})
		for _, address := range []string{status.URI, status.URI + "/activity"} {
			got := n.get(t, client, address)
			if got.status != 404 || got.body != never.body || got.header.Get("Cache-Control") != never.header.Get("Cache-Control") {
				t.Errorf("%s, %s: %d %s, want %d %s", visibility, address, got.status, got.body, never.status, never.body)
			}
		}
	}
}

// HEAD must answer like GET without the body, and writing to what is only read must be refused.
func TestMethods(t *testing.T) {
	n := newOutNode(t)
	client := n.web(t)
	r, _ := http.NewRequest(http.MethodHead, n.ana.URI, nil)
	got, full := do(t, client, r), n.get(t, client, n.ana.URI)
	if got.status != 200 || got.body != "" || got.header.Get("Content-Length") != fmt.Sprint(len(full.body)) {
		t.Errorf("HEAD: %d, %q, length %s of %d", got.status, got.body, got.header.Get("Content-Length"), len(full.body))
	}
	for method, path := range map[string]string{
		http.MethodPost: "/users/ana", http.MethodPut: "/users/ana/followers", http.MethodDelete: "/actor",
		http.MethodGet: "/users/ana/inbox", http.MethodPatch: "/.well-known/webfinger",
	} {
		r, _ := http.NewRequest(method, n.config.Paths.Base+path, nil)
		if got := do(t, client, r); got.status != http.StatusMethodNotAllowed {
			t.Errorf("%s %s: %d, want 405", method, path, got.status)
		}
	}
}
