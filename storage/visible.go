package storage

import (
	"context"

	"tulou/protocol/fault"
)

// Who may see a status. This is the only place that says so: every query that shows statuses reads
// FROM statusTables and has the condition visible, with the viewer as argument ?1 (0 for a
// stranger).
//
// A status is visible if its author is not hidden (suspended, deleted, or of a blocked host) and
// the viewer is its author, or it is for everybody, or its audience names the viewer or the
// followers of somebody whom the viewer follows, and neither of the two blocks the other. Of a
// boost, both the boost and what it boosts have to be.
const statusTables = `status s JOIN account a ON a.id = s.account_id
	LEFT JOIN status o ON o.id = NULLIF(s.boost_of_id, 0) LEFT JOIN account oa ON oa.id = o.account_id`

var visible = `(NOT a.hidden AND ` + mayRead("s") + ` AND (s.boost_of_id = 0 OR (NOT oa.hidden AND ` + mayRead("o") + `)))`

// mayRead is the condition on one status, leaving out whether its author is hidden.
func mayRead(s string) string {
	return `(` + s + `.account_id = ?1 OR ((` + s + `.everybody OR EXISTS (SELECT 1 FROM audience p
		WHERE p.status_id = ` + s + `.id AND (p.principal = ?1 OR (p.principal < 0 AND EXISTS (
			SELECT 1 FROM follow f WHERE f.account_id = ?1 AND f.target_id = -p.principal AND f.accepted)))))
		AND ` + unblocked(s+".account_id") + `))`
}

// unblocked is the condition that viewer ?1 and an account do not block each other. Whether the
// viewer has to do with blocks at all is asked once for a query, and most have not.
func unblocked(account string) string {
	return `(NOT EXISTS (SELECT 1 FROM block WHERE account_id = ?1)
			OR NOT EXISTS (SELECT 1 FROM block b WHERE b.account_id = ?1 AND b.target_id = ` + account + `))
		AND (NOT EXISTS (SELECT 1 FROM block WHERE target_id = ?1)
			OR NOT EXISTS (SELECT 1 FROM block b WHERE b.account_id = ` + account + ` AND b.target_id = ?1))`
}

// wanted is what timelines leave out besides: whom the viewer mutes now (?2) and hosts that the
// viewer does not want to see, as authors or boosted.
const wanted = `((NOT EXISTS (SELECT 1 FROM mute WHERE account_id = ?1) OR NOT EXISTS (
		SELECT 1 FROM mute m WHERE m.account_id = ?1
			AND m.target_id IN (s.account_id, o.account_id) AND (m.expires_at = 0 OR m.expires_at > ?2)))
	AND (NOT EXISTS (SELECT 1 FROM domain_mute WHERE account_id = ?1) OR NOT EXISTS (
		SELECT 1 FROM domain_mute d WHERE d.account_id = ?1 AND d.host IN (a.host, oa.host))))`

// VisibleStatus returns a status if viewer may see it, fault.NotFound as if it did not exist if
// not.
func (r Reader) VisibleStatus(ctx context.Context, viewer, id int64) (s Status, err error) {
	err = r.get(ctx, &s, `SELECT `+statusOf+` FROM `+statusTables+` WHERE `+visible+` AND s.id = ?2`, viewer, id)
	return s, err
}

// Visible returns those of the statuses that viewer may see.
func (r Reader) Visible(ctx context.Context, viewer int64, statuses []int64) (map[int64]bool, error) {
	rows, err := listIn[int64](ctx, r, `SELECT s.id FROM `+statusTables+` WHERE `+visible+` AND s.id IN (?)`, statuses, viewer)
	found := make(map[int64]bool, len(rows))
	for _, id := range rows {
		found[id] = true
	}
	return found, err
}

// CanSee tells whether viewer may see a status.
func (r Reader) CanSee(ctx context.Context, viewer, id int64) (bool, error) {
	_, err := r.VisibleStatus(ctx, viewer, id)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil, err
}
