package storage

import (
	"context"
	"math"
	"slices"

	"tulou/protocol/fault"
)

// Visibilities, by the names that clients know.
const (
	VisibilityPublic   = "public"
	VisibilityUnlisted = "unlisted" // for everybody, but not in public timelines
	VisibilityPrivate  = "private"  // for followers
	VisibilityDirect   = "direct"   // for those mentioned
)

// Everybody is the principal that stands for everybody. The others are the id of an account and
// FollowersOf it.
const Everybody int64 = 0

// FollowersOf is the principal that stands for all followers of an account.
func FollowersOf(account int64) int64 { return -account }

// Status is a post or a boost; a boost has BoostOfID and nothing to say of its own.
type Status struct {
	ID             int64
	URI            string
	URL            string
	AccountID      int64 `db:"account_id"`
	Local          bool
	Type           string // Note, Article, Question, …; Announce for a boost
	Visibility     string
	BoostOfID      int64  `db:"boost_of_id"`
	ReplyToID      int64  `db:"reply_to_id"`
	ReplyToURI     string `db:"reply_to_uri"` // kept when the parent is not known here
	ReplyToAccount int64  `db:"reply_to_account"`
	ThreadID       int64  `db:"thread_id"` // shared by all posts of a thread; 0 for boosts
	Content        string // safe HTML
	Source         string // as typed
	Spoiler        string // content warning, plain text
	Sensitive      bool
	Language       string
	AppName        string `db:"app_name"`
	AppWebsite     string `db:"app_website"`
	RepliesCount   int64  `db:"replies_count"`
	BoostsCount    int64  `db:"boosts_count"`
	LikesCount     int64  `db:"likes_count"`
	QuotesCount    int64  `db:"quotes_count"` // that were agreed to
	// QuotePolicy is who may quote it; 0, as of posts that do not say, is the author alone.
	QuotePolicy QuotePolicy `db:"quote_policy"`
	CreatedAt   Millis      `db:"created_at"`
	EditedAt    Millis      `db:"edited_at"`
	Version     int64       // grows with every change that a client can see
}

const statusColumns = `id, uri, url, account_id, local, type, visibility, boost_of_id, reply_to_id, ` +
	`reply_to_uri, reply_to_account, thread_id, content, source, spoiler, sensitive, language, app_name, ` +
	`app_website, replies_count, boosts_count, likes_count, quotes_count, quote_policy, created_at, edited_at, version`

// statusOf is statusColumns of the table s.
var statusOf = prefixed("s", statusColumns)

// listed tells whether a reply counts for everybody to see.
func (s Status) listed() bool {
	return s.Visibility == VisibilityPublic || s.Visibility == VisibilityUnlisted
}

// StatusByID returns a status whoever may see it: for the engine, not for readers.
func (r Reader) StatusByID(ctx context.Context, id int64) (s Status, err error) {
	err = r.get(ctx, &s, `SELECT `+statusColumns+` FROM status WHERE id = ?`, id)
	return s, err
}

// StatusByURI returns the status of an object id, whoever may see it.
func (r Reader) StatusByURI(ctx context.Context, uri string) (s Status, err error) {
	err = r.get(ctx, &s, `SELECT `+statusColumns+` FROM status WHERE uri = ?`, uri)
	return s, err
}

// StatusesByIDs returns those of the statuses that exist, whoever may see them: the ids come from a
// timeline or from Visible.
func (r Reader) StatusesByIDs(ctx context.Context, statuses []int64) (map[int64]Status, error) {
	rows, err := listIn[Status](ctx, r, `SELECT `+statusColumns+` FROM status WHERE id IN (?)`, statuses)
	found := make(map[int64]Status, len(rows))
	for _, s := range rows {
		found[s.ID] = s
	}
	return found, err
}

// BoostOf returns the boost of a status by an account; fault.NotFound if there is none.
func (r Reader) BoostOf(ctx context.Context, account, status int64) (s Status, err error) {
	err = r.get(ctx, &s, `SELECT `+statusColumns+` FROM status WHERE boost_of_id = ? AND boost_of_id <> 0 AND account_id = ?`, status, account)
	return s, err
}

// StatusIDsOf returns ids of an account's statuses below before (0: from the newest), for deleting
// them in parts.
func (r Reader) StatusIDsOf(ctx context.Context, account, before int64, limit int) (found []int64, err error) {
	if before == 0 {
		before = math.MaxInt64
	}
	err = r.list(ctx, &found, `SELECT id FROM status WHERE account_id = ? AND id < ? ORDER BY id DESC LIMIT ?`, account, before, limit)
	return found, err
}

