package nodetest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"tulou/apps/people"
	"tulou/node"
	"tulou/storage"
)

// desk is a browser in which somebody is signed in: its cookie and nothing else.
type desk struct {
	*person        // without a token
	cookie  string // as a Cookie header has it
	hash    string // of the session
}

// sitsDown signs somebody in with a browser.
func (p *person) sitsDown() desk {
	t := p.village.t
	t.Helper()
	secret, hash := people.NewSecret()
	store := p.home.node.Store()
	account := must(store.AccountByHandle(t.Context(), p.name, ""))
	check(t, store.Tx(t.Context(), func(tx *storage.Tx) error {
		_, err := tx.CreateSession(t.Context(), storage.Session{Hash: hash, AccountID: account.ID, ExpiresAt: storage.At(time.Now().Add(24 * time.Hour))})
		return err
	}))
	return desk{p.home.stranger(), "__Host-tulou_session=" + secret, hash}
}

// asks makes a request as a page in the browser would, with headers in pairs.
func (d desk) asks(method, path string, form url.Values, headers ...string) (int, http.Header, string) {
	t := d.village.t
	t.Helper()
	r := must(http.NewRequestWithContext(t.Context(), method, d.home.base+path, strings.NewReader(form.Encode())))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("Cookie", d.cookie)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response := must(d.client.Do(r))
	defer response.Body.Close()
	return response.StatusCode, response.Header, string(must(io.ReadAll(response.Body)))
}

const ownPage = "https://harbor.example"

func TestA132TheCookieCountsOnlyForTheWebClientOfThisNode(t *testing.T) {
	// If this failed, any page that somebody visits could read and write in their name, or the web
	// client could do nothing.
	bubble(t, func(t *testing.T, v *village) {
		v.start("harbor")
		ana := v.persons["ana"]
		browser := ana.sitsDown()
		web := func(more ...string) []string { return append([]string{"X-Tulou-Client", "web"}, more...) }
		for name, c := range map[string]struct {
			headers []string
			want    int
		}{
			"the web client":                        {web("Sec-Fetch-Site", "same-origin"), 200},
			"over plain HTTP, by its origin":        {web("Origin", ownPage), 200},
			"over plain HTTP, by where it is":       {web("Referer", ownPage+"/app/home"), 200},
			"a link, a picture, an address":         {nil, 401},
			"a form of our own page":                {[]string{"Sec-Fetch-Site", "same-origin"}, 401},
			"another site":                          {[]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, 401},
			"another site with our header":          {web("Sec-Fetch-Site", "cross-site", "Origin", ownPage), 401},
			"a neighbour under the same domain":     {web("Sec-Fetch-Site", "same-site"), 401},
			"somebody who typed it":                 {web("Sec-Fetch-Site", "none"), 401},
			"another origin":                        {web("Origin", "https://evil.example"), 401},
			"our host over plain HTTP":              {web("Origin", "http://harbor.example"), 401},
			"another port":                          {web("Origin", ownPage+":8443"), 401},
			"a frame without an origin":             {web("Origin", "null"), 401},
			"an address that begins like ours":      {web("Referer", ownPage+".evil.example/"), 401},
			"our host as the name of somebody":      {web("Referer", "https://harbor.example@evil.example/"), 401},
			"a program that says nothing":           {web(), 401},
			"another client":                        {[]string{"X-Tulou-Client", "other", "Sec-Fetch-Site", "same-origin"}, 401},
			"a token of nobody's beside the cookie": {web("Sec-Fetch-Site", "same-origin", "Authorization", "Bearer x"), 401},
		} {
			if got, _, body := browser.asks("GET", "/api/v1/accounts/verify_credentials", nil, c.headers...); got != c.want {
				t.Errorf("%s: %d, want %d: %s", name, got, c.want, body)
			}
			form := url.Values{"status": {"by " + name}}
			if got, _, body := browser.asks("POST", "/api/v1/statuses", form, c.headers...); got != c.want {
				t.Errorf("%s posts: %d, want %d: %s", name, got, c.want, body)
			}
		}
		var mine []status
		ana.get("/api/v1/accounts/"+ana.id()+"/statuses", &mine)
		if len(mine) != 3 {
			t.Errorf("%d posts were made", len(mine))
		}
		// Who asks whether they may send the header is told no; and no answer may be read with cookies.
		for _, path := range []string{"/api/v1/statuses", "/api/v2/instance", "/api/v1/streaming/health"} {
			_, header, _ := browser.asks("OPTIONS", path, nil, "Origin", "https://evil.example",
				"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "x-tulou-client")
			if strings.Contains(strings.ToLower(header.Get("Access-Control-Allow-Headers")), "x-tulou-client") || header.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s allows other origins %v", path, header)
			}
		}
		// But a program in a browser may say which request it sends again, or it would post twice.
		for _, path := range []string{"/api/v1/statuses", "/api/tulou/v1/moments"} {
			_, header, _ := browser.asks("OPTIONS", path, nil, "Origin", "https://client.example", "Access-Control-Request-Method", "POST")
			if !strings.Contains(header.Get("Access-Control-Allow-Headers"), "Idempotency-Key") {
				t.Errorf("%s allows other origins %v", path, header)
			}
		}
		// A session that never was is nobody's, and not a stranger's either.
		made := browser
		made.cookie += "x"
		if got, _, _ := made.asks("GET", "/api/v1/timelines/public", nil, web("Sec-Fetch-Site", "same-origin")...); got != 401 {
			t.Errorf("an invented session: %d", got)
		}
	})
}

