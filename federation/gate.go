package federation

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"github.com/go-chi/chi/v5"
	"golang.org/x/sync/semaphore"

	"tulou/protocol/fault"
	"tulou/protocol/httpsig"
	"tulou/protocol/ids"
	"tulou/protocol/proof"
	"tulou/protocol/strictjson"
	"tulou/protocol/vocab"
	"tulou/storage"
)

const (
	// BodyBytesMax is the largest activity; Mastodon takes 1 MiB, and real ones are below 100 KB.
	BodyBytesMax = 1 << 20
	// bodyTimeout is how long a peer may take to send one.
	bodyTimeout = 20 * time.Second
	// bodyBudget bounds the memory for bodies of everybody who is not verified yet, so that a
	// thousand slow uploads cost no more than this. When it is used up, peers are asked to come
	// back.
	bodyBudget = 64 << 20
	// bodyPart is in what steps memory is taken, as bytes really arrive.
	bodyPart = 16 << 10
	// bodyShare is what one address may have of it: room for hundreds of honest requests at once,
	// and not enough to keep everybody else out.
	bodyShare = bodyBudget / 8
	// largeBytes is from where on an activity is large: fewer than one in a thousand is. Read, it
	// can take a hundred times its size, so only largeAtOnce are read at a time, and whoever waits
	// longer than largeWait is asked to come back.
	largeBytes  = 64 << 10
	largeAtOnce = 2
	largeWait   = 5 * time.Second
	// unitBytes is how much of an activity counts as one more request of its host. Most have less;
	// a server that sends nothing but the largest ones may send two a second, not a hundred.
	unitBytes = 4 << 10
	// proofAgeMax is how old an activity may be that another server passes on: as long as a server
	// that was away is waited for, and a day. It has to be far below storage.KeepReceived, after which
	// an activity is not recognised any more: an old Update would bring an old profile back.
	proofAgeMax = 8 * 24 * time.Hour
)

// Gate is the way in for activities of other servers. The order of its checks is the security
// property: what costs least comes first, and nothing is stored or fetched for a request that a
// cheaper check refuses.
type Gate struct {
	engine *Engine
	base   *url.URL
	bodies *shares
	large  *semaphore.Weighted
}

func newGate(e *Engine) (*Gate, error) {
	base, err := url.Parse(e.config.Paths.Base)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "the node's address is not a URL")
	}
	return &Gate{engine: e, base: base, bodies: newShares(bodyBudget, bodyShare), large: semaphore.NewWeighted(largeAtOnce)}, nil
}

// InboxRoutes adds the shared inbox and the personal ones.
func (e *Engine) InboxRoutes(r chi.Router) {
	r.Post("/inbox", e.gate.shared)
	r.Post("/users/{name}"+ids.Inbox, e.gate.personal)
}

func (g *Gate) shared(w http.ResponseWriter, r *http.Request) {
	g.receive(w, r, func(context.Context) (int64, error) { return 0, nil })
}

func (g *Gate) personal(w http.ResponseWriter, r *http.Request) {
	g.receive(w, r, func(ctx context.Context) (int64, error) {
		account, err := g.engine.store.AccountByHandle(ctx, chi.URLParam(r, "name"), "")
		if err == nil && account.DeletedAt != 0 {
			err = fault.New(fault.Gone, "this account was deleted")
		}
		return account.ID, err
	})
}

// receive answers 202 once an activity is committed; owner finds whose inbox it came to.
func (g *Gate) receive(w http.ResponseWriter, r *http.Request, owner func(context.Context) (int64, error)) {
	if err := g.admit(w, r, owner); err != nil {
		g.engine.metrics.Inbox(g.engine.answer(w, r, err))
		return
	}
	w.Header().Set("Accept-Signature", httpsig.Accept)
	w.WriteHeader(http.StatusAccepted)
	g.engine.metrics.Inbox(http.StatusAccepted)
}