// NewStatus is a status with all that belongs to it.
type NewStatus struct {
	Status
	Audience    []int64 // principals; the author needs none
	Mentions    []int64 // accounts
	Tags        []Tag
	Attachments []Attachment
	Poll        *Poll
	Emojis      []Emoji // of its server, that the post tells of
	Link        string  // the page that it leads to and that may be shown with it
	Quote       *Quote  // nil: it quotes nothing
}

// collisionsMax is how many ids after the wished one are tried. Ids of remote posts come from their
// published time, so a backfilled one may meet an older one of the same millisecond.
const collisionsMax = 64

// CreateStatus adds a status, finds its place in the thread and counts it: replies and boosts on
// what it answers or boosts, statuses of its author. Zero ID and CreatedAt become now. Replies that
// came before it are joined to it and fanned out. It returns the status as stored. It is
// fault.Conflict if the URI is there already, or the boost, and fault.NotFound if what it boosts is
// no post, any more.
func (tx *Tx) CreateStatus(ctx context.Context, n NewStatus) (s Status, err error) {
	s = n.Status
	if s.ID == 0 {
		id, at := tx.NewID()
		s.ID = id
		if s.CreatedAt == 0 {
			s.CreatedAt = At(at)
		}
	}
	s.Version = 1
	if err := tx.place(ctx, &s); err != nil {
		return s, err
	}
	everybody := slices.Contains(n.Audience, Everybody)
	if err := tx.insertStatus(ctx, &s, everybody); err != nil {
		return s, err
	}
	n.Status = s
	if everybody {
		n.Audience = nil
	}
	if err := tx.insertParts(ctx, n); err != nil {
		return s, err
	}
	if err := tx.countStatus(ctx, s, 1); err != nil {
		return s, err
	}
	if err := tx.holdAuthor(ctx, s); err != nil {
		return s, err
	}
	if s.BoostOfID != 0 {
		return s, tx.unreadBy(ctx, s.BoostOfID, s.AccountID)
	}
	if err := tx.unread(ctx, s.ID); err != nil {
		return s, err
	}
	if err := tx.joinQuotes(ctx, s); err != nil {
		return s, err
	}
	tx.posted(s)
	s.RepliesCount, err = tx.adopt(ctx, &s)
	return s, err
}

func (tx *Tx) insertStatus(ctx context.Context, s *Status, everybody bool) error {
	root := s.ThreadID == 0 && s.BoostOfID == 0
	for range collisionsMax {
		if root {
			s.ThreadID = s.ID
		}
		n, err := tx.exec(ctx, `INSERT INTO status (`+statusColumns+`, everybody) VALUES `+tuples(28, 1)+` ON CONFLICT DO NOTHING`,
			s.ID, s.URI, s.URL, s.AccountID, s.Local, s.Type, s.Visibility, s.BoostOfID, s.ReplyToID,
			s.ReplyToURI, s.ReplyToAccount, s.ThreadID, s.Content, s.Source, s.Spoiler, s.Sensitive, s.Language,
			s.AppName, s.AppWebsite, s.RepliesCount, s.BoostsCount, s.LikesCount, s.QuotesCount, s.QuotePolicy, s.CreatedAt, s.EditedAt, s.Version,
			everybody)
		if err != nil || n == 1 {
			return err
		}
		taken, err := tx.exists(ctx, `SELECT 1 FROM status WHERE id = ?`, s.ID)
		if err != nil {
			return err
		}
		known, err := tx.exists(ctx, `SELECT 1 FROM status WHERE uri = ?`, s.URI)
		if err != nil {
			return err
		}
		if !taken || known || s.Local { // the URI of a local one has its id in it
			return fault.New(fault.Conflict, "this status exists already")
		}
		s.ID++
	}
	return fault.New(fault.Conflict, "no id is free for the status")
}

// place finds what a status answers.
func (tx *Tx) place(ctx context.Context, s *Status) (err error) {
	if s.BoostOfID != 0 {
		s.ReplyToID, s.ReplyToURI, s.ReplyToAccount, s.ThreadID = 0, "", 0, 0
		var there int64 // held, so that it is not deleted without its boost
		return tx.get(ctx, &there, `SELECT id FROM status WHERE id = ? AND boost_of_id = 0 {{for no key update}}`, s.BoostOfID)
	}
	s.ThreadID, s.RepliesCount = 0, 0
	var parent Status
	switch {
	case s.ReplyToID != 0:
		parent, err = tx.StatusByID(ctx, s.ReplyToID)
	case s.ReplyToURI != "" && s.ReplyToURI != s.URI:
		parent, err = tx.StatusByURI(ctx, s.ReplyToURI)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
	default:
		s.ReplyToURI = ""
		return nil
	}
	if err != nil {
		return err
	}
	if parent.BoostOfID != 0 {
		return fault.New(fault.Unprocessable, "a boost cannot be answered")
	}
	s.ReplyToID, s.ReplyToURI, s.ReplyToAccount, s.ThreadID = parent.ID, parent.URI, parent.AccountID, parent.ThreadID
	return nil
}

