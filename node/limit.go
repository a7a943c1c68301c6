package node

import (
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"tulou/apps/people"
	"tulou/node/edge"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

// RateWindow is the time in which a spent allowance is full again.
const RateWindow = 5 * time.Minute

// What --rate-limit N means for those who are not anonymous readers of the API.
const (
	// tokenFactor: a signed-in app may make five times as many requests (1,500), as in Mastodon.
	tokenFactor = 5
	// guessDivisor: who tries passwords, codes or links may do so 25 times in the window.
	guessDivisor = 12
	// peerFactor: a server speaks for all its people; 30,000 in the window is 100 a second.
	peerFactor = 100
	// bucketsMax bounds a limiter's memory to a few megabytes, whatever addresses strangers invent.
	bucketsMax = 1 << 16
)

// limiter gives everybody an allowance that refills evenly over the window. It keeps one instant
// for each key: when the allowance will be full again. Keys live in two generations: a key that was
// not used for a whole window is full anyway, so forgetting the older generation loses nothing,
// unless more than bucketsMax keys are in use at once. It is safe for concurrent use.
type limiter struct {
	name   string
	limit  int
	cost   time.Duration // of one request
	mu     sync.Mutex
	young  map[string]time.Time
	old    map[string]time.Time
	turned time.Time
}

func newLimiter(name string, limit int) *limiter {
	limit = max(1, limit)
	return &limiter{name: name, limit: limit, cost: RateWindow / time.Duration(limit), young: map[string]time.Time{}}
}

// allowance is what a limiter says about one request.
type allowance struct {
	limit, remaining int
	full             time.Time     // when nothing will be missing any more
	retry            time.Duration // 0: the request is allowed
}

// take spends one request of key's allowance.
func (l *limiter) take(key string, now time.Time) allowance { return l.ask(key, now, 1) }

// peek tells what take would, and spends nothing.
func (l *limiter) peek(key string, now time.Time) allowance { return l.ask(key, now, 0) }

// ask spends some requests of an allowance, never more than the whole of it.
func (l *limiter) ask(key string, now time.Time, requests int) allowance {
	spend := time.Duration(min(requests, l.limit)) * l.cost
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.turned) >= RateWindow || len(l.young) >= bucketsMax {
		l.old, l.young, l.turned = l.young, map[string]time.Time{}, now
	}
	full, known := l.young[key]
	if !known {
		full = l.old[key]
	}
	if full.Before(now) {
		full = now
	}
	a := allowance{limit: l.limit, full: full}
	if missing := full.Sub(now) + max(spend, l.cost); missing > RateWindow {
		a.retry = missing - RateWindow
	} else if spend > 0 {
		a.full = full.Add(spend)
		l.young[key] = a.full
	}
	a.remaining = max(0, int((RateWindow-a.full.Sub(now))/l.cost))
	return a
}

// limits are the limiters of a node; a nil *limits limits nothing.
type limits struct {
	visitors *limiter // anonymous requests, and pages that have us ask other servers, by address
	tokens   *limiter // requests with a token, by token
	unknown  *limiter // requests whose token nobody knows, by address
	guesses  *limiter // attempts to sign in, by address
	peers    *limiter // what servers send and read, by address and by the host that signed
	refused  func(limiter string)
	// secret is by what a request says who makes it, "" for nobody.
	secret func(*http.Request) string
}

func newLimits(perWindow int, refused func(string)) *limits {
	if perWindow == 0 {
		return nil
	}
	return &limits{
		visitors: newLimiter("visitors", perWindow),
		tokens:   newLimiter("tokens", tokenFactor*perWindow),
		unknown:  newLimiter("unknown", perWindow),
		guesses:  newLimiter("guesses", perWindow/guessDivisor),
		peers:    newLimiter("peers", peerFactor*perWindow),
		refused:  refused,
		secret:   edge.Bearer,
	}
}

// by has requests be counted by what they say who makes them.
func (l *limits) by(secret func(*http.Request) string) *limits {
	if l != nil {
		l.secret = secret
	}
	return l
}

