package storage

import (
	"context"

	"tulou/protocol/fault"
)

// MomentMedia is a picture or film of a Moment, or somebody's cover. Its keys name files that are
// served to its audience alone; they are in no other table.
type MomentMedia struct {
	ID            int64
	AccountID     int64 `db:"account_id"` // the author
	MomentID      int64 `db:"moment_id"`  // 0: a cover
	Position      int
	Kind          string
	MediaType     string `db:"media_type"`
	PreviewType   string `db:"preview_type"`
	FileKey       string `db:"file_key"`
	PreviewKey    string `db:"preview_key"`
	Description   string
	Blurhash      string
	Width, Height int    // pixels, 0 if unknown
	Duration      int64  // milliseconds
	RemoteURL     string `db:"remote_url"` // where its author's node has it, "" for those of this node
	RemotePreview string `db:"remote_preview"`
	State         string // MediaReady, MediaWaiting or MediaFailed
}

const momentMediaColumns = `id, account_id, moment_id, position, kind, media_type, preview_type, file_key, preview_key, ` +
	`description, blurhash, width, height, duration, remote_url, remote_preview, state`

const momentMediaSelect = `SELECT id, account_id, COALESCE(moment_id, 0) AS moment_id, position, kind, media_type, preview_type, ` +
	`file_key, preview_key, description, blurhash, width, height, duration, remote_url, remote_preview, state FROM moment_media `

// MomentFile is the content behind a key.
type MomentFile struct {
	Key       string
	MediaID   int64 `db:"media_id"`
	Blob      string
	MediaType string `db:"media_type"`
	Bytes     int64
}

