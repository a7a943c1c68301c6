package edge

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"tulou/apps/people"
	"tulou/protocol/fault"
	"tulou/storage"
)

const (
	// tokenFresh is how long a token is believed without a look at the database. Revocation reaches
	// this process by an event within two seconds; this is for when it does not.
	tokenFresh = 30 * time.Second
	// tokensMax bounds the tokens in memory, at about a kilobyte each. A node with more people at
	// once looks some up again.
	tokensMax = 4096
	// tokenBytesMax is far more than any token of ours; longer ones are not even hashed.
	tokenBytesMax = 512
)

// Who is whose request it is. The zero value is a stranger. Account is zero too if a client program
// asks in its own name. Account and Login are up to half a minute old.
type Who struct {
	Token   storage.Token
	App     storage.App
	Account storage.Account
	Login   storage.Login
}

// Known tells whether there was a token at all.
func (w Who) Known() bool { return w.Token.ID != 0 }

// Person tells whether the token is somebody's, not only a program's.
func (w Who) Person() bool { return w.Account.ID != 0 }

// Scopes are what the token may do.
func (w Who) Scopes() []string { return strings.Fields(w.Token.Scopes) }

// May tells whether the token covers one of the scopes. A scope covers what is under it: "read"
// covers "read:statuses". "follow", which older programs ask for, covers reading and writing
// follows, blocks and mutes.
func (w Who) May(scopes ...string) bool {
	for _, held := range w.Scopes() {
		for _, wanted := range scopes {
			if held == wanted || strings.HasPrefix(wanted, held+":") || held == "follow" && slices.Contains(followScopes, wanted) {
				return true
			}
		}
	}
	return false
}

var followScopes = []string{
	"read:follows", "write:follows", "read:blocks", "write:blocks", "read:mutes", "write:mutes",
}

// Auth finds out who makes a request, from its bearer token (RFC 6750) or, if the web client of
// this node makes it, from the session of its browser (client.go). It keeps what it found in memory
// for a short time. It is safe for concurrent use.
type Auth struct {
	store    *storage.Store
	browsers *Browsers // nil: sessions do not count

	mu     sync.Mutex
	tokens map[string]believed // by hash
	// forgotten counts what was forgotten, so that a look-up that began before a revocation does
	// not bring back what it had read.
	forgotten int
}

// believed is what is known of a token until it is looked up again.
type believed struct {
	who   Who
	until time.Time
}

// NewAuth returns an Auth on a database. The node calls Revoked and AccountChanged.
func NewAuth(store *storage.Store) *Auth {
	return &Auth{store: store, tokens: map[string]believed{}}
}

// Authenticate returns whose request it is; without a token or session it is the zero Who and no
// error. It
// notes that the person uses the node, at most once a day, on which home timelines depend. Faults:
// Unauthenticated for a token that is unknown or revoked, Forbidden for somebody who may not use
// the node; the details are those that Mastodon's clients know.
func (a *Auth) Authenticate(r *http.Request) (Who, error) {
	if token := Bearer(r); token != "" {
		return a.Token(r.Context(), token)
	}
	if a.Secret(r) == "" {
		return Who{}, nil
	}
	return a.session(r)
}

// Bearer returns the token of a request (RFC 6750 section 2.1), "" if there is none. Whoever counts
// requests by token has to read it with this, so that one token is not many by being written
// differently.
func Bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// Token is Authenticate for a token that came by other means than the header.
func (a *Auth) Token(ctx context.Context, token string) (Who, error) {
	if len(token) > tokenBytesMax {
		return Who{}, errToken
	}
	return a.byHash(ctx, people.SecretHash(token), "")
}

// Again is Token for somebody who was found before and whose request lasts: a stream.
func (a *Auth) Again(ctx context.Context, who Who) (Who, error) {
	if !who.Known() {
		return who, nil
	}
	return a.byHash(ctx, who.Token.Hash, "")
}

// byHash returns whose token or session it is; address is where a session is used from, "" if that
// is not known.
func (a *Auth) byHash(ctx context.Context, hash, address string) (Who, error) {
	now := time.Now()
	who, ok, forgotten := a.believed(hash, now)
	if !ok {
		var err error
		if who, err = a.lookUp(ctx, hash, address); err != nil {
			return Who{}, err
		}
		a.believe(hash, believed{who, now.Add(tokenFresh)}, forgotten)
	}
	if !who.Person() || who.Login.ActiveAt >= today(now) && who.Token.UsedAt >= today(now) {
		return who, nil
	}
	return who, a.touch(ctx, hash, who, now)
}

