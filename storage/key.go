package storage

import (
	"context"

	"tulou/protocol/fault"
	"tulou/protocol/keys"
)

// ActorKey is a key that an actor signs with.
type ActorKey struct {
	ID         string // the IRI in signatures
	AccountID  int64  `db:"account_id"`
	Kind       string // KeyRSA, KeyEd25519
	PublicKey  string `db:"public_key"`  // PEM for RSA, multibase for Ed25519
	PrivateKey string `db:"private_key"` // PKCS #8 PEM, for our own people and the node only
	CreatedAt  Millis `db:"created_at"`
}

// Kinds of keys, in the words of protocol/keys.
const (
	KeyRSA     = string(keys.KindRSA)
	KeyEd25519 = string(keys.KindEd25519)
)

const keyColumns = `id, account_id, kind, public_key, private_key, created_at`

// KeyByID returns the key of an IRI; fault.NotFound if it is not known.
func (r Reader) KeyByID(ctx context.Context, id string) (k ActorKey, err error) {
	err = r.get(ctx, &k, `SELECT `+keyColumns+` FROM actor_key WHERE id = ?`, id)
	return k, err
}

// KeysOf returns the keys of an account, ordered by IRI.
func (r Reader) KeysOf(ctx context.Context, account int64) (keys []ActorKey, err error) {
	err = r.list(ctx, &keys, `SELECT `+keyColumns+` FROM actor_key WHERE account_id = ? ORDER BY id`, account)
	return keys, err
}

// PutKeys replaces the keys of an account; those that are not named are forgotten. It is
// fault.Conflict if another account has a key of the same IRI.
func (tx *Tx) PutKeys(ctx context.Context, account int64, keys []ActorKey) error {
	keep := make([]string, len(keys))
	for i, k := range keys {
		keep[i] = k.ID
	}
	query, args := in(`DELETE FROM actor_key WHERE account_id = ?1 AND id NOT IN (?)`, keep)
	if len(keep) == 0 {
		query = `DELETE FROM actor_key WHERE account_id = ?1`
	}
	if _, err := tx.exec(ctx, query, append([]any{account}, args...)...); err != nil {
		return err
	}
	for _, k := range keys {
		n, err := tx.exec(ctx, `
			INSERT INTO actor_key (`+keyColumns+`) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, public_key = excluded.public_key,
				private_key = excluded.private_key
			WHERE actor_key.account_id = excluded.account_id`,
			k.ID, account, k.Kind, k.PublicKey, k.PrivateKey, Now())
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "the key belongs to another account")
		}
	}
	return nil
}
