package storage

import (
	"context"
	"time"

	"tulou/protocol/fault"
)

// Login is how somebody of this node signs in, and what they prefer.
type Login struct {
	AccountID         int64  `db:"account_id"`
	Email             string // normalised
	PasswordHash      string `db:"password_hash"`
	Role              string // RoleMember, RoleAdmin, RoleOwner
	Locale            string
	DefaultVisibility string `db:"default_visibility"`
	DefaultSensitive  bool   `db:"default_sensitive"`
	DefaultLanguage   string `db:"default_language"`
	CreatedAt         Millis `db:"created_at"`
	ConfirmedAt       Millis `db:"confirmed_at"`
	ActiveAt          Millis `db:"active_at"` // the day of the last use
}

// What a Login may do on the node.
const (
	RoleMember = "member"
	RoleAdmin  = "admin"
	RoleOwner  = "owner"
)

// ActiveFor is how long after the last use home timelines are written; whoever comes back later has
// theirs rebuilt.
const ActiveFor = 14 * 24 * time.Hour

// activeSince is the earliest last use of those whose home timelines are written.
func activeSince() Millis { return At(time.Now().Add(-ActiveFor)) }

const loginColumns = `account_id, email, password_hash, role, locale, default_visibility, ` +
	`default_sensitive, default_language, created_at, confirmed_at, active_at`

// LoginByEmail returns a login; the address must be normalised.
func (r Reader) LoginByEmail(ctx context.Context, email string) (l Login, err error) {
	err = r.get(ctx, &l, `SELECT `+loginColumns+` FROM login WHERE email = ?`, email)
	return l, err
}

// LoginByAccount returns how an account of this node signs in.
func (r Reader) LoginByAccount(ctx context.Context, account int64) (l Login, err error) {
	err = r.get(ctx, &l, `SELECT `+loginColumns+` FROM login WHERE account_id = ?`, account)
	return l, err
}

// Logins returns everybody who can sign in, oldest first, after an account id; for the operator.
func (r Reader) Logins(ctx context.Context, after int64, limit int) (all []Login, err error) {
	err = r.list(ctx, &all, `SELECT `+loginColumns+` FROM login WHERE account_id > ? ORDER BY account_id LIMIT ?`, after, limit)
	return all, err
}

// Staff returns the logins of those who run the node.
func (r Reader) Staff(ctx context.Context) (staff []Login, err error) {
	err = r.list(ctx, &staff, `SELECT `+loginColumns+` FROM login WHERE role IN (?, ?) ORDER BY account_id`, RoleAdmin, RoleOwner)
	return staff, err
}

// HoldStaff is Staff, and lets none of them leave until the transaction ends.
func (tx *Tx) HoldStaff(ctx context.Context) (staff []Login, err error) {
	err = tx.list(ctx, &staff, `SELECT `+loginColumns+` FROM login WHERE role IN (?, ?) ORDER BY account_id {{for update}}`, RoleAdmin, RoleOwner)
	return staff, err
}

// holdLogin lets nobody else hold the login of an account until the transaction ends;
// fault.NotFound if there is none.
func (tx *Tx) holdLogin(ctx context.Context, account int64) error {
	var id int64
	return tx.get(ctx, &id, `SELECT account_id FROM login WHERE account_id = ? {{for update}}`, account)
}

// SetEmail replaces an address; fault.Conflict if it is somebody's.
func (tx *Tx) SetEmail(ctx context.Context, account int64, email string) error {
	return tx.mustExec(ctx, `UPDATE login SET email = ?, confirmed_at = ? WHERE account_id = ?`, email, Now(), account)
}

// CreateLogin adds a login for an account of this node. It is fault.Conflict if the address or the
// account has one. Empty preferences get their defaults.
func (tx *Tx) CreateLogin(ctx context.Context, l Login) error {
	now := Now()
	if l.CreatedAt == 0 {
		l.CreatedAt = now
	}
	if l.ActiveAt == 0 {
		l.ActiveAt = now
	}
	if l.Role == "" {
		l.Role = RoleMember
	}
	if l.Locale == "" {
		l.Locale = "en"
	}
	if l.DefaultVisibility == "" {
		l.DefaultVisibility = VisibilityPublic
	}
	n, err := tx.exec(ctx, `INSERT INTO login (`+loginColumns+`) VALUES `+tuples(11, 1)+` ON CONFLICT DO NOTHING`,
		l.AccountID, l.Email, l.PasswordHash, l.Role, l.Locale, l.DefaultVisibility, l.DefaultSensitive,
		l.DefaultLanguage, l.CreatedAt, l.ConfirmedAt, l.ActiveAt)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "this e-mail address is in use")
	}
	return err
}

// SetPasswordHash replaces a password and signs out everywhere.
func (tx *Tx) SetPasswordHash(ctx context.Context, account int64, hash string) error {
	if err := tx.mustExec(ctx, `UPDATE login SET password_hash = ? WHERE account_id = ?`, hash, account); err != nil {
		return err
	}
	return tx.SignOut(ctx, account)
}

// UpdatePreferences replaces locale and defaults of a login.
func (tx *Tx) UpdatePreferences(ctx context.Context, l Login) error {
	return tx.mustExec(ctx, `
		UPDATE login SET locale = ?, default_visibility = ?, default_sensitive = ?, default_language = ?
		WHERE account_id = ?`, l.Locale, l.DefaultVisibility, l.DefaultSensitive, l.DefaultLanguage, l.AccountID)
}

// TouchActive notes that somebody uses the node on a day, writing at most once a day. If they come
// back after so long that their home timeline was not written, it is rebuilt.
func (tx *Tx) TouchActive(ctx context.Context, account int64, at time.Time) error {
	day := At(at.UTC().Truncate(24 * time.Hour))
	var before Millis
	err := tx.get(ctx, &before, `SELECT active_at FROM login WHERE account_id = ? {{for update}}`, account)
	if err != nil || before >= day {
		return err
	}
	if _, err := tx.exec(ctx, `UPDATE login SET active_at = ? WHERE account_id = ?`, day, account); err != nil {
		return err
	}
	if before >= At(at.Add(-ActiveFor)) {
		return nil
	}
	if err := tx.RebuildHome(ctx, account); err != nil {
		return err
	}
	return tx.rebuildLists(ctx, account)
}
