package account

import (
	"net/url"
	"testing"

	"tulou/storage"
)

// If this failed, what somebody is told would go on being pushed to a browser in which somebody
// else has signed in since, and whoever copied the cookie would stay signed in.
func TestWhoSignsInTakesThePlaceOfWhoWas(t *testing.T) {
	s := newSite(t)
	ana, ben := s.person("ana", ""), s.person("ben", "")
	shared, own := s.browser("Firefox Linux"), s.browser("Safari iPhone")
	own.signIn("ana", password)
	shared.signIn("ana", password)
	before := shared.cookies["__Host-tulou_session"]
	count := func(a storage.Account, want int) {
		t.Helper()
		if all := must(s.store.Sessions(t.Context(), a.ID)); len(all) != want {
			t.Errorf("%s is signed in with %d browsers, want %d", a.Name, len(all), want)
		}
	}
	count(ana, 2)
	shared.get("/auth/sign_in")
	shared.submit(url.Values{"name": {"ben"}, "password": {"wrong wrong wrong"}})
	count(ana, 2)
	shared.submit(url.Values{"name": {"ben"}, "password": {password}})
	count(ana, 1)
	count(ben, 1)
	if shared.cookies["__Host-tulou_session"] == before {
		t.Error("the cookie is the same")
	}
	shared.get("/settings")
	shared.shows(200, "@ben@")
	own.get("/settings")
	own.shows(200, "@ana@")
	own.get("/auth/sign_in") // again, as oneself
	own.submit(url.Values{"name": {"ana"}, "password": {password}})
	count(ana, 1)
}
