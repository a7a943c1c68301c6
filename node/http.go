package node

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"

	"tulou/apps/people"
	"tulou/federation"
	"tulou/node/edge"
	"tulou/protocol/fault"
)

// What a connection may cost us. A stranger who sends slowly holds a goroutine and some kilobytes,
// for a bounded time.
const (
	// headerTimeout is for the head of a request, which one packet can hold.
	headerTimeout = 10 * time.Second
	// readTimeout is for a whole request. An inbox activity is at most 1 MiB; edges that take
	// larger uploads extend it for the request with http.ResponseController.
	readTimeout = 60 * time.Second
	// writeTimeout is for a whole answer. Streams and profiles extend it likewise.
	writeTimeout = 60 * time.Second
	// idleTimeout keeps a peer's connection for its next delivery, at a few kilobytes each.
	idleTimeout = 2 * time.Minute
	// headerBytesMax is room for signatures, cookies and forwarding headers; real requests have
	// under 8 KiB.
	headerBytesMax = 64 << 10
	// hstsSeconds tells browsers for how long to use https only: a year.
	hstsSeconds = 365 * 24 * 60 * 60
)

// newServer returns a server for one listener of the node.
func newServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    headerBytesMax,
		// net/http complains here about handshakes that strangers break off; nothing an operator
		// would want at info.
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// exchange is one request and its answer as the log and the metrics see it.
type exchange struct {
	http.ResponseWriter
	status int
	err    error
	site   func(context.Context) string // what the node is called
}

// Fail notes why a request is refused, for its log line (edge.Fail calls it).
func (x *exchange) Fail(err error) { x.err = err }

// Unwrap lets http.ResponseController reach the connection.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

// WriteHeader notes the status.
func (x *exchange) WriteHeader(status int) {
	if x.status == 0 && status >= 200 {
		x.status = status
	}
	x.ResponseWriter.WriteHeader(status)
}

// Write notes the implied status.
func (x *exchange) Write(b []byte) (int, error) {
	if x.status == 0 {
		x.status = http.StatusOK
	}
	return x.ResponseWriter.Write(b)
}

// around is the outermost layer of every public request: an id, the real address of the client,
// security headers, recovery from panics, a log line and metrics.
func (n *Node) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		id := requestID()
		x := &exchange{ResponseWriter: w, site: n.title}
		n.setHeaders(w.Header(), id)
		r.RemoteAddr = n.clientAddr(r)
		defer func() {
			if p := recover(); p != nil {
				if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(p)
				}
				x.recovered(r, p)
			}
			n.record(r, x, id, time.Since(start))
		}()
		next.ServeHTTP(x, r)
	})
}

// recovered answers for a handler that panicked, if it had not begun to answer.
func (x *exchange) recovered(r *http.Request, p any) {
	err := fmt.Errorf("panic: %v\n%s", p, debug.Stack())
	if x.status == 0 {
		fail(x, r, err)
	}
	x.err = err
}

// fail answers with an error: a page for a browser, a problem for everybody else.
func fail(w http.ResponseWriter, r *http.Request, err error) {
	if federation.WantsPage(r) {
		edge.WriteFailure(w, r, edge.Page{Site: siteOf(w, r)}, err)
		return
	}
	edge.WriteProblem(w, err)
}

// siteOf is what the node is called, found in the exchange that w is, or is around.
func siteOf(w http.ResponseWriter, r *http.Request) string {
	for {
		if x, ok := w.(*exchange); ok && x.site != nil {
			return x.site(r.Context())
		}
		around, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return r.Host
		}
		w = around.Unwrap()
	}
}

// title is what the operator calls the node, its domain if they call it nothing.
func (n *Node) title(ctx context.Context) string {
	n.heading.mu.Lock()
	defer n.heading.mu.Unlock()
	if now := time.Now(); now.After(n.heading.until) {
		n.heading.title, n.heading.until = n.config.AccountDomain, now.Add(headingFresh)
		if texts, err := n.guard.Texts(ctx); err == nil && texts.Title != "" {
			n.heading.title = texts.Title
		}
	}
	return n.heading.title
}

// headingFresh is how long the name of the node is remembered for pages that refuse something,
// which must stay cheap for the node, and are not wrong with a name of half a minute ago.
const headingFresh = 30 * time.Second

// heading is what the node was called a moment ago.
type heading struct {
	mu    sync.Mutex
	title string
	until time.Time
}

// statusClosed counts requests whose client left before it had its answer. No client ever reads it;
// it is the number that operators know from nginx.
const statusClosed = 499

// record writes the request's log line: debug, unless it is our fault; that we are busy, or that
// the client has left, is not. Addresses of people are not logged.
func (n *Node) record(r *http.Request, x *exchange, id string, dur time.Duration) {
	if x.status == 0 {
		x.status = http.StatusOK
	}
	if errors.Is(x.err, context.Canceled) && r.Context().Err() != nil {
		x.status = statusClosed
	}
	level := slog.LevelDebug
	if x.status >= 500 && x.status != http.StatusServiceUnavailable {
		level = slog.LevelError
	}
	route := routeOf(r)
	n.metrics.request(r.Method, route, x.status, dur)
	if !n.log.Enabled(r.Context(), level) {
		return
	}
	path := r.URL.Path
	for _, secret := range []string{people.InvitePath, people.ConfirmPath, people.AddressPath, people.ResetPath, people.AppealPath} {
		if strings.HasPrefix(path, secret) {
			path = route // what follows is a secret
		}
	}
	attrs := []slog.Attr{slog.String("method", r.Method), slog.String("path", path),
		slog.Int("status", x.status), slog.Duration("dur", dur), slog.String("request", id)}
	if x.err != nil {
		attrs = append(attrs, slog.String("code", string(fault.CodeOf(x.err))), slog.Any("err", x.err))
	}
	n.log.LogAttrs(context.WithoutCancel(r.Context()), level, "request", attrs...)
}

// routeOf is the pattern that served a request, which strangers cannot invent.
func routeOf(r *http.Request) string {
	if route := chi.RouteContext(r.Context()); route != nil {
		if pattern := route.RoutePattern(); pattern != "" {
			return pattern
		}
	}
	return "none"
}

// setHeaders sets what is safe for every answer; pages replace the content policy by their own.
func (n *Node) setHeaders(h http.Header, id string) {
	h.Set("X-Request-Id", id)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	if strings.HasPrefix(n.config.URL, "https:") {
		h.Set("Strict-Transport-Security", fmt.Sprintf("max-age=%d", hstsSeconds))
	}
}

func requestID() string {
	var b [8]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// clientAddr is the address of whoever made the request, with a port. X-Forwarded-For is believed
// only from trusted proxies and read from the right: the first hop that is not a trusted proxy is
// the client, and whatever stands left of it the client may have invented (CVE-2024-34535).
func (n *Node) clientAddr(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !n.trusted(peer.Addr()) {
		return r.RemoteAddr
	}
	client := peer.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		addr, err := parseHop(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		client = addr
		if !n.trusted(addr) {
			break
		}
	}
	return net.JoinHostPort(client.String(), "0")
}

// parseHop reads an address with or without a port, since proxies write both.
func parseHop(text string) (netip.Addr, error) {
	if at, err := netip.ParseAddrPort(text); err == nil {
		return at.Addr().Unmap().WithZone(""), nil
	}
	addr, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return addr.Unmap().WithZone(""), err
}

func (n *Node) trusted(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	for _, prefix := range n.proxies {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}
