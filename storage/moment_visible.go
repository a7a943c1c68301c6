package storage

import (
	"context"
	"strings"
	"time"
)

// Who may see a Moment. This is the only place that says so. Queries read moment m, its author a,
// and x, the row of its audience for viewer ?1; the time is ?2.
//
// A Moment is visible if it was for the viewer when it was published, its author is not hidden, and
// the viewer is its author, or: the viewer's half says that they are friends, and, of an author of
// this node, the author's half says the same and does not hide from the viewer what the author
// shows; neither blocks the other; and it is not older than the author lets this viewer look back.
// Every part of it is asked at the moment of reading, so that nothing has to be told to end access.
var momentVisible = `NOT x.ended AND NOT a.hidden AND (m.account_id = ?1 OR (` + readBy("m.created_at") + `))`

// momentWanted leaves out of a feed whose Moments the viewer does not want to see.
const momentWanted = ` AND NOT EXISTS (
	SELECT 1 FROM friend h WHERE h.account_id = ?1 AND h.friend_id = m.account_id AND h.hide_theirs)`

// readBy is the condition that viewer ?1, of this node, may read what friend a made at a time.
func readBy(created string) string {
	return held("a.id") + ` AND (a.host <> '' OR ` + shownBy("?1", created) + `)
		AND NOT EXISTS (SELECT 1 FROM moment_reach w WHERE w.author_id = a.id AND w.reader_id = ?1 AND (w.reach <= 0 OR ` + created + ` <= ?2 - w.reach))
		AND ` + unblocked("a.id")
}

// shownBy is the condition that a, of this node, shows a viewer of any what they made at a time.
func shownBy(viewer, created string) string {
	return `EXISTS (SELECT 1 FROM friend g WHERE g.account_id = a.id AND g.friend_id = ` + viewer + `
			AND g.state = 'friend' AND NOT g.hide_mine)
		AND NOT EXISTS (SELECT 1 FROM moment_setting s WHERE s.account_id = a.id AND ` + created + ` <= ?2 - s.reach)
		AND ` + strings.ReplaceAll(unblocked("a.id"), "?1", viewer)
}

// held is the condition that viewer ?1 holds an account for a friend.
func held(account string) string {
	return `EXISTS (SELECT 1 FROM friend f WHERE f.account_id = ?1 AND f.friend_id = ` + account + ` AND f.state = 'friend')`
}

// commentVisible is the condition that viewer ?1, who may see its Moment, may see a like or comment
// c of account k, that answers account n or nobody: it is theirs, or they are friends with whoever
// made it and with whoever is answered. What may not be seen is not counted either.
var commentVisible = `(c.account_id = ?1 OR (NOT k.hidden AND ` + near("k") + `
	AND (c.answers_id IN (0, ?1) OR (NOT n.hidden AND ` + near("n") + `))))`

// near is the condition that viewer ?1 and an account are friends and do not block each other.
func near(account string) string {
	return held(account+".id") + ` AND (` + account + `.host <> '' OR EXISTS (
		SELECT 1 FROM friend g WHERE g.account_id = ` + account + `.id AND g.friend_id = ?1 AND g.state = 'friend'))
		AND ` + unblocked(account+".id")
}

// commentTables is what commentVisible is about.
const commentTables = `moment_comment c JOIN account k ON k.id = c.account_id LEFT JOIN account n ON n.id = NULLIF(c.answers_id, 0)`

// The choices of how far back friends may look.
const (
	ReachThreeDays = 3 * 24 * time.Hour
	ReachMonth     = 30 * 24 * time.Hour
	ReachHalfYear  = 182 * 24 * time.Hour
	// ReachAlways is longer than anything was published, and short enough to be subtracted.
	ReachAlways = 200 * 365 * 24 * time.Hour
)

// MomentSetting is what somebody of this node chose about their Moments and has read.
type MomentSetting struct {
	AccountID  int64 `db:"account_id"`
	Reach      int64 // milliseconds; how far back friends may look
	SeenMoment int64 `db:"seen_moment"` // the newest Moment that they have seen
	SeenNotice int64 `db:"seen_notice"` // and the newest notice
}