func (g *Gate) admit(w http.ResponseWriter, r *http.Request, owner func(context.Context) (int64, error)) error {
	if err := g.checkHeader(r); err != nil {
		return err
	}
	if !g.engine.config.Private { // where who is here is no secret, nothing is read for nobody
		recipient, err := owner(r.Context())
		if err != nil {
			return err
		}
		owner = func(context.Context) (int64, error) { return recipient, nil }
	}
	body, release, err := g.read(w, r)
	defer release()
	if err != nil {
		return err
	}
	return g.accept(r, body, owner)
}

// read gets the body within its limits of size, time and memory.
func (g *Gate) read(w http.ResponseWriter, r *http.Request) (body []byte, release func(), err error) {
	from, taken := addressOf(r), int64(0)
	release = func() { g.bodies.give(from, taken) }
	http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout)) // not all writers can
	body = make([]byte, 0, min(max(r.ContentLength, 0)+1, bodyPart))
	for {
		if len(body) == cap(body) {
			body = slices.Grow(body, bodyPart)
		}
		if more := int64(cap(body)) - taken; more > 0 {
			if !g.bodies.take(from, more) {
				return nil, release, fault.New(fault.Unavailable, "too many requests are being read").After(5 * time.Second)
			}
			taken += more
		}
		n, err := r.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case len(body) > BodyBytesMax:
			return nil, release, fault.New(fault.TooLarge, "an activity may have at most %d bytes", BodyBytesMax)
		case errors.Is(err, io.EOF):
			return body, release, nil
		case err != nil:
			return nil, release, fault.Wrap(err, fault.Invalid, "the body did not arrive whole")
		}
	}
}

// checkHeader refuses what can be refused without reading: another host's request, what is too
// long, encodings and types that are not spoken, and senders who send too much.
func (g *Gate) checkHeader(r *http.Request) error {
	if host, err := ids.NormalizeHost(r.Host); err != nil || host != g.engine.config.Paths.Host() {
		return fault.New(fault.Misdirected, "this is %s", g.engine.config.Paths.Host())
	}
	if err := g.engine.limit("ip "+addressOf(r), 1); err != nil {
		return err
	}
	if r.ContentLength > BodyBytesMax {
		return fault.New(fault.TooLarge, "an activity may have at most %d bytes", BodyBytesMax)
	}
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return fault.New(fault.Unsupported, "activities are not accepted compressed")
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/activity+json" && kind != "application/ld+json" {
		return fault.New(fault.Unsupported, "an activity has the type application/activity+json")
	}
	return nil
}

// accept verifies an activity and commits it.
func (g *Gate) accept(r *http.Request, body []byte, owner func(context.Context) (int64, error)) error {
	ctx := r.Context()
	signature, err := httpsig.Parse(r, g.base, body, time.Now())
	if err != nil {
		return err
	}
	host := ids.Host(signature.KeyID)
	if err := g.engine.CheckHost(ctx, host); err != nil {
		return err
	}
	if err := strictjson.Check(body, BodyBytesMax); err != nil {
		return err
	}
	envelope, err := vocab.ParseEnvelope(body)
	if err != nil {
		return err
	}
	if g.unknownLeaving(ctx, envelope) {
		return nil
	}
	if err := g.verify(ctx, signature, envelope, body); err != nil {
		return err
	}
	// Not before: whoever only claims to be of a host must not use up what it may send (A069).
	if err := g.engine.limit("host "+host, 1+len(body)/unitBytes); err != nil {
		return err
	}
	recipient, err := owner(ctx)
	if err != nil {
		return err
	}
	activity, err := g.parse(ctx, body)
	if err != nil {
		return err
	}
	if err := g.judge(ctx, activity); err != nil {
		return err
	}
	return g.commit(ctx, activity, body, recipient, host, signature.Dialect)
}

func (g *Gate) parse(ctx context.Context, body []byte) (*vocab.Activity, error) {
	done, err := g.begin(ctx, body)
	if err != nil {
		return nil, err
	}
	defer done()
	return parseActivity(body, "")
}

