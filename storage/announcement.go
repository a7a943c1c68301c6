package storage

import (
	"context"

	"tulou/protocol/fault"
)

// Announcement is something that the operator tells everybody of this node.
type Announcement struct {
	ID        int64
	Body      string // Markdown
	Content   string // safe HTML
	StartsAt  Millis `db:"starts_at"` // what it is about; 0 for nothing in particular
	EndsAt    Millis `db:"ends_at"`   // it is not shown afterwards; 0: for ever
	CreatedAt Millis `db:"created_at"`
	UpdatedAt Millis `db:"updated_at"`
}

// Reaction says how many reacted to an announcement with an emoji.
type Reaction struct {
	AnnouncementID int64  `db:"announcement_id"`
	Name           string // an emoji, or the shortcode of one of this node
	Count          int64
	Me             bool // the viewer is one of them
}

const announcementColumns = `id, body, content, starts_at, ends_at, created_at, updated_at`

// CreateAnnouncement adds an announcement and returns it.
func (tx *Tx) CreateAnnouncement(ctx context.Context, a Announcement) (Announcement, error) {
	a.ID, a.CreatedAt = tx.store.rowID(), Now()
	a.UpdatedAt = a.CreatedAt
	_, err := tx.exec(ctx, `INSERT INTO announcement (`+announcementColumns+`) VALUES `+tuples(7, 1),
		a.ID, a.Body, a.Content, a.StartsAt, a.EndsAt, a.CreatedAt, a.UpdatedAt)
	if err != nil {
		return a, err
	}
	return a, tx.announced(ctx, Happening{Kind: HappenedAnnouncement, ID: a.ID})
}

// DeleteAnnouncement takes an announcement back; fault.NotFound if there is none.
func (tx *Tx) DeleteAnnouncement(ctx context.Context, id int64) error {
	if err := tx.mustExec(ctx, `DELETE FROM announcement WHERE id = ?`, id); err != nil {
		return err
	}
	return tx.announced(ctx, Happening{Kind: HappenedUnannounced, ID: id})
}

// AnnouncementsMax bounds how many announcements are shown: more are not read.
const AnnouncementsMax = 100

// Announcements returns the announcements that are shown now, newest first.
func (r Reader) Announcements(ctx context.Context) (all []Announcement, err error) {
	err = r.list(ctx, &all, `
		SELECT `+announcementColumns+` FROM announcement WHERE ends_at = 0 OR ends_at > ? ORDER BY id DESC LIMIT ?`,
		Now(), AnnouncementsMax)
	return all, err
}

// AnnouncementByID returns one that is shown now; fault.NotFound if there is none.
func (r Reader) AnnouncementByID(ctx context.Context, id int64) (a Announcement, err error) {
	err = r.get(ctx, &a, `
		SELECT `+announcementColumns+` FROM announcement WHERE id = ? AND (ends_at = 0 OR ends_at > ?)`, id, Now())
	return a, err
}

// AnnouncementsRead returns which announcements somebody has dismissed.
func (r Reader) AnnouncementsRead(ctx context.Context, account int64) (map[int64]bool, error) {
	var rows []int64
	err := r.list(ctx, &rows, `SELECT announcement_id FROM announcement_read WHERE account_id = ?`, account)
	read := make(map[int64]bool, len(rows))
	for _, id := range rows {
		read[id] = true
	}
	return read, err
}

// DismissAnnouncement notes that somebody has read an announcement.
func (tx *Tx) DismissAnnouncement(ctx context.Context, account, announcement int64) error {
	_, err := tx.exec(ctx, `
		INSERT INTO announcement_read (account_id, announcement_id) VALUES (?, ?) ON CONFLICT DO NOTHING`, account, announcement)
	return err
}

// Reactions returns the reactions to announcements as viewer sees them, the first that was used
// first.
func (r Reader) Reactions(ctx context.Context, viewer int64, announcements []int64) (map[int64][]Reaction, error) {
	rows, err := listIn[Reaction](ctx, r, `
		SELECT announcement_id, name, COUNT(*) AS count, COUNT(CASE WHEN account_id = ?1 THEN 1 END) > 0 AS me
		FROM announcement_reaction WHERE announcement_id IN (?)
		GROUP BY announcement_id, name ORDER BY announcement_id, MIN(created_at), name`, announcements, viewer)
	return grouped(rows, func(r Reaction) int64 { return r.AnnouncementID }), err
}

// ReactionsMax bounds the different reactions to one announcement, as in Mastodon.
const ReactionsMax = 8

// PutReaction adds somebody's reaction, once. It is fault.Unprocessable if there are ReactionsMax
// others already.
func (tx *Tx) PutReaction(ctx context.Context, account, announcement int64, name string) error {
	var there int64 // held, so that two do not both add the last one
	if err := tx.get(ctx, &there, `SELECT id FROM announcement WHERE id = ? {{for update}}`, announcement); err != nil {
		return err
	}
	var others int64
	if err := tx.get(ctx, &others, `
		SELECT COUNT(DISTINCT name) FROM announcement_reaction WHERE announcement_id = ? AND name <> ?`, announcement, name); err != nil {
		return err
	}
	if others >= ReactionsMax {
		return fault.New(fault.Unprocessable, "Validation failed: Limit of different reactions reached")
	}
	n, err := tx.exec(ctx, `
		INSERT INTO announcement_reaction (announcement_id, name, account_id, created_at) VALUES (?, ?, ?, ?)
		ON CONFLICT DO NOTHING`, announcement, name, account, Now())
	if err != nil || n == 0 {
		return err
	}
	return tx.announced(ctx, Happening{Kind: HappenedReaction, ID: announcement, Name: name})
}

// DeleteReaction takes a reaction back; none is no error.
func (tx *Tx) DeleteReaction(ctx context.Context, account, announcement int64, name string) error {
	n, err := tx.exec(ctx, `DELETE FROM announcement_reaction WHERE announcement_id = ? AND name = ? AND account_id = ?`,
		announcement, name, account)
	if err != nil || n == 0 {
		return err
	}
	return tx.announced(ctx, Happening{Kind: HappenedReaction, ID: announcement, Name: name})
}
