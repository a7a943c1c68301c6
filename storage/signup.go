package storage

import (
	"context"
	"strconv"
	"strings"
	"time"

	"tulou/protocol/fault"
)

// Signup is somebody who wants an account of this node and has none yet. It becomes an account when
// the address is confirmed and the wish is approved, where these are asked for.
type Signup struct {
	ID           int64
	Name         string // lower case
	Email        string // normalised
	PasswordHash string `db:"password_hash"`
	Role         string
	Locale       string
	Reason       string
	InviteID     int64  `db:"invite_id"`
	AppID        int64  `db:"app_id"`
	TokenHash    string `db:"token_hash"` // of a token that does nothing until then
	Scopes       string // of that token
	CreatedAt    Millis `db:"created_at"`
	ConfirmedAt  Millis `db:"confirmed_at"`
	ApprovedAt   Millis `db:"approved_at"`
	ExpiresAt    Millis `db:"expires_at"`
}

// How long a wish for an account waits: for its address to be confirmed, as long as people look for
// a mail, and then for somebody to approve it. After that the name is free again.
const (
	KeepUnconfirmed = 48 * time.Hour
	KeepUnapproved  = 30 * 24 * time.Hour
)

const signupColumns = `id, name, email, password_hash, role, locale, reason, invite_id, app_id, token_hash, ` +
	`scopes, created_at, confirmed_at, approved_at, expires_at`

// CreateSignup keeps a wish. ID, CreatedAt and ExpiresAt are filled in. It is fault.Conflict if the
// name was ever given to somebody or waits for somebody else.
func (tx *Tx) CreateSignup(ctx context.Context, s Signup) (Signup, error) {
	s.ID, s.CreatedAt = tx.store.rowID(), Now()
	s.ExpiresAt = At(time.Now().Add(KeepUnconfirmed))
	if s.ConfirmedAt != 0 {
		s.ExpiresAt = At(time.Now().Add(KeepUnapproved))
	}
	taken, err := tx.exists(ctx, `SELECT 1 FROM account WHERE name_key = ? AND host = ''`, s.Name)
	if err != nil {
		return s, err
	}
	if !taken {
		n, err := tx.exec(ctx, `INSERT INTO signup (`+signupColumns+`) VALUES `+tuples(15, 1)+` ON CONFLICT (name) DO NOTHING`,
			s.ID, s.Name, s.Email, s.PasswordHash, s.Role, s.Locale, s.Reason, s.InviteID, s.AppID, s.TokenHash,
			s.Scopes, s.CreatedAt, s.ConfirmedAt, s.ApprovedAt, s.ExpiresAt)
		if err != nil {
			return s, err
		}
		taken = n == 0
	}
	if taken {
		return s, fault.New(fault.Conflict, "the name %s is taken", s.Name)
	}
	return s, nil
}

// deniedMark is between the name and the id of a wish for a name that is taken. No name has it.
const deniedMark = "/"

// DenySignup keeps a wish of which nothing will come, because its name is taken, where nobody is to
// learn that from the answer: it waits, and ends, like any other.
func (tx *Tx) DenySignup(ctx context.Context, s Signup) (Signup, error) {
	s.Name += deniedMark + strconv.FormatInt(tx.store.rowID(), 10)
	return tx.CreateSignup(ctx, s)
}

// Wanted is the name that was wished for, and whether it cannot be had because it was taken.
func (s Signup) Wanted() (name string, denied bool) {
	name, _, denied = strings.Cut(s.Name, deniedMark)
	return name, denied
}

// NameTaken tells whether a name was ever given, or waits for somebody.
func (r Reader) NameTaken(ctx context.Context, name string) (bool, error) {
	return r.exists(ctx, `
		SELECT 1 FROM account WHERE name_key = ?1 AND host = ''
		UNION ALL SELECT 1 FROM signup WHERE name = ?1 AND expires_at > ?2 LIMIT 1`, name, Now())
}

// SignupByID returns a wish that is not over.
func (r Reader) SignupByID(ctx context.Context, id int64) (s Signup, err error) {
	err = r.get(ctx, &s, `SELECT `+signupColumns+` FROM signup WHERE id = ? AND expires_at > ?`, id, Now())
	return s, err
}

// SignupByName returns the wish for a name.
func (r Reader) SignupByName(ctx context.Context, name string) (s Signup, err error) {
	err = r.get(ctx, &s, `SELECT `+signupColumns+` FROM signup WHERE name = ? AND expires_at > ?`, nameKey(name), Now())
	return s, err
}

