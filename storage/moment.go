package storage

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Moment is something that somebody shows their friends. It is never a status: it has tables of its
// own, and only queries with a condition of moment_visible.go read them for anybody.
type Moment struct {
	ID        int64
	AccountID int64 `db:"account_id"` // the author
	URI       string
	Body      string // plain text
	Link      string // a page, "" for none
	LinkTitle string `db:"link_title"`
	Place     string // by name, "" for none
	Choice    MomentChoice
	CreatedAt Millis `db:"created_at"`
	CameAt    Millis `db:"came_at"` // when it came from another node, 0: it was made here
}

// What is kept of the Moments of one person of another node: a friend's node may be hostile, or
// broken.
const (
	// MomentsPerDay is how many of one author's are taken in 24 hours: forty a day of a week that this
	// node was away. The rest is dropped.
	MomentsPerDay = 300
	// MomentsKept is how many of one author's are here, those that came last: years of a busy one.
	MomentsKept = 2000
	// MomentBytesMax is how much room pictures and films of one author take here: those of as many
	// Moments as are kept, at half a megabyte each. What comes when it is full is not fetched.
	MomentBytesMax = 1 << 30
)

// MomentChoice is for whom its author chose a Moment. Nobody else learns of it.
type MomentChoice struct {
	Kind   string  `json:"kind,omitempty"`    // one of MomentForFriends, …; "" for those of others
	Tags   []int64 `json:"circles,omitempty"` // of the author's friends
	People []int64 `json:"people,omitempty"`  // account ids
}

// The kinds of MomentChoice.
const (
	MomentForFriends = "friends" // all friends
	MomentForTags    = "circles" // those in one of the circles
	MomentExcept     = "except"  // all but people, and those with one of the tags
	MomentForMyself  = "myself"
)

// Scan reads the column.
func (c *MomentChoice) Scan(column any) error { return scanJSON(column, c) }

// Value writes the column.
func (c MomentChoice) Value() (driver.Value, error) {
	b, err := json.Marshal(c)
	return string(b), err
}

const momentColumns = `id, account_id, uri, body, link, link_title, place, choice, created_at, came_at`

// NewMoment is a Moment with its readers, people of this node or, if it is of this node, of any,
// and the media of others.
type NewMoment struct {
	Moment
	Readers []int64
	Media   []MomentMedia // with a RemoteURL; those of this node are taken from Uploads
	Uploads []int64       // attachments of the author, of no post
}

// CreateMoment adds a Moment. Its author reads it too, if they are of this node. Faults: Conflict
// if the URI is known, or an upload is not ready or another's; NotFound if the author was deleted.
func (tx *Tx) CreateMoment(ctx context.Context, n NewMoment) error {
	if err := tx.HoldPeople(ctx, n.AccountID); err != nil {
		return err
	}
	if _, err := tx.exec(ctx, `INSERT INTO moment (`+momentColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		n.ID, n.AccountID, n.URI, n.Body, n.Link, n.LinkTitle, n.Place, n.Choice, n.CreatedAt, n.CameAt); err != nil {
		return err
	}
	if err := tx.takeUploads(ctx, n); err != nil {
		return err
	}
	for i, m := range n.Media {
		m.MomentID, m.AccountID, m.Position, m.State = n.ID, n.AccountID, i, MediaWaiting
		if _, err := tx.insertMomentMedia(ctx, m); err != nil {
			return err
		}
	}
	return tx.AddMomentReaders(ctx, n.Moment, n.Readers)
}

// RoomForMoment tells whether one more Moment of an author of another node is taken now, and makes
// room for it: of those beyond MomentsKept the ones go that came first.
func (tx *Tx) RoomForMoment(ctx context.Context, author int64) (bool, error) {
	var today int
	if err := tx.get(ctx, &today, `SELECT COUNT(*) FROM moment WHERE account_id = ? AND came_at > ?`,
		author, Now()-Millis((24*time.Hour).Milliseconds())); err != nil || today >= MomentsPerDay {
		return false, err
	}
	_, err := tx.exec(ctx, `
		DELETE FROM moment WHERE account_id = ?1 AND id IN (
			SELECT o.id FROM moment o WHERE o.account_id = ?1 ORDER BY o.came_at DESC, o.id DESC LIMIT ?2 OFFSET ?3)`, author, MomentsPerDay, MomentsKept-1)
	return true, err
}

