package account

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"tulou/protocol/ids"
	"tulou/storage"
)

const zoes = "https://orchard.example/users/zoe"

// withZoe is a site that knows Zoe, of another server, and ana and ben of its own.
func withZoe(t *testing.T) (s *site, ana storage.Account) {
	s = newSite(t)
	ana = s.person("ana", "")
	s.person("ben", "")
	check(t, s.store.Tx(t.Context(), func(tx *storage.Tx) (err error) {
		s.zoe, err = tx.PutRemoteAccount(t.Context(), storage.Account{URI: zoes, Name: "zoe", Host: "orchard.example", Type: "Person",
			DisplayName: "Zoë <b>of</b> the Orchard", URL: "https://orchard.example/@zoe", Inbox: zoes + "/inbox"})
		return err
	}))
	return s, ana
}

func (s *site) relation(of storage.Account, to int64) storage.Relationship {
	s.t.Helper()
	return must(s.people.Relationships(s.t.Context(), of, []int64{to}))[0]
}

func TestSomebodyFollowsFromAPageOfAnotherServer(t *testing.T) {
	// If this failed, people who come from a profile elsewhere could not follow, or would follow by
	// opening a page.
	for _, uri := range []string{zoes, "acct:zoe@orchard.example", "@zoe@orchard.example", " zoe@orchard.example", "HTTPS://Orchard.Example/users/zoe", "https://orchard.example/@zoe/7"} {
		s, ana := withZoe(t)
		b := s.browser("Firefox")
		b.get(followAddress(uri))
		b.shows(200, "Forgotten your password")
		if len(s.searched) != 0 {
			t.Errorf("%q was looked up for a stranger", uri)
		}
		b.submit(url.Values{"name": {"ana"}, "password": {password}})
		b.shows(200, "Follow @zoe@orchard.example?", "Zoë <b>of</b> the Orchard", "You follow as @ana@harbor.example", `href="https://orchard.example/@zoe"`)
		if strings.Contains(b.page.Body.String(), "<b>of") {
			t.Error("a name is markup")
		}
		if wrote := strings.Contains(b.page.Body.String(), "They wrote the post"); wrote != strings.HasSuffix(uri, "/7") {
			t.Errorf("%q: wrote a post: %t", uri, wrote)
		}
		if s.relation(ana, s.zoe.ID).Requested {
			t.Fatalf("%q: followed by looking", uri)
		}
		b.submit(url.Values{"account": {ids.Format(s.zoe.ID)}})
		b.shows(200, "You asked to follow @zoe@orchard.example")
		if !s.relation(ana, s.zoe.ID).Requested {
			t.Errorf("%q: not followed", uri)
		}
		b.get(followAddress(uri))
		b.shows(200, "You asked to follow")
		if strings.Contains(b.page.Body.String(), `name="account"`) {
			t.Error("asked again who follows already")
		}
	}
}

func TestFollowingSaysWhatIsWrong(t *testing.T) {
	// If this failed, who cannot follow would not know why, or would learn who blocks them.
	s, ana := withZoe(t)
	b := s.browser("Firefox")
	b.signIn("ana", password)
	for uri, want := range map[string]struct {
		code int
		says string
	}{
		"": {400, "does not say whom"}, "zoe": {400, "does not say whom"}, "javascript:alert(1)": {400, "does not say whom"},
		"file:///etc/passwd": {400, "does not say whom"}, "https://user@orchard.example/": {400, "does not say whom"},
		"https://orchard.example/" + strings.Repeat("x", ids.IRIBytesMax): {400, "does not say whom"},
		"https://orchard.example/nothing":                                 {404, "Nobody was found there"}, "@nobody@orchard.example": {404, "Nobody was found there"},
		"https://harbor.example/@ana": {200, "This is you."},
	} {
		b.get(followAddress(uri))
		b.shows(want.code, want.says)
	}
	ben := must(s.store.AccountByHandle(t.Context(), "ben", ""))
	b.get(followAddress("https://harbor.example/@ben"))
	b.submit(url.Values{"account": {ids.Format(ben.ID)}})
	b.shows(200, "You follow @ben@harbor.example")
	b.get(followAddress(zoes))
	form := b.page
	must(s.people.Block(t.Context(), ana, s.zoe.ID))
	b.page = form
	b.submit(url.Values{"account": {ids.Format(s.zoe.ID)}})
	b.shows(403, "You cannot follow this account")
	for account, code := range map[string]int{ids.Format(ana.ID): 422, "12345": 404, "": 400, "x": 400} {
		if got := b.do("POST", ids.InteractionPath, url.Values{"account": {account}, "uri": {zoes}}); got.Code != code {
			t.Errorf("%q: %d, want %d", account, got.Code, code)
		}
	}
}

func TestA085A132FollowingIsOnesOwnDecision(t *testing.T) {
	// If this failed, another site could make people follow somebody, or the way here through
	// signing in could end elsewhere.
	s, ana := withZoe(t)
	b := s.browser("Firefox")
	b.signIn("ana", password)
	form := url.Values{"account": {ids.Format(s.zoe.ID)}, "uri": {zoes}}
	for header, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
		r := httptest.NewRequestWithContext(context.Background(), "POST", ids.InteractionPath, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set(header, value)
		for name, value := range b.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		if w.Code != http.StatusForbidden {
			t.Errorf("%s %s: %d", header, value, w.Code)
		}
	}
	b.get(ids.InteractionPath + "?" + form.Encode())
	if s.relation(ana, s.zoe.ID).Requested {
		t.Error("followed without the button")
	}
	for _, to := range []string{ids.InteractionPath + "/..//evil.example?x", "//evil.example" + ids.InteractionPath + "?uri=x", ids.InteractionPath + "evil?", ids.InteractionPath + "?uri=\r\nX: y", ids.InteractionPath} {
		if got := back(to); got != app {
			t.Errorf("%q leads to %q", to, got)
		}
	}
	if to := followAddress("https://orchard.example/@zoe/7?a=1&b=2#c"); back(to) != to {
		t.Errorf("%q leads to %q", to, back(to))
	}
	away := s.browser("Firefox")
	away.do("POST", ids.InteractionPath, form)
	away.submit(url.Values{"name": {"ana"}, "password": {password}})
	away.shows(200, "Follow @zoe@orchard.example?")
	if s.relation(ana, s.zoe.ID).Requested {
		t.Error("followed by signing in")
	}
}

func TestFollowingIsAskedInEveryLanguage(t *testing.T) {
	// If this failed, the page would be half in another language.
	s, _ := withZoe(t)
	b := s.browser("")
	b.signIn("ana", password)
	for _, lang := range []string{"en", "es", "zh-Hans", "ar"} {
		b.get(followAddress(zoes) + "&lang=" + lang)
		b.shows(200, `lang="`+lang+`"`, "zoe@orchard.example", ">The Harbor<")
		cleared(t, b.page.Body.String())
	}
}
