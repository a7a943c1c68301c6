package storage

import "context"

// Marker is how far somebody has read a timeline: "home" or "notifications".
type Marker struct {
	AccountID  int64 `db:"account_id"`
	Timeline   string
	LastReadID string `db:"last_read_id"`
	Version    int64
	UpdatedAt  Millis `db:"updated_at"`
}

const markerColumns = `account_id, timeline, last_read_id, version, updated_at`

// Markers returns the markers of an account.
func (r Reader) Markers(ctx context.Context, account int64) (markers []Marker, err error) {
	err = r.list(ctx, &markers, `SELECT `+markerColumns+` FROM marker WHERE account_id = ? ORDER BY timeline`, account)
	return markers, err
}

// PutMarker moves a marker and returns it with its next version.
func (tx *Tx) PutMarker(ctx context.Context, account int64, timeline, lastRead string) (m Marker, err error) {
	err = tx.get(ctx, &m, `
		INSERT INTO marker (`+markerColumns+`) VALUES (?, ?, ?, 1, ?)
		ON CONFLICT (account_id, timeline) DO UPDATE SET last_read_id = excluded.last_read_id,
			version = marker.version + 1, updated_at = excluded.updated_at
		RETURNING `+markerColumns, account, timeline, lastRead, Now())
	return m, err
}
