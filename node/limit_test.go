package node

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tulou/node/edge"
	"tulou/protocol/fault"
)

// If this failed, somebody could ask for ever, or would be locked out for ever.
func TestAllowanceEndsAndRefills(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter("test", 10)
		for i := range 10 {
			a := l.take("ana", time.Now())
			if a.retry != 0 || a.remaining != 9-i {
				t.Fatalf("request %d: %+v", i, a)
			}
		}
		a := l.take("ana", time.Now())
		if a.retry != RateWindow/10 || a.remaining != 0 {
			t.Errorf("the eleventh: %+v, want to come back in %s", a, RateWindow/10)
		}
		if other := l.take("ben", time.Now()); other.retry != 0 {
			t.Error("somebody else pays for it")
		}
		time.Sleep(a.retry)
		if again := l.take("ana", time.Now()); again.retry != 0 || again.remaining != 0 {
			t.Errorf("after the wait: %+v", again)
		}
		time.Sleep(RateWindow)
		if rested := l.take("ana", time.Now()); rested.remaining != 9 {
			t.Errorf("after a whole window: %+v", rested)
		}
	})
}

// If this failed, addresses that strangers invent would fill the memory (A067).
func TestLimiterForgetsWhatIsFullAndHasACap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter("test", 10)
		for i := range 3 * bucketsMax {
			l.take(fmt.Sprint(i), time.Now())
		}
		if kept := len(l.young) + len(l.old); kept > 2*bucketsMax {
			t.Errorf("%d keys are kept", kept)
		}
		for range 2 {
			time.Sleep(RateWindow)
			l.take("ana", time.Now())
		}
		if kept := len(l.young) + len(l.old); kept != 2 {
			t.Errorf("after two windows %d keys are kept", kept)
		}
	})
}

// If this failed, one home network could use as many allowances as it has addresses (A069).
func TestAddressesAreCountedByNetwork(t *testing.T) {
	for in, want := range map[string]string{
		"203.0.113.7:5000":           "203.0.113.7",
		"203.0.113.7":                "203.0.113.7",
		"[::ffff:203.0.113.7]:5000":  "203.0.113.7",
		"[2001:db8:1:2:3:4:5:6]:443": "2001:db8:1:2::/64",
		"2001:db8:1:2::9":            "2001:db8:1:2::/64",
		"fe80::1%eth0":               "fe80::/64",
		"harbor.example":             "harbor.example",
	} {
		if got := edge.Network(in); got != want {
			t.Errorf("%s is counted as %s, want %s", in, got, want)
		}
	}
}

// limited returns a handler behind the limits of a node, and how it answers a request.
func limited(perWindow, status int) func(r *http.Request) *httptest.ResponseRecorder {
	l := newLimits(perWindow, func(string) {})
	h := l.limit(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	return func(r *http.Request) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(&exchange{ResponseWriter: w}, r)
		return w
	}
}

// If this failed, clients of Mastodon's API would not know how much they may ask, nor when again.
func TestAPIAnswersCarryMastodonsRateHeaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ask := limited(2, http.StatusOK)
		for i, want := range []struct {
			status                  int
			remaining, reset, retry string
		}{
			{200, "1", "2000-01-01T00:02:30.000000Z", ""},
			{200, "0", "2000-01-01T00:05:00.000000Z", ""},
			{429, "0", "2000-01-01T00:05:00.000000Z", "150"},
		} {
			w := ask(httptest.NewRequest("GET", "/api/v1/timelines/public", nil))
			h := w.Header()
			if w.Code != want.status || h.Get("X-RateLimit-Limit") != "2" || h.Get("X-RateLimit-Remaining") != want.remaining ||
				h.Get("X-RateLimit-Reset") != want.reset || h.Get("Retry-After") != want.retry {
				t.Errorf("request %d: %d %v", i, w.Code, h)
			}
		}
		refused := ask(httptest.NewRequest("GET", "/api/v1/timelines/public", nil))
		if got := refused.Body.String(); got != `{"error":"too many requests; try again in a while"}`+"\n" {
			t.Errorf("body %q", got)
		}
	})
}