// AddMomentReaders shows a Moment to more people. Who has it already is not told again.
func (tx *Tx) AddMomentReaders(ctx context.Context, m Moment, readers []int64) error {
	had, err := listIn[int64](ctx, tx.Reader, `SELECT account_id FROM moment_audience WHERE moment_id = ?1 AND account_id IN (?)`, readers, m.ID)
	if err != nil {
		return err
	}
	readers = slices.DeleteFunc(slices.Clone(readers), func(id int64) bool { return slices.Contains(had, id) })
	if len(readers) == 0 {
		return nil
	}
	rows := make([][]any, len(readers))
	for i, id := range readers {
		rows[i] = []any{id, m.ID}
	}
	if err := tx.insertAll(ctx, `
		INSERT INTO moment_audience (account_id, moment_id) VALUES {{rows}}
		ON CONFLICT (account_id, moment_id) DO NOTHING`, rows); err != nil {
		return err
	}
	return tx.momentHappened(ctx, HappenedMoment, m.ID, m.ID)
}

// MomentByURI returns a Moment whoever may see it; fault.NotFound if it is not here.
func (r Reader) MomentByURI(ctx context.Context, uri string) (m Moment, err error) {
	err = r.get(ctx, &m, `SELECT `+momentColumns+` FROM moment WHERE uri = ?`, uri)
	return m, err
}

// MomentByID is MomentByURI by id.
func (r Reader) MomentByID(ctx context.Context, id int64) (m Moment, err error) {
	err = r.get(ctx, &m, `SELECT `+momentColumns+` FROM moment WHERE id = ?`, id)
	return m, err
}

// MomentReaders returns the people of other nodes for whom a Moment was, also those who are friends
// no more: everybody who may have a copy.
func (r Reader) MomentReaders(ctx context.Context, moment int64) (readers []Account, err error) {
	err = r.list(ctx, &readers, `
		SELECT `+prefixed("a", accountColumns)+` FROM moment_audience x JOIN account a ON a.id = x.account_id
		WHERE x.moment_id = ? AND a.host <> '' ORDER BY a.id`, moment)
	return readers, err
}

// MomentTold returns the people of other nodes who may see a Moment of this node now.
func (r Reader) MomentTold(ctx context.Context, moment int64) (readers []Account, err error) {
	err = r.list(ctx, &readers, `
		SELECT `+prefixed("v", accountColumns)+` FROM moment m JOIN account a ON a.id = m.account_id
		JOIN moment_audience x ON x.moment_id = m.id JOIN account v ON v.id = x.account_id
		WHERE m.id = ?1 AND v.host <> '' AND NOT v.hidden AND NOT x.ended AND NOT a.hidden AND `+shownBy("v.id", "m.created_at")+`
		ORDER BY v.id`, moment, Now())
	return readers, err
}

// MomentsShown is a page of the Moments that a person of this node may see: their own and those of
// friends whom they want to see, newest first.
func (r Reader) MomentsShown(ctx context.Context, viewer int64, p Page) ([]Moment, error) {
	return paged[Moment](ctx, r, p, MomentPageMax, "x.moment_id", `
		SELECT `+prefixed("m", momentColumns)+` FROM moment_audience x JOIN moment m ON m.id = x.moment_id
		JOIN account a ON a.id = m.account_id WHERE x.account_id = ?1 AND `+momentVisible+momentWanted, viewer, Now())
}

// MomentPageMax is the longest page of Moments.
const MomentPageMax = 40

// MomentsOf is a page of one person's Moments, as far as viewer may see them.
func (r Reader) MomentsOf(ctx context.Context, viewer, author int64, p Page) ([]Moment, error) {
	return paged[Moment](ctx, r, p, MomentPageMax, "m.id", `
		SELECT `+prefixed("m", momentColumns)+` FROM moment m JOIN account a ON a.id = m.account_id
		JOIN moment_audience x ON x.account_id = ?1 AND x.moment_id = m.id
		WHERE m.account_id = ?3 AND `+momentVisible, viewer, Now(), author)
}

// MomentShown returns one Moment if viewer, of this node, may see it; else it is fault.NotFound,
// whether it is there or not.
func (r Reader) MomentShown(ctx context.Context, viewer, id int64) (m Moment, err error) {
	err = r.get(ctx, &m, `
		SELECT `+prefixed("m", momentColumns)+` FROM moment_audience x JOIN moment m ON m.id = x.moment_id
		JOIN account a ON a.id = m.account_id WHERE x.account_id = ?1 AND x.moment_id = ?3 AND `+momentVisible, viewer, Now(), id)
	return m, err
}

