package federation

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"golang.org/x/sync/singleflight"

	"tulou/federation/fetch"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/keys"
	"tulou/storage"
)

// keyring finds the public keys of signers: in memory, in the database, at their origin.
type keyring struct {
	engine  *Engine
	known   *cache[string, signerKey]
	missing *cache[string, error]    // what could not be had, for a little while
	fetched *cache[string, struct{}] // keys that were fetched because they did not verify
	asked   *cache[string, error]    // actors that were fetched: what a key they do not list is worth
	flight  singleflight.Group
}

// signerKey is a key with the IRI of the actor it belongs to, which lists it.
type signerKey struct {
	public keys.Public
	actor  string
}

const (
	keysMax        = 20_000          // about 1 KB each
	keysKept       = time.Hour       // then they are read from the database again
	keyMissingKept = time.Minute     // a flood of requests by an unknown key costs one fetch a minute
	keyRefetch     = 5 * time.Minute // a rotated key is noticed at most this late, and a forger
	// who signs with a wrong key in somebody's name makes us fetch no oftener than this
)

func newKeyring(e *Engine) *keyring {
	return &keyring{
		engine:  e,
		known:   newCache[string, signerKey](keysMax, keysKept),
		missing: newCache[string, error](keysMax, keyMissingKept),
		fetched: newCache[string, struct{}](keysMax, keyRefetch),
		asked:   newCache[string, error](keysMax, keyMissingKept),
	}
}

// find returns the key. Faults: Unauthenticated if there is none, Unavailable if its host does not
// answer just now, Forbidden if the host is kept out.
func (k *keyring) find(ctx context.Context, id string) (signerKey, error) {
	if key, ok := k.known.get(id); ok {
		k.engine.metrics.KeyFound("memory")
		return key, nil
	}
	if err, ok := k.missing.get(id); ok {
		k.engine.metrics.KeyFound("none")
		return signerKey{}, err
	}
	key, err := k.stored(ctx, id)
	if err == nil {
		k.engine.metrics.KeyFound("database")
		k.known.put(id, key)
		return key, nil
	}
	if !fault.Is(err, fault.NotFound) {
		return signerKey{}, err
	}
	return k.fetch(ctx, id)
}

// again fetches an actor's key that did not verify, since it may have been rotated; ok is false if
// that was done a short while ago (A023).
func (k *keyring) again(ctx context.Context, id, actor string) (key signerKey, ok bool, err error) {
	if _, lately := k.fetched.get(id); lately {
		return signerKey{}, false, nil
	}
	k.fetched.put(id, struct{}{})
	k.asked.drop(actor)
	key, err = k.fetch(ctx, id)
	return key, err == nil, err
}

// forget drops an actor's keys from memory after they changed.
func (k *keyring) forget(actor string) {
	k.known.dropIf(func(key signerKey) bool { return key.actor == actor })
}

func (k *keyring) stored(ctx context.Context, id string) (signerKey, error) {
	row, err := k.engine.store.KeyByID(ctx, id)
	if err != nil {
		return signerKey{}, err
	}
	account, err := k.engine.store.AccountByID(ctx, row.AccountID)
	if err != nil {
		return signerKey{}, err
	}
	public, err := parseKey(row)
	return signerKey{public, account.URI}, err
}

func parseKey(row storage.ActorKey) (keys.Public, error) {
	if row.Kind == storage.KeyEd25519 {
		return keys.ParseMultikey(row.PublicKey)
	}
	return keys.ParsePublicPEM(row.PublicKey)
}

// fetch gets a key from its origin, once for all who ask at the same time. It goes on when the
// first of them gives up.
func (k *keyring) fetch(ctx context.Context, id string) (signerKey, error) {
	result := k.flight.DoChan(id, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*fetch.Timeout)
		defer cancel()
		key, err := k.fetchNow(ctx, id)
		if err != nil {
			k.engine.metrics.KeyFound("none")
			k.missing.put(id, err)
			return signerKey{}, err
		}
		k.engine.metrics.KeyFound("fetched")
		k.missing.drop(id)
		k.known.put(id, key)
		return key, nil
	})
	select {
	case r := <-result:
		key, _ := r.Val.(signerKey)
		return key, r.Err
	case <-ctx.Done():
		return signerKey{}, fault.Wrap(ctx.Err(), fault.Unavailable, "the key of the signature could not be fetched in time")
	}
}

func (k *keyring) fetchNow(ctx context.Context, id string) (signerKey, error) {
	if k.engine.config.Paths.Local(id) {
		return signerKey{}, fault.New(fault.Unauthenticated, "no such key")
	}
	owner, err := k.owner(ctx, id)
	if err != nil {
		return signerKey{}, asKeyFault(err)
	}
	if !ids.SameOrigin(owner, id) {
		return signerKey{}, fault.New(fault.Unauthenticated, "the key and its owner are of different origins")
	}
	return k.ofOwner(ctx, owner, id)
}

// ofOwner asks an actor for a key of its own. Whoever invents keys of somebody makes us ask them no
// oftener than once in keyMissingKept, and what they list then is in the database.
func (k *keyring) ofOwner(ctx context.Context, owner, id string) (signerKey, error) {
	if err, lately := k.asked.get(owner); lately {
		return signerKey{}, err
	}
	unlisted := fault.New(fault.Unauthenticated, "the actor does not list this key")
	if _, err := k.engine.RefreshAccount(ctx, owner); err != nil {
		err = asKeyFault(err)
		k.asked.put(owner, err)
		return signerKey{}, err
	}
	k.asked.put(owner, unlisted)
	key, err := k.stored(ctx, id)
	if fault.Is(err, fault.NotFound) {
		return signerKey{}, unlisted
	}
	return key, err
}

// owner finds out whose key an IRI is. Mostly it is a fragment of the actor's own; GoToSocial gives
// keys an address of their own that answers with a stub of the actor or the bare key.
func (k *keyring) owner(ctx context.Context, id string) (string, error) {
	if address := ids.WithoutFragment(id); address != id {
		return address, nil
	}
	doc, err := k.engine.client.Object(ctx, id, k.engine.signers(ctx)...)
	if err != nil {
		return "", err
	}
	var stub struct {
		ID         string `json:"id"`
		Owner      string `json:"owner"`
		Controller string `json:"controller"`
		PublicKey  struct {
			Owner string `json:"owner"`
		} `json:"publicKey"`
	}
	if err := json.Unmarshal(doc.Body, &stub); err != nil {
		return "", fault.Wrap(err, fault.Unauthenticated, "the document of the key cannot be read")
	}
	for _, owner := range []string{stub.Owner, stub.Controller, stub.PublicKey.Owner, stub.ID} {
		if owner != "" {
			return owner, nil
		}
	}
	return "", fault.New(fault.Unauthenticated, "the document of the key names no owner")
}

// asKeyFault says what a failed fetch means for a request signed with the key: come back later if
// its host is away (Mastodon gives up after 401 and retries after 503), or else no.
func asKeyFault(err error) error {
	if fetch.Temporary(err) {
		return fault.Wrap(err, fault.Unavailable, "the key of the signature cannot be fetched just now").After(unavailableFor)
	}
	if code := fault.CodeOf(err); code == fault.Internal || code == fault.Unauthenticated || code == fault.Forbidden {
		return fmt.Errorf("key of a signature: %w", err)
	}
	return fault.Wrap(err, fault.Unauthenticated, "the key of the signature cannot be had: %s", fault.DetailOf(err))
}
