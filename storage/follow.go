package storage

import (
	"context"

	"tulou/protocol/fault"
)

// Follow says that AccountID follows TargetID, or asks to.
type Follow struct {
	ID        int64 // what lists of followers are paged by
	AccountID int64 `db:"account_id"`
	TargetID  int64 `db:"target_id"`
	URI       string
	Accepted  bool
	Boosts    bool   // the follower wants to see boosts
	Notify    bool   // the follower wants to be told of every post
	CreatedAt Millis `db:"created_at"`
}

const followColumns = `id, account_id, target_id, uri, accepted, boosts, notify, created_at`

// FollowOf returns the follow, asked for or accepted, of account to target; fault.NotFound if none.
func (r Reader) FollowOf(ctx context.Context, account, target int64) (f Follow, err error) {
	err = r.get(ctx, &f, `SELECT `+followColumns+` FROM follow WHERE account_id = ? AND target_id = ?`, account, target)
	return f, err
}

// FollowByURI returns the follow that an activity made. An id is only as good as its origin: the
// caller compares AccountID with whoever speaks.
func (r Reader) FollowByURI(ctx context.Context, uri string) (f Follow, err error) {
	err = r.get(ctx, &f, `SELECT `+followColumns+` FROM follow WHERE uri = ? ORDER BY id LIMIT 1`, uri)
	return f, err
}

// PutFollow adds a follow, or changes URI (unless ""), Boosts and Notify of the one that is there.
// What was accepted stays accepted; if f.Accepted, it is accepted now. It returns the follow;
// fault.NotFound if one of the two was deleted.
func (tx *Tx) PutFollow(ctx context.Context, f Follow) (Follow, error) {
	if f.AccountID == f.TargetID {
		return f, fault.New(fault.Unprocessable, "nobody follows themselves")
	}
	if err := tx.HoldPeople(ctx, f.AccountID, f.TargetID); err != nil {
		return f, err
	}
	if _, err := tx.exec(ctx, `
		INSERT INTO follow (`+followColumns+`) VALUES (?, ?, ?, ?, FALSE, ?, ?, ?)
		ON CONFLICT (account_id, target_id) DO UPDATE SET
			uri = CASE WHEN excluded.uri = '' THEN follow.uri ELSE excluded.uri END,
			boosts = excluded.boosts, notify = excluded.notify`,
		tx.store.rowID(), f.AccountID, f.TargetID, f.URI, f.Boosts, f.Notify, Now()); err != nil {
		return f, err
	}
	if f.Accepted {
		if _, err := tx.AcceptFollow(ctx, f.AccountID, f.TargetID); err != nil {
			return f, err
		}
	}
	return tx.FollowOf(ctx, f.AccountID, f.TargetID)
}

// AcceptFollow accepts a follow that was asked for, counts it, and puts the target's latest posts
// into the follower's home timeline. It tells whether anything changed; fault.NotFound if nobody
// asked.
func (tx *Tx) AcceptFollow(ctx context.Context, account, target int64) (changed bool, err error) {
	n, err := tx.exec(ctx, `
		UPDATE follow SET accepted = TRUE WHERE account_id = ? AND target_id = ? AND NOT accepted`, account, target)
	if err != nil {
		return false, err
	}
	if n == 0 {
		_, err := tx.FollowOf(ctx, account, target)
		return false, err
	}
	if err := tx.countFollow(ctx, account, target, 1); err != nil {
		return false, err
	}
	if err := tx.fillNew(ctx, account, target); err != nil {
		return false, err
	}
	return true, tx.joinLists(ctx, account, target)
}

// DeleteFollow removes a follow, or the wish for one, and what it brought into home timeline and
// lists, and that the account recommends the target.
// It returns what was removed; fault.NotFound if there was none.
func (tx *Tx) DeleteFollow(ctx context.Context, account, target int64) (f Follow, err error) {
	if err = tx.get(ctx, &f, `
		DELETE FROM follow WHERE account_id = ? AND target_id = ? RETURNING `+followColumns, account, target); err != nil {
		return f, err
	}
	if err = tx.leaveLists(ctx, account, target); err != nil || !f.Accepted {
		return f, err
	}
	if err = tx.DeleteEndorsement(ctx, account, target); err != nil {
		return f, err
	}
	if err = tx.countFollow(ctx, account, target, -1); err != nil {
		return f, err
	}
	_, err = tx.exec(ctx, `DELETE FROM home_entry WHERE account_id = ? AND author_id = ?`, account, target)
	return f, err
}

