// Package federation is the ActivityPub engine of a node: what comes in, what goes out, and what is
// served to other servers.
//
// Inbound, the Gate checks a request and commits its bytes before it answers 202; the Runner works
// through what was committed, in the order of each actor, and hands every activity to the one
// Handler that the table names for it. Outbound, Prepare turns an activity into finished bytes
// before the transaction, Outgoing.Send writes them and their deliveries beside the fact they tell
// of, and the Courier carries them. Apps sit above this package: they see plain structs, never HTTP
// and never go-fed.
//
// The invariant to remember: nothing has an effect unless it was signed by the actor it names, and
// nothing that was answered 202, or that a person was told is done, exists only in memory.
package federation

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/semaphore"
	"golang.org/x/sync/singleflight"

	"tulou/federation/fetch"
	"tulou/protocol/ids"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// Config is what a node tells its engine. It is passed by value and never changes.
type Config struct {
	Paths ids.Paths // under what addresses the node publishes
	// AccountHost is the host in handles (@ana@example.org); the host of Paths unless the operator
	// serves accounts of another domain from here.
	AccountHost string
	// AllowPrivate lets the node federate with test peers on this machine: http, any port.
	AllowPrivate bool
	// AllowListOnly refuses every host that the operator did not allow.
	AllowListOnly bool
	// AuthorizedFetch demands a signature for everything but keys and the instance actor.
	AuthorizedFetch bool
	// Private lets nobody but servers that sign read anything about anybody, nor find out whether a
	// name is somebody's. It goes with AllowListOnly and AuthorizedFetch.
	Private bool
	// Open tells whether everybody may make an account here, for NodeInfo; nil: nobody may.
	Open func(ctx context.Context) (bool, error)
	// Limiter slows down those who send too much; nil for no limits.
	Limiter Limiter
	// Poll is how often queues are looked at without a signal; 0 is a second.
	Poll time.Duration
}

// Limiter decides about one more request from somebody, an address or a host, that counts as much
// as cost small ones. It returns fault.RateLimited with the time to come back. It is safe for
// concurrent use.
type Limiter interface {
	Allow(who string, cost int) error
}

// Engine is the ActivityPub side of one node. Make it with New, fill its table with Handle, then
// start Run; all methods are safe for concurrent use after that.
type Engine struct {
	config  Config
	store   *storage.Store
	client  *fetch.Client
	log     *slog.Logger
	metrics *Metrics
	table   map[Key]Handler
	node    nodeActor
	keys    *keyring
	hosts   *policies
	gate    *Gate
	courier *Courier
	flight  singleflight.Group // fetches of actors

	spoke *cache[string, struct{}] // hosts that sent something authentic a moment ago
	fresh *cache[string, *parsed]  // activities that the gate read and the runner has yet to
	slow  *semaphore.Weighted      // lanes that wait for other servers

	refreshes *semaphore.Weighted      // actors that are being read again
	refreshed *cache[string, struct{}] // and those that were asked for lately
}

// Key names what a Handler is for: the type of an activity, and the type of its object as the
// engine sees it. For Undo, Accept and Reject the object is an activity ("Follow"). An object that
// is only named by its IRI is looked up: "Actor", or "Object" for anything else.
type Key struct{ Activity, Object string }

// String writes a key as "Undo Follow".
func (k Key) String() string { return k.Activity + " " + k.Object }

// In is one activity that was verified: the actor signed it, or its proof is the actor's.
type In struct {
	Activity *vocab.Activity
	Actor    storage.Account // who did it
	// Recipient is the local account whose personal inbox it came to, 0 for the shared inbox.
	Recipient int64
	// Again means that the activity had its effects before, and only Recipient is new.
	Again bool
}

// Handler gives an activity its effects.
type Handler interface {
	// Need names what the activity refers to that has to be known before Apply. It does no I/O.
	Need(in In) []Ref
	// Apply makes the effects, in a transaction it shares with others; it may run more than once.
	// What has no effect (an unknown object, something not allowed) is not an error: Apply returns
	// nil and writes nothing. An error rolls back everything that Apply did and the activity is
	// tried again later. Accounts that are blocked by the operator never get here.
	Apply(ctx context.Context, tx *storage.Tx, in In, got Fetched) error
}

// Relevance is what a Handler may be, too, if most of what it gets concerns nobody of this node.
type Relevance interface {
	// Concerns tells whether what Need names is worth asking other servers for. It is asked before
	// anything is fetched, and looks into the database only. What concerns nobody reaches Apply
	// without what was missing.
	Concerns(ctx context.Context, r storage.Reader, in In) (bool, error)
}

// Ref is something an activity refers to.
type Ref struct {
	IRI  string
	Kind RefKind
}

// RefKind says what a Ref is expected to be.
type RefKind int

const (
	// RefAccount is an actor: found in the database, or fetched and put there.
	RefAccount RefKind = iota
	// RefStatus is a post: if the database does not have it, it is fetched.
	RefStatus
	// RefKnownAccount is an actor that is looked up in the database and never fetched.
	RefKnownAccount
)

// Fetched is what was found for the Refs of an activity. What could not be had is absent.
type Fetched struct {
	// Accounts by IRI, those of the owners of Objects among them.
	Accounts map[string]storage.Account
	// Objects that the database did not have, by IRI: each was served by the origin of its id.
	Objects map[string]*vocab.Object
}

// Handle puts a handler into the table; a second one for the same key is an error, so that a node
// with two opinions does not start.
func (e *Engine) Handle(activity, object string, h Handler) error {
	key := Key{activity, object}
	if e.table[key] != nil {
		return fmt.Errorf("two handlers for %s", key)
	}
	if _, known := origins[activity]; !known {
		return fmt.Errorf("no origin rule for %s", key)
	}
	e.table[key] = h
	return nil
}
