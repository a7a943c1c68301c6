package storage

import (
	"context"
	"time"
)

// Session is somebody's browser on the pages of this node. Only its hash is kept.
type Session struct {
	ID        int64
	Hash      string `db:"token_hash"`
	AccountID int64  `db:"account_id"`
	Agent     string // what the browser says it is
	Address   string // the network it is in
	CreatedAt Millis `db:"created_at"`
	UsedAt    Millis `db:"used_at"`
	ProvedAt  Millis `db:"proved_at"` // when the password was last given in it
	ExpiresAt Millis `db:"expires_at"`
}

const (
	// SessionFor is how long a browser stays signed in that is not used.
	SessionFor = 14 * 24 * time.Hour
	// SessionMax is how long it stays signed in however much it is used: a cookie that somebody
	// copied is not good for ever.
	SessionMax = 180 * 24 * time.Hour
	// SessionTouch is how often the last use of a session is written down.
	SessionTouch = time.Hour
	// KeepDevice is how long a browser stays known after somebody signed in with it.
	KeepDevice = 365 * 24 * time.Hour
	// DevicesMax is how many browsers of one person are known; the longest unused are forgotten.
	DevicesMax = 50
)

const sessionColumns = `id, token_hash, account_id, agent, address, created_at, used_at, proved_at, expires_at`

// CreateSession keeps a session until it is not used for SessionFor, or until ExpiresAt if that is
// said. ID and the other times are filled in.
func (tx *Tx) CreateSession(ctx context.Context, s Session) (Session, error) {
	now := Now()
	s.ID, s.CreatedAt, s.UsedAt, s.ProvedAt = tx.store.rowID(), now, now, now
	if s.ExpiresAt == 0 {
		s.ExpiresAt = At(now.Time().Add(SessionFor))
	}
	_, err := tx.exec(ctx, `INSERT INTO session (`+sessionColumns+`) VALUES `+tuples(9, 1),
		s.ID, s.Hash, s.AccountID, s.Agent, s.Address, s.CreatedAt, s.UsedAt, s.ProvedAt, s.ExpiresAt)
	return s, err
}

// SessionByHash returns a session that is not over.
func (r Reader) SessionByHash(ctx context.Context, hash string) (s Session, err error) {
	err = r.get(ctx, &s, `SELECT `+sessionColumns+` FROM session WHERE token_hash = ? AND expires_at > ?`, hash, Now())
	return s, err
}

// Sessions returns somebody's sessions, the last used first.
func (r Reader) Sessions(ctx context.Context, account int64) (all []Session, err error) {
	err = r.list(ctx, &all, `
		SELECT `+sessionColumns+` FROM session WHERE account_id = ? AND expires_at > ? ORDER BY used_at DESC, id DESC LIMIT ?`,
		account, Now(), AccountPageMax)
	return all, err
}

// TouchSession notes that a session is used, from where, and has it last longer: for SessionFor
// from now, and not beyond SessionMax from when it began.
func (tx *Tx) TouchSession(ctx context.Context, hash, address string) error {
	now := Now()
	_, err := tx.exec(ctx, `
		UPDATE session SET used_at = ?, address = ?, expires_at = {{least}}(CAST(? AS BIGINT), created_at + CAST(? AS BIGINT))
		WHERE token_hash = ? AND expires_at > ?`,
		now, address, At(now.Time().Add(SessionFor)), SessionMax.Milliseconds(), hash, now)
	return err
}

// ProveSession notes that the password was given in a session just now.
func (tx *Tx) ProveSession(ctx context.Context, hash string) error {
	return tx.mustExec(ctx, `UPDATE session SET proved_at = ? WHERE token_hash = ?`, Now(), hash)
}

// DeleteSession ends a session; none is no error. As with a token, everybody who remembers it is
// told (EventTokenRevoked), and what is pushed to it ends.
func (tx *Tx) DeleteSession(ctx context.Context, hash string) error {
	return tx.revoke(ctx, `DELETE FROM session WHERE token_hash = ? RETURNING id`, hash)
}

