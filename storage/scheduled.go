package storage

import "context"

// ScheduledStatus is a post for later. Params are the author's words, which the app reads.
type ScheduledStatus struct {
	ID             int64
	AccountID      int64  `db:"account_id"`
	ScheduledAt    Millis `db:"scheduled_at"`
	Params         []byte
	IdempotencyKey string `db:"idempotency_key"`
	Error          string // why it could not be posted, "" while it waits
	CreatedAt      Millis `db:"created_at"`
}

const scheduledColumns = `id, account_id, scheduled_at, params, idempotency_key, error, created_at`

// CreateScheduled adds a post for later and returns it. If its key made one before, that one is
// returned and created is false.
func (tx *Tx) CreateScheduled(ctx context.Context, s ScheduledStatus) (_ ScheduledStatus, created bool, err error) {
	s.ID, s.CreatedAt = tx.store.rowID(), Now()
	n, err := tx.exec(ctx, `INSERT INTO scheduled_status (`+scheduledColumns+`) VALUES `+tuples(7, 1)+` ON CONFLICT DO NOTHING`,
		s.ID, s.AccountID, s.ScheduledAt, s.Params, s.IdempotencyKey, s.Error, s.CreatedAt)
	if err != nil || n == 1 {
		return s, n == 1, err
	}
	s, err = tx.ScheduledByKey(ctx, s.AccountID, s.IdempotencyKey)
	return s, false, err
}

// LockScheduled lets nobody else count or add posts for later of an account until the transaction
// ends.
func (tx *Tx) LockScheduled(ctx context.Context, account int64) error {
	return tx.holdLogin(ctx, account)
}

// CountScheduled counts the posts for later of an account, all of them and those from one instant
// until before another.
func (r Reader) CountScheduled(ctx context.Context, account int64, from, until Millis) (all, within int, err error) {
	var counted struct{ Total, Within int }
	err = r.get(ctx, &counted, `
		SELECT COUNT(*) AS total, COUNT(CASE WHEN scheduled_at >= ?2 AND scheduled_at < ?3 THEN 1 END) AS within
		FROM scheduled_status WHERE account_id = ?1`, account, from, until)
	return counted.Total, counted.Within, err
}

// Scheduled returns a page of an account's posts for later.
func (r Reader) Scheduled(ctx context.Context, account int64, p Page) ([]ScheduledStatus, error) {
	return paged[ScheduledStatus](ctx, r, p, StatusPageMax, "id",
		`SELECT `+scheduledColumns+` FROM scheduled_status WHERE account_id = ?`, account)
}

// ScheduledByID returns a post for later; fault.NotFound if there is none, any more.
func (r Reader) ScheduledByID(ctx context.Context, id int64) (s ScheduledStatus, err error) {
	err = r.get(ctx, &s, `SELECT `+scheduledColumns+` FROM scheduled_status WHERE id = ?`, id)
	return s, err
}

// ScheduledByKey returns the post for later that a client's key made; fault.NotFound if it made
// none.
func (r Reader) ScheduledByKey(ctx context.Context, account int64, key string) (s ScheduledStatus, err error) {
	err = r.get(ctx, &s, `
		SELECT `+scheduledColumns+` FROM scheduled_status WHERE account_id = ? AND idempotency_key = ? AND idempotency_key <> ''`,
		account, key)
	return s, err
}

// MoveScheduled gives a post for later another time, and another chance; fault.NotFound if it is
// not the account's.
func (tx *Tx) MoveScheduled(ctx context.Context, account, id int64, at Millis) error {
	return tx.mustExec(ctx, `UPDATE scheduled_status SET scheduled_at = ?, error = '' WHERE id = ? AND account_id = ?`, at, id, account)
}

// FailScheduled notes why a post could not be made at its time.
func (tx *Tx) FailScheduled(ctx context.Context, s ScheduledStatus, reason string) error {
	_, err := tx.exec(ctx, `UPDATE scheduled_status SET error = ? WHERE id = ? AND scheduled_at = ?`, reason, s.ID, s.ScheduledAt)
	return err
}

// TakeScheduled removes a post for later, in the transaction that posts it. It is fault.NotFound if
// it was taken, moved or deleted: then the transaction must not commit.
func (tx *Tx) TakeScheduled(ctx context.Context, s ScheduledStatus) error {
	return tx.mustExec(ctx, `DELETE FROM scheduled_status WHERE id = ? AND scheduled_at = ?`, s.ID, s.ScheduledAt)
}

// DeleteScheduled gives a post for later up, and lets its media go; fault.NotFound if it is not the
// account's.
func (tx *Tx) DeleteScheduled(ctx context.Context, account, id int64) error {
	if err := tx.mustExec(ctx, `DELETE FROM scheduled_status WHERE id = ? AND account_id = ?`, id, account); err != nil {
		return err
	}
	return tx.ReleaseUploads(ctx, id)
}
