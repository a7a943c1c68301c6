package storage

import (
	"context"

	"tulou/protocol/fault"
)

// MomentComment is a comment on a Moment, or a like.
type MomentComment struct {
	ID         int64
	MomentID   int64 `db:"moment_id"`
	AccountID  int64 `db:"account_id"`
	Kind       string
	URI        string // says the host of its maker and nothing else
	Body       string // plain text, "" for a like
	AnswersID  int64  `db:"answers_id"`  // the account that it answers, 0 for none
	AnswersURI string `db:"answers_uri"` // and which comment of theirs
	Named      bool   // the nodes of the audience were told that it is there
	CreatedAt  Millis `db:"created_at"`
}

// The kinds of MomentComment.
const (
	MomentCommented = "comment"
	MomentLiked     = "like"
)

const (
	// MomentCommentsMax is how many likes and comments a Moment has at most: more than anybody has
	// friends who say something, and a bound for what a hostile author's node may have us ask for.
	MomentCommentsMax = 2000
	// MomentSaidMax is how many of them are one person's: more than anybody has to say about a
	// picture, and too few for one to leave no room for the others.
	MomentSaidMax = 200
	// MomentNoticePageMax is the longest page of notices.
	MomentNoticePageMax = 80
)

const momentCommentColumns = `id, moment_id, account_id, kind, uri, body, answers_id, answers_uri, named, created_at`

// CreateMomentComment adds a like or comment. It is fault.Conflict if it is there, if its maker
// likes the Moment already, or if the Moment has as many as it may have, of them or of all. It is
// fault.NotFound if they were deleted. It returns the comment as stored: its id may be a later one,
// since those of others come from their published time, and another may be of the same millisecond.
func (tx *Tx) CreateMomentComment(ctx context.Context, c MomentComment) (MomentComment, error) {
	if err := tx.HoldPeople(ctx, c.AccountID); err != nil {
		return c, err
	}
	for range collisionsMax {
		n, err := tx.insertMomentComment(ctx, c)
		if err != nil {
			return c, err
		}
		if n == 1 {
			return c, tx.momentHappened(ctx, HappenedMomentComment, c.MomentID, c.ID)
		}
		taken, err := tx.exists(ctx, `SELECT 1 FROM moment_comment WHERE id = ? AND uri <> ?`, c.ID, c.URI)
		if err != nil {
			return c, err
		}
		if !taken {
			break
		}
		c.ID++
	}
	return c, fault.New(fault.Conflict, "this is there already, or nothing more can be said about it")
}

// insertMomentComment adds a row if there is room for it, and tells how many those are.
func (tx *Tx) insertMomentComment(ctx context.Context, c MomentComment) (int64, error) {
	return tx.exec(ctx, `
		INSERT INTO moment_comment (`+momentCommentColumns+`)
		SELECT CAST(?2 AS BIGINT), CAST(?1 AS BIGINT), CAST(?3 AS BIGINT), CAST(?4 AS TEXT), CAST(?5 AS TEXT), CAST(?6 AS TEXT),
			CAST(?7 AS BIGINT), CAST(?8 AS TEXT), CAST(?9 AS BOOLEAN), CAST(?10 AS BIGINT)
		FROM (SELECT COUNT(*) AS count, COUNT(CASE WHEN account_id = ?3 THEN 1 END) AS own FROM moment_comment WHERE moment_id = ?1) had
		WHERE had.count < CAST(?11 AS BIGINT) AND had.own < CAST(?12 AS BIGINT)
		ON CONFLICT DO NOTHING`,
		c.MomentID, c.ID, c.AccountID, c.Kind, c.URI, c.Body, c.AnswersID, c.AnswersURI, c.Named, c.CreatedAt, MomentCommentsMax, MomentSaidMax)
}

// MomentCommentByURI returns a like or comment whoever may see it; fault.NotFound if there is none.
func (r Reader) MomentCommentByURI(ctx context.Context, uri string) (c MomentComment, err error) {
	err = r.get(ctx, &c, `SELECT `+momentCommentColumns+` FROM moment_comment WHERE uri = ?`, uri)
	return c, err
}

// MomentCommentByID is MomentCommentByURI by id.
func (r Reader) MomentCommentByID(ctx context.Context, id int64) (c MomentComment, err error) {
	err = r.get(ctx, &c, `SELECT `+momentCommentColumns+` FROM moment_comment WHERE id = ?`, id)
	return c, err
}

