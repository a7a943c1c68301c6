package storage

import (
	"context"

	"tulou/protocol/fault"
)

// Invite is a link that lets people make an account with a role, as often as UsesMax says, until it
// expires. Only the hash of its secret is kept.
type Invite struct {
	ID        int64
	Hash      string `db:"token_hash"`
	AccountID int64  `db:"account_id"` // who invites; 0: the operator
	Role      string
	Uses      int
	UsesMax   int    `db:"uses_max"`
	CreatedAt Millis `db:"created_at"`
	ExpiresAt Millis `db:"expires_at"`
}

const inviteColumns = `id, token_hash, account_id, role, uses, uses_max, created_at, expires_at`

// CreateInvite keeps an invitation. ID and CreatedAt are filled in.
func (tx *Tx) CreateInvite(ctx context.Context, i Invite) (Invite, error) {
	i.ID, i.CreatedAt = tx.store.rowID(), Now()
	_, err := tx.exec(ctx, `INSERT INTO invite (`+inviteColumns+`) VALUES `+tuples(8, 1),
		i.ID, i.Hash, i.AccountID, i.Role, i.Uses, i.UsesMax, i.CreatedAt, i.ExpiresAt)
	return i, err
}

// Invite returns an invitation that can still be used, fault.NotFound otherwise.
func (r Reader) Invite(ctx context.Context, hash string) (i Invite, err error) {
	err = r.get(ctx, &i, `SELECT `+inviteColumns+` FROM invite WHERE token_hash = ? AND uses < uses_max AND expires_at > ?`, hash, Now())
	return i, err
}

// UseInvite takes one use of an invitation and returns it; fault.NotFound if none is left or it is
// over. Of several who take the last one at once, one gets it (A135).
func (tx *Tx) UseInvite(ctx context.Context, hash string) (i Invite, err error) {
	err = tx.get(ctx, &i, `
		UPDATE invite SET uses = uses + 1 WHERE token_hash = ? AND uses < uses_max AND expires_at > ?
		RETURNING `+inviteColumns, hash, Now())
	return i, err
}

// Invites returns the invitations that can still be used, newest first: those of an account, or all
// there are if account is 0. At most limit.
func (r Reader) Invites(ctx context.Context, account int64, limit int) (all []Invite, err error) {
	err = r.list(ctx, &all, `
		SELECT `+inviteColumns+` FROM invite WHERE (CAST(?1 AS BIGINT) = 0 OR account_id = ?1) AND uses < uses_max AND expires_at > ?2
		ORDER BY id DESC LIMIT ?3`, account, Now(), limit)
	return all, err
}

// RevokeInvite ends an invitation of an account, or any if account is 0; fault.NotFound if there is
// none.
func (tx *Tx) RevokeInvite(ctx context.Context, id, account int64) error {
	n, err := tx.exec(ctx, `DELETE FROM invite WHERE id = ?1 AND (CAST(?2 AS BIGINT) = 0 OR account_id = ?2)`, id, account)
	if err == nil && n == 0 {
		err = fault.New(fault.NotFound, "there is no such invitation")
	}
	return err
}
