package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"tulou/apps/guard"
	"tulou/apps/people"
	"tulou/node/edge"
	"tulou/protocol/ids"
	"tulou/storage"
	"tulou/storage/storagetest"
)

// site is the pages of a node with one person, over real HTTP.
type site struct {
	*testing.T
	store *storage.Store
	url   string
	ana   storage.Account
	// asked is what FollowPage was asked, and way and err its answer.
	asked, way string
	err        error
}

func (s *site) FollowPage(_ context.Context, follower ids.Handle, actor string) (string, error) {
	s.asked = follower.String() + " " + actor
	return s.way, s.err
}

func newSite(t *testing.T) *site { return startSite(t, false) }

func startSite(t *testing.T, private bool) *site {
	store, err := storage.Open(t.Context(), storagetest.SQLite(t), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	router := chi.NewRouter()
	server := httptest.NewServer(router)
	t.Cleanup(server.Close)
	paths := ids.Paths{Base: server.URL}
	s := &site{T: t, store: store, url: server.URL}
	edge.Routes(router)
	New(Deps{Store: store, Paths: paths, Host: "harbor.example", Avatar: func(name string) string { return server.URL + "/avatars/" + name + ".png" },
		Texts: guard.New(guard.Deps{Store: store, Log: slog.New(slog.DiscardHandler)}), Follower: s, Private: private,
		Joining: func(context.Context) (string, error) { return people.RegistrationsInvite, nil }}).Routes(router)
	s.ana = storage.Account{URI: paths.Actor("ana"), Name: "ana", Type: "Person", DisplayName: "Ana <b>",
		URL: paths.Profile("ana"), Inbox: paths.Actor("ana") + ids.Inbox, CreatedAt: storage.Now(), Discoverable: true, Indexable: true}
	s.do(func(tx *storage.Tx) (err error) {
		s.ana, err = tx.CreateAccount(t.Context(), s.ana)
		return err
	})
	return s
}

func (s *site) do(fn func(*storage.Tx) error) {
	s.Helper()
	if err := s.store.Tx(s.Context(), fn); err != nil {
		s.Fatal(err)
	}
}

func (s *site) say(text, visibility string, audience ...int64) storage.Status {
	s.Helper()
	id, at := s.store.NewID()
	paths := ids.Paths{Base: s.url}
	status := storage.Status{ID: id, URI: paths.Status("ana", id), URL: paths.StatusPage("ana", id), AccountID: s.ana.ID, Local: true,
		Type: "Note", Visibility: visibility, Content: "<p>" + text + "</p>", CreatedAt: storage.At(at)}
	s.do(func(tx *storage.Tx) (err error) {
		status, err = tx.CreateStatus(s.Context(), storage.NewStatus{Status: status, Audience: audience})
		return err
	})
	return status
}

func (s *site) get(path, accept string) (*http.Response, string) {
	s.Helper()
	r, _ := http.NewRequestWithContext(s.Context(), "GET", s.url+path, nil)
	r.Header.Set("Accept", accept)
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		s.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.Fatal(err)
	}
	return res, string(body)
}

const browser = "text/html,application/xhtml+xml,*/*;q=0.8"

// If this failed, a link to a page would show strangers what is not for them, or tell that it
// exists.
func TestPagesShowWhatStrangersMaySee(t *testing.T) {
	s := newSite(t)
	public := s.say("for everybody", storage.VisibilityPublic, storage.Everybody)
	private := s.say("for followers", storage.VisibilityPrivate, storage.FollowersOf(s.ana.ID))
	direct := s.say("for one", storage.VisibilityDirect, s.ana.ID)
	for _, path := range []string{"/", "/@ana"} {
		res, body := s.get(path, browser)
		if res.StatusCode != 200 || !strings.Contains(body, "for everybody") || strings.Contains(body, "for followers") || strings.Contains(body, "for one") {
			t.Errorf("%s: %d %s", path, res.StatusCode, body)
		}
	}
	_, missing := s.get("/@ana/1", browser)
	for _, hidden := range []storage.Status{private, direct} {
		res, body := s.get("/@ana/"+ids.Format(hidden.ID), browser)
		if res.StatusCode != 404 || withoutPath(body) != withoutPath(missing) {
			t.Errorf("a hidden post: %d %s", res.StatusCode, body)
		}
	}
	if res, body := s.get("/@ana/"+ids.Format(public.ID), browser); res.StatusCode != 200 || !strings.Contains(body, "for everybody") {
		t.Errorf("a public post: %d", res.StatusCode)
	}
}

// withoutPath takes away the address of the page, to which choosing a language leads back.
func withoutPath(body string) string {
	return regexp.MustCompile(`name="back" value="[^"]*"`).ReplaceAllString(body, "")
}

// If this failed, a name could run as code, or another site could frame a page.
func TestPagesAreInert(t *testing.T) {
	s := newSite(t)
	res, body := s.get("/@ana", browser)
	if strings.Contains(body, "<b>") || !strings.Contains(body, "Ana &lt;b&gt;") {
		t.Error("a display name came out as markup")
	}
	policy := res.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "style-src 'self'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy %q lacks %q", policy, want)
		}
	}
}

// If this failed, pasting the address of a page into another server's search would find nothing.
func TestServersAreSentFromPagesToObjects(t *testing.T) {
	s := newSite(t)
	post := s.say("hello", storage.VisibilityPublic, storage.Everybody)
	for path, want := range map[string]string{"/@ana": s.ana.URI, "/@ana/" + ids.Format(post.ID): post.URI} {
		for _, accept := range []string{"application/activity+json", `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`} {
			if res, _ := s.get(path, accept); res.StatusCode != 302 || res.Header.Get("Location") != want {
				t.Errorf("%s as %s: %d %s", path, accept, res.StatusCode, res.Header.Get("Location"))
			}
		}
	}
	if res, body := s.get("/nothing", "application/activity+json"); res.StatusCode != 404 || strings.Contains(body, "<html") {
		t.Errorf("what is missing, as ActivityPub: %d %s", res.StatusCode, body)
	}
	if res, body := s.get("/@nobody", browser); res.StatusCode != 404 || !strings.Contains(body, "<html") {
		t.Errorf("what is missing, as a page: %d", res.StatusCode)
	}
}

// If this failed, anybody could have the node count all accounts it knows as often as they like.
func TestFrontPageCountsSeldom(t *testing.T) {
	s := newSite(t)
	people := func() bool {
		_, page := s.get("/", "text/html")
		return strings.Contains(page, "person lives here")
	}
	if people() {
		t.Fatal("people before anybody can sign in")
	}
	s.do(func(tx *storage.Tx) error {
		return tx.CreateLogin(t.Context(), storage.Login{AccountID: s.ana.ID, Email: "ana@harbor.example"})
	})
	if people() {
		t.Error("the figures were counted again at once")
	}
}
