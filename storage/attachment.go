package storage

import (
	"context"
	"database/sql/driver"
	"slices"
	"strconv"
	"strings"
	"time"

	"tulou/protocol/fault"
)

// Attachment is a picture, film or sound: of a post, or uploaded and of no post yet. Those of other
// servers have a RemoteURL, those of this node files.
type Attachment struct {
	ID            int64
	AccountID     int64  `db:"account_id"`
	StatusID      int64  `db:"status_id"` // 0: of no post yet
	Position      int    // in the post; -1: only an earlier version had it
	ScheduledID   int64  `db:"scheduled_id"` // the scheduled post that it waits for, 0 for none
	State         string // MediaWaiting, …
	Problem       string // why it failed, a sentence for its owner
	Tries         int    // how often processing began
	Kind          string // KindImage, …
	MediaType     string `db:"media_type"`
	PreviewType   string `db:"preview_type"`
	RemoteURL     string `db:"remote_url"`
	SourceKey     string `db:"source_key"`  // of the file that was uploaded, until it is processed
	FileKey       string `db:"file_key"`    // of what is shown, "" if it is not here
	PreviewKey    string `db:"preview_key"` // of the small one, "" for none
	Description   string
	Blurhash      string
	Focus         string // "x,y" as ParseFocus reads it, "" for none
	Width         int    // pixels, 0 if unknown
	Height        int
	PreviewWidth  int    `db:"preview_width"`
	PreviewHeight int    `db:"preview_height"`
	Duration      int64  // milliseconds
	FrameRate     string `db:"frame_rate"` // a fraction, "30000/1001"
	Bitrate       int64  // bits a second
	AudioCodec    string `db:"audio_codec"`
	AudioRate     int    `db:"audio_rate"`   // samples a second
	AudioLayout   string `db:"audio_layout"` // "stereo"
	CreatedAt     Millis `db:"created_at"`
}

// States of an attachment.
const (
	MediaWaiting = "waiting" // to be processed
	MediaReady   = "ready"
	MediaFailed  = "failed"
)

// Kinds of attachments, by the names that clients know.
const (
	KindUnknown = "unknown"
	KindImage   = "image"
	KindGifv    = "gifv" // a film without sound, which is shown like a moving picture
	KindVideo   = "video"
	KindAudio   = "audio"
)

const attachmentColumns = `id, account_id, status_id, position, scheduled_id, state, problem, tries, kind, media_type, ` +
	`preview_type, remote_url, source_key, file_key, preview_key, description, blurhash, focus, width, height, ` +
	`preview_width, preview_height, duration, frame_rate, bitrate, audio_codec, audio_rate, audio_layout, created_at`

// attachmentSelect reads attachmentColumns, with 0 for no status.
var attachmentSelect = `SELECT ` + strings.Replace(attachmentColumns, "status_id,", "COALESCE(status_id, 0) AS status_id,", 1) + ` FROM attachment `

// FileName is the last part of the address of what is shown.
func (a Attachment) FileName() string { name, _ := FileName(WordOriginal, a.MediaType); return name }

// PreviewName is the last part of the address of the small picture.
func (a Attachment) PreviewName() string { name, _ := FileName(WordSmall, a.PreviewType); return name }

// UploadsKept is how long something uploaded waits for its post: drafts that are older are given
// up.
const UploadsKept = 24 * time.Hour

// DescriptionMax is how many characters describe one, as on Mastodon.
const DescriptionMax = 1500

// FormerMax is how many media a post keeps for its history beside those it has. Older ones are
// forgotten, so that edits cannot fill a disk.
const FormerMax = 16

// ParseFocus reads "x,y", each from -1 to 1, which clients and the database write. ok is false for
// anything else, as for "".
func ParseFocus(text string) (x, y float64, ok bool) {
	left, right, _ := strings.Cut(text, ",")
	x, err := strconv.ParseFloat(strings.TrimSpace(left), 64)
	if err != nil || !(x >= -1 && x <= 1) {
		return 0, 0, false
	}
	y, err = strconv.ParseFloat(strings.TrimSpace(right), 64)
	return x, y, err == nil && y >= -1 && y <= 1
}

// FormatFocus is the reverse of ParseFocus.
func FormatFocus(x, y float64) string {
	return strconv.FormatFloat(x, 'f', -1, 64) + "," + strconv.FormatFloat(y, 'f', -1, 64)
}