// EndSession ends one session of somebody's, and the codes and mailed links that may have been
// asked for in it; fault.NotFound for those of others.
func (tx *Tx) EndSession(ctx context.Context, account, id int64) error {
	var ended int64
	if err := tx.get(ctx, &ended, `SELECT id FROM session WHERE id = ? AND account_id = ?`, id, account); err != nil {
		return err
	}
	if err := tx.revoke(ctx, `DELETE FROM session WHERE id = ? AND account_id = ? RETURNING id`, ended, account); err != nil {
		return err
	}
	return tx.voidSecrets(ctx, account)
}

// EndOtherSessions ends all sessions of somebody's but one, and the codes and mailed links that may
// have been asked for in them. Their browsers are not known any more.
func (tx *Tx) EndOtherSessions(ctx context.Context, account int64, keepHash, keepDevice string) error {
	if err := tx.revoke(ctx, `DELETE FROM session WHERE account_id = ? AND token_hash <> ? RETURNING id`, account, keepHash); err != nil {
		return err
	}
	if err := tx.voidSecrets(ctx, account); err != nil {
		return err
	}
	_, err := tx.exec(ctx, `DELETE FROM device WHERE account_id = ? AND device_hash <> ?`, account, keepDevice)
	return err
}

// PutDevice notes that somebody signed in with a browser.
func (tx *Tx) PutDevice(ctx context.Context, account int64, hash string) error {
	if _, err := tx.exec(ctx, `
		INSERT INTO device (account_id, device_hash, used_at) VALUES (?, ?, ?)
		ON CONFLICT (account_id, device_hash) DO UPDATE SET used_at = excluded.used_at`, account, hash, Now()); err != nil {
		return err
	}
	_, err := tx.exec(ctx, `
		DELETE FROM device WHERE account_id = ?1 AND device_hash NOT IN (
			SELECT device_hash FROM device WHERE account_id = ?1 ORDER BY used_at DESC, device_hash LIMIT ?2)`, account, DevicesMax)
	return err
}

// KnowsDevice tells whether somebody has signed in with a browser before.
func (r Reader) KnowsDevice(ctx context.Context, account int64, hash string) (bool, error) {
	return r.exists(ctx, `SELECT 1 FROM device WHERE account_id = ? AND device_hash = ? AND used_at > ?`,
		account, hash, At(time.Now().Add(-KeepDevice)))
}

// Authorised is a program that may act for somebody.
type Authorised struct {
	TokenID   int64 `db:"id"`
	App       string
	Website   string
	Scopes    string
	CreatedAt Millis `db:"created_at"`
	UsedAt    Millis `db:"used_at"`
}

// AuthorisedApps returns the programs that may act for somebody, a row for each token, newest
// first.
func (r Reader) AuthorisedApps(ctx context.Context, account int64) (all []Authorised, err error) {
	err = r.list(ctx, &all, `
		SELECT t.id, a.name AS app, a.website, t.scopes, t.created_at, t.used_at
		FROM oauth_token t JOIN oauth_app a ON a.id = t.app_id
		WHERE t.account_id = ? AND t.account_id <> 0 ORDER BY t.id DESC LIMIT ?`, account, AccountPageMax)
	return all, err
}

// RevokeTokenOf makes one token of somebody's void; unknown is no error.
func (tx *Tx) RevokeTokenOf(ctx context.Context, account, id int64) error {
	return tx.revoke(ctx, `DELETE FROM oauth_token WHERE id = ? AND account_id = ? AND account_id <> 0 RETURNING id`, id, account)
}

// TouchToken notes that a token is used today.
func (tx *Tx) TouchToken(ctx context.Context, id int64, at time.Time) error {
	day := At(at.UTC().Truncate(24 * time.Hour))
	_, err := tx.exec(ctx, `UPDATE oauth_token SET used_at = ?1 WHERE id = ?2 AND used_at < ?1`, day, id)
	return err
}