// countFollow adjusts both counts. The lower id goes first, so that two transactions about the same
// pair do not wait for each other in a circle.
func (tx *Tx) countFollow(ctx context.Context, account, target int64, by int) error {
	follower := func() error {
		_, err := tx.exec(ctx, `UPDATE account SET following_count = following_count + ?, version = version + 1 WHERE id = ?`, by, account)
		return err
	}
	followed := func() error {
		_, err := tx.exec(ctx, `UPDATE account SET followers_count = followers_count + ?, version = version + 1 WHERE id = ?`, by, target)
		return err
	}
	first, second := follower, followed
	if target < account {
		first, second = followed, follower
	}
	if err := first(); err != nil {
		return err
	}
	return second()
}

// Followers returns a page of who follows an account, but for those with whom viewer has a block
// between them. viewer is Everybody for a stranger.
func (r Reader) Followers(ctx context.Context, viewer, account int64, p Page) ([]Entry, error) {
	return paged[Entry](ctx, r, p, AccountPageMax, "f.id", `
		SELECT f.id AS page_key, f.account_id AS id FROM follow f JOIN account a ON a.id = f.account_id
		WHERE f.target_id = ?2 AND f.accepted AND NOT a.hidden AND `+unblocked("a.id"), viewer, account)
}

// Following returns a page of whom an account follows; otherwise it is Followers.
func (r Reader) Following(ctx context.Context, viewer, account int64, p Page) ([]Entry, error) {
	return paged[Entry](ctx, r, p, AccountPageMax, "f.id", `
		SELECT f.id AS page_key, f.target_id AS id FROM follow f JOIN account a ON a.id = f.target_id
		WHERE f.account_id = ?2 AND f.accepted AND NOT a.hidden AND `+unblocked("a.id"), viewer, account)
}

// FollowRequests returns a page of who asks to follow an account.
func (r Reader) FollowRequests(ctx context.Context, account int64, p Page) ([]Entry, error) {
	return paged[Entry](ctx, r, p, AccountPageMax, "f.id", `
		SELECT f.id AS page_key, f.account_id AS id FROM follow f JOIN account a ON a.id = f.account_id
		WHERE f.target_id = ? AND NOT f.accepted AND NOT a.hidden`, account)
}

// FollowerInboxes returns where a post to the followers of an account goes, each inbox once: one
// for a server whose people share it. Whoever is hidden or blocked, either way, gets nothing.
func (r Reader) FollowerInboxes(ctx context.Context, account int64) (inboxes []Inbox, err error) {
	err = r.list(ctx, &inboxes, `
		SELECT DISTINCT a.inbox_host AS host, COALESCE(NULLIF(a.shared_inbox, ''), a.inbox) AS url
		FROM follow f JOIN account a ON a.id = f.account_id
		WHERE f.target_id = ?1 AND f.accepted AND a.inbox_host <> '' AND NOT a.hidden
			AND NOT EXISTS (SELECT 1 FROM block b WHERE b.account_id = a.id AND b.target_id = ?1)
			AND NOT EXISTS (SELECT 1 FROM block b WHERE b.account_id = ?1 AND b.target_id = a.id)`, account)
	return inboxes, err
}

// FollowerPlaces counts the followers of an account, and the servers that their posts go to: this
// one, too, if anybody here follows. Whoever is hidden is not counted.
func (r Reader) FollowerPlaces(ctx context.Context, account int64) (followers, servers int64, err error) {
	var row struct{ Followers, Servers int64 }
	err = r.get(ctx, &row, `
		SELECT COUNT(*) AS followers, COUNT(DISTINCT a.host) AS servers
		FROM follow f JOIN account a ON a.id = f.account_id
		WHERE f.target_id = ? AND f.accepted AND NOT a.hidden`, account)
	return row.Followers, row.Servers, err
}

// FollowedHere tells whether anybody of this node follows an account.
func (r Reader) FollowedHere(ctx context.Context, target int64) (bool, error) {
	return r.exists(ctx, `
		SELECT 1 FROM follow f JOIN login l ON l.account_id = f.account_id WHERE f.target_id = ? AND f.accepted LIMIT 1`, target)
}

// NotifiedFollowers returns those followers of an account who want to be told of every post.
func (r Reader) NotifiedFollowers(ctx context.Context, target int64) (accounts []int64, err error) {
	err = r.list(ctx, &accounts, `SELECT account_id FROM follow WHERE target_id = ? AND accepted AND notify ORDER BY account_id`, target)
	return accounts, err
}
