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
	Role              string // RoleMember, RoleModerator, RoleAdmin, RoleOwner
	Locale            string
	DefaultVisibility string `db:"default_visibility"`
	DefaultSensitive  bool   `db:"default_sensitive"`
	DefaultLanguage   string `db:"default_language"`
	// DefaultQuotePolicy is who may quote posts that do not say: one of QuotePolicyNames.
	DefaultQuotePolicy string `db:"default_quote_policy"`
	CreatedAt          Millis `db:"created_at"`
	ConfirmedAt        Millis `db:"confirmed_at"`
	ActiveAt           Millis `db:"active_at"` // the day of the last use
	// Credentials counts how often everything was made void that somebody held of the account. What
	// was checked at one number is worth nothing at another.
	Credentials int64
	// DisabledAt is since when its owner may not use the account, which everybody is still shown.
	DisabledAt Millis `db:"disabled_at"`
}

// What a Login may do on the node.
const (
	RoleMember    = "member"
	RoleModerator = "moderator" // looks after people and reports
	RoleAdmin     = "admin"
	RoleOwner     = "owner"
)

// ActiveFor is how long after the last use home timelines are written; whoever comes back later has
// theirs rebuilt.
const ActiveFor = 14 * 24 * time.Hour

// activeSince is the earliest last use of those whose home timelines are written.
func activeSince() Millis { return At(time.Now().Add(-ActiveFor)) }

const loginColumns = `account_id, email, password_hash, role, locale, default_visibility, ` +
	`default_sensitive, default_language, default_quote_policy, created_at, confirmed_at, active_at, credentials, disabled_at`

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

// Staff returns the logins of those who run the node: who is suspended or disabled does not.
func (r Reader) Staff(ctx context.Context) (staff []Login, err error) {
	err = r.list(ctx, &staff, `
		SELECT `+prefixed("l", loginColumns)+` FROM login l JOIN account a ON a.id = l.account_id
		WHERE l.role IN (?, ?) AND NOT a.hidden AND l.disabled_at = 0 ORDER BY l.account_id`, RoleAdmin, RoleOwner)
	return staff, err
}

// HoldStaff is Staff, and lets none of them leave or be suspended until the transaction ends. It
// reads them after it has them, because PostgreSQL would answer with what was so before it waited.
func (tx *Tx) HoldStaff(ctx context.Context) ([]Login, error) {
	var held []int64
	if err := tx.list(ctx, &held, `SELECT account_id FROM login WHERE role IN (?, ?) ORDER BY account_id {{for update}}`, RoleAdmin, RoleOwner); err != nil {
		return nil, err
	}
	return tx.Staff(ctx)
}

// HoldLogin returns the login of somebody who may use the node, and lets nobody change what it is
// worth until the transaction ends: neither password nor codes, sessions or suspension.
// fault.NotFound if there is none, it is disabled, or the account is hidden.
func (tx *Tx) HoldLogin(ctx context.Context, account int64) (l Login, err error) {
	if err := tx.holdLogin(ctx, account); err != nil {
		return l, err
	}
	err = tx.get(ctx, &l, `
		SELECT `+prefixed("l", loginColumns)+` FROM login l JOIN account a ON a.id = l.account_id
		WHERE l.account_id = ? AND NOT a.hidden AND l.disabled_at = 0`, account)
	return l, err
}

// holdLogin lets nobody else hold the login of an account until the transaction ends;
// fault.NotFound if there is none.
func (tx *Tx) holdLogin(ctx context.Context, account int64) error {
	var id int64
	return tx.get(ctx, &id, `SELECT account_id FROM login WHERE account_id = ? {{for update}}`, account)
}

// renewCredentials makes worth nothing what was checked of an account so far and has led to nothing
// yet, and keeps others who hold the login waiting; no login is no error.
func (tx *Tx) renewCredentials(ctx context.Context, account int64) error {
	_, err := tx.exec(ctx, `UPDATE login SET credentials = credentials + 1 WHERE account_id = ?`, account)
	return err
}

// SetEmail replaces an address, and voids the links to others that are still to be mailed;
// fault.Conflict if it is somebody's.
func (tx *Tx) SetEmail(ctx context.Context, account int64, email string) error {
	if err := tx.mustExec(ctx, `UPDATE login SET email = ?, confirmed_at = ? WHERE account_id = ?`, email, Now(), account); err != nil {
		return err
	}
	return tx.renewCredentials(ctx, account)
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
	if l.DefaultQuotePolicy == "" {
		l.DefaultQuotePolicy = QuotableByAll
	}
	n, err := tx.exec(ctx, `INSERT INTO login (`+loginColumns+`) VALUES `+tuples(14, 1)+` ON CONFLICT DO NOTHING`,
		l.AccountID, l.Email, l.PasswordHash, l.Role, l.Locale, l.DefaultVisibility, l.DefaultSensitive,
		l.DefaultLanguage, l.DefaultQuotePolicy, l.CreatedAt, l.ConfirmedAt, l.ActiveAt, l.Credentials, l.DisabledAt)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "this e-mail address is in use")
	}
	return err
}

// SetDisabled keeps the owner of an account out, and ends what they hold of it, or lets them in
// again; fault.NotFound if it has no login.
func (tx *Tx) SetDisabled(ctx context.Context, account int64, disabled bool) error {
	if !disabled {
		return tx.mustExec(ctx, `UPDATE login SET disabled_at = 0 WHERE account_id = ?`, account)
	}
	if err := tx.mustExec(ctx, `UPDATE login SET disabled_at = ? WHERE account_id = ?`, Now(), account); err != nil {
		return err
	}
	return tx.SignOut(ctx, account)
}

// SetRole says what a login may do on the node; fault.NotFound if there is none.
func (tx *Tx) SetRole(ctx context.Context, account int64, role string) error {
	return tx.mustExec(ctx, `UPDATE login SET role = ? WHERE account_id = ?`, role, account)
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
		UPDATE login SET locale = ?, default_visibility = ?, default_sensitive = ?, default_language = ?, default_quote_policy = ?
		WHERE account_id = ?`, l.Locale, l.DefaultVisibility, l.DefaultSensitive, l.DefaultLanguage, l.DefaultQuotePolicy, l.AccountID)
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
