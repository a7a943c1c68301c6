package notify

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"log/slog"
	"slices"
	"strings"

	"tulou/federation/fetch"
	"tulou/protocol/fault"
	"tulou/storage"
)

// Push tells people's programs of notifications while they are not connected: Web Push (RFC 8030),
// encrypted for the program (RFC 8291), so that the push service between learns nothing but when
// and for whom, and signed with the key of this node (RFC 8292). It is safe for concurrent use.
//
// Notify queues a job for every subscription in the transaction that makes the notification; Sender
// does them. A message is pushed at least once within pushFor, and again only if the node dies
// between the answer of the push service and the commit that notes it: there is no transaction with
// somebody else's server. Such a second copy has the same Topic, by which the service replaces the
// first one if the program has not got it yet (RFC 8030 section 5.4), and the same notification_id,
// by which programs know it otherwise.
type Push struct {
	services   pushServices
	store      *storage.Store
	client     Poster
	subscriber string
	keys       vapid
	log        *slog.Logger
}

// Poster is the one way out, federation/fetch.
type Poster interface {
	// Check refuses addresses that this node would never ask.
	Check(iri string) error
	Post(ctx context.Context, iri, contentType string, body []byte, signer fetch.Signer) (fetch.Response, error)
}

// PushDeps is what a Push works with; all of it.
type PushDeps struct {
	Store  *storage.Store
	Client Poster
	// Subscriber is where push services may write to if this node gives them trouble: an https
	// address or a mail address.
	Subscriber string
	Log        *slog.Logger
}

// vapid is the key that push services know this node by, in base64url.
type vapid struct{ private, public string }

// settingVAPID is where the private key is kept, its 32 bytes. Programs subscribe for the public
// key, so a lost one ends all subscriptions.
const settingVAPID = "push.key"

// NewPush makes a Push, and the node's key if it has none yet.
func NewPush(ctx context.Context, d PushDeps) (*Push, error) {
	key, err := vapidKey(ctx, d.Store)
	if err != nil {
		return nil, err
	}
	keys := vapid{base64.RawURLEncoding.EncodeToString(key.Bytes()), base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes())}
	return &Push{store: d.Store, client: d.Client, subscriber: d.Subscriber, keys: keys, log: d.Log}, nil
}

func vapidKey(ctx context.Context, store *storage.Store) (*ecdh.PrivateKey, error) {
	kept, err := store.Setting(ctx, settingVAPID)
	if fault.Is(err, fault.NotFound) {
		made, failed := ecdh.P256().GenerateKey(rand.Reader)
		if failed != nil {
			return nil, failed
		}
		err = store.Tx(ctx, func(tx *storage.Tx) (err error) {
			kept, err = tx.CreateSetting(ctx, settingVAPID, made.Bytes())
			return err
		})
	}
	if err != nil {
		return nil, err
	}
	return ecdh.P256().NewPrivateKey(kept)
}

// PublicKey is the key of this node, in base64url with padding, as programs know it from Mastodon.
func (p *Push) PublicKey() string {
	return p.keys.public + strings.Repeat("=", (4-len(p.keys.public)%4)%4)
}

// NewSubscription is what a program asks for; keys are in base64 of either alphabet.
type NewSubscription struct {
	Endpoint, P256dh, Auth string
	Standard               bool // the program reads RFC 8291
	Policy                 string
	Alerts                 []string // types of notifications; unknown ones are ignored
	AccessToken            string
}

const (
	authBytes = 16
	keyBytes  = 65 // an uncompressed point
)

// Subscribe has what token's account is told pushed to a place, instead of to any that the token
// had. The fault is Unprocessable for keys that are none, and for a place that this node would not
// ask (A054).
func (p *Push) Subscribe(ctx context.Context, token storage.Token, n NewSubscription) (s storage.PushSubscription, err error) {
	if err := p.client.Check(n.Endpoint); err != nil {
		return s, fault.Wrap(err, fault.Unprocessable, "Validation failed: Endpoint is not an address that this server would ask")
	}
	key, ok := decodeKey(n.P256dh, keyBytes)
	if ok {
		_, err = ecdh.P256().NewPublicKey(key)
	}
	if !ok || err != nil {
		return s, fault.New(fault.Unprocessable, "Validation failed: Keys p256dh is not a public key of P-256")
	}
	auth, ok := decodeKey(n.Auth, authBytes)
	if !ok {
		return s, fault.New(fault.Unprocessable, "Validation failed: Keys auth has to be %d bytes", authBytes)
	}
	policy, err := checkPolicy(n.Policy)
	if err != nil {
		return s, err
	}
	err = p.store.Tx(ctx, func(tx *storage.Tx) (err error) {
		s, err = tx.PutPushSubscription(ctx, storage.PushSubscription{TokenID: token.ID, AccountID: token.AccountID,
			Endpoint: n.Endpoint, P256dh: key, Auth: auth, Standard: n.Standard, Policy: policy, Alerts: knownTypes(n.Alerts),
			AccessToken: n.AccessToken})
		return err
	})
	return s, err
}

// Subscription returns what a token is subscribed for; fault.NotFound if for nothing.
func (p *Push) Subscription(ctx context.Context, token storage.Token) (storage.PushSubscription, error) {
	return p.store.PushSubscriptionOf(ctx, token.ID)
}

// Update changes of what a token's program is told and returns its subscription; fault.NotFound if
// it has none.
func (p *Push) Update(ctx context.Context, token storage.Token, policy string, alerts []string) (s storage.PushSubscription, err error) {
	if policy, err = checkPolicy(policy); err != nil {
		return s, err
	}
	err = p.store.Tx(ctx, func(tx *storage.Tx) (err error) {
		if err = tx.UpdatePushSubscription(ctx, token.ID, policy, knownTypes(alerts)); err != nil {
			return err
		}
		s, err = tx.PushSubscriptionOf(ctx, token.ID)
		return err
	})
	return s, err
}

// Unsubscribe ends a token's subscription, if it has one.
func (p *Push) Unsubscribe(ctx context.Context, token storage.Token) error {
	return p.store.Tx(ctx, func(tx *storage.Tx) error { return tx.DeletePushSubscription(ctx, token.ID) })
}

func checkPolicy(policy string) (string, error) {
	switch policy {
	case "":
		return storage.PushFromAll, nil
	case storage.PushFromAll, storage.PushFromFollowed, storage.PushFromFollower, storage.PushFromNone:
		return policy, nil
	}
	return "", fault.New(fault.Unprocessable, "Validation failed: Policy is all, followed, follower or none")
}

func knownTypes(types []string) storage.Texts {
	known := slices.Concat(storage.NotificationTypes(), storage.OwnNotificationTypes())
	return slices.DeleteFunc(slices.Clone(types), func(t string) bool { return !slices.Contains(known, t) })
}

// decodeKey reads base64 as programs write it: with or without padding, in either alphabet.
func decodeKey(text string, size int) ([]byte, bool) {
	text = strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimSpace(text)), "=")
	if len(text) > base64.RawURLEncoding.EncodedLen(size) {
		return nil, false
	}
	key, err := base64.RawURLEncoding.DecodeString(text)
	return key, err == nil && len(key) == size
}
