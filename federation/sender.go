package federation

import (
	"context"
	"net/http"
	"runtime"
	"sync"
	"time"

	"tulou/protocol/fault"
	"tulou/protocol/httpsig"
	"tulou/protocol/keys"
	"tulou/storage"
)

const (
	// sendersMax is how many people's private keys are held parsed, about 3 KB each: parsing an RSA
	// key costs as much as signing with it.
	sendersMax = 1000
	// sendersKept is how long; a key that was replaced is used at most this long after.
	sendersKept = 10 * time.Minute
	// payloadsMax is how many payloads are held while hosts take them. Most are a few KB, and what
	// is on its way at one time is mostly the same few posts to many hosts.
	payloadsMax = 64
	// payloadsKept is longer than a post takes to reach the hosts that answer.
	payloadsKept = time.Minute
)

// sender signs for one of our own accounts. One of the keys may be the zero value.
type sender struct {
	rsa, ed25519 httpsig.Signer
}

// pick returns the key to sign with: Ed25519 costs a fortieth of RSA, but Mastodon and most others
// verify RSA only.
func (s sender) pick(ed25519 bool) httpsig.Signer {
	if ed25519 && s.ed25519.KeyID != "" || s.rsa.KeyID == "" {
		return s.ed25519
	}
	return s.rsa
}

// payload is a body with its digest, which is the same for every host.
type payload struct {
	body   []byte
	digest httpsig.Digest
}

// stationery is what deliveries are written with: private keys, bodies, and what is known of hosts.
// It is safe for concurrent use.
type stationery struct {
	store    *storage.Store
	loading  sync.Mutex // between looking into a cache and putting an entry there
	senders  *cache[int64, *shared[sender]]
	payloads *cache[int64, *shared[payload]]
	// turns lets as many sign at a time as there are cores: RSA keeps a core busy for a millisecond,
	// and hundreds in line before a person's request would be felt.
	turns chan struct{}
}

// shared is a value that is loaded once for all who want it at the same time.
type shared[V any] struct {
	once  sync.Once
	value V
	err   error
}

func newStationery(store *storage.Store) *stationery {
	return &stationery{
		store:    store,
		senders:  newCache[int64, *shared[sender]](sendersMax, sendersKept),
		payloads: newCache[int64, *shared[payload]](payloadsMax, payloadsKept),
		turns:    make(chan struct{}, runtime.GOMAXPROCS(0)),
	}
}

// sender returns the keys of one of our accounts. The fault is NotFound if it has none.
func (s *stationery) sender(ctx context.Context, id int64) (sender, error) {
	return load(&s.loading, s.senders, id, func() (sender, error) {
		rows, err := s.store.KeysOf(ctx, id)
		if err != nil {
			return sender{}, err
		}
		return newSender(rows)
	})
}

func newSender(rows []storage.ActorKey) (from sender, err error) {
	for _, row := range rows {
		if row.PrivateKey == "" {
			continue
		}
		key, err := keys.ParsePrivatePEM(row.PrivateKey)
		if err != nil {
			return sender{}, err
		}
		switch key.Kind() {
		case keys.KindRSA:
			from.rsa = httpsig.Signer{KeyID: row.ID, Key: key}
		case keys.KindEd25519:
			from.ed25519 = httpsig.Signer{KeyID: row.ID, Key: key}
		}
	}
	if from.rsa.KeyID == "" && from.ed25519.KeyID == "" {
		return sender{}, fault.New(fault.NotFound, "the sender has no private key here")
	}
	return from, nil
}

// payload returns the body of a delivery.
func (s *stationery) payload(ctx context.Context, id int64) (payload, error) {
	return load(&s.loading, s.payloads, id, func() (payload, error) {
		body, err := s.store.Payload(ctx, id)
		return payload{body, httpsig.DigestOf(body)}, err
	})
}

// load gets a value from a cache, or by fn for everybody who asks meanwhile. Failures are not kept.
func load[V any](loading *sync.Mutex, c *cache[int64, *shared[V]], id int64, fn func() (V, error)) (V, error) {
	loading.Lock()
	entry, ok := c.get(id)
	if !ok {
		entry = new(shared[V])
		c.put(id, entry)
	}
	loading.Unlock()
	entry.once.Do(func() { entry.value, entry.err = fn() })
	if entry.err != nil {
		c.drop(id)
	}
	return entry.value, entry.err
}

// signature signs one request; it is a fetch.Signer.
type signature struct {
	signer  httpsig.Signer
	dialect httpsig.Dialect
	digest  httpsig.Digest
	turns   chan struct{}
}

// Sign waits for a core and signs.
func (s signature) Sign(r *http.Request, _ []byte) error {
	s.turns <- struct{}{}
	defer func() { <-s.turns }()
	return httpsig.Sign(r, s.digest, s.signer, s.dialect, time.Now())
}
