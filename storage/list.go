package storage

import (
	"context"
	"time"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

// List is a timeline of some of the people whom its owner follows.
type List struct {
	ID            int64
	AccountID     int64 `db:"account_id"`
	Title         string
	RepliesPolicy string `db:"replies_policy"` // RepliesToFollowed, RepliesToList, RepliesToNobody
	Exclusive     bool   // what its members post is not in the owner's home timeline
}

// Which answers to others a list shows, by the names that clients know.
const (
	RepliesToFollowed = "followed" // to anybody whom the owner follows
	RepliesToList     = "list"     // to members of the list
	RepliesToNobody   = "none"
)

const (
	// ListsMax is how many lists somebody may have, as in Mastodon: each costs the writer of a
	// post.
	ListsMax = 50
	// ListMembersMax bounds the members of one list, since a changed list is written anew.
	ListMembersMax = 1000
)

const listColumns = `id, account_id, title, replies_policy, exclusive`

// Lists returns the lists of an account, oldest first.
func (r Reader) Lists(ctx context.Context, account int64) (lists []List, err error) {
	err = r.list(ctx, &lists, `SELECT `+listColumns+` FROM list WHERE account_id = ? ORDER BY id`, account)
	return lists, err
}

// ListOf returns one list of an account; fault.NotFound also for those of others.
func (r Reader) ListOf(ctx context.Context, account, id int64) (l List, err error) {
	err = r.get(ctx, &l, `SELECT `+listColumns+` FROM list WHERE id = ? AND account_id = ?`, id, account)
	return l, err
}

// ListsOfMember returns those lists of an account that somebody is in.
func (r Reader) ListsOfMember(ctx context.Context, account, member int64) (lists []List, err error) {
	err = r.list(ctx, &lists, `
		SELECT `+prefixed("x", listColumns)+` FROM list_member m JOIN list x ON x.id = m.list_id
		WHERE m.owner_id = ? AND m.target_id = ? ORDER BY x.id`, account, member)
	return lists, err
}

// ListPlace is a list and whose it is.
type ListPlace struct {
	ListID  int64 `db:"list_id"`
	OwnerID int64 `db:"owner_id"`
}

// ListsWith returns the lists, of whomever, that an account is a member of.
func (r Reader) ListsWith(ctx context.Context, member int64) (places []ListPlace, err error) {
	err = r.list(ctx, &places, `SELECT list_id, owner_id FROM list_member WHERE target_id = ? ORDER BY owner_id, list_id`, member)
	return places, err
}

// ListsShowing returns the list timelines that FanOut put a status into. Their owners may have
// muted or blocked its author since: who shows it asks for Visible and what is wanted, too.
func (r Reader) ListsShowing(ctx context.Context, status int64) (places []ListPlace, err error) {
	err = r.list(ctx, &places, `
		SELECT e.list_id, x.account_id AS owner_id FROM list_entry e JOIN list x ON x.id = e.list_id
		WHERE e.status_id = ? ORDER BY x.account_id, e.list_id`, status)
	return places, err
}

// CreateList adds an empty list. It is fault.Unprocessable if the account has ListsMax.
func (tx *Tx) CreateList(ctx context.Context, l List) (List, error) {
	l.ID = tx.store.rowID()
	n, err := tx.exec(ctx, `
		INSERT INTO list (`+listColumns+`)
		SELECT CAST(?1 AS BIGINT), CAST(?2 AS BIGINT), CAST(?3 AS TEXT), CAST(?4 AS TEXT), CAST(?5 AS BOOLEAN)
		WHERE (SELECT COUNT(*) FROM list WHERE account_id = ?2) < CAST(?6 AS BIGINT)`,
		l.ID, l.AccountID, l.Title, l.RepliesPolicy, l.Exclusive, ListsMax)
	if err == nil && n == 0 {
		err = fault.New(fault.Unprocessable, "nobody has more than %d lists", ListsMax)
	}
	return l, err
}

// UpdateList replaces title, policy and exclusiveness of a list, and what they change in its
// timeline and in its owner's home timeline; fault.NotFound if the account has no such list.
func (tx *Tx) UpdateList(ctx context.Context, l List) error {
	before, err := tx.ListOf(ctx, l.AccountID, l.ID)
	if err != nil {
		return err
	}
	if _, err := tx.exec(ctx, `UPDATE list SET title = ?, replies_policy = ?, exclusive = ? WHERE id = ?`,
		l.Title, l.RepliesPolicy, l.Exclusive, l.ID); err != nil {
		return err
	}
	if l.RepliesPolicy != before.RepliesPolicy {
		if err := tx.rebuildList(ctx, l.ID); err != nil {
			return err
		}
	}
	switch {
	case l.Exclusive && !before.Exclusive:
		_, err = tx.exec(ctx, `
			DELETE FROM home_entry WHERE account_id = ? AND author_id IN (SELECT target_id FROM list_member WHERE list_id = ?)`,
			l.AccountID, l.ID)
	case before.Exclusive && !l.Exclusive:
		err = tx.RebuildHome(ctx, l.AccountID)
	}
	return err
}

// DeleteList removes a list; fault.NotFound if the account has no such list.
func (tx *Tx) DeleteList(ctx context.Context, account, id int64) error {
	l, err := tx.ListOf(ctx, account, id)
	if err != nil {
		return err
	}
	if err := tx.mustExec(ctx, `DELETE FROM list WHERE id = ?`, id); err != nil || !l.Exclusive {
		return err
	}
	return tx.RebuildHome(ctx, account)
}

// AddToList adds somebody whom the owner follows, or asks to follow, to a list, with their latest
// posts. It is fault.NotFound if neither is so, fault.Conflict for a member, and
// fault.Unprocessable if the list has ListMembersMax.
func (tx *Tx) AddToList(ctx context.Context, l List, member int64) error {
	if _, err := tx.FollowOf(ctx, l.AccountID, member); err != nil {
		return err
	}
	var count int
	if err := tx.get(ctx, &count, `SELECT COUNT(*) FROM list_member WHERE list_id = ?`, l.ID); err != nil {
		return err
	}
	if count >= ListMembersMax {
		return fault.New(fault.Unprocessable, "a list has at most %d members", ListMembersMax)
	}
	n, err := tx.exec(ctx, `
		INSERT INTO list_member (id, list_id, owner_id, target_id) VALUES (?, ?, ?, ?) ON CONFLICT (list_id, target_id) DO NOTHING`,
		tx.store.rowID(), l.ID, l.AccountID, member)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "they are in the list already")
	}
	if err != nil {
		return err
	}
	if l.Exclusive {
		if _, err := tx.exec(ctx, `DELETE FROM home_entry WHERE account_id = ? AND author_id = ?`, l.AccountID, member); err != nil {
			return err
		}
	}
	return tx.fillListNew(ctx, l.ID, member)
}