// parseActivity reads an activity, which goes by known here if it was accepted before.
//
// Mastodon sends Add and Remove without ids; they get a new one of their actor. Doing them twice
// does no harm, and with an id made of what they say the second Add of a post would be taken for a
// copy of the first. GoToSocial (0.20) gives all Updates of a post one id, so that each goes by
// what it says, too: else the second edit, and all counts of a poll but the first, would be copies.
func parseActivity(body []byte, known string) (*vocab.Activity, error) {
	a, err := vocab.ParseActivity(body)
	if err != nil {
		return a, err
	}
	switch {
	case known != "":
		a.ID = known
	case a.Type == "Update" && a.ID != "":
		a.ID += "/" + fingerprint(body)
	case a.ID == "" && (a.Type == "Add" || a.Type == "Remove"):
		a.ID = a.Actor + "#" + rand.Text()
	}
	return a, nil
}

// fingerprint tells Updates of one id apart: by their proof, if they have one, else by their bytes.
// Whoever passes on what has a proof can write it in other bytes, as often as they like, and would
// have what was changed long since changed back.
func fingerprint(body []byte) string {
	said := body
	if p, err := proof.Parse(body, time.Now()); err == nil {
		said = p.Value()
	}
	sum := sha256.Sum256(said)
	return hex.EncodeToString(sum[:])
}

// begin waits until a body may be read as a whole. The caller calls done after that.
func (g *Gate) begin(ctx context.Context, body []byte) (done func(), err error) {
	if len(body) < largeBytes {
		return func() {}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, largeWait)
	defer cancel()
	if g.large.Acquire(ctx, 1) != nil {
		return nil, fault.New(fault.Unavailable, "too many large activities are being read").After(largeWait)
	}
	return func() { g.large.Release(1) }, nil
}

// unknownLeaving recognises the Delete that servers send everywhere when an account ends: for one
// we never heard of there is nothing to do and no key to fetch (A066). Nobody finds out like this
// who is here.
func (g *Gate) unknownLeaving(ctx context.Context, envelope vocab.Envelope) bool {
	if envelope.Type != "Delete" || envelope.ObjectID != envelope.Actor || envelope.Actor == "" || ids.Host(envelope.Actor) == g.engine.config.Paths.Host() {
		return false
	}
	_, err := g.engine.store.AccountByURI(ctx, envelope.Actor)
	return fault.Is(err, fault.NotFound)
}

// verify finds out that the activity's actor signed the request, or at least the activity
// (FEP-8b32), when another server passes it on.
func (g *Gate) verify(ctx context.Context, signature httpsig.Signature, envelope vocab.Envelope, body []byte) error {
	signer, err := g.engine.verifySignature(ctx, signature)
	if err != nil || signer == envelope.Actor {
		return err
	}
	done, err := g.begin(ctx, body)
	if err != nil {
		return err
	}
	p, err := proof.Parse(body, time.Now())
	done()
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.Unauthenticated, "the request is signed by another actor than the activity names")
	}
	if err != nil {
		return err
	}
	if p.Created.IsZero() || time.Since(p.Created) > proofAgeMax {
		return fault.New(fault.Unauthenticated, "the proof is too old, or does not say how old it is")
	}
	key, err := g.engine.keys.find(ctx, p.Method)
	if err != nil {
		return err
	}
	if key.actor != envelope.Actor {
		return fault.New(fault.Unauthenticated, "neither the signature nor the proof is of the activity's actor")
	}
	return p.Verify(key.public, envelope.Actor)
}

// verifySignature returns the IRI of the actor whose key signed, after one more look at the origin
// if the key that is known does not fit.
func (e *Engine) verifySignature(ctx context.Context, signature httpsig.Signature) (actor string, err error) {
	key, err := e.keys.find(ctx, signature.KeyID)
	if err != nil {
		return "", err
	}
	if err = signature.Verify(key.public); err == nil {
		return key.actor, nil
	}
	fresh, ok, fetchErr := e.keys.again(ctx, signature.KeyID, key.actor)
	if fault.Is(fetchErr, fault.Unavailable) {
		return "", fetchErr
	}
	if !ok {
		return "", err
	}
	return fresh.actor, signature.Verify(fresh.public)
}