// CreateUpload adds something uploaded, of no post yet. A zero ID becomes a new one.
func (tx *Tx) CreateUpload(ctx context.Context, a Attachment) (Attachment, error) {
	a.StatusID, a.CreatedAt = 0, Now()
	if a.ID == 0 {
		a.ID, _ = tx.NewID()
	}
	return a, tx.insertAttachment(ctx, a)
}

func (tx *Tx) insertAttachment(ctx context.Context, a Attachment) error {
	if a.State == "" {
		a.State = MediaReady
	}
	if a.Kind == "" {
		a.Kind = KindUnknown
	}
	_, err := tx.exec(ctx, `
		INSERT INTO attachment (`+attachmentColumns+`) VALUES (?, ?, NULLIF(CAST(? AS BIGINT), 0), `+strings.TrimPrefix(tuples(26, 1), "("),
		a.ID, a.AccountID, a.StatusID, a.Position, a.ScheduledID, a.State, a.Problem, a.Tries, a.Kind, a.MediaType,
		a.PreviewType, a.RemoteURL, a.SourceKey, a.FileKey, a.PreviewKey, a.Description, a.Blurhash, a.Focus, a.Width,
		a.Height, a.PreviewWidth, a.PreviewHeight, a.Duration, a.FrameRate, a.Bitrate, a.AudioCodec, a.AudioRate,
		a.AudioLayout, a.CreatedAt)
	return err
}

// Attachment returns an attachment whoever's it is; fault.NotFound if there is none.
func (r Reader) Attachment(ctx context.Context, id int64) (a Attachment, err error) {
	err = r.get(ctx, &a, attachmentSelect+`WHERE id = ?`, id)
	return a, err
}

// AttachmentsByIDs returns those of the attachments that exist.
func (r Reader) AttachmentsByIDs(ctx context.Context, ids []int64) (map[int64]Attachment, error) {
	rows, err := listIn[Attachment](ctx, r, attachmentSelect+`WHERE id IN (?)`, ids)
	found := make(map[int64]Attachment, len(rows))
	for _, a := range rows {
		found[a.ID] = a
	}
	return found, err
}

// Attachments returns the attachments of each of the statuses, in their order.
func (r Reader) Attachments(ctx context.Context, statuses []int64) (map[int64][]Attachment, error) {
	rows, err := listIn[Attachment](ctx, r,
		attachmentSelect+`WHERE status_id IN (?) AND position >= 0 ORDER BY status_id, position`, statuses)
	return grouped(rows, func(a Attachment) int64 { return a.StatusID }), err
}

// Uploads returns those of the ids that are an account's and of no post yet, in the order asked
// for.
func (r Reader) Uploads(ctx context.Context, account int64, ids []int64) ([]Attachment, error) {
	byID, err := r.AttachmentsByIDs(ctx, ids)
	found := make([]Attachment, 0, len(ids))
	for _, id := range ids {
		if a, ok := byID[id]; ok && a.AccountID == account && a.StatusID == 0 {
			found = append(found, a)
		}
	}
	return found, err
}

// FilmsWaiting counts the uploads of an account that are no pictures and wait to be processed.
func (r Reader) FilmsWaiting(ctx context.Context, account int64) (count int, err error) {
	err = r.get(ctx, &count, `
		SELECT COUNT(*) FROM attachment WHERE account_id = ? AND status_id IS NULL AND state = ? AND kind <> ?`,
		account, MediaWaiting, KindImage)
	return count, err
}

// UpdateUpload replaces what the owner of an upload says about it: description, focus, and its
// small picture with its size. It is fault.NotFound if it is of a post by now.
func (tx *Tx) UpdateUpload(ctx context.Context, a Attachment) error {
	return tx.mustExec(ctx, `
		UPDATE attachment SET description = ?, focus = ?, preview_key = ?, preview_type = ?, preview_width = ?,
			preview_height = ?, blurhash = ? WHERE id = ? AND account_id = ? AND status_id IS NULL`,
		a.Description, a.Focus, a.PreviewKey, a.PreviewType, a.PreviewWidth, a.PreviewHeight, a.Blurhash, a.ID, a.AccountID)
}

