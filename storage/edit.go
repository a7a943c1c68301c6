package storage

import (
	"context"

	"tulou/protocol/fault"
)

// Edit is the new text of a status, with all that belongs to it. What it leaves empty is emptied.
type Edit struct {
	StatusID    int64
	Type        string // "" keeps it
	URL         string // "" keeps it
	Content     string
	Source      string
	Spoiler     string
	Sensitive   bool
	Language    string
	At          Millis  // 0: now
	Audience    []int64 // principals to add; nobody loses what was once shown
	Mentions    []int64 // accounts, replacing those before
	Tags        []Tag
	Attachments []Attachment
	Poll        *Poll // nil removes the poll; see PutPoll
	Emojis      []Emoji
	Link        string
}

// Version is a text that a status had.
type Version struct {
	StatusID  int64  `db:"status_id"`
	CreatedAt Millis `db:"created_at"` // when it was written
	Content   string
	Source    string
	Spoiler   string
	Sensitive bool
	Media     VersionMedias // what it showed
}

const versionColumns = `status_id, created_at, content, source, spoiler, sensitive, media`

// EditStatus keeps what a status said and replaces it. It is fault.Conflict if the status has been
// edited at that time or later already, so that edits which arrive out of order change nothing.
func (tx *Tx) EditStatus(ctx context.Context, e Edit) (s Status, err error) {
	if err = tx.get(ctx, &s, `SELECT `+statusColumns+` FROM status WHERE id = ? {{for no key update}}`, e.StatusID); err != nil {
		return s, err
	}
	before := max(s.EditedAt, s.CreatedAt)
	if e.At == 0 {
		e.At = max(Now(), before+1)
	}
	if e.At <= before {
		return s, fault.New(fault.Conflict, "the status has been edited since")
	}
	media, err := tx.versionMedia(ctx, s.ID)
	if err != nil {
		return s, err
	}
	if _, err = tx.exec(ctx, `
		INSERT INTO status_edit (`+versionColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		s.ID, before, s.Content, s.Source, s.Spoiler, s.Sensitive, media); err != nil {
		return s, err
	}
	if _, err = tx.exec(ctx, `
		UPDATE status SET content = ?, source = ?, spoiler = ?, sensitive = ?, language = ?, edited_at = ?,
			type = COALESCE(NULLIF(?, ''), type), url = COALESCE(NULLIF(?, ''), url), version = version + 1
		WHERE id = ?`,
		e.Content, e.Source, e.Spoiler, e.Sensitive, e.Language, e.At, e.Type, e.URL, s.ID); err != nil {
		return s, err
	}
	if err = tx.replaceParts(ctx, s.URI, e); err != nil {
		return s, err
	}
	if err = tx.dropWords(ctx, []int64{s.ID}); err != nil {
		return s, err
	}
	if err = tx.unread(ctx, s.ID); err != nil {
		return s, err
	}
	tx.happened(Happening{Kind: HappenedEdit, ID: s.ID})
	return tx.StatusByID(ctx, s.ID)
}

func (tx *Tx) replaceParts(ctx context.Context, uri string, e Edit) error {
	if err := tx.execAll(ctx, []string{
		`DELETE FROM mention WHERE status_id = ?`,
		`DELETE FROM status_tag WHERE status_id = ?`,
		`DELETE FROM status_card WHERE status_id = ?`,
	}, e.StatusID); err != nil {
		return err
	}
	if e.Poll == nil {
		if err := tx.deletePoll(ctx, e.StatusID); err != nil {
			return err
		}
	}
	return tx.insertParts(ctx, NewStatus{Status: Status{ID: e.StatusID, URI: uri}, Audience: e.Audience,
		Mentions: e.Mentions, Tags: e.Tags, Attachments: e.Attachments, Poll: e.Poll, Emojis: e.Emojis, Link: e.Link})
}

// Edits returns what a status said before each of its edits, oldest first; what it says now is
// not among them.
func (r Reader) Edits(ctx context.Context, status int64) (versions []Version, err error) {
	err = r.list(ctx, &versions, `SELECT `+versionColumns+` FROM status_edit WHERE status_id = ? ORDER BY created_at`, status)
	return versions, err
}