// countStatus counts a status that came (by = 1) or goes (by = -1), as Mastodon does: direct ones
// do not count for their author, and replies count where everybody may see them.
func (tx *Tx) countStatus(ctx context.Context, s Status, by int) error {
	if s.BoostOfID != 0 {
		if _, err := tx.exec(ctx, `UPDATE status SET boosts_count = boosts_count + ?, version = version + 1 WHERE id = ?`, by, s.BoostOfID); err != nil {
			return err
		}
	}
	if s.ReplyToID != 0 && s.listed() {
		if _, err := tx.exec(ctx, `UPDATE status SET replies_count = replies_count + ?, version = version + 1 WHERE id = ?`, by, s.ReplyToID); err != nil {
			return err
		}
	}
	if s.Visibility == VisibilityDirect {
		return nil
	}
	last := Millis(0)
	if by > 0 {
		last = s.CreatedAt
	}
	_, err := tx.exec(ctx, `
		UPDATE account SET statuses_count = statuses_count + ?, last_status_at = {{greatest}}(last_status_at, ?), version = version + 1
		WHERE id = ?`, by, last, s.AccountID)
	return err
}

// holdAuthor refuses a status of somebody of this node who deleted their account while it was
// written, which nothing would delete any more. It comes last, so that rows are locked in one
// order, and takes the lock that countStatus takes: a stronger one would wait for all whose rows
// name the author, and they for this one.
func (tx *Tx) holdAuthor(ctx context.Context, s Status) error {
	if !s.Local {
		return nil
	}
	var there int64
	err := tx.get(ctx, &there, `SELECT id FROM account WHERE id = ? AND deleted_at = 0 {{for no key update}}`, s.AccountID)
	if fault.Is(err, fault.NotFound) {
		err = fault.Wrap(err, fault.Forbidden, "Your login is currently disabled")
	}
	return err
}

// DeleteStatus removes a status and all that hangs on it: its boosts, what it put into home
// timelines, notifications, its document. Replies stay, as answers to something unknown. The
// tombstone is the caller's. It returns what was deleted; fault.NotFound if there was none.
func (tx *Tx) DeleteStatus(ctx context.Context, id int64) (s Status, err error) {
	if err := tx.get(ctx, &s, `SELECT `+statusColumns+` FROM status WHERE id = ? {{for update}}`, id); err != nil {
		return s, err
	}
	if err := tx.going(ctx, s); err != nil {
		return s, err
	}
	if err := tx.endQuotes(ctx, id); err != nil {
		return s, err
	}
	if s.BoostOfID != 0 {
		err = tx.unreadBy(ctx, s.BoostOfID, s.AccountID)
	} else {
		err = tx.unread(ctx, id)
	}
	if err != nil {
		return s, err
	}
	if err := tx.execAll(ctx, []string{
		`UPDATE account SET statuses_count = statuses_count - 1, version = version + 1 WHERE id IN (
			SELECT account_id FROM status WHERE boost_of_id = ? AND boost_of_id <> 0 AND visibility <> 'direct')`,
		`DELETE FROM notification WHERE status_id <> 0 AND status_id IN (SELECT id FROM status WHERE boost_of_id = ? AND boost_of_id <> 0)`,
		`DELETE FROM document WHERE status_id <> 0 AND status_id IN (SELECT id FROM status WHERE boost_of_id = ? AND boost_of_id <> 0)`,
		`DELETE FROM status WHERE boost_of_id = ? AND boost_of_id <> 0`,
		`DELETE FROM notification WHERE status_id = ? AND status_id <> 0`,
		`DELETE FROM document WHERE status_id = ? AND status_id <> 0`,
		`UPDATE status SET reply_to_id = 0, version = version + 1 WHERE reply_to_id = ? AND reply_to_id <> 0`,
		`DELETE FROM status WHERE id = ?`,
	}, id); err != nil {
		return s, err
	}
	if err := tx.countStatus(ctx, s, -1); err != nil {
		return s, err
	}
	if err := tx.endThreadMutes(ctx, s.ThreadID); err != nil {
		return s, err
	}
	return s, tx.rewindConversations(ctx, s)
}