// BeginProcessing counts an attempt to process an upload that waits for it. It is fault.NotFound if
// it does not wait any more.
func (tx *Tx) BeginProcessing(ctx context.Context, id int64) (a Attachment, err error) {
	if err = tx.mustExec(ctx, `UPDATE attachment SET tries = tries + 1 WHERE id = ? AND state = ?`, id, MediaWaiting); err != nil {
		return a, err
	}
	return tx.Attachment(ctx, id)
}

// FinishProcessing writes down what became of an upload: State, Problem and what was made of it; a
// small picture that its owner chose meanwhile stays. It is fault.NotFound if it does not wait any
// more, because another process was faster or it was deleted.
func (tx *Tx) FinishProcessing(ctx context.Context, a Attachment) error {
	if err := tx.mustExec(ctx, `
		UPDATE attachment SET state = ?, problem = ?, kind = ?, media_type = ?, file_key = ?, width = ?, height = ?,
			duration = ?, frame_rate = ?, bitrate = ?, audio_codec = ?, audio_rate = ?, audio_layout = ?, source_key = ''
		WHERE id = ? AND state = ?`,
		a.State, a.Problem, a.Kind, a.MediaType, a.FileKey, a.Width, a.Height, a.Duration, a.FrameRate, a.Bitrate,
		a.AudioCodec, a.AudioRate, a.AudioLayout, a.ID, MediaWaiting); err != nil {
		return err
	}
	_, err := tx.exec(ctx, `
		UPDATE attachment SET preview_key = ?, preview_type = ?, preview_width = ?, preview_height = ?, blurhash = ?
		WHERE id = ? AND preview_key = ''`,
		a.PreviewKey, a.PreviewType, a.PreviewWidth, a.PreviewHeight, a.Blurhash, a.ID)
	return err
}

// DeleteUpload removes something of no post, with its files. It is fault.NotFound if there is none
// of that account.
func (tx *Tx) DeleteUpload(ctx context.Context, account, id int64) error {
	return tx.mustExec(ctx, `DELETE FROM attachment WHERE id = ? AND account_id = ? AND status_id IS NULL`, id, account)
}

// KeepUploads takes the media of a status from it, which then wait for another post, as if they had
// just been uploaded.
func (tx *Tx) KeepUploads(ctx context.Context, status int64) error {
	_, err := tx.exec(ctx, `
		UPDATE attachment SET status_id = NULL, position = 0, created_at = ? WHERE status_id = ? AND position >= 0 AND file_key <> ''`,
		Now(), status)
	return err
}

// ForgetUploads deletes what was uploaded before t and is of no post, nor scheduled, and forgets
// who uploaded how much then. It returns how many uploads it deleted.
func (tx *Tx) ForgetUploads(ctx context.Context, t time.Time) (int64, error) {
	if _, err := tx.exec(ctx, `DELETE FROM upload WHERE created_at < ?`, At(t)); err != nil {
		return 0, err
	}
	if err := tx.forgetTurns(ctx, time.Now().Add(-filmTurnsKept)); err != nil {
		return 0, err
	}
	return tx.exec(ctx, `
		DELETE FROM attachment WHERE id IN (
			SELECT id FROM attachment WHERE status_id IS NULL AND scheduled_id = 0 AND created_at < ? LIMIT ?)`, At(t), ForgetBatch)
}

// ReserveUploads keeps uploads for a scheduled post, so that nothing else takes them and they are
// not forgotten; those it had are let go. It is fault.NotFound if one is not the account's, or
// taken.
func (tx *Tx) ReserveUploads(ctx context.Context, account, scheduled int64, ids []int64) error {
	if err := tx.ReleaseUploads(ctx, scheduled); err != nil {
		return err
	}
	for _, id := range ids {
		if err := tx.mustExec(ctx, `
			UPDATE attachment SET scheduled_id = ? WHERE id = ? AND account_id = ? AND status_id IS NULL AND scheduled_id = 0`,
			scheduled, id, account); err != nil {
			return err
		}
	}
	return nil
}

// ReleaseUploads lets go what was kept for a scheduled post.
func (tx *Tx) ReleaseUploads(ctx context.Context, scheduled int64) error {
	_, err := tx.exec(ctx, `UPDATE attachment SET scheduled_id = 0 WHERE scheduled_id = ? AND scheduled_id <> 0`, scheduled)
	return err
}

