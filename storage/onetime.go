package storage

import "context"

// OneTime is a secret that works once: a link in a mail, or what carries a person from the password
// to the second step. Only its hash is kept.
type OneTime struct {
	Hash      string `db:"token_hash"`
	Purpose   string
	AccountID int64  `db:"account_id"` // 0: it is about a Signup
	SignupID  int64  `db:"signup_id"`
	Email     string // the address that whoever has it can read
	ExpiresAt Millis `db:"expires_at"`
}

const oneTimeColumns = `token_hash, purpose, account_id, signup_id, email, expires_at`

// CreateOneTime keeps a secret until it is used or expires.
func (tx *Tx) CreateOneTime(ctx context.Context, o OneTime) error {
	_, err := tx.exec(ctx, `INSERT INTO one_time (`+oneTimeColumns+`) VALUES `+tuples(6, 1),
		o.Hash, o.Purpose, o.AccountID, o.SignupID, o.Email, o.ExpiresAt)
	return err
}

// OneTime returns what a secret is for, without using it; fault.NotFound if it was used, is over,
// or is for something else.
func (r Reader) OneTime(ctx context.Context, hash, purpose string) (o OneTime, err error) {
	err = r.get(ctx, &o, `SELECT `+oneTimeColumns+` FROM one_time WHERE token_hash = ? AND purpose = ? AND expires_at > ?`,
		hash, purpose, Now())
	return o, err
}

// TakeOneTime uses a secret up. Others of the same purpose and account, from mails that came late,
// go with it.
func (tx *Tx) TakeOneTime(ctx context.Context, hash, purpose string) (o OneTime, err error) {
	err = tx.get(ctx, &o, `DELETE FROM one_time WHERE token_hash = ? AND purpose = ? AND expires_at > ? RETURNING `+oneTimeColumns,
		hash, purpose, Now())
	if err != nil || o.AccountID == 0 {
		return o, err
	}
	_, err = tx.exec(ctx, `DELETE FROM one_time WHERE account_id = ? AND purpose = ? AND account_id <> 0`, o.AccountID, purpose)
	return o, err
}
