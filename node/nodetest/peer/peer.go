// Package peer is another server for tests: one that the node did not write, honest or hostile.
//
// It has actors with keys, serves their documents and whatever else a test puts there, records what
// is delivered to its inboxes, and sends signed requests. It signs and reads with its own code and
// shares none with the node, so a mistake in the node's signatures cannot hide by being made twice.
// It is an http.Handler: tests mount it on a loopback listener or a network in memory.
//
// The invariant to remember: it believes nothing it receives and checks only what a test asks it
// to.
package peer

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Peer is one server. It is safe for concurrent use.
type Peer struct {
	Base string // https://evil.example, without a trailing slash

	mu        sync.Mutex
	actors    map[string]*Actor
	documents map[string]Document
	received  []Delivery
	requests  map[string]int
	answer    func(Delivery) int
	say       http.Header
}

// Document is what a path answers with.
type Document struct {
	Status int    // 0: 200
	Type   string // "": application/activity+json
	Header http.Header
	Body   []byte
	// Handle answers in place of the rest if it is set.
	Handle http.HandlerFunc
}

// Delivery is a request that came to an inbox.
type Delivery struct {
	Path   string
	Header http.Header
	Body   []byte
	At     time.Time
}

// Activity returns the delivered JSON as a map; empty if it is none.
func (d Delivery) Activity() map[string]any {
	var m map[string]any
	json.Unmarshal(d.Body, &m)
	return m
}

// Actor is somebody of the peer.
type Actor struct {
	ID    string
	Name  string
	KeyID string
	Key   *rsa.PrivateKey
	Peer  *Peer

	mu  sync.Mutex
	doc map[string]any
}

// New makes a peer at base.
func New(base string) *Peer {
	return &Peer{Base: base, actors: map[string]*Actor{}, documents: map[string]Document{}, requests: map[string]int{}}
}

var (
	keyOnce sync.Once
	keyPool []*rsa.PrivateKey
)

// NewKey returns one of a few RSA keys that are made once for a test binary; making them is slow.
func NewKey(n int) *rsa.PrivateKey {
	keyOnce.Do(func() {
		keyPool = make([]*rsa.PrivateKey, 4)
		var wg sync.WaitGroup
		for i := range keyPool {
			wg.Go(func() {
				key, err := rsa.GenerateKey(rand.Reader, 2048)
				if err != nil {
					panic(err)
				}
				keyPool[i] = key
			})
		}
		wg.Wait()
	})
	return keyPool[n%len(keyPool)]
}

// Actor returns the actor of a name and makes it at first: a Person with an inbox, a shared inbox
// and an RSA key.
func (p *Peer) Actor(name string) *Actor {
	p.mu.Lock()
	defer p.mu.Unlock()
	if a := p.actors[name]; a != nil {
		return a
	}
	id := p.Base + "/users/" + name
	a := &Actor{ID: id, Name: name, KeyID: id + "#main-key", Key: NewKey(len(p.actors)), Peer: p}
	a.doc = map[string]any{
		"@context": []any{"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"},
		"id":       id, "type": "Person", "preferredUsername": name, "name": strings.ToUpper(name[:1]) + name[1:],
		"inbox": id + "/inbox", "outbox": id + "/outbox", "followers": id + "/followers", "following": id + "/following",
		"endpoints": map[string]any{"sharedInbox": p.Base + "/inbox"},
		"publicKey": map[string]any{"id": a.KeyID, "owner": id, "publicKeyPem": PublicPEM(&a.Key.PublicKey)},
	}
	p.actors[name] = a
	return a
}

// Edit changes the actor's document.
func (a *Actor) Edit(change func(doc map[string]any)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change(a.doc)
}

// Document returns the actor's document as it is served.
func (a *Actor) Document() []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	return JSON(a.doc)
}

// Rotate gives the actor another key, published at once.
func (a *Actor) Rotate(key *rsa.PrivateKey) {
	a.Key = key
	a.Edit(func(doc map[string]any) {
		doc["publicKey"].(map[string]any)["publicKeyPem"] = PublicPEM(&key.PublicKey)
	})
}

// Serve puts a document at a path.
func (p *Peer) Serve(path string, d Document) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.documents[path] = d
}

// Put serves an object at the path of its id and returns the id.
func (p *Peer) Put(object map[string]any) string {
	id := object["id"].(string)
	u, err := url.Parse(id)
	if err != nil {
		panic(err)
	}
	p.Serve(u.Path, Document{Body: JSON(object)})
	return id
}

// Answer decides about the status of every delivery from now on; nil is 202.
func (p *Peer) Answer(fn func(Delivery) int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer = fn
}

// Say puts a field into the header of every answer of an inbox from now on.
func (p *Peer) Say(name, value string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.say = p.say.Clone()
	if p.say == nil {
		p.say = http.Header{}
	}
	p.say.Set(name, value)
}

// Received returns what came to the inboxes so far, oldest first.
func (p *Peer) Received() []Delivery {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Delivery(nil), p.received...)
}

// Requests returns how often a path was asked for by GET.
func (p *Peer) Requests(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.requests[path]
}