func TestWhoIsSignedInIsShownTheWebClient(t *testing.T) {
	// If this failed, people would have to know its address, a friend link would ask nobody, or
	// strangers would see no front page.
	bubble(t, func(t *testing.T, v *village) {
		v.start("harbor")
		browser := v.persons["ana"].sitsDown()
		if code, header, body := browser.asks("GET", "/", nil); code != 200 || !strings.Contains(body, `src="/app/main-`) ||
			!strings.Contains(header.Get("Content-Security-Policy"), "trusted-types tulou") {
			t.Errorf("signed in: %d %v", code, header)
		}
		if code, _, body := browser.asks("GET", "/@ana?friend=CODE", nil); code != 200 || !strings.Contains(body, `src="/app/main-`) {
			t.Errorf("a friend link, signed in: %d", code)
		}
		if code, _, body := browser.asks("GET", "/@ana", nil); code != 200 || strings.Contains(body, "/app/main-") {
			t.Errorf("a profile, signed in: %d", code)
		}
		browser.cookie = ""
		if code, _, body := browser.asks("GET", "/@ana?friend=CODE", nil); code != 200 || strings.Contains(body, "/app/main-") {
			t.Errorf("a friend link, a stranger: %d", code)
		}
		if code, _, body := browser.asks("GET", "/", nil); code != 200 || strings.Contains(body, "/app/main-") {
			t.Errorf("a stranger: %d", code)
		}
	})
}

func TestA132SocketsOfOtherSitesAreStrangers(t *testing.T) {
	// If this failed, any page that somebody visits could read what they are told.
	bubble(t, func(t *testing.T, v *village) {
		v.start("harbor")
		ana := v.persons["ana"]
		browser := ana.sitsDown()
		for _, origin := range []string{"https://evil.example", "http://harbor.example", "https://harbor.example:8443", "null", ""} {
			header := http.Header{"Cookie": {browser.cookie}, "X-Tulou-Client": {"web"}, "Sec-Fetch-Site": {"same-origin"}}
			if origin != "" {
				header.Set("Origin", origin)
			}
			_, answer, err := websocket.Dial(t.Context(), "wss://harbor.example/api/v1/streaming?stream=user",
				&websocket.DialOptions{HTTPClient: browser.client, HTTPHeader: header})
			if err == nil || answer == nil || answer.StatusCode != 401 {
				t.Errorf("from %q: %v", origin, err)
			}
		}
		own := browser.dials("?stream=user", websocket.DialOptions{HTTPHeader: http.Header{"Cookie": {browser.cookie}, "Origin": {ownPage}}})
		ana.publishes("hello")
		own.sees("user: update hello")
		own.stop()
	})
}

func TestA121StreamsEndWithTheSessionOfTheBrowser(t *testing.T) {
	// If this failed, a browser that was signed out, here or from another one, would go on reading.
	for name, end := range map[string]func(ctx context.Context, n *node.Node, d desk, account storage.Account) error{
		"signed out": func(ctx context.Context, n *node.Node, d desk, _ storage.Account) error {
			return n.Store().Tx(ctx, func(tx *storage.Tx) error { return tx.DeleteSession(ctx, d.hash) })
		},
		"ended from another browser": func(ctx context.Context, n *node.Node, d desk, account storage.Account) error {
			session := must(n.Store().SessionByHash(ctx, d.hash))
			return n.People().EndSession(ctx, session, session.ID)
		},
		"all others ended": func(ctx context.Context, n *node.Node, _ desk, account storage.Account) error {
			return n.Store().Tx(ctx, func(tx *storage.Tx) error { return tx.EndOtherSessions(ctx, account.ID, "", "") })
		},
		"suspended": func(ctx context.Context, n *node.Node, _ desk, account storage.Account) error {
			_, err := n.Suspend(ctx, account.Name, true)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, v *village) {
				harbor := v.start("harbor")
				observed(harbor)
				ana := v.persons["ana"]
				browser := ana.sitsDown()
				socket := browser.dials("?stream=user", websocket.DialOptions{HTTPHeader: http.Header{"Cookie": {browser.cookie}, "Origin": {ownPage}}})
				headers := []string{"X-Tulou-Client", "web", "Sec-Fetch-Site", "same-origin"}
				if got, _, _ := browser.asks("GET", "/api/v1/timelines/home", nil, headers...); got != 200 {
					t.Fatalf("before: %d", got)
				}
				account := must(harbor.node.Store().AccountByHandle(t.Context(), "ana", ""))
				check(t, end(t.Context(), harbor.node, browser, account))
				time.Sleep(2 * time.Second)
				if got := websocket.CloseStatus(socket.ended()); got != websocket.StatusPolicyViolation {
					t.Errorf("the socket: %v", socket.ended())
				}
				if got, _, _ := browser.asks("GET", "/api/v1/timelines/home", nil, headers...); got != 401 && got != 403 {
					t.Errorf("after: %d", got)
				}
			})
		})
	}
}

