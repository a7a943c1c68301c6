package storage

import (
	"context"
	"slices"

	"tulou/protocol/ids"
)

// Tag is a hashtag of a status.
type Tag struct {
	StatusID int64  `db:"status_id"`
	Tag      string // folded, for lookup
	Name     string // as written
}

// insertParts adds what belongs to a new status.
func (tx *Tx) insertParts(ctx context.Context, n NewStatus) error {
	if err := tx.AddAudience(ctx, n.ID, n.Audience...); err != nil {
		return err
	}
	if err := tx.addMentions(ctx, n.ID, n.Mentions); err != nil {
		return err
	}
	if err := tx.addTags(ctx, n.ID, n.Tags); err != nil {
		return err
	}
	if err := tx.putAttachments(ctx, n.ID, n.Attachments); err != nil {
		return err
	}
	if err := tx.PutRemoteEmojis(ctx, ids.Host(n.URI), n.Emojis); err != nil {
		return err
	}
	if err := tx.setLink(ctx, n.ID, n.Link); err != nil {
		return err
	}
	if n.Quote != nil {
		quote := *n.Quote
		quote.StatusID = n.ID
		if _, err := tx.putQuote(ctx, quote); err != nil {
			return err
		}
	}
	if n.Poll == nil {
		return nil
	}
	return tx.PutPoll(ctx, n.ID, *n.Poll)
}

// AddAudience lets more principals see a status: Everybody, accounts, FollowersOf accounts. Those
// it has stay. Once it is for everybody, no others are kept.
func (tx *Tx) AddAudience(ctx context.Context, status int64, principals ...int64) error {
	if slices.Contains(principals, Everybody) {
		_, err := tx.exec(ctx, `UPDATE status SET everybody = TRUE WHERE id = ? AND NOT everybody`, status)
		return err
	}
	return tx.insertPairs(ctx, `INSERT INTO audience (status_id, principal) VALUES `, status, principals)
}

// Audience returns the principals that may see a status: Everybody alone, or all the others.
func (r Reader) Audience(ctx context.Context, status int64) (principals []int64, err error) {
	err = r.list(ctx, &principals, `
		SELECT 0 AS principal FROM status WHERE id = ?1 AND everybody
		UNION ALL
		SELECT p.principal FROM audience p JOIN status s ON s.id = p.status_id WHERE s.id = ?1 AND NOT s.everybody
		ORDER BY principal`, status)
	return principals, err
}

func (tx *Tx) addMentions(ctx context.Context, status int64, accounts []int64) error {
	return tx.insertPairs(ctx, `INSERT INTO mention (status_id, account_id) VALUES `, status, accounts)
}

// insertPairs inserts (status, other) for every other, leaving those that are there.
func (tx *Tx) insertPairs(ctx context.Context, insert string, status int64, others []int64) error {
	for len(others) > 0 {
		part := others[:min(insertRowsMax, len(others))]
		others = others[len(part):]
		args := make([]any, 0, 2*len(part))
		for _, other := range part {
			args = append(args, status, other)
		}
		if _, err := tx.exec(ctx, insert+tuples(2, len(part))+` ON CONFLICT DO NOTHING`, args...); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) addTags(ctx context.Context, status int64, tags []Tag) error {
	for _, t := range tags {
		if _, err := tx.exec(ctx, `INSERT INTO status_tag (tag, status_id, name) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
			t.Tag, status, t.Name); err != nil {
			return err
		}
	}
	return nil
}

// Mentions returns the accounts that each of the statuses mentions.
func (r Reader) Mentions(ctx context.Context, statuses []int64) (map[int64][]int64, error) {
	type pair struct {
		StatusID  int64 `db:"status_id"`
		AccountID int64 `db:"account_id"`
	}
	rows, err := listIn[pair](ctx, r, `SELECT status_id, account_id FROM mention WHERE status_id IN (?) ORDER BY account_id`, statuses)
	found := map[int64][]int64{}
	for _, row := range rows {
		found[row.StatusID] = append(found[row.StatusID], row.AccountID)
	}
	return found, err
}

// Tags returns the hashtags of each of the statuses.
func (r Reader) Tags(ctx context.Context, statuses []int64) (map[int64][]Tag, error) {
	rows, err := listIn[Tag](ctx, r, `SELECT status_id, tag, name FROM status_tag WHERE status_id IN (?) ORDER BY tag`, statuses)
	return grouped(rows, func(t Tag) int64 { return t.StatusID }), err
}

// TagCount is a hashtag and how many public posts have it.
type TagCount struct {
	Tag      string
	Name     string
	Statuses int64
}
