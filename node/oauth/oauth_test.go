package oauth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"golang.org/x/net/html"

	"tulou/apps/people"
	"tulou/node/edge"
	"tulou/protocol/ids"
	"tulou/storage"
	"tulou/storage/storagetest"
)

// browser is a person with a cookie jar in front of a real server with a real database.
type browser struct {
	*http.Client
	base  string
	store *storage.Store
	ana   storage.Account
}

const password = "correct horse battery"

func newBrowser(t *testing.T) *browser {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	store, err := storage.Open(t.Context(), storagetest.SQLite(t), log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	router := chi.NewRouter()
	server := httptest.NewServer(router)
	t.Cleanup(server.Close)
	paths := ids.Paths{Base: server.URL}
	persons := people.New(people.Deps{Store: store, Paths: paths, AccountHost: paths.Host(), Log: log})
	browsers := edge.NewBrowsers(paths.Base, store, persons)
	New(Deps{Store: store, Browsers: browsers, Paths: paths, Host: paths.Host(), Title: func(context.Context) string { return "The Harbor" }, PushKey: "key of the node"}).Routes(router)
	ana, err := persons.Create(t.Context(), people.NewPerson{Handle: "ana", Email: "ana@example.org", Password: password, Confirmed: true})
	if err != nil {
		t.Fatal(err)
	}
	// Signing in is another edge's; here whoever is sent there is ana.
	router.Get(people.SignInPath, func(w http.ResponseWriter, r *http.Request) {
		if err := browsers.Open(w, r, people.Newcomer(ana)); err != nil {
			t.Error(err)
		}
		http.Redirect(w, r, r.URL.Query().Get("return_to"), http.StatusSeeOther)
	})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path != "/oauth/authorize" && r.URL.Path != people.SignInPath {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	return &browser{client, server.URL, store, ana}
}

// answer is a response that was read.
type answer struct {
	status int
	header http.Header
	body   string
}

func (b *browser) do(t *testing.T, r *http.Request) answer {
	t.Helper()
	res, err := b.Do(r)
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

func (b *browser) get(t *testing.T, path string) answer {
	t.Helper()
	r, _ := http.NewRequestWithContext(t.Context(), "GET", b.base+path, nil)
	return b.do(t, r)
}

func (b *browser) post(t *testing.T, path string, form url.Values) answer {
	t.Helper()
	r, _ := http.NewRequestWithContext(t.Context(), "POST", b.base+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(t, r)
}

func (a answer) json(t *testing.T) (m map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), &m); err != nil {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	return m
}

// submit fills in the form of a page whose action is given, as a browser without JavaScript does.
func (b *browser) submit(t *testing.T, page answer, action string, fill url.Values) answer {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page.body))
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{}
	found := false
	for n := range doc.Descendants() {
		if n.Data == "form" && attribute(n, "action") == action {
			found = true
			for in := range n.Descendants() {
				if in.Data == "input" {
					form.Set(attribute(in, "name"), attribute(in, "value"))
				}
			}
		}
	}
	if !found {
		t.Fatalf("no form for %s in %d %s", action, page.status, page.body)
	}
	for name, values := range fill {
		form[name] = values
	}
	return b.post(t, action, form)
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func (b *browser) register(t *testing.T, redirect, scopes string) map[string]any {
	t.Helper()
	return b.post(t, "/api/v1/apps", url.Values{"client_name": {"Phone"}, "redirect_uris": {redirect}, "scopes": {scopes}}).json(t)
}

// consent walks from the authorize page to the answer.
func (b *browser) consent(t *testing.T, query url.Values) answer {
	t.Helper()
	page := b.get(t, "/oauth/authorize?"+query.Encode())
	return b.submit(t, page, "/oauth/authorize", url.Values{"decision": {"allow"}})
}

func (a answer) location(t *testing.T) *url.URL {
	t.Helper()
	u, err := url.Parse(a.header.Get("Location"))
	if err != nil || u.String() == "" {
		t.Fatalf("no redirect: %d %s", a.status, a.body)
	}
	return u
}

const callback = "https://phone.example/callback?here=1"

func ask(app map[string]any, more url.Values) url.Values {
	q := url.Values{"client_id": {app["client_id"].(string)}, "redirect_uri": {callback}, "response_type": {"code"},
		"scope": {"read write"}, "state": {"s&t"}}
	for name, values := range more {
		q[name] = values
	}
	return q
}

func redeem(app map[string]any, code string, more url.Values) url.Values {
	f := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback},
		"client_id": {app["client_id"].(string)}, "client_secret": {app["client_secret"].(string)}}
	for name, values := range more {
		f[name] = values
	}
	return f
}

