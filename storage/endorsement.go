package storage

import (
	"context"

	"tulou/protocol/fault"
)

// EndorsementsMax bounds whom somebody recommends on their profile: more than a page shows.
const EndorsementsMax = 200

// PutEndorsement recommends somebody on a profile, once. It is fault.Unprocessable for whom the
// account does not follow, and beyond EndorsementsMax.
func (tx *Tx) PutEndorsement(ctx context.Context, account, target int64) error {
	var state struct {
		Following bool
		Count     int
	}
	if err := tx.get(ctx, &state, `
		SELECT EXISTS (SELECT 1 FROM follow WHERE account_id = ?1 AND target_id = ?2 AND accepted) AS following,
			(SELECT COUNT(*) FROM endorsement WHERE account_id = ?1 AND target_id <> ?2) AS count`, account, target); err != nil {
		return err
	}
	switch {
	case !state.Following:
		return fault.New(fault.Unprocessable, "Validation failed: You must be already following the person you want to endorse")
	case state.Count >= EndorsementsMax:
		return fault.New(fault.Unprocessable, "nobody endorses more than %d people", EndorsementsMax)
	}
	_, err := tx.exec(ctx, `
		INSERT INTO endorsement (id, account_id, target_id) VALUES (?, ?, ?) ON CONFLICT (account_id, target_id) DO NOTHING`,
		tx.store.rowID(), account, target)
	return err
}

// DeleteEndorsement takes a recommendation back; none is no error.
func (tx *Tx) DeleteEndorsement(ctx context.Context, account, target int64) error {
	_, err := tx.exec(ctx, `DELETE FROM endorsement WHERE account_id = ? AND target_id = ?`, account, target)
	return err
}

// Endorsements returns a page of whom an account recommends, but for those with whom viewer has a
// block, either way.
func (r Reader) Endorsements(ctx context.Context, viewer, account int64, p Page) ([]Entry, error) {
	return paged[Entry](ctx, r, p, AccountPageMax, "e.id", `
		SELECT e.id AS page_key, e.target_id AS id FROM endorsement e JOIN account a ON a.id = e.target_id
		WHERE e.account_id = ?2 AND NOT a.hidden AND `+unblocked("e.target_id"), viewer, account)
}

// PutNote keeps what somebody notes about somebody else for themselves; "" forgets it.
func (tx *Tx) PutNote(ctx context.Context, account, target int64, text string) error {
	if text == "" {
		_, err := tx.exec(ctx, `DELETE FROM account_note WHERE account_id = ? AND target_id = ?`, account, target)
		return err
	}
	_, err := tx.exec(ctx, `
		INSERT INTO account_note (account_id, target_id, text) VALUES (?, ?, ?)
		ON CONFLICT (account_id, target_id) DO UPDATE SET text = excluded.text`, account, target, text)
	return err
}

// FamiliarFollowers returns some of those whom viewer follows and who follow target, if neither
// side hides who follows whom.
func (r Reader) FamiliarFollowers(ctx context.Context, viewer, target int64, limit int) (accounts []int64, err error) {
	err = r.list(ctx, &accounts, `
		SELECT a.id FROM follow v CROSS JOIN follow f JOIN account a ON a.id = f.account_id
		WHERE v.account_id = ?1 AND v.accepted AND f.account_id = v.target_id AND f.target_id = ?2 AND f.accepted AND NOT a.hidden
			AND f.account_id <> ?2 AND NOT a.hide_collections
			AND NOT EXISTS (SELECT 1 FROM account o WHERE o.id = ?2 AND o.hide_collections)
		ORDER BY f.id DESC LIMIT ?3`, viewer, target, limit)
	return accounts, err
}
