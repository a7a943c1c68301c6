package storage

import (
	"context"
	"time"

	"tulou/protocol/fault"
)

// KeepStrangers is how long people of other servers stay known to whom nothing here refers, and
// servers from which and to which nothing comes and goes. Everybody who signs a request is noted,
// and a name costs nothing, so without an end these two would grow as somebody else likes.
const KeepStrangers = 90 * 24 * time.Hour

// strangersBatch is how many accounts one transaction looks at: deleting one looks into every table
// that may name it.
const strangersBatch = 50

// nobodys is the condition on an account a of another server, last read before ?2, that nothing
// here refers to it, as far as is seen quickly; foreign keys say the rest. An account that
// moderators suspended, silenced or made sensitive stays so. As long as something may be left of
// what this node sent to a server, one of its people stays known, since that is how the server
// hears of deletions (EveryInbox).
const nobodys = `a.host <> '' AND a.fetched_at < ?2 AND a.suspended_at = 0 AND a.silenced_at = 0 AND a.sensitized_at = 0
	AND NOT EXISTS (SELECT 1 FROM status s WHERE s.account_id = a.id)
	AND NOT EXISTS (SELECT 1 FROM follow f WHERE f.account_id = a.id)
	AND NOT EXISTS (SELECT 1 FROM follow f WHERE f.target_id = a.id)
	AND NOT EXISTS (SELECT 1 FROM likes l WHERE l.account_id = a.id)
	AND NOT EXISTS (SELECT 1 FROM mention m WHERE m.account_id = a.id)
	AND NOT EXISTS (SELECT 1 FROM notification n WHERE n.from_id = a.id)
	AND (NOT EXISTS (SELECT 1 FROM destination d WHERE d.host = a.inbox_host AND d.sent_at > 0)
		OR a.shared_inbox <> '' AND EXISTS (SELECT 1 FROM account o
			WHERE o.inbox_host = a.inbox_host AND o.shared_inbox = a.shared_inbox AND o.id <> a.id AND NOT o.hidden))`

// ForgetStrangers deletes people of other servers who were last read before t and to whom nothing
// here refers, with their keys. It looks at ids above after and returns the last one it looked at,
// 0 when there are no more.
func (tx *Tx) ForgetStrangers(ctx context.Context, t time.Time, after int64) (last int64, err error) {
	var some []struct {
		ID      int64
		Nobodys bool
	}
	if err := tx.list(ctx, &some, `
		SELECT a.id, `+nobodys+` AS nobodys FROM account a WHERE a.id > ?1 ORDER BY a.id LIMIT ?3`,
		after, At(t), strangersBatch); err != nil {
		return 0, err
	}
	for _, a := range some {
		last = a.ID
		if !a.Nobodys {
			continue
		}
		if err := tx.Savepoint(func() error { return tx.forgetStranger(ctx, a.ID, t) }); err != nil && !fault.Is(err, fault.Conflict) {
			return 0, err
		}
	}
	return last, nil
}

// forgetStranger deletes an account. It looks again, since others were deleted before it. It is
// fault.Conflict if something refers to it.
func (tx *Tx) forgetStranger(ctx context.Context, id int64, t time.Time) error {
	if _, err := tx.exec(ctx, `DELETE FROM actor_key WHERE account_id = ?`, id); err != nil {
		return err
	}
	n, err := tx.exec(ctx, `
		DELETE FROM account WHERE id = ?1 AND fetched_at < ?2 AND EXISTS (SELECT 1 FROM account a WHERE a.id = ?1 AND `+nobodys+`)`, id, At(t))
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "the account is known again")
	}
	return err
}

// ForgetDestinations deletes what is known of hosts to which nothing was sent since t, that have
// not shown what they understand since then, and of whose people none is known. It returns how
// many. What is sent to one at this moment says so in its row, and it stays.
func (tx *Tx) ForgetDestinations(ctx context.Context, t time.Time) (int64, error) {
	return tx.exec(ctx, `
		DELETE FROM destination WHERE sent_at < ?1 AND host IN (
			SELECT d.host FROM destination d WHERE d.sent_at < ?1 AND d.rfc9421_at < ?1 AND d.ed25519_at < ?1 AND d.lease_until < ?2
				AND NOT EXISTS (SELECT 1 FROM delivery w WHERE w.host = d.host AND w.dead_at = 0)
				AND NOT EXISTS (SELECT 1 FROM account a WHERE a.inbox_host = d.host) LIMIT ?3)`, At(t), Now(), ForgetBatch)
}