// RemoveFromList takes somebody out of a list, with their posts; fault.NotFound if they are not in
// it.
func (tx *Tx) RemoveFromList(ctx context.Context, l List, member int64) error {
	if err := tx.mustExec(ctx, `DELETE FROM list_member WHERE list_id = ? AND target_id = ?`, l.ID, member); err != nil {
		return err
	}
	if _, err := tx.exec(ctx, `DELETE FROM list_entry WHERE list_id = ? AND author_id = ?`, l.ID, member); err != nil {
		return err
	}
	if !l.Exclusive {
		return nil
	}
	return tx.fillNew(ctx, l.AccountID, member)
}

// leaveLists takes somebody whom an account does not follow any more out of its lists.
func (tx *Tx) leaveLists(ctx context.Context, account, member int64) error {
	n, err := tx.exec(ctx, `DELETE FROM list_member WHERE owner_id = ? AND target_id = ?`, account, member)
	if err != nil || n == 0 {
		return err
	}
	_, err = tx.exec(ctx, `
		DELETE FROM list_entry WHERE author_id = ? AND list_id IN (SELECT id FROM list WHERE account_id = ?)`, member, account)
	return err
}

// joinLists fills the lists in which somebody waited for a follow to be accepted.
func (tx *Tx) joinLists(ctx context.Context, account, member int64) error {
	lists, err := tx.ListsOfMember(ctx, account, member)
	for _, l := range lists {
		if err == nil {
			err = tx.fillListNew(ctx, l.ID, member)
		}
	}
	return err
}