func TestA132AnswersToTheCookieAreNobodyElses(t *testing.T) {
	// If this failed, a cache would give what somebody was answered by their cookie to whoever asks
	// next, a script of another site could read it, or a program would act for whoever is signed in in
	// the browser and not for whose token it has.
	bubble(t, func(t *testing.T, v *village) {
		v.start("harbor")
		ana, ben := v.persons["ana"], v.persons["ben"]
		browser, token := ana.sitsDown(), must(ben.home.node.CreateToken(t.Context(), "ben", "read write")).Secret
		web := []string{"X-Tulou-Client", "web", "Sec-Fetch-Site", "same-origin"}
		for _, path := range []string{
			"/api/v1/accounts/verify_credentials", "/api/v1/timelines/home", "/api/v1/timelines/public", "/api/v1/instance", "/api/v2/instance",
			"/api/v1/custom_emojis", "/api/v1/accounts/" + ben.id(), "/api/v1/accounts/1", "/api/v1/nothing", "/api/v1/preferences",
			"/api/v1/push/subscription", "/api/v1/apps/verify_credentials", "/api/tulou/v1/friends", "/api/tulou/v1/moments", "/api/tulou/v1/nothing",
		} {
			code, header, _ := browser.asks("GET", path, nil, web...)
			if kept := header.Get("Cache-Control"); !strings.Contains(kept, "no-store") {
				t.Errorf("%s: %d, may be kept: %q", path, code, kept)
			}
			if vary := header.Get("Vary"); code == 200 && !strings.Contains(vary, "Cookie") {
				t.Errorf("%s: %d, as if it were the same for everybody: Vary %q", path, code, vary)
			}
			if header.Get("Access-Control-Allow-Credentials") != "" || header.Get("Set-Cookie") != "" {
				t.Errorf("%s: %v", path, header)
			}
			if origin := header.Get("Access-Control-Allow-Origin"); origin != "" && origin != "*" {
				t.Errorf("%s may be read by %q", path, origin)
			}
		}
		// Who has a token acts for whose it is, however it comes, and only as long as it is one.
		for _, authorization := range []string{"Bearer " + token, "bearer  " + token} {
			var me account
			code, _, body := browser.asks("GET", "/api/v1/accounts/verify_credentials", nil, append(slices.Clone(web), "Authorization", authorization)...)
			if err := json.Unmarshal([]byte(body), &me); err != nil || code != 200 || me.ID != ben.id() {
				t.Errorf("%d: %s", code, body)
			}
		}
		own := http.Header{"Cookie": {browser.cookie}, "Origin": {ownPage}}
		socket := browser.dials("?stream=user&access_token="+token, websocket.DialOptions{HTTPHeader: own})
		ben.publishes("mine")
		socket.sees("user: update mine")
		socket.stop()
		for _, address := range []string{"?stream=user&access_token=x", "?stream=user&access_token=" + strings.TrimPrefix(browser.cookie, "__Host-tulou_session=")} {
			if _, answer, err := websocket.Dial(t.Context(), "wss://harbor.example/api/v1/streaming"+address,
				&websocket.DialOptions{HTTPClient: browser.client, HTTPHeader: own}); err == nil || answer == nil || answer.StatusCode != 401 {
				t.Errorf("%s: %v", address, err)
			}
		}
		// What is in the cookie is no token.
		bare := browser
		bare.cookie = ""
		if code, _, _ := bare.asks("GET", "/api/v1/accounts/verify_credentials", nil,
			"Authorization", "Bearer "+strings.TrimPrefix(browser.cookie, "__Host-tulou_session=")); code != 401 {
			t.Errorf("the cookie as a token: %d", code)
		}
		if code, _, _ := bare.asks("GET", "/api/v1/accounts/verify_credentials", nil, append(slices.Clone(web), "Cookie", "__Host-tulou_session="+token)...); code != 401 {
			t.Errorf("a token as the cookie: %d", code)
		}
	})
}
