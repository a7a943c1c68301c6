package oauth

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tulou/apps/people"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// become makes the browser somebody else's, as another tab does in which they sign in.
func (b *browser) become(t *testing.T, name string) {
	t.Helper()
	persons := people.New(people.Deps{Store: b.store, Paths: ids.Paths{Base: b.base}, AccountHost: "harbor.example", Log: slog.New(slog.DiscardHandler)})
	who, err := persons.Create(t.Context(), people.NewPerson{Handle: name, Email: name + "@example.org", Password: password, Confirmed: true})
	if err != nil {
		t.Fatal(err)
	}
	session, _, err := persons.OpenSession(t.Context(), people.Newcomer(who), "", "", "")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(b.base)
	if err != nil {
		t.Fatal(err)
	}
	b.Jar.SetCookies(u, []*http.Cookie{{Name: "tulou_session_" + u.Port(), Value: session, Path: "/"}})
}

// If this failed, whoever signs in as somebody else in another tab would give a program that
// account with the button of a page that shows the first one.
func TestConsentIsGivenByWhomThePageShows(t *testing.T) {
	b := newBrowser(t)
	app := b.register(t, callback, "read write")
	page := b.get(t, "/oauth/authorize?"+ask(app, url.Values{"state": {"s"}}).Encode())
	if !strings.Contains(page.body, "@ana@") {
		t.Fatalf("the page is for %s", page.body)
	}
	b.become(t, "ben")
	for _, decision := range []string{"allow", "deny"} {
		shown := b.submit(t, page, "/oauth/authorize", url.Values{"decision": {decision}})
		if shown.header.Get("Location") != "" || shown.status != http.StatusOK || !strings.Contains(shown.body, "@ben@") {
			t.Fatalf("%s: %d %s %s", decision, shown.status, shown.header.Get("Location"), shown.body)
		}
		if decision == "allow" {
			continue
		}
		back := b.submit(t, shown, "/oauth/authorize", url.Values{"decision": {"allow"}}).location(t)
		if back.Query().Get("code") == "" || back.Query().Get("state") != "s" {
			t.Errorf("asked again, sent to %s", back)
		}
	}
	if again := b.submit(t, page, "/oauth/authorize", url.Values{"decision": {"allow"}, "account": {""}}); again.header.Get("Location") != "" {
		t.Errorf("a form that names nobody gives %s", again.header.Get("Location"))
	}
}

// If this failed, a code that was made in the moment in which somebody signs out everywhere would
// let a program in.
func TestA124ConsentInASessionThatIsOverGivesNothing(t *testing.T) {
	b := newBrowser(t)
	app := b.register(t, callback, "read write")
	page := b.get(t, "/oauth/authorize?"+ask(app, nil).Encode())
	all, err := b.store.Sessions(t.Context(), b.ana.ID)
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	within := func() error {
		return b.store.Tx(t.Context(), func(tx *storage.Tx) error { return people.Within(t.Context(), tx, all[0]) })
	}
	if err := within(); err != nil { // what a code depends on in its transaction
		t.Fatal(err)
	}
	if err := b.store.Tx(t.Context(), func(tx *storage.Tx) error { return tx.SignOut(t.Context(), b.ana.ID) }); err != nil {
		t.Fatal(err)
	}
	if err := within(); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a session that is over counts: %v", err)
	}
	if got := b.submit(t, page, "/oauth/authorize", url.Values{"decision": {"allow"}}); got.header.Get("Location") != "" {
		t.Errorf("sent to %s", got.header.Get("Location"))
	}
}
