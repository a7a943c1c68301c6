package storage

import (
	"context"
	"crypto/rand"
	"strings"
	"time"
)

// File is something that is served: a random key, which is its address for ever (docs/adr/0001),
// and the blob behind it. What it is was found out from its content.
type File struct {
	Key          string
	Blob         string // the key in Blobs
	MediaType    string `db:"media_type"`
	Bytes        int64
	Word         string // what its address calls it: WordOriginal, …, or a purpose of RemoteMedia
	AccountID    int64  `db:"account_id"`    // whose it is, 0 for nobody's
	AttachmentID int64  `db:"attachment_id"` // what it goes with, 0 for nothing
	CreatedAt    Millis `db:"created_at"`
}

const fileColumns = `key, blob, media_type, bytes, word, account_id, attachment_id, created_at`

// Words of files in their addresses, beside those that are purposes of RemoteMedia: what is shown
// of an attachment, its small picture, and what of an emoji does not move.
const (
	WordOriginal = "original"
	WordSmall    = "small"
	WordStill    = "still"
)

// NewFileKey returns a new key: 130 random bits in lower case, so that nobody finds a file by
// guessing.
func NewFileKey() string { return strings.ToLower(rand.Text()) }

// extensions is every type that is ever served, and how the names of such files end. A browser
// shows or plays them; none is a document or has script in it.
var extensions = map[string]string{
	"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp",
	"video/mp4": ".mp4", "video/webm": ".webm", "video/quicktime": ".mov",
	"audio/mpeg": ".mp3", "audio/mp4": ".m4a", "audio/ogg": ".ogg", "audio/wav": ".wav", "audio/flac": ".flac", "audio/webm": ".weba",
}

// FileName returns the last part of the address of a file: a word and the extension of its type. ok
// is false for a type that is not served.
func FileName(word, mediaType string) (name string, ok bool) {
	extension, ok := extensions[mediaType]
	return word + extension, ok
}

// Called tells whether an address that ends in name is one of the file: it is called by its word
// and the extension of its type. Those of other servers, and emoji, are nobody's here: their
// addresses were told before anybody knew the type, so that only the word has to be right.
func (f File) Called(name string) bool {
	full, ok := FileName(f.Word, f.MediaType)
	if !ok || f.Word == "" {
		return false
	}
	if f.AccountID != 0 || f.AttachmentID != 0 {
		return name == full
	}
	word, extension, has := strings.Cut(name, ".")
	return word == f.Word && (!has || isExtension("."+extension))
}

func isExtension(text string) bool {
	for _, extension := range extensions {
		if extension == text {
			return true
		}
	}
	return false
}

// CreateFile adds a file; CreatedAt is filled in if zero. It is fault.Conflict if the key is taken.
func (tx *Tx) CreateFile(ctx context.Context, f File) error {
	if f.CreatedAt == 0 {
		f.CreatedAt = Now()
	}
	_, err := tx.exec(ctx, `INSERT INTO file (`+fileColumns+`) VALUES (?, ?, ?, ?, ?, NULLIF(CAST(? AS BIGINT), 0), NULLIF(CAST(? AS BIGINT), 0), ?)`,
		f.Key, f.Blob, f.MediaType, f.Bytes, f.Word, f.AccountID, f.AttachmentID, f.CreatedAt)
	return err
}

// File returns the file of a key. It is fault.NotFound if there is none, or if its owner is hidden.
func (r Reader) File(ctx context.Context, key string) (f File, err error) {
	err = r.get(ctx, &f, `
		SELECT f.key, f.blob, f.media_type, f.bytes, f.word, COALESCE(f.account_id, 0) AS account_id,
			COALESCE(f.attachment_id, 0) AS attachment_id, f.created_at
		FROM file f LEFT JOIN account a ON a.id = f.account_id WHERE f.key = ? AND NOT COALESCE(a.hidden, FALSE)`, key)
	return f, err
}

// DeleteFiles removes files by key; those that are gone are no error. Their addresses answer
// nothing at once, the bytes go with the next sweep of blobs.
func (tx *Tx) DeleteFiles(ctx context.Context, keys ...string) error {
	for _, key := range keys {
		if _, err := tx.exec(ctx, `DELETE FROM file WHERE key = ?`, key); err != nil {
			return err
		}
	}
	return nil
}

// ForgetPictures deletes files of people of this node, made before t, that are neither of an
// attachment nor their picture or header any more. It returns how many.
func (tx *Tx) ForgetPictures(ctx context.Context, t time.Time) (int64, error) {
	return tx.exec(ctx, `
		DELETE FROM file WHERE key IN (
			SELECT f.key FROM file f JOIN account a ON a.id = f.account_id
			WHERE f.created_at < ? AND f.attachment_id IS NULL AND a.host = ''
				AND a.avatar NOT LIKE '/media/' || REPLACE(f.key, '`+stillSuffix+`', '') || '/%'
				AND a.header NOT LIKE '/media/' || REPLACE(f.key, '`+stillSuffix+`', '') || '/%'
			LIMIT ?)`, At(t), ForgetBatch)
}

// stillSuffix ends the key of the picture that stands still beside one that moves.
const stillSuffix = "-still"

// StillKey is the key of the picture that stands still for one that moves.
func StillKey(key string) string { return key + stillSuffix }

// UsedBlobs tells which of the blobs some file is made of.
func (r Reader) UsedBlobs(ctx context.Context, blobs []string) (map[string]bool, error) {
	rows, err := listIn[string](ctx, r, `SELECT DISTINCT blob FROM file WHERE blob IN (?)`, blobs)
	if err != nil {
		return nil, err
	}
	shown, err := listIn[string](ctx, r, `SELECT DISTINCT blob FROM moment_file WHERE blob IN (?)`, blobs)
	used := make(map[string]bool, len(rows))
	for _, blob := range append(rows, shown...) {
		used[blob] = true
	}
	return used, err
}
