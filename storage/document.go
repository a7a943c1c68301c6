package storage

import "context"

// Document is the finished ActivityPub form of a local object, served as it is.
type Document struct {
	URI       string
	StatusID  int64 `db:"status_id"` // whose visibility decides who gets it; 0: everybody
	Body      []byte
	UpdatedAt Millis `db:"updated_at"`
}

// Document returns the document of an object id.
func (r Reader) Document(ctx context.Context, uri string) (d Document, err error) {
	err = r.get(ctx, &d, `SELECT uri, status_id, body, updated_at FROM document WHERE uri = ?`, uri)
	return d, err
}

// PutDocument adds or replaces a document. UpdatedAt becomes now.
func (tx *Tx) PutDocument(ctx context.Context, d Document) error {
	_, err := tx.exec(ctx, `
		INSERT INTO document (uri, status_id, body, updated_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (uri) DO UPDATE SET status_id = excluded.status_id, body = excluded.body, updated_at = excluded.updated_at`,
		d.URI, d.StatusID, d.Body, Now())
	return err
}
