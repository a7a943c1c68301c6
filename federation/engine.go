package federation

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"tulou/federation/fetch"
	"tulou/protocol/fault"
	"tulou/protocol/httpsig"
	"tulou/protocol/ids"
	"tulou/protocol/keys"
	"tulou/storage"
)

// New makes an engine. Nothing runs and nothing is fetched before Run.
func New(config Config, store *storage.Store, client *fetch.Client, metrics *Metrics, log *slog.Logger) (*Engine, error) {
	if config.Poll == 0 {
		config.Poll = pollEvery
	}
	e := &Engine{
		config: config, store: store, client: client, metrics: metrics, log: log,
		table: map[Key]Handler{},
		hosts: newPolicies(store, config.AllowListOnly),
		spoke: newCache[string, struct{}](policiesMax, spokeKept),
		fresh: newCache[string, *parsed](freshMax, time.Minute),
		slow:  semaphore.NewWeighted(slowLanesMax),

		refreshes: semaphore.NewWeighted(refreshesAtOnce),
		refreshed: newCache[string, struct{}](staleMax, staleAgain),
	}
	e.keys = newKeyring(e)
	var err error
	if e.gate, err = newGate(e); err != nil {
		return nil, err
	}
	e.courier = newCourier(e)
	return e, nil
}

// spokeKept is how often it is written down that a host sent something: often enough that one which
// was away gets what waited for it within half a minute of its first word.
const spokeKept = 30 * time.Second

// Run works through the inbox and delivers, until ctx ends. What it had begun is finished or, after
// its lease, done by another process.
func (e *Engine) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return e.runInbox(ctx) })
	group.Go(func() error { return e.courier.Run(ctx) })
	return group.Wait()
}

// nodeActor is the actor that speaks for the node itself: it signs what the node fetches.
type nodeActor struct {
	mu   sync.Mutex
	rsa  keys.Private
	iri  string
	done bool
}

// signers are those of a GET, in the order in which they are tried (double knock): every server
// knows the draft, and those that refuse it know RFC 9421. A node that has no actor yet does not
// sign.
func (e *Engine) signers(ctx context.Context) []fetch.Signer {
	e.node.mu.Lock()
	defer e.node.mu.Unlock()
	if !e.node.done {
		if err := e.loadNodeActor(ctx); err != nil {
			e.log.Warn("fetching without signature", "err", err)
			return nil
		}
	}
	return []fetch.Signer{nodeSigner{e, httpsig.Draft}, nodeSigner{e, httpsig.RFC9421}}
}

func (e *Engine) loadNodeActor(ctx context.Context) error {
	account, err := e.store.AccountByURI(ctx, e.config.Paths.InstanceActor())
	if err != nil {
		return fmt.Errorf("instance actor: %w", err)
	}
	rows, err := e.store.KeysOf(ctx, account.ID)
	if err != nil {
		return fmt.Errorf("keys of the instance actor: %w", err)
	}
	for _, row := range rows {
		if row.Kind != storage.KeyRSA {
			continue
		}
		if e.node.rsa, err = keys.ParsePrivatePEM(row.PrivateKey); err != nil {
			return fmt.Errorf("key of the instance actor: %w", err)
		}
		e.node.iri, e.node.done = row.ID, true
		return nil
	}
	return fault.New(fault.NotFound, "the instance actor has no RSA key")
}

type nodeSigner struct {
	engine  *Engine
	dialect httpsig.Dialect
}

// Sign signs a GET in the name of the node.
func (s nodeSigner) Sign(r *http.Request, _ []byte) error {
	return httpsig.Sign(r, httpsig.Digest{}, httpsig.Signer{KeyID: s.engine.node.iri, Key: s.engine.node.rsa}, s.dialect, time.Now())
}

// Paths are the addresses of this node.
func (e *Engine) Paths() ids.Paths { return e.config.Paths }

// AccountHost is the host in the handles of this node.
func (e *Engine) AccountHost() string { return e.config.AccountHost }
