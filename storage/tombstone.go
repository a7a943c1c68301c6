package storage

import "context"

// Tombstone says that an object was deleted by an actor and must not come back.
type Tombstone struct {
	URI        string
	AccountURI string `db:"account_uri"`
	Everybody  bool   // everybody could see it, so that its deletion is no secret
	DeletedAt  Millis `db:"deleted_at"`
}

// PutTombstone remembers a deletion by the actor accountURI, which the caller has checked. The
// first one stays. Nobody is told of it: it is for objects of others, and those that never were.
func (tx *Tx) PutTombstone(ctx context.Context, uri, accountURI string) error {
	return tx.putTombstone(ctx, Tombstone{URI: uri, AccountURI: accountURI})
}

// PutStatusTombstone is PutTombstone for a status that was deleted here.
func (tx *Tx) PutStatusTombstone(ctx context.Context, s Status, accountURI string) error {
	return tx.putTombstone(ctx, Tombstone{URI: s.URI, AccountURI: accountURI, Everybody: s.listed()})
}

func (tx *Tx) putTombstone(ctx context.Context, t Tombstone) error {
	_, err := tx.exec(ctx, `
		INSERT INTO tombstone (uri, account_uri, everybody, deleted_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (uri) DO NOTHING`, t.URI, t.AccountURI, t.Everybody, Now())
	return err
}

// Tombstone returns the tombstone of an object; fault.NotFound if it was not deleted.
func (r Reader) Tombstone(ctx context.Context, uri string) (t Tombstone, err error) {
	err = r.get(ctx, &t, `SELECT uri, account_uri, everybody, deleted_at FROM tombstone WHERE uri = ?`, uri)
	return t, err
}
