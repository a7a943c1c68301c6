package storage

import (
	"context"
	"net/url"
	"path"
	"strings"
	"time"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

// What a file of another server is for, which decides how large it may be and what is made of it.
const (
	MediaAvatar     = "avatar"
	MediaHeader     = "header"
	MediaAttachment = "attachment"
	MediaEmoji      = "emoji"
	MediaCard       = "card"
)

// RemoteMedia is a picture, film or sound of another server that somebody here may see: where it
// is, the keys under which this node serves it, and what became of fetching it. It has files from
// FetchedAt on, until they are evicted.
type RemoteMedia struct {
	ID         int64
	URL        string
	Purpose    string
	FileKey    string `db:"file_key"`    // random, not to be found out from URL
	PreviewKey string `db:"preview_key"` // likewise: of the small picture, or the one that stands still
	MediaType  string `db:"media_type"`  // what it turned out to be, "" if it was never here
	Width      int    // pixels, 0 if unknown
	Height     int
	Blurhash   string
	Bytes      int64  // that it takes here
	FetchedAt  Millis `db:"fetched_at"` // 0: it is not here
	SeenAt     Millis `db:"seen_at"`    // when somebody looked at it last, to about SeenEvery
	Failures   int    // in a row
	RetryAt    Millis `db:"retry_at"`    // not to be asked for before
	LeaseUntil Millis `db:"lease_until"` // a process fetches it
	CreatedAt  Millis `db:"created_at"`
}

const remoteColumns = `id, url, purpose, file_key, preview_key, media_type, width, height, blurhash, ` +
	`bytes, fetched_at, seen_at, failures, retry_at, lease_until, created_at`

// remoteBatch is how many files of others one transaction of retention looks at.
const remoteBatch = 200

// PutRemoteMedia notes that a file of another server may be looked at here, and returns it with
// its keys, which stay: the row is held, so that nobody forgets it before what refers to it is
// there. Nothing is fetched.
func (tx *Tx) PutRemoteMedia(ctx context.Context, address, purpose string) (m RemoteMedia, err error) {
	const known = `SELECT ` + remoteColumns + ` FROM remote_media WHERE url = ? AND purpose = ? {{for share}}`
	if err = tx.get(ctx, &m, known, address, purpose); !fault.Is(err, fault.NotFound) {
		return m, err
	}
	m = RemoteMedia{ID: tx.store.rowID(), URL: address, Purpose: purpose, FileKey: NewFileKey(), PreviewKey: NewFileKey(), CreatedAt: Now()}
	n, err := tx.exec(ctx, `
		INSERT INTO remote_media (id, url, purpose, file_key, preview_key, created_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (url, purpose) DO NOTHING`, m.ID, address, purpose, m.FileKey, m.PreviewKey, m.CreatedAt)
	if err == nil && n == 0 { // another transaction was faster
		err = tx.get(ctx, &m, known, address, purpose)
	}
	return m, err
}

// PicturePath is where the avatar or header of somebody of another server is served.
func PicturePath(m RemoteMedia) string { return ids.MediaPrefix + m.FileKey + "/" + m.Purpose }

// keepPictures makes paths of this node of the addresses of somebody's pictures.
func (tx *Tx) keepPictures(ctx context.Context, a *Account) error {
	for _, p := range []struct {
		address *string
		purpose string
	}{{&a.Avatar, MediaAvatar}, {&a.Header, MediaHeader}} {
		if *p.address == "" || strings.HasPrefix(*p.address, ids.MediaPrefix) {
			continue
		}
		m, err := tx.PutRemoteMedia(ctx, *p.address, p.purpose)
		if err != nil {
			return err
		}
		*p.address = PicturePath(m)
	}
	return nil
}

// keepAttachment gives an attachment of another server the keys of its files, and what is known of
// it if it was here before.
func (tx *Tx) keepAttachment(ctx context.Context, a *Attachment) error {
	if a.RemoteURL == "" {
		return nil
	}
	m, err := tx.PutRemoteMedia(ctx, a.RemoteURL, MediaAttachment)
	if err != nil {
		return err
	}
	a.FileKey = m.FileKey
	if m.MediaType != "" {
		a.MediaType, a.Width, a.Height = m.MediaType, m.Width, m.Height
		if a.Blurhash == "" {
			a.Blurhash = m.Blurhash
		}
	}
	if a.MediaType == "" {
		a.MediaType = typeByName(a.RemoteURL)
	}
	a.Kind = KindOf(a.MediaType)
	if a.Kind == KindImage {
		a.PreviewKey = m.PreviewKey
	}
	return nil
}

// typeByName guesses the type of a file from the end of its address, "" if that says nothing.
func typeByName(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	extension := strings.ToLower(path.Ext(u.Path))
	for mediaType, ending := range extensions {
		if ending == extension {
			return mediaType
		}
	}
	return ""
}

// KindOf is the kind of attachment that a media type is.
func KindOf(mediaType string) string {
	switch kind, _, _ := strings.Cut(mediaType, "/"); kind {
	case KindImage, KindVideo, KindAudio:
		return kind
	}
	return KindUnknown
}

// RemoteMediaByKey returns the file of another server that has a key, its own or its preview's;
// fault.NotFound if there is none.
func (r Reader) RemoteMediaByKey(ctx context.Context, key string) (m RemoteMedia, err error) {
	err = r.get(ctx, &m, `SELECT `+remoteColumns+` FROM remote_media WHERE file_key = ?1 OR preview_key = ?1`, key)
	return m, err
}

// references find the things by which somebody may come to see a file, by its purpose.
var references = map[string]string{
	MediaAvatar: `SELECT 1 FROM account a WHERE a.avatar = ?1 AND a.avatar <> ''`,
	MediaHeader: `SELECT 1 FROM account a WHERE a.header = ?1 AND a.header <> ''`,
	MediaEmoji:  `SELECT 1 FROM emoji e WHERE e.picture = ?1`,
	MediaAttachment: `
		SELECT 1 FROM attachment m JOIN account a ON a.id = m.account_id WHERE m.file_key = ?1 AND m.file_key <> ''`,
	MediaCard: `
		SELECT 1 FROM card c JOIN status_card x ON x.card_id = c.id JOIN status s ON s.id = x.status_id
		JOIN account a ON a.id = s.account_id WHERE c.image_key = ?1 AND c.image_key <> ''`,
}

// referred tells whether there is anything here by which a file is referred to; shown, whether by
// anybody who is not hidden.
func (r Reader) referred(ctx context.Context, m RemoteMedia, shown bool) (bool, error) {
	query, by := references[m.Purpose], m.FileKey
	switch m.Purpose {
	case MediaAvatar, MediaHeader:
		by = PicturePath(m)
	}
	if shown && m.Purpose != MediaEmoji {
		query += ` AND NOT a.hidden`
	}
	return r.exists(ctx, query+` LIMIT 1`, by)
}

// RemoteMediaShown tells whether there is anything here by which somebody may come to see a file:
// what refers to it has not been deleted, and whose it is has not been hidden.
func (r Reader) RemoteMediaShown(ctx context.Context, m RemoteMedia) (bool, error) {
	if m.Purpose != MediaEmoji {
		return r.referred(ctx, m, true)
	}
	var hosts []string
	if err := r.list(ctx, &hosts, `SELECT DISTINCT host FROM emoji WHERE picture = ?`, m.FileKey); err != nil {
		return false, err
	}
	for _, host := range hosts {
		if blocked, err := r.DomainBlocked(ctx, host); err != nil || !blocked {
			return err == nil, err
		}
	}
	return false, nil
}

// LeaseRemoteMedia takes it upon this process to fetch a file until then, and tells whether it
// did: it does not if the file is here, is not to be asked for yet, or another process fetches
// it.
func (tx *Tx) LeaseRemoteMedia(ctx context.Context, id int64, until time.Time) (bool, error) {
	n, err := tx.exec(ctx, `
		UPDATE remote_media SET lease_until = ?1 WHERE id = ?2 AND fetched_at = 0 AND retry_at <= ?3 AND lease_until <= ?3`,
		At(until), id, Now())
	return n == 1, err
}

// FailRemoteMedia notes that fetching a file failed, and when it may be tried again.
func (tx *Tx) FailRemoteMedia(ctx context.Context, id int64, retry time.Time) error {
	_, err := tx.exec(ctx, `UPDATE remote_media SET failures = failures + 1, retry_at = ?, lease_until = 0 WHERE id = ?`, At(retry), id)
	return err
}

// FinishRemoteMedia keeps a file that was fetched: what it is (MediaType, Width, Height,
// Blurhash) and the files it is served as, whose keys are its own. Posts and cards that show it
// tell the same from then on. The fault is NotFound if nobody wants it any more.
func (tx *Tx) FinishRemoteMedia(ctx context.Context, m RemoteMedia, files ...File) error {
	m.Bytes = 0
	for _, f := range files {
		m.Bytes += f.Bytes
	}
	if err := tx.mustExec(ctx, `
		UPDATE remote_media SET media_type = ?1, width = ?2, height = ?3, blurhash = ?4, bytes = ?5, fetched_at = ?6, seen_at = ?6,
			failures = 0, retry_at = 0, lease_until = 0 WHERE id = ?7`,
		m.MediaType, m.Width, m.Height, m.Blurhash, m.Bytes, Now(), m.ID); err != nil {
		return err
	}
	if err := tx.DeleteFiles(ctx, m.FileKey, m.PreviewKey); err != nil {
		return err
	}
	for _, f := range files {
		if err := tx.CreateFile(ctx, f); err != nil {
			return err
		}
	}
	switch m.Purpose {
	case MediaAttachment:
		return tx.retellAttachments(ctx, m)
	case MediaCard:
		return tx.retellCards(ctx, m)
	}
	return nil
}

// retellAttachments corrects what other servers said of a file, and counts up the versions of the
// posts that look different then.
func (tx *Tx) retellAttachments(ctx context.Context, m RemoteMedia) error {
	kind, preview := KindOf(m.MediaType), ""
	if kind == KindImage {
		preview = m.PreviewKey
	}
	var statuses []int64
	if err := tx.list(ctx, &statuses, `
		UPDATE attachment SET kind = ?1, media_type = ?2, width = ?3, height = ?4, preview_key = ?5,
			blurhash = CASE WHEN blurhash = '' THEN ?6 ELSE blurhash END
		WHERE file_key = ?7 AND file_key <> '' AND status_id IS NOT NULL
			AND (kind <> ?1 OR media_type <> ?2 OR width <> ?3 OR height <> ?4 OR blurhash = '' AND ?6 <> '')
		RETURNING status_id`, kind, m.MediaType, m.Width, m.Height, preview, m.Blurhash, m.FileKey); err != nil {
		return err
	}
	for _, status := range statuses {
		if _, err := tx.exec(ctx, `UPDATE status SET version = version + 1 WHERE id = ?`, status); err != nil {
			return err
		}
	}
	return nil
}

// retellCards gives the cards with a picture its size.
func (tx *Tx) retellCards(ctx context.Context, m RemoteMedia) error {
	var cards []int64
	if err := tx.list(ctx, &cards, `
		UPDATE card SET width = ?1, height = ?2, blurhash = ?3
		WHERE image_key = ?4 AND image_key <> '' AND (width <> ?1 OR height <> ?2 OR blurhash <> ?3) RETURNING id`,
		m.Width, m.Height, m.Blurhash, m.FileKey); err != nil {
		return err
	}
	for _, card := range cards {
		if err := tx.cardChanged(ctx, card); err != nil {
			return err
		}
	}
	return nil
}

// EvictRemoteMedia removes the files of what was fetched before t, and returns how many it were.
// They are fetched again when somebody looks.
func (tx *Tx) EvictRemoteMedia(ctx context.Context, t time.Time) (int64, error) {
	var old []RemoteMedia
	if err := tx.list(ctx, &old, `
		SELECT `+remoteColumns+` FROM remote_media WHERE fetched_at > 0 AND fetched_at < ? ORDER BY fetched_at LIMIT ?`,
		At(t), ForgetBatch); err != nil {
		return 0, err
	}
	for _, m := range old {
		if err := tx.evict(ctx, m); err != nil {
			return 0, err
		}
	}
	return int64(len(old)), nil
}

// DropRemoteMedia removes the files that one had when it was read, as if they had been evicted.
func (tx *Tx) DropRemoteMedia(ctx context.Context, m RemoteMedia) error { return tx.evict(ctx, m) }

// evict removes what was fetched when m was read. What another process has fetched since stays: its
// files would be there and not be counted. The row is first, so that whoever writes files for it is
// waited for.
func (tx *Tx) evict(ctx context.Context, m RemoteMedia) error {
	n, err := tx.exec(ctx, `UPDATE remote_media SET fetched_at = 0, bytes = 0 WHERE id = ? AND fetched_at = ?`, m.ID, m.FetchedAt)
	if err != nil || n == 0 {
		return err
	}
	return tx.DeleteFiles(ctx, m.FileKey, m.PreviewKey)
}

// ForgetRemoteMedia removes what nothing here refers to any more, and the files of what belongs to
// somebody who is hidden. It looks at some ids above after and returns the last one, 0 when there
// are no more.
func (tx *Tx) ForgetRemoteMedia(ctx context.Context, after int64) (last int64, err error) {
	var some []RemoteMedia
	if err := tx.list(ctx, &some, `SELECT `+remoteColumns+` FROM remote_media WHERE id > ? ORDER BY id LIMIT ?`, after, remoteBatch); err != nil {
		return 0, err
	}
	for _, m := range some {
		last = m.ID
		if err := tx.forgetUnlessShown(ctx, m); err != nil {
			return 0, err
		}
	}
	return last, nil
}

func (tx *Tx) forgetUnlessShown(ctx context.Context, m RemoteMedia) error {
	shown, err := tx.RemoteMediaShown(ctx, m)
	if err != nil || shown {
		return err
	}
	// After whoever refers to it, or has fetched it, just now.
	err = tx.get(ctx, &m, `SELECT `+remoteColumns+` FROM remote_media WHERE id = ? {{for update}}`, m.ID)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err == nil && m.FetchedAt != 0 {
		err = tx.evict(ctx, m)
	}
	if err != nil {
		return err
	}
	referred, err := tx.referred(ctx, m, false)
	if err != nil || referred {
		return err
	}
	_, err = tx.exec(ctx, `DELETE FROM remote_media WHERE id = ?`, m.ID)
	return err
}