// MomentLikeOf returns somebody's like of a Moment; fault.NotFound if there is none.
func (r Reader) MomentLikeOf(ctx context.Context, moment, account int64) (c MomentComment, err error) {
	err = r.get(ctx, &c, `SELECT `+momentCommentColumns+` FROM moment_comment WHERE moment_id = ? AND account_id = ? AND kind = 'like'`,
		moment, account)
	return c, err
}

// MomentCommentShown returns a like or comment if viewer may see it, apart from the Moment, which
// is asked about by MomentShown.
func (r Reader) MomentCommentShown(ctx context.Context, viewer, id int64) (c MomentComment, err error) {
	err = r.get(ctx, &c, `SELECT `+prefixed("c", momentCommentColumns)+` FROM `+commentTables+` WHERE c.id = ?2 AND `+commentVisible, viewer, id)
	return c, err
}

// MomentCommentsShown returns what viewer, who may see the Moments, may see of their likes and
// comments, oldest first.
func (r Reader) MomentCommentsShown(ctx context.Context, viewer int64, moments []int64) (map[int64][]MomentComment, error) {
	rows, err := listIn[MomentComment](ctx, r, `
		SELECT `+prefixed("c", momentCommentColumns)+` FROM `+commentTables+`
		WHERE `+commentVisible+` AND c.moment_id IN (?) ORDER BY c.moment_id, c.id`, moments, viewer)
	return grouped(rows, func(c MomentComment) int64 { return c.MomentID }), err
}

// DeleteMomentComment removes a like or comment; fault.NotFound if there is none.
func (tx *Tx) DeleteMomentComment(ctx context.Context, c MomentComment) error {
	if err := tx.momentHappened(ctx, HappenedMomentUncomment, c.MomentID, c.ID); err != nil {
		return err
	}
	return tx.mustExec(ctx, `DELETE FROM moment_comment WHERE id = ?`, c.ID)
}

// UnnamedComments returns what the nodes of the audience were not told of yet.
func (r Reader) UnnamedComments(ctx context.Context, moment int64, limit int) (found []MomentComment, err error) {
	err = r.list(ctx, &found, `
		SELECT `+momentCommentColumns+` FROM moment_comment WHERE moment_id = ? AND NOT named ORDER BY id LIMIT ?`, moment, limit)
	return found, err
}

// MarkCommentsNamed notes that they were told.
func (tx *Tx) MarkCommentsNamed(ctx context.Context, comments []int64) error {
	query, args := in(`UPDATE moment_comment SET named = TRUE WHERE id IN (?)`, comments)
	_, err := tx.exec(ctx, query, args...)
	return err
}

// PutMomentFetch notes that a node, by the actor that speaks for it, read a comment of somebody
// here.
func (tx *Tx) PutMomentFetch(ctx context.Context, comment, reader int64) error {
	_, err := tx.exec(ctx, `
		INSERT INTO moment_fetch (comment_id, account_id) VALUES (?, ?) ON CONFLICT (comment_id, account_id) DO NOTHING`, comment, reader)
	return err
}

// MomentFetchers returns who speaks for the nodes that read a comment.
func (r Reader) MomentFetchers(ctx context.Context, comment int64) (readers []Account, err error) {
	err = r.list(ctx, &readers, `
		SELECT `+prefixed("a", accountColumns)+` FROM moment_fetch x JOIN account a ON a.id = x.account_id
		WHERE x.comment_id = ? ORDER BY a.id`, comment)
	return readers, err
}

// PutMomentPointer notes that a Moment's author's node said that there is a comment on it; fresh is
// whether it has to be asked for. Beyond MomentCommentsMax for a Moment nothing is. What the author
// of another Moment said of the same id counts for that one alone: it may be a lie.
func (tx *Tx) PutMomentPointer(ctx context.Context, moment int64, uri string) (fresh bool, err error) {
	n, err := tx.exec(ctx, `
		INSERT INTO moment_pointer (uri, moment_id, created_at)
		SELECT CAST(?2 AS TEXT), CAST(?1 AS BIGINT), CAST(?3 AS BIGINT)
		FROM (SELECT COUNT(*) AS count FROM moment_pointer WHERE moment_id = ?1) had WHERE had.count < CAST(?4 AS BIGINT)
		ON CONFLICT (uri, moment_id) DO NOTHING`, moment, uri, Now(), MomentCommentsMax)
	return n == 1, err
}

// MomentPointer is a comment that somebody said there is.
type MomentPointer struct {
	URI      string
	MomentID int64 `db:"moment_id"`
	Waiting  bool  // it is still to be asked for
}