// ListMembers returns a page of who is in a list.
func (r Reader) ListMembers(ctx context.Context, list int64, p Page) ([]Entry, error) {
	return paged[Entry](ctx, r, p, ListMembersMax, "m.id", `
		SELECT m.id AS page_key, m.target_id AS id FROM list_member m JOIN account a ON a.id = m.target_id
		WHERE m.list_id = ? AND NOT a.hidden`, list)
}

// ListTimeline returns a page of a list of viewer's.
func (r Reader) ListTimeline(ctx context.Context, viewer, list int64, p Page) ([]Stamp, error) {
	return paged[Stamp](ctx, r, p, StatusPageMax, "e.status_id", `
		SELECT `+stampOf("s.id")+` FROM list_entry e CROSS JOIN `+statusTables+`
		WHERE e.list_id = ?3 AND s.id = e.status_id AND `+wanted+` AND `+visible, viewer, Now(), list)
}

// listRule is what goes into a list x whose member wrote s: what followRule lets into a home
// timeline, but of the answers to others only those of its policy.
const listRule = followRule + ` AND (s.reply_to_uri = '' OR s.reply_to_account IN (s.account_id, f.account_id)
		OR x.replies_policy = 'followed' OR (x.replies_policy = 'list'
			AND EXISTS (SELECT 1 FROM list_member r WHERE r.list_id = x.id AND r.target_id = s.reply_to_account)))`

// fanOutLists puts a status into the lists that its author is in, of people who use the node. It
// returns which.
func (tx *Tx) fanOutLists(ctx context.Context, status int64) (lists []int64, err error) {
	err = tx.list(ctx, &lists, `
		INSERT INTO list_entry (list_id, status_id, author_id)
		SELECT m.list_id, s.id, s.account_id FROM status s CROSS JOIN list_member m JOIN list x ON x.id = m.list_id
			JOIN follow f ON f.account_id = m.owner_id AND f.target_id = m.target_id JOIN login l ON l.account_id = m.owner_id
		WHERE s.id = ?1 AND m.target_id = s.account_id AND l.active_at >= ?2 AND `+listRule+`
		ON CONFLICT (list_id, status_id) DO NOTHING RETURNING list_id`, status, activeSince())
	return lists, err
}

// fillListNew puts the latest posts of a new member into a list.
func (tx *Tx) fillListNew(ctx context.Context, list, member int64) error {
	return tx.fillList(ctx, list, member, ids.FloorAt(time.Now().Add(-homeLooksBack)), homeFilled)
}

// fillList puts the latest posts of a member into a list, at most limit of those after an id.
func (tx *Tx) fillList(ctx context.Context, list, member, after int64, limit int) error {
	_, err := tx.exec(ctx, `
		INSERT INTO list_entry (list_id, status_id, author_id)
		SELECT x.id, s.id, s.account_id FROM list x JOIN follow f ON f.account_id = x.account_id JOIN status s ON s.account_id = f.target_id
		WHERE x.id = ?1 AND f.target_id = ?2 AND s.id > ?3 AND `+listRule+`
		ORDER BY s.id DESC LIMIT ?4
		ON CONFLICT (list_id, status_id) DO NOTHING`, list, member, after, limit)
	return err
}
