package edge

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tulou/apps/people"
	"tulou/protocol/fault"
	"tulou/storage"
)

// The web client of this node has no token that a script could steal: its requests are made with
// the cookie of the session that the pages opened (HttpOnly). Cookies come with requests that other
// sites cause, too, so the cookie counts only together with what those cannot send: a header that
// makes a browser ask first, which CORS here never allows, and an origin that is ours.
const (
	// ClientHeader is the header that says that a request is the web client's; its value is ClientWeb.
	ClientHeader = "X-Tulou-Client"
	// ClientWeb is the value of ClientHeader.
	ClientWeb = "web"
)

// sessionMark begins what stands for the hash of a token in a Who of a session. Hashes are in
// base64url, so no token has its colon.
const sessionMark = "session:"

// WithSessions has requests of the web client be believed by the sessions of browsers.
func (a *Auth) WithSessions(b *Browsers) *Auth {
	a.browsers = b
	return a
}

// webScopes are the powers of the web client: all there are.
func webScopes() string {
	names := []string{"admin", "tulou"}
	for _, scope := range scopes {
		names = append(names, scope.name)
	}
	return strings.Join(names, " ")
}

// Secret returns by what a request says who makes it: its bearer token, else the cookie of the web
// client; "" if neither. Whoever counts requests by who makes them counts by this.
func (a *Auth) Secret(r *http.Request) string {
	if token := Bearer(r); token != "" {
		return token
	}
	if r.Header.Get(ClientHeader) != ClientWeb || !a.browsers.sameOrigin(r) {
		return ""
	}
	return a.browsers.secret(r)
}

// Socket is Authenticate for a WebSocket, with which a browser can send no header of ours, but
// always says the origin of the page (RFC 6455 section 10.2). The cookie counts only if that is
// ours; with another one, or none, it is a stranger.
func (a *Auth) Socket(r *http.Request) (Who, error) {
	if Bearer(r) != "" {
		return a.Authenticate(r)
	}
	if a.browsers == nil || r.Header.Get("Origin") != a.browsers.origin {
		return Who{}, nil
	}
	return a.session(r)
}

// session finds out whose session a request belongs to.
func (a *Auth) session(r *http.Request) (Who, error) {
	secret := a.browsers.secret(r)
	if secret == "" {
		return Who{}, nil
	}
	return a.byHash(r.Context(), sessionMark+people.SecretHash(secret), Place(r.RemoteAddr))
}

// OwnSession returns the session by which the web client asks, and where it is. Whoever asks by
// anything else is refused (fault.Forbidden): a program may neither see where its person signs in
// nor end that.
func (a *Auth) OwnSession(r *http.Request) (session storage.Session, from people.From, err error) {
	if Bearer(r) != "" || a.Secret(r) == "" {
		return session, from, fault.New(fault.Forbidden, "only the web client of this server may do this")
	}
	session, err = a.store.SessionByHash(r.Context(), people.SecretHash(a.browsers.secret(r)))
	if fault.Is(err, fault.NotFound) {
		err = errToken
	}
	return session, a.browsers.From(r), err
}

// lookUpSession makes of a session who may do everything that its person may.
func (a *Auth) lookUpSession(ctx context.Context, hash, address string) (who Who, err error) {
	session, err := a.store.SessionByHash(ctx, strings.TrimPrefix(hash, sessionMark))
	if fault.Is(err, fault.NotFound) {
		return who, errToken
	}
	if err != nil {
		return who, err
	}
	if address != "" && time.Since(session.UsedAt.Time()) >= storage.SessionTouch {
		err = a.store.Tx(ctx, func(tx *storage.Tx) error { return tx.TouchSession(ctx, session.Hash, address) })
		if err != nil {
			return who, err
		}
	}
	who.Token = storage.Token{ID: session.ID, Hash: hash, AccountID: session.AccountID, Scopes: webScopes(),
		CreatedAt: session.CreatedAt, UsedAt: today(time.Now())}
	return a.person(ctx, who)
}

// secret returns the cookie of the session, "" if there is none or it is none of ours.
func (b *Browsers) secret(r *http.Request) string {
	if b == nil {
		return ""
	}
	cookie, err := r.Cookie(b.session)
	if err != nil || len(cookie.Value) > tokenBytesMax {
		return ""
	}
	return cookie.Value
}

// sameOrigin tells whether a page of this node makes a request. Browsers say so themselves
// (Sec-Fetch-Site); over plain HTTP, where they do not, the origin is in one of two older headers.
func (b *Browsers) sameOrigin(r *http.Request) bool {
	if b == nil {
		return false
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		return origin == b.origin
	}
	from, err := url.Parse(r.Header.Get("Referer"))
	return err == nil && originOf(from) == b.origin
}

// originOf is an address as browsers write origins (RFC 6454 section 6.2).
func originOf(u *url.URL) string {
	host := u.Host
	if u.Scheme == "https" {
		host = strings.TrimSuffix(host, ":443")
	} else if u.Scheme == "http" {
		host = strings.TrimSuffix(host, ":80")
	}
	return u.Scheme + "://" + host
}