// UploadedSince returns how many files, and bytes, somebody uploaded since t, gone or not.
func (r Reader) UploadedSince(ctx context.Context, account int64, t time.Time) (files, bytes int64, err error) {
	var sum struct{ Files, Bytes int64 }
	err = r.get(ctx, &sum, `
		SELECT COUNT(*) AS files, CAST(COALESCE(SUM(bytes), 0) AS BIGINT) AS bytes FROM upload
		WHERE account_id = ? AND created_at >= ?`, account, At(t))
	return sum.Files, sum.Bytes, err
}

// CountUpload notes that somebody uploaded something.
func (tx *Tx) CountUpload(ctx context.Context, account, bytes int64) error {
	_, err := tx.exec(ctx, `INSERT INTO upload (id, account_id, bytes, created_at) VALUES (?, ?, ?, ?)`,
		tx.store.rowID(), account, bytes, Now())
	return err
}

// putAttachments gives a status its media, in their order. Those with an ID are uploads of its
// author or were the status's already; others are of another server, and are known again by their
// RemoteURL. What the status had before stays for its history.
func (tx *Tx) putAttachments(ctx context.Context, status int64, list []Attachment) error {
	var had []Attachment
	if err := tx.list(ctx, &had, attachmentSelect+`WHERE status_id = ? ORDER BY id`, status); err != nil {
		return err
	}
	if len(had) == 0 && len(list) == 0 {
		return nil
	}
	if _, err := tx.exec(ctx, `UPDATE attachment SET position = -1 WHERE status_id = ?`, status); err != nil {
		return err
	}
	for i, a := range list {
		if a.ID == 0 {
			known := slices.IndexFunc(had, func(h Attachment) bool { return h.RemoteURL == a.RemoteURL })
			if known < 0 {
				a.ID, a.StatusID, a.Position, a.CreatedAt = tx.store.rowID(), status, i, Now()
				if err := tx.insertRemote(ctx, a); err != nil {
					return err
				}
				continue
			}
			a.ID = had[known].ID
			had = slices.Delete(had, known, known+1)
		}
		if err := tx.attach(ctx, status, i, a); err != nil {
			return err
		}
	}
	_, err := tx.exec(ctx, `
		DELETE FROM attachment WHERE status_id = ?1 AND position < 0 AND id NOT IN (
			SELECT id FROM attachment WHERE status_id = ?1 AND position < 0 ORDER BY id DESC LIMIT ?)`, status, FormerMax)
	return err
}

// insertRemote adds an attachment of another server, which is its author's.
func (tx *Tx) insertRemote(ctx context.Context, a Attachment) error {
	if err := tx.get(ctx, &a.AccountID, `SELECT account_id FROM status WHERE id = ?`, a.StatusID); err != nil {
		return err
	}
	if err := tx.keepAttachment(ctx, &a); err != nil {
		return err
	}
	return tx.insertAttachment(ctx, a)
}

// attach gives an upload, or what it had already, its place in a status.
func (tx *Tx) attach(ctx context.Context, status int64, position int, a Attachment) error {
	n, err := tx.exec(ctx, `
		UPDATE attachment SET status_id = ?1, position = ?2, description = ?3, focus = ?4, scheduled_id = 0
		WHERE id = ?5 AND state = 'ready' AND account_id = (SELECT account_id FROM status WHERE id = ?1)
			AND (status_id = ?1 OR status_id IS NULL AND scheduled_id = ?6)`,
		status, position, a.Description, a.Focus, a.ID, a.ScheduledID)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "one of the media is used by another post")
	}
	return err
}

// VersionMedia is what a version of a status showed.
type VersionMedia struct {
	ID          int64  `json:"id"`
	Description string `json:"description"`
}

// VersionMedias is a column of JSON.
type VersionMedias []VersionMedia

// Scan reads the column.
func (m *VersionMedias) Scan(column any) error { return scanJSON(column, m) }

// Value writes the column.
func (m VersionMedias) Value() (driver.Value, error) { return jsonValue(m) }

// versionMedia is what a status shows now, for its history.
func (r Reader) versionMedia(ctx context.Context, status int64) (VersionMedias, error) {
	of, err := r.Attachments(ctx, []int64{status})
	var media VersionMedias
	for _, a := range of[status] {
		media = append(media, VersionMedia{ID: a.ID, Description: a.Description})
	}
	return media, err
}
