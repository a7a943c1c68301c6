package federation

import (
	"context"
	"time"

	"tulou/protocol/fault"
	"tulou/storage"
)

// policies remembers what the operator decided about hosts and actors.
type policies struct {
	store     *storage.Store
	allowOnly bool
	known     *cache[string, bool] // host → whether it may talk to us
	suspended *cache[string, bool] // IRI of an actor → whether they are suspended
}

const (
	policiesMax  = 10_000           // hosts seen within policiesKept; a small fraction of the fediverse
	policiesKept = 30 * time.Second // the other processes of a node learn of changes by event
)

func newPolicies(store *storage.Store, allowOnly bool) *policies {
	return &policies{store: store, allowOnly: allowOnly,
		known:     newCache[string, bool](policiesMax, policiesKept),
		suspended: newCache[string, bool](policiesMax, policiesKept)}
}

// check returns fault.Forbidden for a host that this node does not talk to.
func (p *policies) check(ctx context.Context, host string) error {
	allowed, ok := p.known.get(host)
	if !ok {
		action, err := p.store.DomainAction(ctx, host)
		if err != nil {
			return err
		}
		allowed = action == storage.DomainAllow || (action == "" || action == storage.DomainLimit) && !p.allowOnly
		p.known.put(host, allowed)
	}
	if !allowed {
		return fault.New(fault.Forbidden, "this node does not federate with %s", host)
	}
	return nil
}

// checkActor returns fault.Forbidden for an actor who is suspended here; one that is not known yet
// is not. What is remembered may be some seconds old: the runner looks again before anything
// happens.
func (p *policies) checkActor(ctx context.Context, iri string) error {
	suspended, ok := p.suspended.get(iri)
	if !ok {
		account, err := p.store.AccountByURI(ctx, iri)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		suspended = account.SuspendedAt != 0
		p.suspended.put(iri, suspended)
	}
	if suspended {
		return fault.New(fault.Forbidden, "this actor is suspended here")
	}
	return nil
}

// PolicyChanged forgets what was known about hosts and actors; the operator decided anew.
func (e *Engine) PolicyChanged() {
	e.hosts.known.clear()
	e.hosts.suspended.clear()
}

// CheckHost returns fault.Forbidden for a host that the operator keeps out, and nil for this node.
func (e *Engine) CheckHost(ctx context.Context, host string) error {
	if host == e.config.Paths.Host() {
		return nil
	}
	return e.hosts.check(ctx, host)
}