// Allow is federation.Limiter: who is an address or a host, cost what the request counts as.
func (l *limits) Allow(who string, cost int) error {
	if l == nil {
		return nil
	}
	return l.judge(l.peers, l.peers.ask(edge.Network(who), time.Now(), cost))
}

func (l *limits) judge(by *limiter, a allowance) error {
	if a.retry == 0 {
		return nil
	}
	l.refused(by.name)
	return fault.New(fault.RateLimited, "too many requests; try again in a while").After(a.retry)
}

// limit is the layer that slows down those who ask too much. Inboxes are counted by the federation
// engine itself, in the order of its checks.
func (l *limits) limit(next http.Handler) http.Handler {
	if l == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		api := strings.HasPrefix(r.URL.Path, "/api/")
		token := l.secret(r)
		address := edge.Network(r.RemoteAddr)
		var err error
		switch {
		case r.Method == http.MethodOptions, r.Method == http.MethodPost && isInbox(r.URL.Path):
		case guesses(r):
			err = l.judge(l.guesses, l.guesses.take(address, time.Now()))
		case api && token != "" && r.URL.Path != appsPath:
			if err = l.judge(l.unknown, l.unknown.peek(address, time.Now())); err == nil {
				err = l.count(w, l.tokens, tokenKey(token))
			}
		case api:
			err = l.count(w, l.visitors, address)
		case r.URL.Path == ids.InteractionPath: // it may have us ask another server, also when it is shown
			err = l.judge(l.visitors, l.visitors.take(address, time.Now()))
		default:
			err = l.Allow(address, 1)
		}
		if err != nil {
			refuse(w, r, api, err)
			return
		}
		next.ServeHTTP(w, r)
		if x, ok := w.(*exchange); ok && token != "" && x.status == http.StatusUnauthorized {
			l.unknown.take(address, time.Now())
		}
	})
}

// isInbox tells whether the federation engine counts what is posted to a path.
func isInbox(path string) bool {
	return path == "/inbox" || strings.HasPrefix(path, "/users/") && strings.HasSuffix(path, "/inbox")
}

// appsPath is where programs make themselves known. Nobody looks at tokens there, so that one which
// was invented must not count.
const appsPath = "/api/v1/apps"

// guesses tells whether a request can try a secret: a password, an authorization code, a link; or
// has us ask another server, as the form to follow somebody from there does.
func guesses(r *http.Request) bool {
	if r.Method != http.MethodPost {
		return false
	}
	return strings.HasPrefix(r.URL.Path, "/oauth/") || strings.HasPrefix(r.URL.Path, "/auth/") ||
		strings.HasPrefix(r.URL.Path, people.InvitePath) || strings.HasPrefix(r.URL.Path, "/settings/") || strings.HasPrefix(r.URL.Path, "/@")
}

// tokenKey keeps tokens themselves out of memory that outlives the request.
func tokenKey(token string) string {
	sum := sha256.Sum256([]byte(token))
	return string(sum[:16])
}

// rateTime is how Mastodon writes X-RateLimit-Reset.
const rateTime = "2006-01-02T15:04:05.000000Z"

// count spends a request of the API and says in Mastodon's headers how much is left.
func (l *limits) count(w http.ResponseWriter, by *limiter, key string) error {
	a := by.take(key, time.Now())
	h := w.Header()
	h.Set("X-RateLimit-Limit", strconv.Itoa(a.limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(a.remaining))
	h.Set("X-RateLimit-Reset", a.full.UTC().Format(rateTime))
	return l.judge(by, a)
}

// refuse answers 429, to clients of Mastodon's API in its shape.
func refuse(w http.ResponseWriter, r *http.Request, api bool, err error) {
	if !api {
		fail(w, r, err)
		return
	}
	status := edge.Fail(w, err)
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Access-Control-Expose-Headers", "Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset")
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": fault.DetailOf(err)})
}
