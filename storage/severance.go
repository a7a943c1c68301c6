package storage

import "context"

// SeveredByBlock is the cause of a severance: the operator blocked a domain.
const SeveredByBlock = "domain_block"

// Severance tells somebody how many of their follows a decision of the operator ended.
type Severance struct {
	ID        int64
	AccountID int64 `db:"account_id"`
	Cause     string
	Target    string `db:"target_name"` // the domain
	Followers int64  // how many do not follow them any more
	Following int64  // how many they do not follow any more
	CreatedAt Millis `db:"created_at"` // of the decision
}

const severanceColumns = `id, account_id, cause, target_name, followers, following, created_at`

// AddSeverance counts follows that a decision ended, by whom and when it was made: a job that is
// run again after a crash adds to what it counted before. It returns the severance as it is then.
func (tx *Tx) AddSeverance(ctx context.Context, s Severance) (Severance, error) {
	err := tx.get(ctx, &s, `
		INSERT INTO severance (`+severanceColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (account_id, cause, target_name, created_at) DO UPDATE SET
			followers = severance.followers + excluded.followers, following = severance.following + excluded.following
		RETURNING `+severanceColumns,
		tx.store.rowID(), s.AccountID, s.Cause, s.Target, s.Followers, s.Following, s.CreatedAt)
	return s, err
}

// SeverancesByIDs returns severances.
func (r Reader) SeverancesByIDs(ctx context.Context, ids []int64) (map[int64]Severance, error) {
	rows, err := listIn[Severance](ctx, r, `SELECT `+severanceColumns+` FROM severance WHERE id IN (?)`, ids)
	found := make(map[int64]Severance, len(rows))
	for _, s := range rows {
		found[s.ID] = s
	}
	return found, err
}