// MomentPointerOf returns what is known of a comment on a Moment that is not here; fault.NotFound
// if nothing is.
func (r Reader) MomentPointerOf(ctx context.Context, moment int64, uri string) (p MomentPointer, err error) {
	err = r.get(ctx, &p, `SELECT uri, moment_id, waiting FROM moment_pointer WHERE uri = ? AND moment_id = ?`, uri, moment)
	return p, err
}

// SettleMomentPointer notes that a comment on a Moment was asked for, or is not to be any more. It
// tells whether it was waiting.
func (tx *Tx) SettleMomentPointer(ctx context.Context, moment int64, uri string) (was bool, err error) {
	n, err := tx.exec(ctx, `UPDATE moment_pointer SET waiting = FALSE WHERE uri = ? AND moment_id = ? AND waiting`, uri, moment)
	return n == 1, err
}

// SettleMomentPointers notes that a comment is not to be asked for any more, whatever it is about.
func (tx *Tx) SettleMomentPointers(ctx context.Context, uri string) error {
	_, err := tx.exec(ctx, `UPDATE moment_pointer SET waiting = FALSE WHERE uri = ? AND waiting`, uri)
	return err
}

// PutMomentNotice tells somebody of this node of a like or comment, once. fresh is false if they
// were told before, or are of another node.
func (tx *Tx) PutMomentNotice(ctx context.Context, account, comment int64) (id int64, fresh bool, err error) {
	id = tx.store.rowID()
	n, err := tx.exec(ctx, `
		INSERT INTO moment_notice (id, account_id, comment_id)
		SELECT CAST(? AS BIGINT), l.account_id, CAST(? AS BIGINT) FROM login l WHERE l.account_id = ?
		ON CONFLICT (comment_id, account_id) DO NOTHING`, id, comment, account)
	if err == nil && n == 1 {
		tx.happened(Happening{Kind: HappenedMomentNotice, ID: id, Accounts: []int64{account}})
	}
	return id, n == 1 && err == nil, err
}

// MomentNotice is a like or comment that somebody is told of.
type MomentNotice struct {
	NoticeID int64 `db:"notice_id"`
	MomentComment
}

// momentNotices reads what viewer ?1 was told at the time ?2 and may still see.
var momentNotices = `
	SELECT o.id AS notice_id, ` + prefixed("c", momentCommentColumns) + ` FROM moment_notice o JOIN moment_comment c ON c.id = o.comment_id
	JOIN account k ON k.id = c.account_id LEFT JOIN account n ON n.id = NULLIF(c.answers_id, 0)
	JOIN moment m ON m.id = c.moment_id JOIN account a ON a.id = m.account_id
	JOIN moment_audience x ON x.account_id = ?1 AND x.moment_id = m.id
	WHERE o.account_id = ?1 AND ` + momentVisible + ` AND ` + commentVisible

// MomentNotices is a page of what viewer was told, newest first.
func (r Reader) MomentNotices(ctx context.Context, viewer int64, p Page) ([]MomentNotice, error) {
	return paged[MomentNotice](ctx, r, p, MomentNoticePageMax, "o.id", momentNotices, viewer, Now())
}

// MomentNoticeByID returns one of viewer's notices; fault.NotFound if there is none to be seen.
func (r Reader) MomentNoticeByID(ctx context.Context, viewer, id int64) (o MomentNotice, err error) {
	err = r.get(ctx, &o, momentNotices+` AND o.id = ?3`, viewer, Now(), id)
	return o, err
}

// MomentsUnread counts, up to most of each, the Moments of others and the notices that viewer has
// not seen.
func (r Reader) MomentsUnread(ctx context.Context, viewer int64, most int) (moments, notices int, err error) {
	seen, err := r.MomentSettingOf(ctx, viewer)
	if err != nil {
		return 0, 0, err
	}
	if err = r.get(ctx, &moments, `
		SELECT COUNT(*) FROM (SELECT x.moment_id FROM moment_audience x JOIN moment m ON m.id = x.moment_id
			JOIN account a ON a.id = m.account_id
			WHERE x.account_id = ?1 AND m.account_id <> ?1 AND `+momentVisible+momentWanted+` AND x.moment_id > ?3 LIMIT ?) unread`,
		viewer, Now(), seen.SeenMoment, most); err != nil {
		return 0, 0, err
	}
	err = r.get(ctx, &notices, `SELECT COUNT(*) FROM (`+momentNotices+` AND o.id > ?3 LIMIT ?) unread`, viewer, Now(), seen.SeenNotice, most)
	return moments, notices, err
}
