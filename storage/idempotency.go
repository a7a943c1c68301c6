package storage

import "context"

// ClaimIdempotency remembers that a client's key made a status. If the key made one before, nothing
// is written and that one is returned instead: two requests with one key post once.
func (tx *Tx) ClaimIdempotency(ctx context.Context, account int64, key string, status int64) (first int64, err error) {
	n, err := tx.exec(ctx, `
		INSERT INTO idempotency (account_id, key, status_id, created_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (account_id, key) DO NOTHING`, account, key, status, Now())
	if err != nil || n == 1 {
		return status, err
	}
	return tx.IdempotentStatus(ctx, account, key)
}

// IdempotentStatus returns the status that a client's key made; fault.NotFound if it made none yet.
func (r Reader) IdempotentStatus(ctx context.Context, account int64, key string) (status int64, err error) {
	err = r.get(ctx, &status, `SELECT status_id FROM idempotency WHERE account_id = ? AND key = ?`, account, key)
	return status, err
}