var errToken = fault.New(fault.Unauthenticated, "The access token is invalid")

func (a *Auth) lookUp(ctx context.Context, hash, address string) (who Who, err error) {
	if strings.HasPrefix(hash, sessionMark) {
		return a.lookUpSession(ctx, hash, address)
	}
	who.Token, err = a.store.TokenByHash(ctx, hash)
	if fault.Is(err, fault.NotFound) {
		return who, a.unknown(ctx, hash)
	}
	if err != nil {
		return who, err
	}
	if who.App, err = a.store.AppByID(ctx, who.Token.AppID); err != nil || who.Token.AccountID == 0 {
		return who, err
	}
	return a.person(ctx, who)
}

// person fills in whose token it is.
func (a *Auth) person(ctx context.Context, who Who) (_ Who, err error) {
	if who.Account, err = a.store.AccountByID(ctx, who.Token.AccountID); err != nil {
		return who, err
	}
	if who.Account.Hidden {
		return who, fault.New(fault.Forbidden, "Your login is currently disabled")
	}
	who.Login, err = a.store.LoginByAccount(ctx, who.Account.ID)
	if fault.Is(err, fault.NotFound) {
		return who, errToken // the login went with the account
	}
	if err == nil && who.Login.DisabledAt != 0 {
		return who, fault.New(fault.Forbidden, "Your login is currently disabled")
	}
	if err == nil && who.Login.ConfirmedAt == 0 {
		err = fault.New(fault.Forbidden, "Your login is missing a confirmed e-mail address")
	}
	return who, err
}

// unknown is the answer to a token that is nobody's: who has made a wish for an account is told
// what it waits for.
func (a *Auth) unknown(ctx context.Context, hash string) error {
	wish, err := a.store.SignupByToken(ctx, hash)
	if fault.Is(err, fault.NotFound) {
		return errToken
	}
	if err != nil {
		return err
	}
	return people.Waiting(wish)
}

// Applicant returns the wish for an account whose program makes a request; fault.NotFound if it is
// none.
func (a *Auth) Applicant(r *http.Request) (storage.Signup, error) {
	token := Bearer(r)
	if token == "" || len(token) > tokenBytesMax {
		return storage.Signup{}, fault.New(fault.NotFound, "no token")
	}
	return a.store.SignupByToken(r.Context(), people.SecretHash(token))
}

// touch notes that somebody uses the node today, before the request goes on: if they were away for
// long, their home timeline is rebuilt first.
func (a *Auth) touch(ctx context.Context, hash string, who Who, now time.Time) error {
	err := a.store.Tx(ctx, func(tx *storage.Tx) error {
		// The login first, as whoever signs out does: they would wait for each other.
		if err := tx.TouchActive(ctx, who.Account.ID, now); err != nil {
			return err
		}
		return tx.TouchToken(ctx, who.Token.ID, now)
	})
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if b, ok := a.tokens[hash]; ok {
		b.who.Login.ActiveAt, b.who.Token.UsedAt = today(now), today(now)
		a.tokens[hash] = b
	}
	return nil
}

// today is the day in which t is, as storage notes the last use.
func today(t time.Time) storage.Millis { return storage.At(t.UTC().Truncate(24 * time.Hour)) }

func (a *Auth) believed(hash string, now time.Time) (who Who, ok bool, forgotten int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	b, ok := a.tokens[hash]
	return b.who, ok && now.Before(b.until), a.forgotten
}

func (a *Auth) believe(hash string, b believed, forgotten int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.forgotten != forgotten {
		return
	}
	if len(a.tokens) >= tokensMax {
		clear(a.tokens)
	}
	a.tokens[hash] = b
}

// Revoked forgets a token. It takes the payload of the event storage.EventTokenRevoked.
func (a *Auth) Revoked(payload string) {
	id, err := strconv.ParseInt(payload, 10, 64)
	if err != nil {
		return
	}
	a.forget(func(w Who) bool { return w.Token.ID == id })
}

// AccountChanged forgets what is known of somebody's tokens: the profile or preferences changed, or
// they were suspended.
func (a *Auth) AccountChanged(account int64) {
	a.forget(func(w Who) bool { return w.Account.ID == account && account != 0 })
}

func (a *Auth) forget(which func(Who) bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.forgotten++
	for hash, b := range a.tokens {
		if which(b.who) {
			delete(a.tokens, hash)
		}
	}
}
