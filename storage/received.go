package storage

import "context"

// Received is an activity as it came, byte for byte.
type Received struct {
	ActivityID string `db:"activity_id"`
	Actor      string
	Body       []byte // nil once it was forgotten, which what is between friends is when it is applied
	ReceivedAt Millis `db:"received_at"`
	AppliedAt  Millis `db:"applied_at"` // 0: not yet
}

// AcceptActivity keeps an activity that came to the inbox of recipientID, 0 for the shared inbox.
// Effects are unique by activity, audience by activity and recipient: fresh tells whether either is
// new, so that there is something to do. An activity that is known as another actor's is not: it
// would be given out as what that one sent.
func (tx *Tx) AcceptActivity(ctx context.Context, activityID, actor string, body []byte, recipientID int64) (fresh bool, err error) {
	n, err := tx.exec(ctx, `
		INSERT INTO received (activity_id, actor, body, received_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (activity_id) DO NOTHING`, activityID, actor, body, Now())
	if err != nil || recipientID == 0 {
		return n == 1, err
	}
	m, err := tx.exec(ctx, `
		INSERT INTO received_for (activity_id, account_id)
		SELECT activity_id, CAST(? AS BIGINT) FROM received WHERE activity_id = ? AND actor = ?
		ON CONFLICT (activity_id, account_id) DO NOTHING`, recipientID, activityID, actor)
	if err != nil || n == 1 || m == 0 {
		return n+m > 0, err
	}
	// Its effects are to reach one more. The bytes, which that takes, may be forgotten or about to be.
	_, err = tx.exec(ctx, `UPDATE received SET body = COALESCE(body, ?), received_at = ? WHERE activity_id = ?`, body, Now(), activityID)
	return true, err
}

// Received returns an activity that was accepted; fault.NotFound if it never was.
func (r Reader) Received(ctx context.Context, activityID string) (a Received, err error) {
	err = r.get(ctx, &a, `SELECT activity_id, actor, body, received_at, applied_at FROM received WHERE activity_id = ?`, activityID)
	return a, err
}

// Applied tells whether the effects of an activity have happened.
func (r Reader) Applied(ctx context.Context, activityID string) (bool, error) {
	return r.exists(ctx, `SELECT 1 FROM received WHERE activity_id = ? AND applied_at > 0`, activityID)
}

// MarkApplied says that the effects of an activity happen in this transaction. It tells whether
// they had not before.
func (tx *Tx) MarkApplied(ctx context.Context, activityID string) (first bool, err error) {
	n, err := tx.exec(ctx, `UPDATE received SET applied_at = ? WHERE activity_id = ? AND applied_at = 0`, Now(), activityID)
	return n == 1, err
}

// ForgetBodiesOf empties the bytes of some activities. That they came stays known.
func (tx *Tx) ForgetBodiesOf(ctx context.Context, activities []string) error {
	query, args := in(`UPDATE received SET body = NULL WHERE activity_id IN (?)`, activities)
	_, err := tx.exec(ctx, query, args...)
	return err
}