// judge applies the origin table, the operator's blocks to everything that is embedded, and limits.
func (g *Gate) judge(ctx context.Context, a *vocab.Activity) error {
	if err := checkOrigin(a, g.engine.config.Paths); err != nil {
		return err
	}
	embedded := []string{a.Actor, a.ObjectID}
	if a.Object != nil {
		embedded = append(embedded, a.Object.AttributedTo)
	}
	for _, iri := range embedded {
		if host := ids.Host(iri); host != "" {
			if err := g.engine.CheckHost(ctx, host); err != nil {
				return err
			}
		}
	}
	return g.engine.hosts.checkActor(ctx, a.Actor)
}

// commit makes the activity durable: its bytes, so that it is known when it comes again, and a job.
func (g *Gate) commit(ctx context.Context, a *vocab.Activity, body []byte, recipient int64, host string, dialect httpsig.Dialect) error {
	e := g.engine
	err := e.store.Group(ctx, storage.AboutLane(a.Actor), func(tx *storage.Tx) error {
		fresh, err := tx.AcceptActivity(ctx, a.ID, a.Actor, body, recipient)
		if err != nil || !fresh {
			return err
		}
		if len(body) < largeBytes { // those in the database take no memory
			tx.OnCommit(func() { e.fresh.put(a.ID, &parsed{a}) })
		}
		return tx.Enqueue(ctx, storage.Job{Queue: QueueInbox, Lane: a.Actor, Kind: "activity",
			Payload: storage.MarshalPayload(inboxJob{a.ID, recipient})})
	})
	if err == nil {
		e.hearFrom(ctx, host, dialect)
	}
	return err
}

// hearFrom notes what a host shows by sending something authentic: that it is there, so that what
// waits for it is tried at once, and which signatures it knows. It is a write of its own, in the
// order of hosts: what was accepted is about a lane, and must not wait for a host that the courier
// holds. Nobody's activity is refused because it fails; the host speaks again.
func (e *Engine) hearFrom(ctx context.Context, host string, dialect httpsig.Dialect) {
	if !e.spoke.add(host, struct{}{}) {
		return
	}
	ctx = context.WithoutCancel(ctx) // the answer may be on its way
	err := e.store.Group(ctx, storage.AboutHost(host), func(tx *storage.Tx) error {
		if dialect == httpsig.RFC9421 {
			if err := tx.NoteRFC9421(ctx, host); err != nil {
				return err
			}
		}
		return tx.ReviveHost(ctx, host)
	})
	if err != nil {
		e.log.Error("note that a host is there", "host", host, "err", err)
	}
}

// Authenticate returns the account that signed a request, for reads that are not for everybody.
// Faults: Unauthenticated without a valid signature, Forbidden for suspended actors and hosts that
// are kept out, Unavailable if the key cannot be fetched just now.
func (e *Engine) Authenticate(r *http.Request, body []byte) (storage.Account, error) {
	signature, err := httpsig.Parse(r, e.gate.base, body, time.Now())
	if err != nil {
		return storage.Account{}, err
	}
	if err := e.CheckHost(r.Context(), ids.Host(signature.KeyID)); err != nil {
		return storage.Account{}, err
	}
	account, err := e.signer(r.Context(), signature)
	if fault.Is(err, fault.NotFound) { // they were forgotten, and their key is still in memory
		e.keys.known.drop(signature.KeyID)
		if account, err = e.signer(r.Context(), signature); fault.Is(err, fault.NotFound) {
			err = fault.Wrap(err, fault.Unauthenticated, "nobody is known who has this key")
		}
	}
	if err == nil && account.SuspendedAt != 0 {
		return storage.Account{}, fault.New(fault.Forbidden, "this actor is suspended here")
	}
	return account, err
}

// signer returns whose key signed; fault.NotFound if they are not known any more.
func (e *Engine) signer(ctx context.Context, signature httpsig.Signature) (storage.Account, error) {
	actor, err := e.verifySignature(ctx, signature)
	if err != nil {
		return storage.Account{}, err
	}
	return e.store.AccountByURI(ctx, actor)
}

func (e *Engine) limit(who string, cost int) error {
	if e.config.Limiter == nil {
		return nil
	}
	return e.config.Limiter.Allow(who, cost)
}

// addressOf is the network a request comes from: the address, or the /64 of IPv6.
func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if addr = addr.Unmap(); addr.Is6() {
		prefix, _ := addr.Prefix(64)
		return prefix.String()
	}
	return addr.String()
}