// MomentsShownAmong is MomentShown for several, by id; those that viewer may not see are left out.
func (r Reader) MomentsShownAmong(ctx context.Context, viewer int64, ids []int64) (map[int64]Moment, error) {
	rows, err := listIn[Moment](ctx, r, `
		SELECT `+prefixed("m", momentColumns)+` FROM moment_audience x JOIN moment m ON m.id = x.moment_id
		JOIN account a ON a.id = m.account_id WHERE x.account_id = ?1 AND `+momentVisible+` AND x.moment_id IN (?)`, ids, viewer, Now())
	found := make(map[int64]Moment, len(rows))
	for _, m := range rows {
		found[m.ID] = m
	}
	return found, err
}

// MomentShownAbroad tells whether somebody of another node may see a Moment of this one.
func (r Reader) MomentShownAbroad(ctx context.Context, viewer, id int64) (bool, error) {
	return r.exists(ctx, `
		SELECT 1 FROM moment m JOIN account a ON a.id = m.account_id
		JOIN moment_audience x ON x.account_id = ?1 AND x.moment_id = m.id AND NOT x.ended
		WHERE m.id = ?3 AND NOT a.hidden AND `+shownBy("?1", "m.created_at"), viewer, Now(), id)
}

// DeleteMoment removes a Moment and what is about it; fault.NotFound if it is not there.
func (tx *Tx) DeleteMoment(ctx context.Context, id int64) error {
	if err := tx.momentHappened(ctx, HappenedMomentDelete, id, id); err != nil {
		return err
	}
	return tx.mustExec(ctx, `DELETE FROM moment WHERE id = ?`, id)
}

// MomentIDsOf returns the ids of some Moments of an account.
func (r Reader) MomentIDsOf(ctx context.Context, account int64, limit int) (found []int64, err error) {
	err = r.list(ctx, &found, `SELECT id FROM moment WHERE account_id = ? ORDER BY id LIMIT ?`, account, limit)
	return found, err
}

// forgetMoments removes what a person showed, said and chose in Moments, and what was shown to
// them. Only their audience is not needed for anything more: other nodes are told that the whole
// account is gone.
func (tx *Tx) forgetMoments(ctx context.Context, account int64) error {
	return tx.execAll(ctx, []string{
		`DELETE FROM moment WHERE account_id = ?`,
		`DELETE FROM moment_media WHERE account_id = ?`,
		`DELETE FROM moment_comment WHERE account_id = ?`,
		`DELETE FROM moment_comment WHERE answers_id = ? AND answers_id <> 0`,
		`DELETE FROM moment_audience WHERE account_id = ?`,
		`DELETE FROM moment_fetch WHERE account_id = ?`,
		`DELETE FROM moment_notice WHERE account_id = ?`,
		`DELETE FROM moment_setting WHERE account_id = ?`,
		`DELETE FROM moment_reach WHERE author_id = ?`,
		`DELETE FROM moment_reach WHERE reader_id = ?`,
		`DELETE FROM moment_early WHERE author_id = ?`,
	}, account)
}

// partMoments ends what Moments are between a person of this node and somebody who is their friend
// no more. Those of the person are not shown to the other from now on, those of the other are
// forgotten if nobody else here reads them, and so is what the other said that nobody here may see.
func (tx *Tx) partMoments(ctx context.Context, account, other int64) error {
	for _, c := range []struct {
		text string
		args []any
	}{
		{`UPDATE moment_audience SET ended = TRUE WHERE account_id = ? AND NOT ended
			AND moment_id IN (SELECT id FROM moment WHERE account_id = ?)`, []any{other, account}},
		{`UPDATE moment_audience SET ended = TRUE WHERE account_id = ? AND NOT ended
			AND moment_id IN (SELECT id FROM moment WHERE account_id = ?)`, []any{account, other}},
		{`DELETE FROM moment_reach WHERE author_id = ? AND reader_id = ?`, []any{other, account}},
		{`DELETE FROM moment_notice WHERE account_id = ? AND comment_id IN (SELECT id FROM moment_comment WHERE account_id = ?)`,
			[]any{account, other}},
		{`DELETE FROM moment WHERE account_id = ? AND EXISTS (SELECT 1 FROM account a WHERE a.id = moment.account_id AND a.host <> '')
			AND NOT EXISTS (SELECT 1 FROM moment_audience x WHERE x.moment_id = moment.id AND NOT x.ended)`, []any{other}},
		{`DELETE FROM moment_media WHERE account_id = ?1 AND moment_id IS NULL AND ` + abroad + ` AND NOT ` + anyFriend, []any{other}},
		{`DELETE FROM moment_early WHERE author_id = ?1 AND NOT ` + anyFriend, []any{other}},
		{`DELETE FROM moment_comment WHERE account_id = ?1 AND ` + abroad + ` AND NOT ` + anyFriend + `
			AND EXISTS (SELECT 1 FROM moment m JOIN account b ON b.id = m.account_id WHERE m.id = moment_comment.moment_id AND b.host <> '')`,
			[]any{other}},
	} {
		if _, err := tx.exec(ctx, c.text, c.args...); err != nil {
			return err
		}
	}
	return nil
}