// If this failed, no app could sign anybody in.
func TestCodeGrantGivesATokenOfThePerson(t *testing.T) {
	b := newBrowser(t)
	app := b.register(t, callback, "read write follow push")
	verifier := strings.Repeat("v", 50)
	sum := sha256.Sum256([]byte(verifier))
	back := b.consent(t, ask(app, url.Values{"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}})).location(t)
	q := back.Query()
	if back.Host != "phone.example" || q.Get("here") != "1" || q.Get("state") != "s&t" || q.Get("iss") != b.base {
		t.Errorf("went to %s", back)
	}
	got := b.post(t, "/oauth/token", redeem(app, q.Get("code"), url.Values{"code_verifier": {verifier}})).json(t)
	if got["token_type"] != "Bearer" || got["scope"] != "read write" || got["created_at"].(float64) < 1e9 {
		t.Fatalf("token: %v", got)
	}
	token, err := b.store.TokenByHash(t.Context(), people.SecretHash(got["access_token"].(string)))
	if err != nil || token.AccountID != b.ana.ID {
		t.Errorf("token of %d: %v", token.AccountID, err)
	}
}

// If this failed, a stolen code or a guessed exchange would give a stranger somebody's account.
func TestCodeIsRefused(t *testing.T) {
	verifier := strings.Repeat("v", 50)
	sum := sha256.Sum256([]byte(verifier))
	challenge := url.Values{"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}}
	for name, c := range map[string]struct {
		ask   url.Values
		give  url.Values
		error string
	}{
		"A129 another redirect":           {nil, url.Values{"redirect_uri": {"https://phone.example/other"}}, "invalid_grant"},
		"A130 verifier left out":          {challenge, nil, "invalid_grant"},
		"A130 wrong verifier":             {challenge, url.Values{"code_verifier": {"wrong"}}, "invalid_grant"},
		"A130 verifier without challenge": {nil, url.Values{"code_verifier": {verifier}}, "invalid_grant"},
		"wrong secret":                    {nil, url.Values{"client_secret": {"wrong"}}, "invalid_client"},
		"no secret":                       {nil, url.Values{"client_secret": {""}}, "invalid_client"},
		"unknown client":                  {nil, url.Values{"client_id": {"nobody"}}, "invalid_client"},
		"another grant":                   {nil, url.Values{"grant_type": {"password"}}, "unsupported_grant_type"},
		"another code":                    {nil, url.Values{"code": {"guess"}}, "invalid_grant"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBrowser(t)
			app := b.register(t, callback, "read write")
			code := b.consent(t, ask(app, c.ask)).location(t).Query().Get("code")
			if got := b.post(t, "/oauth/token", redeem(app, code, c.give)).json(t); got["error"] != c.error || got["access_token"] != nil {
				t.Errorf("answered %v", got)
			}
		})
	}
}

// If this failed, a code of one app would be good for another.
func TestCodeOfAnotherApp(t *testing.T) {
	b := newBrowser(t)
	app, other := b.register(t, callback, "read write"), b.register(t, callback, "read write")
	code := b.consent(t, ask(app, nil)).location(t).Query().Get("code")
	if got := b.post(t, "/oauth/token", redeem(other, code, nil)).json(t); got["error"] != "invalid_grant" {
		t.Errorf("answered %v", got)
	}
	if got := b.post(t, "/oauth/token", redeem(app, code, nil)).json(t); got["error"] != "invalid_grant" {
		t.Errorf("a code that was in the wrong hands is still good: %v", got)
	}
}

// If this failed, whoever copied a code from a log could keep using the account.
func TestReusedCodeEndsItsToken(t *testing.T) {
	b := newBrowser(t)
	app := b.register(t, callback, "read write")
	code := b.consent(t, ask(app, nil)).location(t).Query().Get("code")
	first := b.post(t, "/oauth/token", redeem(app, code, nil)).json(t)
	if again := b.post(t, "/oauth/token", redeem(app, code, nil)).json(t); again["error"] != "invalid_grant" {
		t.Errorf("used twice: %v", again)
	}
	if _, err := b.store.TokenByHash(t.Context(), people.SecretHash(first["access_token"].(string))); err == nil {
		t.Error("the token of a code that was used twice still works")
	}
}

// If this failed, people would be sent with a code to whoever asks, or apps would not learn why
// not.
func TestAuthorizeRefuses(t *testing.T) {
	b := newBrowser(t)
	app := b.register(t, callback, "read")
	for name, c := range map[string]struct {
		change url.Values
		page   bool   // an error page, never a redirect
		error  string // in the way back
	}{
		"unknown app":              {url.Values{"client_id": {"nobody"}}, true, ""},
		"A129 longer path":         {url.Values{"redirect_uri": {callback + "/x"}}, true, ""},
		"A129 prefix":              {url.Values{"redirect_uri": {"https://phone.example"}}, true, ""},
		"A129 other port":          {url.Values{"redirect_uri": {"https://phone.example:8443/callback?here=1"}}, true, ""},
		"A129 no redirect":         {url.Values{"redirect_uri": {""}}, true, ""},
		"more scopes than allowed": {url.Values{"scope": {"read write"}}, false, "invalid_scope"},
		"unknown scope":            {url.Values{"scope": {"everything"}}, false, "invalid_scope"},
		"implicit":                 {url.Values{"response_type": {"token"}}, false, "unsupported_response_type"},
		"A130 plain":               {url.Values{"code_challenge": {"abc"}, "code_challenge_method": {"plain"}}, false, "invalid_request"},
		"A130 method left out":     {url.Values{"code_challenge": {strings.Repeat("a", 43)}}, false, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			q := ask(app, url.Values{"scope": {"read"}})
			for key, values := range c.change {
				q[key] = values
			}
			got := b.get(t, "/oauth/authorize?"+q.Encode())
			if c.page {
				if got.status != 400 || got.header.Get("Location") != "" {
					t.Errorf("answered %d %s", got.status, got.header.Get("Location"))
				}
				return
			}
			if got.status != 400 || got.header.Get("Location") != "" {
				t.Errorf("answered %d %s: nobody is sent anywhere without a word of theirs", got.status, got.header.Get("Location"))
			}
			link := regexp.MustCompile(`<a class="button" href="([^"]+)"[^>]*>Back`).FindStringSubmatch(got.body)
			if link == nil {
				t.Fatalf("no way back in %s", got.body)
			}
			back, err := url.Parse(html.UnescapeString(link[1]))
			if err != nil || back.Query().Get("error") != c.error || back.Query().Get("code") != "" || back.Query().Get("state") != "s&t" {
				t.Errorf("the way back is %s", back)
			}
		})
	}
}

// If this failed, native apps that learn their port late could not sign in, or any address could.
func TestLoopbackPortMayVary(t *testing.T) {
	app := storage.App{RedirectURIs: "http://127.0.0.1/cb\nhttps://phone.example/cb"}
	for address, want := range map[string]bool{
		"http://127.0.0.1/cb": true, "http://127.0.0.1:49152/cb": true, "http://127.0.0.1:49152/other": false,
		"http://localhost:1/cb": false, "http://127.0.0.1.evil.example/cb": false, "http://x@127.0.0.1:1/cb": false,
		"https://127.0.0.1:1/cb": false, "https://phone.example:1/cb": false, "https://phone.example/cb": true,
	} {
		if got := allowedRedirect(app, address); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}

// If this failed, programs without a redirect address, such as those in terminals, could not sign
// in.
func TestOutOfBandShowsTheCode(t *testing.T) {
	b := newBrowser(t)
	app := b.register(t, OutOfBand, "read write")
	page := b.consent(t, ask(app, url.Values{"redirect_uri": {OutOfBand}}))
	code := regexp.MustCompile(`<code[^>]*>([^<]+)</code>`).FindStringSubmatch(page.body)
	if code == nil {
		t.Fatalf("no code in %s", page.body)
	}
	if got := b.post(t, "/oauth/token", redeem(app, code[1], url.Values{"redirect_uri": {OutOfBand}})).json(t); got["access_token"] == nil {
		t.Errorf("answered %v", got)
	}
}

// If this failed, nobody could sign in with toot, whose address of the page ends with a slash.
func TestPageMayEndWithASlash(t *testing.T) {
	b := newBrowser(t)
	app := b.register(t, callback, "read write")
	page := b.get(t, "/oauth/authorize/?"+ask(app, nil).Encode())
	if back := b.submit(t, page, "/oauth/authorize", url.Values{"decision": {"allow"}}).location(t); back.Query().Get("code") == "" {
		t.Errorf("sent to %s", back)
	}
}

// If this failed, a person could not say no, or saying no would give a code.
func TestDenialGoesBackWithoutCode(t *testing.T) {
	b := newBrowser(t)
	app := b.register(t, callback, "read write")
	b.consent(t, ask(app, nil))
	page := b.get(t, "/oauth/authorize?"+ask(app, nil).Encode())
	back := b.submit(t, page, "/oauth/authorize", url.Values{"decision": {"deny"}}).location(t)
	if back.Query().Get("error") != "access_denied" || back.Query().Get("code") != "" {
		t.Errorf("went to %s", back)
	}
}

// If this failed, another site could press the button for somebody who is signed in (A132).
func TestA132FormsOfOtherSitesAreRefused(t *testing.T) {
	b := newBrowser(t)
	app := b.register(t, callback, "read write")
	b.consent(t, ask(app, nil))
	for _, path := range []string{"/oauth/authorize"} {
		for header, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
			form := ask(app, url.Values{"decision": {"allow"}, "return_to": {"/oauth/authorize?x"}})
			r, _ := http.NewRequestWithContext(t.Context(), "POST", b.base+path, strings.NewReader(form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set(header, value)
			if got := b.do(t, r); got.status != 403 || got.header.Get("Location") != "" {
				t.Errorf("%s with %s: %d", path, header, got.status)
			}
		}
	}
	page := b.get(t, "/oauth/authorize?"+ask(app, nil).Encode())
	policy := page.header.Get("Content-Security-Policy")
	for _, want := range []string{"frame-ancestors 'none'", "default-src 'none'", "form-action 'self' https://phone.example;"} {
		if !strings.Contains(policy, want) {
			t.Errorf("policy %q lacks %q", policy, want)
		}
	}
}

// If this failed, an app could not ask for another account than the one that is signed in, or
// people would have to sign in for ever.
func TestForcedLoginIsAskedForOnce(t *testing.T) {
	b := newBrowser(t)
	app := b.register(t, callback, "read write")
	b.consent(t, ask(app, nil))
	asked := 0
	b.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == people.SignInPath {
			asked++
			if to := r.URL.Query().Get("return_to"); !strings.HasPrefix(to, "/oauth/authorize?") || strings.Contains(to, "force") {
				t.Errorf("comes back to %s", to)
			}
		}
		return nil
	}
	page := b.get(t, "/oauth/authorize?"+ask(app, url.Values{"force_login": {"true"}}).Encode())
	if asked != 1 || !strings.Contains(page.body, "<bdi>Phone</bdi> asks to use your account") {
		t.Errorf("asked %d times: %d %s", asked, page.status, page.body)
	}
}

// If this failed, people would allow an app without having read in their language what it may do.
func TestEveryScopeHasWordsInEveryLanguage(t *testing.T) {
	for _, lang := range []string{"en", "es", "zh-Hans", "ar"} {
		words := edge.WordsOf(httptest.NewRequest("GET", "/?lang="+lang, nil))
		for _, scope := range edge.ScopeNames() {
			got := words.Powers([]string{scope})
			if len(got) != 1 || strings.Contains(got[0], "oauth.") || strings.Contains(got[0], "%!") {
				t.Errorf("%s in %s is %q", scope, lang, got)
			}
		}
	}
}

// If this failed, a page could run what a program calls itself.
func TestNamesOfAppsAreEscaped(t *testing.T) {
	b := newBrowser(t)
	app := b.post(t, "/api/v1/apps", url.Values{"client_name": {`<script>alert(1)</script>`}, "redirect_uris": {callback}, "scopes": {"read write"}}).json(t)
	page := b.get(t, "/oauth/authorize?"+ask(app, url.Values{"state": {`"><script>`}}).Encode())
	if strings.Contains(page.body, "<script") {
		t.Error("the name of an app came out as markup")
	}
	app = b.post(t, "/api/v1/apps", url.Values{"client_name": {" Tu\u202elou\x00\n Mail "}, "redirect_uris": {callback}}).json(t)
	if app["name"] != "Tulou Mail" {
		t.Errorf("a name with signs that disguise it is kept as %q", app["name"])
	}
	if app = b.post(t, "/api/v1/apps", url.Values{"client_name": {"\u202e\x00 "}, "redirect_uris": {callback}}).json(t); app["error"] == nil {
		t.Errorf("a name that nobody sees: %v", app)
	}
}

// If this failed, apps would be registered with addresses that run code, or good ones refused.
func TestRegistration(t *testing.T) {
	b := newBrowser(t)
	for redirect, ok := range map[string]bool{
		callback: true, "myapp://oauth": true, "com.example.app:/cb": true, OutOfBand: true, "http://127.0.0.1/cb": true,
		"javascript:alert(1)": false, "data:text/html,x": false, "/relative": false, "": false, "https://x.example/#f": false,
		"file:///etc/passwd": false, "https://u@x.example/": false,
		"https://x.example;script-src": false, "https://*/": false, "https://x.example,default-src": false,
	} {
		got := b.post(t, "/api/v1/apps", url.Values{"client_name": {"App"}, "redirect_uris": {redirect}})
		if (got.status == 200) != ok || !ok && got.status != 422 {
			t.Errorf("%q: %d %s", redirect, got.status, got.body)
		}
	}
	r, _ := http.NewRequestWithContext(t.Context(), "POST", b.base+"/api/v1/apps",
		strings.NewReader(`{"client_name":"J","redirect_uris":["https://a.example/1","https://a.example/2"],"scopes":"read:statuses write:media"}`))
	r.Header.Set("Content-Type", "application/json")
	app := b.do(t, r).json(t)
	if list, _ := app["redirect_uris"].([]any); len(list) != 2 || app["client_secret"] == "" || app["vapid_key"] != "key of the node" || len(app["scopes"].([]any)) != 2 {
		t.Errorf("registered %v", app)
	}
	if got := b.post(t, "/api/v1/apps", url.Values{"client_name": {"App"}, "redirect_uris": {callback}, "scopes": {"wallet"}}); got.status != 422 {
		t.Errorf("unknown scope: %d", got.status)
	}
}

// If this failed, apps could not look at public things in their own name, or could take more.
func TestClientCredentialsGiveATokenOfNobody(t *testing.T) {
	b := newBrowser(t)
	app := b.register(t, callback, "read")
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"read"}}
	r, _ := http.NewRequestWithContext(t.Context(), "POST", b.base+"/oauth/token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(app["client_id"].(string), app["client_secret"].(string))
	got := b.do(t, r).json(t)
	token, err := b.store.TokenByHash(t.Context(), people.SecretHash(got["access_token"].(string)))
	if err != nil || token.AccountID != 0 {
		t.Errorf("token of %d: %v", token.AccountID, err)
	}
	form.Set("scope", "write")
	form.Set("client_id", app["client_id"].(string))
	form.Set("client_secret", app["client_secret"].(string))
	if got := b.post(t, "/oauth/token", form).json(t); got["error"] != "invalid_scope" {
		t.Errorf("more than registered: %v", got)
	}
}

// If this failed, signing out of an app would leave its token good, or one app could end another's.
func TestRevocation(t *testing.T) {
	b := newBrowser(t)
	app, other := b.register(t, callback, "read write"), b.register(t, callback, "read write")
	code := b.consent(t, ask(app, nil)).location(t).Query().Get("code")
	secret := b.post(t, "/oauth/token", redeem(app, code, nil)).json(t)["access_token"].(string)
	revoke := func(by map[string]any) answer {
		return b.post(t, "/oauth/revoke", url.Values{"token": {secret}, "client_id": {by["client_id"].(string)}, "client_secret": {by["client_secret"].(string)}})
	}
	if got := revoke(other); got.status != 200 {
		t.Errorf("unknown tokens are no error: %d", got.status)
	}
	if _, err := b.store.TokenByHash(t.Context(), people.SecretHash(secret)); err != nil {
		t.Fatal("another app ended the token")
	}
	if got := revoke(map[string]any{"client_id": app["client_id"], "client_secret": "wrong"}); got.status != 403 {
		t.Errorf("wrong secret: %d", got.status)
	}
	revoke(app)
	if _, err := b.store.TokenByHash(t.Context(), people.SecretHash(secret)); err == nil {
		t.Error("the token is still good")
	}
	events, err := b.store.EventsSince(t.Context(), time.Now(), nil)
	if err != nil || len(events) != 1 || events[0].Kind != storage.EventTokenRevoked {
		t.Errorf("other processes are not told: %v %v", events, err)
	}
}

// If this failed, clients in browsers could not find or use the endpoints.
func TestMetadataAndCORS(t *testing.T) {
	b := newBrowser(t)
	got := b.get(t, "/.well-known/oauth-authorization-server")
	meta := got.json(t)
	if got.header.Get("Access-Control-Allow-Origin") != "*" || meta["issuer"] != b.base || meta["token_endpoint"] != b.base+"/oauth/token" {
		t.Errorf("metadata %v", meta)
	}
	for _, path := range []string{"/oauth/token", "/oauth/revoke", "/api/v1/apps"} {
		r, _ := http.NewRequestWithContext(t.Context(), "OPTIONS", b.base+path, nil)
		if got := b.do(t, r); got.status != 204 || got.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s preflight: %d", path, got.status)
		}
	}
}