// MomentSettingOf returns somebody's settings, or those of who chose nothing.
func (r Reader) MomentSettingOf(ctx context.Context, account int64) (MomentSetting, error) {
	rows := []MomentSetting{}
	err := r.list(ctx, &rows, `SELECT account_id, reach, seen_moment, seen_notice FROM moment_setting WHERE account_id = ?`, account)
	if err == nil && len(rows) > 0 {
		return rows[0], nil
	}
	return MomentSetting{AccountID: account, Reach: ReachAlways.Milliseconds()}, err
}

// PutMomentReach says how far back the friends of somebody of this node may look.
func (tx *Tx) PutMomentReach(ctx context.Context, account int64, reach time.Duration) error {
	_, err := tx.exec(ctx, `
		INSERT INTO moment_setting (account_id, reach) VALUES (?, ?)
		ON CONFLICT (account_id) DO UPDATE SET reach = excluded.reach`, account, reach.Milliseconds())
	return err
}

// MarkMomentsSeen notes what somebody has read; it never goes back.
func (tx *Tx) MarkMomentsSeen(ctx context.Context, account, moment, notice int64) error {
	_, err := tx.exec(ctx, `
		INSERT INTO moment_setting (account_id, reach, seen_moment, seen_notice) VALUES (?, ?, ?, ?)
		ON CONFLICT (account_id) DO UPDATE SET
			seen_moment = {{greatest}}(moment_setting.seen_moment, excluded.seen_moment),
			seen_notice = {{greatest}}(moment_setting.seen_notice, excluded.seen_notice)`,
		account, ReachAlways.Milliseconds(), moment, notice)
	return err
}

// PutRemoteReach notes how far back an author of another node lets readers of this one look: nobody
// but friends, since only they have anything to look at.
func (tx *Tx) PutRemoteReach(ctx context.Context, author int64, readers []int64, reach time.Duration) error {
	rows := make([][]any, len(readers))
	for i, reader := range readers {
		rows[i] = []any{author, reader, reach.Milliseconds()}
	}
	return tx.insertAll(ctx, `
		INSERT INTO moment_reach (author_id, reader_id, reach) VALUES {{rows}}
		ON CONFLICT (author_id, reader_id) DO UPDATE SET reach = excluded.reach`, rows)
}

// LocalFriendsAmong returns those of some actors who are of this node, not hidden, and hold other
// for a friend.
func (r Reader) LocalFriendsAmong(ctx context.Context, other int64, actors []string) ([]int64, error) {
	return listIn[int64](ctx, r, `
		SELECT a.id FROM account a JOIN friend f ON f.account_id = a.id AND f.friend_id = ?1 AND f.state = 'friend'
		WHERE a.host = '' AND NOT a.hidden AND a.uri IN (?)`, actors, other)
}

// MomentFriendAt tells whether somebody here to whom a Moment is shown has a friend at a host: if
// not, there can be nothing at that host about it that anybody here may see.
func (r Reader) MomentFriendAt(ctx context.Context, moment int64, inboxHost string) (bool, error) {
	return r.exists(ctx, `
		SELECT 1 FROM moment_audience x JOIN friend f ON f.account_id = x.account_id AND f.state = 'friend'
		JOIN account a ON a.id = f.friend_id
		WHERE x.moment_id = ? AND NOT x.ended AND a.inbox_host = ? AND a.host <> '' AND NOT a.hidden LIMIT 1`, moment, inboxHost)
}

// MomentGiven tells whether somebody got a Moment of author's that was not ended for them since.
func (r Reader) MomentGiven(ctx context.Context, author, reader int64) (bool, error) {
	return r.exists(ctx, `
		SELECT 1 FROM moment_audience x JOIN moment m ON m.id = x.moment_id
		WHERE x.account_id = ? AND m.account_id = ? AND NOT x.ended LIMIT 1`, reader, author)
}

// FriendsNear returns the friends, not hidden, of somebody of this node who are reached at a host.
func (r Reader) FriendsNear(ctx context.Context, owner int64, inboxHost string) (friends []Account, err error) {
	err = r.list(ctx, &friends, `
		SELECT `+prefixed("a", accountColumns)+` FROM friend f JOIN account a ON a.id = f.friend_id
		WHERE f.account_id = ? AND f.state = 'friend' AND a.inbox_host = ? AND a.host <> '' AND NOT a.hidden ORDER BY a.id`,
		owner, inboxHost)
	return friends, err
}
