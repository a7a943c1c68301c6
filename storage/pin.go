package storage

import (
	"context"
	"time"

	"tulou/protocol/fault"
)

const (
	// PinsMax is how many posts somebody of this node may pin, as in Mastodon.
	PinsMax = 5
	// PinsReadMax is how many pinned posts of somebody of another server are kept; Mastodon has 5,
	// and others few more.
	PinsReadMax = 10
	// PinsReadEvery is how long what a server said about somebody's pinned posts counts.
	PinsReadEvery = 6 * time.Hour
)

// PutPin shows a post at the top of its author's profile, before those that are there. It tells
// whether that is new; fault.Unprocessable if there are most of them already.
func (tx *Tx) PutPin(ctx context.Context, account, status int64, most int) (created bool, err error) {
	var pins struct {
		Count  int
		Pinned bool
	}
	if err := tx.get(ctx, &pins, `
		SELECT COUNT(*) AS count, COUNT(CASE WHEN status_id = ?2 THEN 1 END) > 0 AS pinned FROM pin WHERE account_id = ?1`,
		account, status); err != nil || pins.Pinned {
		return false, err
	}
	if pins.Count >= most {
		return false, fault.New(fault.Unprocessable, "nobody pins more than %d posts", most)
	}
	n, err := tx.exec(ctx, `
		INSERT INTO pin (id, account_id, status_id) VALUES (?, ?, ?) ON CONFLICT (account_id, status_id) DO NOTHING`,
		tx.store.rowID(), account, status)
	return n == 1, err
}

// DeletePin takes a post from the top of a profile and tells whether it was there.
func (tx *Tx) DeletePin(ctx context.Context, account, status int64) (bool, error) {
	n, err := tx.exec(ctx, `DELETE FROM pin WHERE account_id = ? AND status_id = ?`, account, status)
	return n == 1, err
}

// ReplacePins makes the statuses, the first on top, the pinned ones of an account, beside those
// that are not for everybody, which its server does not list. Those of others are left out.
func (tx *Tx) ReplacePins(ctx context.Context, account int64, statuses []int64) error {
	if _, err := tx.exec(ctx, `
		DELETE FROM pin WHERE account_id = ?1 AND EXISTS (SELECT 1 FROM status s WHERE s.id = pin.status_id AND s.everybody)`, account); err != nil {
		return err
	}
	for i := min(len(statuses), PinsReadMax) - 1; i >= 0; i-- {
		if _, err := tx.exec(ctx, `
			INSERT INTO pin (id, account_id, status_id)
			SELECT CAST(?1 AS BIGINT), s.account_id, s.id FROM status s WHERE s.id = ?3 AND s.account_id = ?2 AND s.boost_of_id = 0
			ON CONFLICT (account_id, status_id) DO NOTHING`, tx.store.rowID(), account, statuses[i]); err != nil {
			return err
		}
	}
	return nil
}

// Pinned returns a page of the posts that an account has pinned and viewer may see, last pinned
// first.
func (r Reader) Pinned(ctx context.Context, viewer, account int64, p Page) ([]Stamp, error) {
	return paged[Stamp](ctx, r, p, StatusPageMax, "n.id", `
		SELECT `+stampOf("n.id")+` FROM pin n CROSS JOIN `+statusTables+`
		WHERE n.account_id = ?2 AND s.id = n.status_id AND `+visible, viewer, account)
}

// AskForPins tells whether the pinned posts of somebody of another server should be read: nobody
// has for PinsReadEvery. Then it is noted that somebody does.
func (tx *Tx) AskForPins(ctx context.Context, account int64) (bool, error) {
	now := time.Now()
	n, err := tx.exec(ctx, `
		UPDATE account SET pins_asked_at = ? WHERE id = ? AND host <> '' AND featured <> '' AND NOT hidden AND pins_asked_at < ?`,
		At(now), account, At(now.Add(-PinsReadEvery)))
	return n == 1, err
}

// PinsAsked tells whether AskForPins would say no, without writing.
func (r Reader) PinsAsked(ctx context.Context, account int64) (bool, error) {
	return r.exists(ctx, `SELECT 1 FROM account WHERE id = ? AND (host = '' OR pins_asked_at >= ?)`,
		account, At(time.Now().Add(-PinsReadEvery)))
}