// SignupByEmail returns the newest wish that names an address.
func (r Reader) SignupByEmail(ctx context.Context, email string) (s Signup, err error) {
	err = r.get(ctx, &s, `SELECT `+signupColumns+` FROM signup WHERE email = ? AND expires_at > ? ORDER BY id DESC LIMIT 1`, email, Now())
	return s, err
}

// SignupByToken returns the wish whose program holds a token; fault.NotFound if there is none.
func (r Reader) SignupByToken(ctx context.Context, tokenHash string) (s Signup, err error) {
	err = r.get(ctx, &s, `
		SELECT `+signupColumns+` FROM signup WHERE token_hash = ? AND token_hash <> '' AND expires_at > ?`, tokenHash, Now())
	return s, err
}

// Signups returns all who wait, oldest first, after an id; not those whose name is taken.
func (r Reader) Signups(ctx context.Context, after int64, limit int) (all []Signup, err error) {
	err = r.list(ctx, &all, `
		SELECT `+signupColumns+` FROM signup WHERE id > ? AND expires_at > ? AND name NOT LIKE '%`+deniedMark+`%' ORDER BY id LIMIT ?`,
		after, Now(), limit)
	return all, err
}

// SignupsUndecided returns those whom somebody has to approve or reject, oldest first, after an id.
func (r Reader) SignupsUndecided(ctx context.Context, after int64, limit int) (all []Signup, err error) {
	err = r.list(ctx, &all, `
		SELECT `+signupColumns+` FROM signup
		WHERE approved_at = 0 AND id > ? AND expires_at > ? AND name NOT LIKE '%`+deniedMark+`%' ORDER BY id LIMIT ?`,
		after, Now(), limit)
	return all, err
}

// HoldSignup is SignupByID, and keeps others from changing it until the transaction ends.
func (tx *Tx) HoldSignup(ctx context.Context, id int64) (s Signup, err error) {
	err = tx.get(ctx, &s, `SELECT `+signupColumns+` FROM signup WHERE id = ? AND expires_at > ? {{for update}}`, id, Now())
	return s, err
}

// UpdateSignup replaces address, confirmation, approval and time of a wish.
func (tx *Tx) UpdateSignup(ctx context.Context, s Signup) error {
	return tx.mustExec(ctx, `UPDATE signup SET email = ?, confirmed_at = ?, approved_at = ?, expires_at = ? WHERE id = ?`,
		s.Email, s.ConfirmedAt, s.ApprovedAt, s.ExpiresAt, s.ID)
}

// DeleteSignup forgets a wish, with the links that were mailed for it. If nothing came of it, the
// use of its invitation is given back.
func (tx *Tx) DeleteSignup(ctx context.Context, s Signup, nothing bool) error {
	if _, err := tx.exec(ctx, `DELETE FROM one_time WHERE signup_id = ? AND signup_id <> 0`, s.ID); err != nil {
		return err
	}
	n, err := tx.exec(ctx, `DELETE FROM signup WHERE id = ?`, s.ID)
	if err != nil || n == 0 || !nothing || s.InviteID == 0 {
		return err
	}
	_, err = tx.exec(ctx, `UPDATE invite SET uses = uses - 1 WHERE id = ? AND uses > 0`, s.InviteID)
	return err
}

// DeleteSignupsFor forgets the wishes of others that name an address which has an account now.
func (tx *Tx) DeleteSignupsFor(ctx context.Context, email string) error {
	var left []Signup
	if err := tx.list(ctx, &left, `SELECT `+signupColumns+` FROM signup WHERE email = ?`, email); err != nil {
		return err
	}
	return tx.deleteSignups(ctx, left)
}

// forgetSignups forgets wishes that are over.
func (tx *Tx) forgetSignups(ctx context.Context, now time.Time) error {
	var over []Signup
	if err := tx.list(ctx, &over, `SELECT `+signupColumns+` FROM signup WHERE expires_at <= ? LIMIT ?`, At(now), ForgetBatch); err != nil {
		return err
	}
	return tx.deleteSignups(ctx, over)
}

func (tx *Tx) deleteSignups(ctx context.Context, all []Signup) error {
	for _, s := range all {
		if err := tx.DeleteSignup(ctx, s, true); err != nil {
			return err
		}
	}
	return nil
}