// insertMomentMedia adds media with new keys and returns it.
func (tx *Tx) insertMomentMedia(ctx context.Context, m MomentMedia) (MomentMedia, error) {
	m.ID, m.FileKey, m.PreviewKey = tx.store.rowID(), NewFileKey(), NewFileKey()
	_, err := tx.exec(ctx, `
		INSERT INTO moment_media (`+momentMediaColumns+`)
		VALUES (?, ?, NULLIF(CAST(? AS BIGINT), 0), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		m.ID, m.AccountID, m.MomentID, m.Position, m.Kind, m.MediaType, m.PreviewType, m.FileKey, m.PreviewKey,
		m.Description, m.Blurhash, m.Width, m.Height, m.Duration, m.RemoteURL, m.RemotePreview, m.State)
	return m, err
}

// takeUploads makes media of a Moment of what its author uploaded. The uploads, and the addresses
// that they had, are gone afterwards: nobody who knows one of these sees a Moment by it.
func (tx *Tx) takeUploads(ctx context.Context, n NewMoment) error {
	for i, id := range n.Uploads {
		if err := tx.takeUpload(ctx, n.AccountID, id, MomentMedia{MomentID: n.ID, Position: i}); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) takeUpload(ctx context.Context, account, id int64, as MomentMedia) error {
	a, err := tx.Attachment(ctx, id)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if err != nil || a.AccountID != account || a.StatusID != 0 || a.ScheduledID != 0 || a.State != MediaReady || a.FileKey == "" {
		return fault.New(fault.Conflict, "one of the media is not there, not ready, or used by something else")
	}
	as.AccountID, as.Kind, as.MediaType, as.PreviewType = account, a.Kind, a.MediaType, a.PreviewType
	as.Description, as.Blurhash, as.Width, as.Height, as.Duration = a.Description, a.Blurhash, a.Width, a.Height, a.Duration
	as.State = MediaReady
	m, err := tx.insertMomentMedia(ctx, as)
	if err != nil {
		return err
	}
	for before, key := range map[string]string{a.FileKey: m.FileKey, a.PreviewKey: m.PreviewKey} {
		if before == "" {
			continue
		}
		f, err := tx.File(ctx, before)
		if err != nil {
			return err
		}
		if err := tx.createMomentFile(ctx, MomentFile{Key: key, MediaID: m.ID, Blob: f.Blob, MediaType: f.MediaType, Bytes: f.Bytes}); err != nil {
			return err
		}
	}
	return tx.mustExec(ctx, `DELETE FROM attachment WHERE id = ?`, id)
}

func (tx *Tx) createMomentFile(ctx context.Context, f MomentFile) error {
	_, err := tx.exec(ctx, `INSERT INTO moment_file (key, media_id, blob, media_type, bytes) VALUES (?, ?, ?, ?, ?)`,
		f.Key, f.MediaID, f.Blob, f.MediaType, f.Bytes)
	return err
}

// MomentMediaOf returns the media of each of the Moments, in their order. Whose they are was
// checked before.
func (r Reader) MomentMediaOf(ctx context.Context, moments []int64) (map[int64][]MomentMedia, error) {
	rows, err := listIn[MomentMedia](ctx, r, momentMediaSelect+`WHERE moment_id IN (?) ORDER BY moment_id, position`, moments)
	return grouped(rows, func(m MomentMedia) int64 { return m.MomentID }), err
}

// MomentMediaByID returns one, whoever may see it; fault.NotFound if there is none.
func (r Reader) MomentMediaByID(ctx context.Context, id int64) (m MomentMedia, err error) {
	err = r.get(ctx, &m, momentMediaSelect+`WHERE id = ?`, id)
	return m, err
}

// MomentFileByKey returns the file of a key and what it is of; fault.NotFound if there is none.
func (r Reader) MomentFileByKey(ctx context.Context, key string) (f MomentFile, m MomentMedia, err error) {
	if err = r.get(ctx, &f, `SELECT key, media_id, blob, media_type, bytes FROM moment_file WHERE key = ?`, key); err != nil {
		return f, m, err
	}
	m, err = r.MomentMediaByID(ctx, f.MediaID)
	return f, m, err
}

// MomentBytes returns how much room the media of an author take here.
func (r Reader) MomentBytes(ctx context.Context, author int64) (bytes int64, err error) {
	err = r.get(ctx, &bytes, `
		SELECT COALESCE(SUM(f.bytes), 0) FROM moment_media m JOIN moment_file f ON f.media_id = m.id WHERE m.account_id = ?`, author)
	return bytes, err
}

// FinishMomentMedia keeps what was fetched, or that it cannot be had (State); fault.NotFound if it
// does not wait any more, as when the Moment was deleted meanwhile.
func (tx *Tx) FinishMomentMedia(ctx context.Context, m MomentMedia, files ...MomentFile) error {
	if err := tx.mustExec(ctx, `
		UPDATE moment_media SET kind = ?, media_type = ?, preview_type = ?, width = ?, height = ?, blurhash = ?, state = ?
		WHERE id = ? AND state = 'waiting'`,
		m.Kind, m.MediaType, m.PreviewType, m.Width, m.Height, m.Blurhash, m.State, m.ID); err != nil {
		return err
	}
	for _, f := range files {
		f.MediaID = m.ID
		if err := tx.createMomentFile(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// PutCover makes an upload of somebody of this node, 0 for none, the picture above their Moments.
// Faults are those of CreateMoment for an upload.
func (tx *Tx) PutCover(ctx context.Context, account, upload int64) error {
	if _, err := tx.exec(ctx, `DELETE FROM moment_media WHERE account_id = ? AND moment_id IS NULL`, account); err != nil || upload == 0 {
		return err
	}
	return tx.takeUpload(ctx, account, upload, MomentMedia{})
}

// PutRemoteCover notes where the cover of somebody of another node is; an empty RemoteURL is none.
// changed tells whether it has to be fetched.
func (tx *Tx) PutRemoteCover(ctx context.Context, m MomentMedia) (_ MomentMedia, changed bool, err error) {
	before, err := tx.CoverOf(ctx, m.AccountID)
	switch {
	case err == nil && before.RemoteURL == m.RemoteURL:
		return before, false, nil
	case err != nil && !fault.Is(err, fault.NotFound):
		return m, false, err
	}
	if _, err := tx.exec(ctx, `DELETE FROM moment_media WHERE account_id = ? AND moment_id IS NULL`, m.AccountID); err != nil || m.RemoteURL == "" {
		return m, false, err
	}
	m.MomentID, m.State = 0, MediaWaiting
	m, err = tx.insertMomentMedia(ctx, m)
	return m, err == nil, err
}

// CoverOf returns somebody's cover, whoever may see it; fault.NotFound if they have none.
func (r Reader) CoverOf(ctx context.Context, account int64) (m MomentMedia, err error) {
	err = r.get(ctx, &m, momentMediaSelect+`WHERE account_id = ? AND moment_id IS NULL`, account)
	return m, err
}

// CoverShown tells whether viewer, of this node, may see somebody's cover: their own, and those of
// friends who show them anything.
func (r Reader) CoverShown(ctx context.Context, viewer, author int64) (bool, error) {
	return r.exists(ctx, `
		SELECT 1 FROM account a WHERE a.id = ?3 AND NOT a.hidden AND (a.id = ?1 OR (`+readBy("?2")+`))`, viewer, Now(), author)
}

// CoverShownAbroad is CoverShown for a viewer of another node and an author of this one.
func (r Reader) CoverShownAbroad(ctx context.Context, viewer, author int64) (bool, error) {
	return r.exists(ctx, `SELECT 1 FROM account a WHERE a.id = ?3 AND NOT a.hidden AND `+shownBy("?1", "?2"), viewer, Now(), author)
}

// MomentViewersAt returns the people reached at a host who may see media of somebody of this node:
// the audience of its Moment, or, of a cover, friends. It ends at the first one.
func (r Reader) MomentViewersAt(ctx context.Context, m MomentMedia, inboxHost string) (bool, error) {
	if m.MomentID == 0 {
		return r.exists(ctx, `
			SELECT 1 FROM account a CROSS JOIN friend f CROSS JOIN account v
			WHERE a.id = ?1 AND f.account_id = a.id AND f.state = 'friend' AND v.id = f.friend_id
				AND v.inbox_host = ?3 AND v.host <> '' AND NOT v.hidden AND NOT a.hidden AND `+shownBy("v.id", "?2")+` LIMIT 1`,
			m.AccountID, Now(), inboxHost)
	}
	return r.exists(ctx, `
		SELECT 1 FROM moment m JOIN account a ON a.id = m.account_id
		JOIN moment_audience x ON x.moment_id = m.id AND NOT x.ended JOIN account v ON v.id = x.account_id
		WHERE m.id = ?1 AND v.inbox_host = ?3 AND v.host <> '' AND NOT v.hidden AND NOT a.hidden AND `+shownBy("v.id", "m.created_at")+` LIMIT 1`,
		m.MomentID, Now(), inboxHost)
}
