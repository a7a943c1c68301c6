package storage

import "context"

// Like says that an account likes a status. URI is that of the activity, for taking it back.
type Like struct {
	ID        int64
	AccountID int64 `db:"account_id"`
	StatusID  int64 `db:"status_id"`
	URI       string
	CreatedAt Millis `db:"created_at"`
}

const likeColumns = `id, account_id, status_id, uri, created_at`

// PutLike adds a like and counts it. It tells whether it is new; fault.NotFound if the account was
// deleted.
func (tx *Tx) PutLike(ctx context.Context, l Like) (created bool, err error) {
	n, err := tx.exec(ctx, `
		INSERT INTO likes (`+likeColumns+`) VALUES (?, ?, ?, ?, ?) ON CONFLICT (account_id, status_id) DO NOTHING`,
		tx.store.rowID(), l.AccountID, l.StatusID, l.URI, Now())
	if err != nil || n == 0 {
		return false, err
	}
	if err := tx.countLike(ctx, l.StatusID, 1); err != nil {
		return false, err
	}
	if err := tx.HoldPeople(ctx, l.AccountID); err != nil { // after the status, as whoever posts locks them
		return false, err
	}
	return true, tx.unreadBy(ctx, l.StatusID, l.AccountID)
}

// DeleteLike takes a like back and returns it; fault.NotFound if there was none.
func (tx *Tx) DeleteLike(ctx context.Context, account, status int64) (l Like, err error) {
	if err = tx.get(ctx, &l, `DELETE FROM likes WHERE account_id = ? AND status_id = ? RETURNING `+likeColumns, account, status); err != nil {
		return l, err
	}
	if err = tx.countLike(ctx, status, -1); err != nil {
		return l, err
	}
	return l, tx.unreadBy(ctx, status, account)
}

func (tx *Tx) countLike(ctx context.Context, status int64, by int) error {
	_, err := tx.exec(ctx, `UPDATE status SET likes_count = likes_count + ?, version = version + 1 WHERE id = ?`, by, status)
	return err
}

// LikeOf returns the like of a status by an account; fault.NotFound if there is none.
func (r Reader) LikeOf(ctx context.Context, account, status int64) (l Like, err error) {
	err = r.get(ctx, &l, `SELECT `+likeColumns+` FROM likes WHERE account_id = ? AND status_id = ?`, account, status)
	return l, err
}

// LikeByURI returns the like that an activity of account made; fault.NotFound if there is none.
func (r Reader) LikeByURI(ctx context.Context, account int64, uri string) (l Like, err error) {
	err = r.get(ctx, &l, `SELECT `+likeColumns+` FROM likes WHERE account_id = ? AND uri = ? AND uri <> '' LIMIT 1`, account, uri)
	return l, err
}

// PutBookmark adds a bookmark, once; fault.NotFound if the account was deleted.
func (tx *Tx) PutBookmark(ctx context.Context, account, status int64) error {
	if err := tx.HoldPeople(ctx, account); err != nil {
		return err
	}
	_, err := tx.exec(ctx, `
		INSERT INTO bookmark (id, account_id, status_id, created_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (account_id, status_id) DO NOTHING`, tx.store.rowID(), account, status, Now())
	if err != nil {
		return err
	}
	return tx.unreadBy(ctx, status, account)
}

// DeleteBookmark removes a bookmark; none is no error.
func (tx *Tx) DeleteBookmark(ctx context.Context, account, status int64) error {
	if _, err := tx.exec(ctx, `DELETE FROM bookmark WHERE account_id = ? AND status_id = ?`, account, status); err != nil {
		return err
	}
	return tx.unreadBy(ctx, status, account)
}

// threadMuted and pinnedBySelf are conditions on s and viewer ?1. Whether the viewer mutes any
// thread is asked once for a query, and most do not.
const (
	threadMuted = `(EXISTS (SELECT 1 FROM thread_mute WHERE account_id = ?1)
		AND EXISTS (SELECT 1 FROM thread_mute t WHERE t.account_id = ?1 AND t.thread_id = s.thread_id))`
	pinnedBySelf = `(s.account_id = ?1 AND EXISTS (SELECT 1 FROM pin n WHERE n.account_id = ?1 AND n.status_id = s.id))`
)

// ViewerState is what a viewer has done with a status.
type ViewerState struct {
	StatusID   int64 `db:"status_id"`
	Liked      bool
	Boosted    bool
	Bookmarked bool
	Muted      bool // its thread
	Pinned     bool // on the viewer's own profile
}

// ViewerStates returns what viewer has done with each of the statuses; those with nothing are left
// out.
func (r Reader) ViewerStates(ctx context.Context, viewer int64, statuses []int64) (map[int64]ViewerState, error) {
	found := map[int64]ViewerState{}
	if viewer == 0 {
		return found, nil
	}
	rows, err := listIn[ViewerState](ctx, r, `
		SELECT s.id AS status_id, l.id IS NOT NULL AS liked, b.id IS NOT NULL AS boosted, k.id IS NOT NULL AS bookmarked,
			`+threadMuted+` AS muted, `+pinnedBySelf+` AS pinned
		FROM status s
		LEFT JOIN likes l ON l.account_id = ?1 AND l.status_id = s.id
		LEFT JOIN status b ON b.boost_of_id = s.id AND b.boost_of_id <> 0 AND b.account_id = ?1
		LEFT JOIN bookmark k ON k.account_id = ?1 AND k.status_id = s.id
		WHERE s.id IN (?) AND (l.id IS NOT NULL OR b.id IS NOT NULL OR k.id IS NOT NULL
			OR `+threadMuted+` OR `+pinnedBySelf+`)`, statuses, viewer)
	for _, row := range rows {
		found[row.StatusID] = row
	}
	return found, err
}

// Likers returns a page of who likes a status, leaving out whom the viewer cannot see.
func (r Reader) Likers(ctx context.Context, viewer, status int64, p Page) ([]Entry, error) {
	return paged[Entry](ctx, r, p, AccountPageMax, "l.id", `
		SELECT l.id AS page_key, l.account_id AS id FROM likes l JOIN account a ON a.id = l.account_id
		WHERE l.status_id = ?2 AND NOT a.hidden AND `+unblocked("l.account_id"), viewer, status)
}

// Boosters returns a page of who boosted a status, of those boosts that viewer may see.
func (r Reader) Boosters(ctx context.Context, viewer, status int64, p Page) ([]Entry, error) {
	return paged[Entry](ctx, r, p, AccountPageMax, "s.id", `
		SELECT s.id AS page_key, s.account_id AS id FROM `+statusTables+`
		WHERE s.boost_of_id = ?2 AND s.boost_of_id <> 0 AND `+visible, viewer, status)
}