// If this failed, passwords could be tried without end, or inventing tokens would buy allowances.
func TestWhoIsLimitedHow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		allowed := func(ask func(*http.Request) *httptest.ResponseRecorder, make func(i int) *http.Request) int {
			for i := range 30_000 {
				if ask(make(i)).Code == http.StatusTooManyRequests {
					return i
				}
			}
			return -1
		}
		get := func(path, token string) *http.Request {
			r := httptest.NewRequest("GET", path, nil)
			if token != "" {
				r.Header.Set("Authorization", "Bearer "+token)
			}
			return r
		}
		for _, c := range []struct {
			name   string
			status int
			make   func(i int) *http.Request
			want   int
		}{
			{"an anonymous reader", 200, func(int) *http.Request { return get("/api/v1/timelines/public", "") }, 240},
			{"an app", 200, func(int) *http.Request { return get("/api/v1/timelines/home", "t") }, 5 * 240},
			{"a token with spaces around it", 200, func(i int) *http.Request { return get("/api/v1/timelines/home", strings.Repeat(" ", i%2000)+"t\u00a0") }, 5 * 240},
			{"spaces for a token", 200, func(i int) *http.Request { return get("/api/v1/timelines/public", strings.Repeat("\u00a0", 1+i%2000)) }, 240},
			{"invented tokens of new programs", 200, func(i int) *http.Request { return get("/api/v1/apps", fmt.Sprint(i)) }, 240},
			{"invented tokens", 401, func(i int) *http.Request { return get("/api/v1/timelines/home", fmt.Sprint(i)) }, 240},
			{"passwords", 200, func(int) *http.Request { return httptest.NewRequest("POST", "/auth/sign_in", nil) }, 20},
			{"codes", 200, func(int) *http.Request { return httptest.NewRequest("POST", "/oauth/token", nil) }, 20},
			{"invitations", 200, func(i int) *http.Request { return httptest.NewRequest("POST", fmt.Sprint("/invite/", i), nil) }, 20},
			{"invitations that look like inboxes", 200, func(i int) *http.Request {
				return httptest.NewRequest("POST", fmt.Sprint("/invite/", i, "%2Finbox"), nil)
			}, 20},
			{"a personal inbox", 200, func(int) *http.Request { return httptest.NewRequest("POST", "/users/ana/inbox", nil) }, -1},
			{"pages that look somebody up", 200, func(int) *http.Request { return get("/authorize_interaction?uri=x", "") }, 240},
			{"a server that reads", 200, func(int) *http.Request { return get("/users/ana", "") }, 100 * 240},
			{"an inbox, which the gate counts", 200, func(int) *http.Request { return httptest.NewRequest("POST", "/inbox", nil) }, -1},
			{"preflights", 200, func(int) *http.Request { return httptest.NewRequest("OPTIONS", "/api/v1/statuses", nil) }, -1},
		} {
			if got := allowed(limited(240, c.status), c.make); got != c.want {
				t.Errorf("%s: %d requests, want %d", c.name, got, c.want)
			}
		}
		if got := allowed(limited(0, 200), func(int) *http.Request { return get("/api/v1/instance", "") }); got != -1 {
			t.Errorf("limits that are off end after %d requests", got)
		}
	})
}

// If this failed, one server could flood the inbox, or all would be slowed down for it.
func TestPeersHaveAnAllowanceOfTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := map[string]int{}
		l := newLimits(1, func(by string) { refused[by]++ })
		for range 100 {
			if err := l.Allow("harbor.example", 1); err != nil {
				t.Fatal(err)
			}
		}
		err := l.Allow("harbor.example", 1)
		if !fault.Is(err, fault.RateLimited) || fault.RetryOf(err) != RateWindow/100 || refused["peers"] != 1 {
			t.Errorf("%v, retry %s, counted %v", err, fault.RetryOf(err), refused)
		}
		if err := l.Allow("orchard.example", 1); err != nil {
			t.Error(err)
		}
		// Large ones count as several, but the largest is not refused for ever.
		if err := l.Allow("quarry.example", 1000); err != nil {
			t.Error(err)
		}
		if err := l.Allow("quarry.example", 1); !fault.Is(err, fault.RateLimited) || fault.RetryOf(err) != RateWindow/100 {
			t.Errorf("after one that took all: %v, retry %s", err, fault.RetryOf(err))
		}
		var off *limits
		if err := off.Allow("harbor.example", 1); err != nil {
			t.Error(err)
		}
	})
}
