package node

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"tulou/apps/people"
	"tulou/apps/social"
	"tulou/protocol/ids"
	"tulou/storage"
)

// family is a node with somebody who posted for everybody.
type family struct {
	*Node
	t      *testing.T
	ana    storage.Account
	status storage.Status
}

func newFamily(t *testing.T, private bool) family {
	n := newNode(t, Config{Private: private})
	f := family{Node: n, t: t}
	var err error
	if f.ana, err = n.people.Create(t.Context(), people.NewPerson{Handle: "ana", Email: "ana@example.org", Password: "correct horse", Confirmed: true, Role: storage.RoleOwner}); err != nil {
		t.Fatal(err)
	}
	profile := f.ana
	profile.DisplayName, profile.Bio, profile.Discoverable, profile.Indexable = "Anastasia Petrova", "<p>Grandmother</p>", true, true
	if err := n.store.Tx(t.Context(), func(tx *storage.Tx) (err error) {
		f.ana, err = tx.UpdateProfile(t.Context(), profile)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if f.status, err = n.social.Post(t.Context(), f.ana, social.NewPost{Text: "Soup at seven #soup", Poll: &social.NewPoll{Options: []string{"leek", "pumpkin"}, Lasts: time.Hour}}); err != nil {
		t.Fatal(err)
	}
	if err := n.guard.SetText(t.Context(), "contact", "ana", ""); err != nil {
		t.Fatal(err)
	}
	return f
}

// program is the token of a client program that nobody has allowed anything, which everybody can
// get.
func (f family) program() string {
	secret, hash := people.NewSecret()
	if err := f.store.Tx(f.t.Context(), func(tx *storage.Tx) error {
		app, err := tx.CreateApp(f.t.Context(), storage.App{ClientID: "phone", Name: "Phone", Scopes: "read"})
		if err != nil {
			return err
		}
		_, err = tx.CreateToken(f.t.Context(), storage.Token{Hash: hash, AppID: app.ID, Scopes: "read"})
		return err
	}); err != nil {
		f.t.Fatal(err)
	}
	return secret
}

// ask sends a request as a stranger, or with a token. Streams end with it.
func (f family) ask(method, path, accept, token string) *httptest.ResponseRecorder {
	ctx, cancel := context.WithTimeout(f.t.Context(), time.Second)
	defer cancel()
	r := httptest.NewRequestWithContext(ctx, method, path, nil)
	r.Host = ids.Host(f.Config().URL)
	r.Header.Set("Accept", accept)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/activity+json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	f.Handler().ServeHTTP(w, r)
	return w
}

// address fills in a pattern of the router with things that are there, or with others.
func (f family) address(pattern, name string, id int64) string {
	address := strings.NewReplacer("{name}", name, "{tag}", "soup", "{id}", ids.Format(id), "*", "x").Replace(pattern)
	for strings.Contains(address, "{") { // a key, a token, a day
		before, rest, _ := strings.Cut(address, "{")
		_, after, _ := strings.Cut(rest, "}")
		address = before + "0" + after
	}
	return address
}

// queries find somebody where nothing in the path does.
var queries = []string{"", "?acct=ana", "?q=ana&resource=acct:ana@localhost:8420", "?page=true", "?local=true&tag=soup", "?only_media=true", "?stream=public"}

func (f family) routes(do func(method, pattern string)) {
	f.t.Helper()
	err := chi.Walk(f.Handler().(chi.Routes), func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		do(method, pattern)
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

// shows returns what an answer has that it should not, "" if it has none of it.
func shows(w *httptest.ResponseRecorder, secrets ...string) string {
	for _, secret := range secrets {
		if strings.Contains(w.Body.String(), secret) {
			return secret
		}
	}
	return ""
}

// If this failed, strangers could read what a family says, or who belongs to it: on a page, by the
// API, as a feed, as ActivityPub, or from what the node says about itself.
func TestAPrivateNodeShowsStrangersNothing(t *testing.T) {
	f := newFamily(t, true)
	program := f.program()
	asked, opened := 0, 0
	f.routes(func(method, pattern string) {
		if method != http.MethodGet && method != http.MethodPost {
			return
		}
		things, with := []int64{f.ana.ID, f.status.ID}, queries
		if !strings.Contains(pattern, "{id}") {
			things = things[:1]
		}
		if method == http.MethodPost {
			with = queries[:1]
		}
		for _, id := range things {
			for _, query := range with {
				address := f.address(pattern, "ana", id) + query
				for _, accept := range []string{"application/activity+json", "text/html"} {
					for _, token := range []string{"", program} {
						w := f.ask(method, address, accept, token)
						if asked++; w.Code == http.StatusOK {
							opened++
						}
						if secret := shows(w, "Anastasia", "Petrova", "Grandmother", "Soup at", "leek"); secret != "" {
							t.Errorf("%s %s as %s shows %q: %.300s", method, address, accept, secret, w.Body)
						}
					}
				}
			}
		}
	})
	if asked < 1000 || opened < 20 {
		t.Errorf("%d requests, of which %d were answered with 200: the routes were not found", asked, opened)
	}
}

// If this failed, strangers could find out who lives on a private node by trying names.
func TestAPrivateNodeAnswersForEveryNameAlike(t *testing.T) {
	f := newFamily(t, true)
	f.routes(func(method, pattern string) {
		if method != http.MethodGet && method != http.MethodPost || !strings.Contains(pattern, "{name}") {
			return
		}
		for _, accept := range []string{"application/activity+json", "text/html"} {
			known := f.ask(method, f.address(pattern, "ana", f.status.ID), accept, "")
			unknown := f.ask(method, f.address(pattern, "bob", f.status.ID), accept, "")
			same := strings.ReplaceAll(known.Body.String(), "ana", "bob") == unknown.Body.String()
			if known.Code != unknown.Code || !same && known.Header().Get("Content-Type") != "image/png" {
				t.Errorf("%s as %s: %d %.200s, and for nobody %d %.200s", pattern, accept, known.Code, known.Body, unknown.Code, unknown.Body)
			}
		}
	})
}

// If this failed, clients would offer to a stranger what a private node refuses, or take it for one
// that talks to everybody.
func TestAPrivateNodeSaysThatItIs(t *testing.T) {
	f := newFamily(t, true)
	body := f.ask("GET", "/api/v2/instance", "*/*", "").Body.String()
	for _, want := range []string{`"limited_federation":true`, `"live_feeds":{"local":"authenticated","remote":"authenticated"}`} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in %s", want, body)
		}
	}
	if config := f.Config(); !config.AllowListOnly || !config.AuthorizedFetch {
		t.Error("it federates with everybody")
	}
	token, err := f.CreateToken(t.Context(), "ana", "read")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/api/v1/timelines/public", "/api/v1/timelines/tag/soup", "/api/v1/accounts/" + ids.Format(f.ana.ID)} {
		if w := f.ask("GET", path, "*/*", token.Secret); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Anastasia") {
			t.Errorf("%s for who lives there: %d", path, w.Code)
		}
	}
	open := newFamily(t, false)
	if w := open.ask("GET", "/@ana", "text/html", ""); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Anastasia") {
		t.Errorf("an open node: %d", w.Code)
	}
}