// abroad and anyFriend are conditions on account ?1: it is of another node; somebody here is its
// friend.
const (
	abroad    = `EXISTS (SELECT 1 FROM account a WHERE a.id = ?1 AND a.host <> '')`
	anyFriend = `EXISTS (SELECT 1 FROM friend f WHERE f.friend_id = ?1 AND f.state = 'friend')`
)

// ForgetMoments removes Moments of other nodes whose readers here are all gone. It looks at some
// ids above after and returns the last one, 0 when there are no more, so that no transaction reads
// all Moments.
func (tx *Tx) ForgetMoments(ctx context.Context, after int64) (last int64, err error) {
	if err := tx.get(ctx, &last, `
		SELECT COALESCE(MAX(id), 0) FROM (SELECT id FROM moment WHERE id > ? ORDER BY id LIMIT ?) part`, after, ForgetBatch); err != nil {
		return 0, err
	}
	_, err = tx.exec(ctx, `
		DELETE FROM moment WHERE id > ? AND id <= ? AND EXISTS (SELECT 1 FROM account a WHERE a.id = moment.account_id AND a.host <> '')
			AND NOT EXISTS (SELECT 1 FROM moment_audience x WHERE x.moment_id = moment.id AND NOT x.ended)`, after, last)
	return last, err
}

// ForgetMomentPointers forgets, some at a time, which comments were asked for before an instant; it
// returns how many.
func (tx *Tx) ForgetMomentPointers(ctx context.Context, before time.Time) (int64, error) {
	return tx.exec(ctx, `
		DELETE FROM moment_pointer WHERE (uri, moment_id) IN (
			SELECT uri, moment_id FROM moment_pointer WHERE NOT waiting AND created_at < ? LIMIT ?)`, At(before), ForgetBatch)
}

// momentHappened has streams told of a Moment, or of what is about it, if anybody who may see it
// looks. It is called while everything is there.
func (tx *Tx) momentHappened(ctx context.Context, kind string, moment, id int64) error {
	if tx.store.watcher.Load() == nil {
		return nil
	}
	readers, err := tx.momentReaders(ctx, kind, moment, id)
	if err == nil && len(readers) > 0 {
		tx.happened(Happening{Kind: kind, ID: id, Accounts: readers})
	}
	return err
}

// momentReaders returns for whom of this node a Moment is. Of what is gone, or about to be, only
// those count who may see it: whoever could not must not learn that it is gone.
func (tx *Tx) momentReaders(ctx context.Context, kind string, moment, id int64) (readers []int64, err error) {
	const from = `SELECT x.account_id FROM moment_audience x JOIN login l ON l.account_id = x.account_id `
	everybody := strings.NewReplacer("?1", "x.account_id", "?2", "?1") // as viewers; ?1 is the time
	seen := everybody.Replace(momentVisible)
	switch kind {
	case HappenedMoment, HappenedMomentComment:
		err = tx.list(ctx, &readers, from+`WHERE x.moment_id = ? AND NOT x.ended`, moment)
	case HappenedMomentUncomment:
		err = tx.list(ctx, &readers, from+`JOIN moment m ON m.id = x.moment_id JOIN account a ON a.id = m.account_id
			JOIN moment_comment c ON c.id = ?3 JOIN account k ON k.id = c.account_id LEFT JOIN account n ON n.id = NULLIF(c.answers_id, 0)
			WHERE x.moment_id = ?2 AND `+seen+` AND `+everybody.Replace(commentVisible), Now(), moment, id)
	default:
		err = tx.list(ctx, &readers, from+`JOIN moment m ON m.id = x.moment_id JOIN account a ON a.id = m.account_id
			WHERE x.moment_id = ?2 AND `+seen, Now(), moment)
	}
	return readers, err
}