// ServeHTTP answers for actors, WebFinger, documents and inboxes.
func (p *Peer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/inbox") {
		p.inbox(w, r)
		return
	}
	p.mu.Lock()
	p.requests[r.URL.Path]++
	doc, found := p.documents[r.URL.Path]
	actor := p.actors[strings.TrimPrefix(r.URL.Path, "/users/")]
	p.mu.Unlock()
	switch {
	case found:
		doc.serve(w, r)
	case r.URL.Path == "/.well-known/webfinger":
		p.webfinger(w, r)
	case actor != nil:
		Document{Body: actor.Document()}.serve(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (d Document) serve(w http.ResponseWriter, r *http.Request) {
	if d.Handle != nil {
		d.Handle(w, r)
		return
	}
	for name, values := range d.Header {
		w.Header()[name] = values
	}
	if d.Type == "" {
		d.Type = "application/activity+json"
	}
	w.Header().Set("Content-Type", d.Type)
	if d.Status != 0 {
		w.WriteHeader(d.Status)
	}
	w.Write(d.Body)
}

func (p *Peer) inbox(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 4<<20))
	if err != nil {
		return
	}
	d := Delivery{Path: r.URL.Path, Header: r.Header.Clone(), Body: body, At: time.Now()}
	p.mu.Lock()
	answer := p.answer
	for name, values := range p.say {
		w.Header()[name] = values
	}
	p.mu.Unlock()
	status := http.StatusAccepted
	if answer != nil {
		status = answer(d)
	}
	if status >= 200 && status < 300 {
		p.mu.Lock()
		p.received = append(p.received, d)
		p.mu.Unlock()
	}
	w.WriteHeader(status)
}

func (p *Peer) webfinger(w http.ResponseWriter, r *http.Request) {
	resource := r.URL.Query().Get("resource")
	name, _, _ := strings.Cut(strings.TrimPrefix(resource, "acct:"), "@")
	p.mu.Lock()
	actor := p.actors[name]
	p.mu.Unlock()
	if actor == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/jrd+json")
	w.Write(JSON(map[string]any{"subject": resource, "links": []any{
		map[string]any{"rel": "self", "type": "application/activity+json", "href": actor.ID}}}))
}

// Note returns a public note by the actor that mentions people (actor IRI → handle).
func (a *Actor) Note(key, html string, mentions map[string]string) map[string]any {
	id := a.ID + "/statuses/" + key
	cc := []any{a.ID + "/followers"}
	tags := []any{}
	for iri, handle := range mentions {
		cc = append(cc, iri)
		tags = append(tags, map[string]any{"type": "Mention", "href": iri, "name": handle})
	}
	return map[string]any{
		"@context": "https://www.w3.org/ns/activitystreams",
		"id":       id, "type": "Note", "attributedTo": a.ID, "content": html,
		"published": time.Now().UTC().Format("2006-01-02T15:04:05.000Z"),
		"to":        []any{"https://www.w3.org/ns/activitystreams#Public"}, "cc": cc, "tag": tags,
	}
}

// Create wraps an object of the actor in a Create with the object's audience.
func (a *Actor) Create(object map[string]any) map[string]any {
	inner := map[string]any{}
	for k, v := range object {
		if k != "@context" {
			inner[k] = v
		}
	}
	return a.Do("Create", inner, map[string]any{"id": object["id"].(string) + "/activity", "to": object["to"], "cc": object["cc"],
		"published": object["published"]})
}

// Do returns an activity by the actor; more overrides or adds properties.
func (a *Actor) Do(kind string, object any, more map[string]any) map[string]any {
	activity := map[string]any{
		"@context": "https://www.w3.org/ns/activitystreams",
		"id":       fmt.Sprintf("%s/activities/%s", a.ID, rand.Text()), "type": kind, "actor": a.ID, "object": object,
	}
	for k, v := range more {
		if v == nil {
			delete(activity, k)
		} else {
			activity[k] = v
		}
	}
	return activity
}

// JSON marshals, and panics on what JSON cannot hold.
func JSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// PublicPEM writes a public key as servers publish it.
func PublicPEM(key crypto.PublicKey) string {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// Multikey writes an Ed25519 public key as FEP-521a does.
func Multikey(key ed25519.PublicKey) string {
	return "z" + Base58(append([]byte{0xed, 0x01}, key...))
}

// Base58 writes bytes in the alphabet of Bitcoin.
func Base58(data []byte) string {
	const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	digits := []int{0}
	for _, b := range data {
		carry := int(b)
		for i := range digits {
			carry += digits[i] << 8
			digits[i] = carry % 58
			carry /= 58
		}
		for carry > 0 {
			digits = append(digits, carry%58)
			carry /= 58
		}
	}
	var out strings.Builder
	for i := 0; i < len(data) && data[i] == 0; i++ {
		out.WriteByte('1')
	}
	for i := len(digits) - 1; i >= 0; i-- {
		out.WriteByte(alphabet[digits[i]])
	}
	return out.String()
}

func digest(body []byte) string {
	sum := sha256.Sum256(body)
	return base64.StdEncoding.EncodeToString(sum[:])
}
