package edge

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"tulou/apps/people"
	"tulou/protocol/fault"
	"tulou/storage"
)

// agentBytesMax is how much is kept of what a browser says it is; real ones say 100 to 250 bytes.
const agentBytesMax = 400

// Browsers finds out whose browser makes a request, by its cookies. Pages use it; programs have
// tokens (Auth). It is safe for concurrent use.
type Browsers struct {
	store           *storage.Store
	people          *people.Service
	session, device string // the names of the cookies
	origin          string // of this node
	secure          bool
}

// NewBrowsers returns a Browsers for the node at an address.
func NewBrowsers(base string, store *storage.Store, people *people.Service) *Browsers {
	u, err := url.Parse(base)
	if err != nil {
		u = &url.URL{Scheme: "https"}
	}
	b := &Browsers{store: store, people: people, session: "tulou_session", device: "tulou_device",
		origin: originOf(u), secure: u.Scheme == "https"}
	// Cookies do not know ports, so two nodes on one machine need two names.
	if port := u.Port(); port != "" {
		b.session, b.device = b.session+"_"+port, b.device+"_"+port
	}
	if b.secure {
		b.session, b.device = "__Host-"+b.session, "__Host-"+b.device
	}
	return b
}

// Browser is somebody who is signed in on the pages. The zero value is nobody.
type Browser struct {
	Session storage.Session
	Account storage.Account
}

// Known tells whether somebody is signed in.
func (b Browser) Known() bool { return b.Account.ID != 0 }

// Of returns whose browser it is. It reads the database each time, so that a session that was ended
// is over at once, everywhere.
func (b *Browsers) Of(r *http.Request) (Browser, error) {
	cookie, err := r.Cookie(b.session)
	if err != nil {
		return Browser{}, nil
	}
	session, err := b.store.SessionByHash(r.Context(), people.SecretHash(cookie.Value))
	if err == nil {
		var account storage.Account
		if account, err = b.store.AccountByID(r.Context(), session.AccountID); err == nil && !account.Hidden {
			return Browser{session, account}, b.touch(r, session)
		}
	}
	if fault.Is(err, fault.NotFound) {
		err = nil
	}
	return Browser{}, err
}

// touch notes that a session is used, once an hour, which makes it last longer.
func (b *Browsers) touch(r *http.Request, s storage.Session) error {
	if time.Since(s.UsedAt.Time()) < storage.SessionTouch {
		return nil
	}
	return b.store.Tx(r.Context(), func(tx *storage.Tx) error {
		return tx.TouchSession(r.Context(), s.Hash, Place(r.RemoteAddr))
	})
}

// From returns where a request comes from, for counting what is tried.
func (b *Browsers) From(r *http.Request) people.From {
	from := people.From{Network: Network(r.RemoteAddr)}
	if cookie, err := r.Cookie(b.device); err == nil && len(cookie.Value) <= tokenBytesMax {
		from.Device = cookie.Value
	}
	return from
}

// Open signs a browser in, instead of whoever was, and makes it one that is known. The cookie lasts
// as long as a session may last; whether the session is over for want of use, the database says.
func (b *Browsers) Open(w http.ResponseWriter, r *http.Request, in people.SignedIn) error {
	agent := r.UserAgent() // any bytes, cut anywhere
	agent = strings.ToValidUTF8(agent[:min(len(agent), agentBytesMax)], "")
	session, device, err := b.people.OpenSession(r.Context(), in, agent, Place(r.RemoteAddr), b.From(r).Device)
	if err != nil {
		return err
	}
	// Whoever was signed in with it is not any more, nor is told of anything there: it may be somebody
	// else's now.
	if was, err := r.Cookie(b.session); err == nil {
		if err := b.end(r.Context(), was.Value); err != nil {
			return err
		}
	}
	b.set(w, b.session, session, storage.SessionMax)
	b.set(w, b.device, device, storage.KeepDevice)
	return nil
}

// Close signs a browser out. It stays known.
func (b *Browsers) Close(w http.ResponseWriter, r *http.Request) error {
	if cookie, err := r.Cookie(b.session); err == nil {
		if err := b.end(r.Context(), cookie.Value); err != nil {
			return err
		}
	}
	b.set(w, b.session, "", -time.Second)
	return nil
}

func (b *Browsers) end(ctx context.Context, secret string) error {
	return b.store.Tx(ctx, func(tx *storage.Tx) error { return tx.DeleteSession(ctx, people.SecretHash(secret)) })
}

// set sets a cookie that scripts cannot read and other sites' forms do not send.
func (b *Browsers) set(w http.ResponseWriter, name, value string, lasts time.Duration) {
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: int(lasts.Seconds()),
		HttpOnly: true, Secure: b.secure, SameSite: http.SameSiteLaxMode})
}

// Network is what an address is counted under: itself in IPv4, its /64 in IPv6, where every home
// has one. What is no address, such as a host, is itself.
func Network(address string) string {
	addr, ok := addressOf(address)
	if !ok || addr.Is4() {
		if ok {
			return addr.String()
		}
		return address
	}
	return masked(addr, 64)
}

// Place is what is kept of an address, so that people recognise where they were signed in and
// nobody else learns it exactly. A place is its own; what is no address has none.
func Place(address string) string {
	if kept, err := netip.ParsePrefix(address); err == nil {
		return kept.Masked().String()
	}
	addr, ok := addressOf(address)
	switch {
	case !ok:
		return ""
	case addr.Is4():
		return masked(addr, 24)
	}
	return masked(addr, 48)
}

// Here tells whether a place that was kept of an address is this machine: 127.0.0.0/24, or ::/48,
// where nobody but ::1 is.
func Here(place string) bool {
	network, err := netip.ParsePrefix(place)
	return err == nil && (network.Addr().IsLoopback() || network.Contains(netip.IPv6Loopback()))
}

func addressOf(text string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(text)
	if err != nil {
		at, err := netip.ParseAddrPort(text)
		if err != nil {
			return addr, false
		}
		addr = at.Addr()
	}
	return addr.Unmap().WithZone(""), true
}

func masked(addr netip.Addr, bits int) string {
	prefix, err := addr.Prefix(bits)
	if err != nil {
		return addr.String()
	}
	return prefix.String()
}
