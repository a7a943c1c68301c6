package storage

import (
	"context"
	"crypto/subtle"
	"strconv"

	"tulou/protocol/fault"
)

// SecondFactor is what the codes of somebody's authenticator are made from. Its secret is sealed;
// FactorSecret opens it, so that who has lost the key can still take codes out of use.
type SecondFactor struct {
	AccountID   int64  `db:"account_id"`
	Sealed      string `db:"secret"`
	CreatedAt   Millis `db:"created_at"`
	ConfirmedAt Millis `db:"confirmed_at"` // 0: shown, and not in use yet
	LastStep    int64  `db:"last_step"`    // of the last code that was taken
}

const factorColumns = `account_id, secret, created_at, confirmed_at, last_step`

// SecondFactor returns somebody's; fault.NotFound if they have none.
func (r Reader) SecondFactor(ctx context.Context, account int64) (f SecondFactor, err error) {
	err = r.get(ctx, &f, `SELECT `+factorColumns+` FROM second_factor WHERE account_id = ?`, account)
	return f, err
}

// FactorSecret returns the secret of a second factor: base32, as in the picture that is scanned.
func (s *Store) FactorSecret(f SecondFactor) (string, error) {
	return s.secrets.Load().open(f.Sealed, factorPlace(f.AccountID))
}

// factorPlace is where the secret of somebody's second factor is: it opens nowhere else.
func factorPlace(account int64) string { return "second_factor " + strconv.FormatInt(account, 10) }

// OfferSecondFactor keeps a secret that is shown to somebody and not in use yet, in place of an
// earlier one. It is fault.Conflict if they have one in use.
func (tx *Tx) OfferSecondFactor(ctx context.Context, account int64, secret string) error {
	sealed, err := tx.seal(ctx, secret, factorPlace(account))
	if err != nil {
		return err
	}
	n, err := tx.exec(ctx, `
		INSERT INTO second_factor (account_id, secret, created_at) VALUES (?, ?, ?)
		ON CONFLICT (account_id) DO UPDATE SET secret = excluded.secret, created_at = excluded.created_at, last_step = 0
		WHERE second_factor.confirmed_at = 0`, account, sealed, Now())
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "codes are in use already")
	}
	return err
}

// ConfirmSecondFactor takes a secret into use, with the hashes of codes for when the device is
// lost. step is that of the code which proved that it was scanned.
func (tx *Tx) ConfirmSecondFactor(ctx context.Context, account, step int64, recovery []string) error {
	if err := tx.mustExec(ctx, `UPDATE second_factor SET confirmed_at = ?, last_step = ? WHERE account_id = ? AND confirmed_at = 0`,
		Now(), step, account); err != nil {
		return err
	}
	if err := tx.renewCredentials(ctx, account); err != nil { // a password alone was enough until now
		return err
	}
	return tx.ReplaceRecoveryCodes(ctx, account, recovery)
}

// TakeStep uses up a code of an authenticator by its step in time; fault.NotFound if it, or a later
// one, was used before (RFC 6238 section 5.2).
func (tx *Tx) TakeStep(ctx context.Context, account, step int64) error {
	return tx.mustExec(ctx, `UPDATE second_factor SET last_step = ?1 WHERE account_id = ?2 AND confirmed_at > 0 AND last_step < ?1`, step, account)
}

// DeleteSecondFactor takes it out of use, with the recovery codes; none is no error.
func (tx *Tx) DeleteSecondFactor(ctx context.Context, account int64) error {
	if _, err := tx.exec(ctx, `DELETE FROM second_factor WHERE account_id = ?`, account); err != nil {
		return err
	}
	return tx.ReplaceRecoveryCodes(ctx, account, nil)
}

// ReplaceRecoveryCodes forgets somebody's recovery codes and keeps these hashes instead. They are
// sealed: the codes are short enough to be written by hand, so that who copies the database could
// try them all against their hashes.
func (tx *Tx) ReplaceRecoveryCodes(ctx context.Context, account int64, hashes []string) error {
	if _, err := tx.exec(ctx, `DELETE FROM recovery_code WHERE account_id = ?`, account); err != nil {
		return err
	}
	for _, hash := range hashes {
		sealed, err := tx.seal(ctx, hash, recoveryPlace(account))
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `INSERT INTO recovery_code (account_id, code_hash) VALUES (?, ?)`, account, sealed); err != nil {
			return err
		}
	}
	return nil
}

// recoveryPlace is where somebody's recovery codes are.
func recoveryPlace(account int64) string { return "recovery_code " + strconv.FormatInt(account, 10) }

// TakeRecoveryCode uses a recovery code up; fault.NotFound if it is none.
func (tx *Tx) TakeRecoveryCode(ctx context.Context, account int64, hash string) error {
	var kept []string
	if err := tx.list(ctx, &kept, `SELECT code_hash FROM recovery_code WHERE account_id = ?`, account); err != nil {
		return err
	}
	for _, sealed := range kept {
		opened, err := tx.store.secrets.Load().open(sealed, recoveryPlace(account))
		if err != nil {
			return err
		}
		if subtle.ConstantTimeCompare([]byte(opened), []byte(hash)) == 1 {
			return tx.mustExec(ctx, `DELETE FROM recovery_code WHERE account_id = ? AND code_hash = ?`, account, sealed)
		}
	}
	return fault.New(fault.NotFound, "this is no recovery code")
}

// RecoveryCodes counts those that are left.
func (r Reader) RecoveryCodes(ctx context.Context, account int64) (left int, err error) {
	err = r.get(ctx, &left, `SELECT COUNT(*) FROM recovery_code WHERE account_id = ?`, account)
	return left, err
}
