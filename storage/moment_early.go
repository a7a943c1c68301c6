package storage

import (
	"context"
	"time"
)

// MomentEarlyMax is how many comments of one author's Moments are held that are not here yet: five
// full activities. Those that overtake their Moment do so by seconds, and a hostile author's node
// names as many as it likes.
const MomentEarlyMax = 500

// PutEarlyComment holds the id of a comment that the author of a Moment named before that came.
// Nothing is held of whom nobody here holds for a friend, or beyond MomentEarlyMax.
func (tx *Tx) PutEarlyComment(ctx context.Context, author int64, moment, uri string) error {
	_, err := tx.exec(ctx, `
		INSERT INTO moment_early (author_id, moment_uri, uri, created_at)
		SELECT CAST(?1 AS BIGINT), CAST(?2 AS TEXT), CAST(?3 AS TEXT), CAST(?4 AS BIGINT)
		FROM (SELECT COUNT(*) AS count FROM moment_early WHERE author_id = ?1) had
		WHERE had.count < CAST(?5 AS BIGINT) AND `+anyFriend+`
		ON CONFLICT DO NOTHING`, author, moment, uri, Now(), MomentEarlyMax)
	return err
}

// TakeEarlyComments returns what PutEarlyComment held of a Moment, and holds it no more.
func (tx *Tx) TakeEarlyComments(ctx context.Context, author int64, moment string) (uris []string, err error) {
	err = tx.list(ctx, &uris, `DELETE FROM moment_early WHERE author_id = ? AND moment_uri = ? RETURNING uri`, author, moment)
	return uris, err
}

// DropEarlyComment ends that a comment is held; none is no error.
func (tx *Tx) DropEarlyComment(ctx context.Context, author int64, moment, uri string) error {
	_, err := tx.exec(ctx, `DELETE FROM moment_early WHERE author_id = ? AND moment_uri = ? AND uri = ?`, author, moment, uri)
	return err
}

// ForgetEarlyComments forgets, some at a time, what has been held since before an instant; it
// returns how many.
func (tx *Tx) ForgetEarlyComments(ctx context.Context, before time.Time) (int64, error) {
	return tx.exec(ctx, `
		DELETE FROM moment_early WHERE (author_id, moment_uri, uri) IN (
			SELECT author_id, moment_uri, uri FROM moment_early WHERE created_at < ? LIMIT ?)`, At(before), ForgetBatch)
}
