package storage

import "context"

// MuteThread ends notifications about a thread for an account.
func (tx *Tx) MuteThread(ctx context.Context, account, thread int64) error {
	_, err := tx.exec(ctx, `
		INSERT INTO thread_mute (account_id, thread_id) VALUES (?, ?) ON CONFLICT (account_id, thread_id) DO NOTHING`, account, thread)
	return err
}

// UnmuteThread lets notifications about a thread come again; not muted is no error.
func (tx *Tx) UnmuteThread(ctx context.Context, account, thread int64) error {
	_, err := tx.exec(ctx, `DELETE FROM thread_mute WHERE account_id = ? AND thread_id = ?`, account, thread)
	return err
}

// moveThreadMutes has those who muted a thread mute the one that it became a part of.
func (tx *Tx) moveThreadMutes(ctx context.Context, from, to int64) error {
	if _, err := tx.exec(ctx, `
		INSERT INTO thread_mute (account_id, thread_id) SELECT account_id, CAST(?2 AS BIGINT) FROM thread_mute WHERE thread_id = ?1
		ON CONFLICT (account_id, thread_id) DO NOTHING`, from, to); err != nil {
		return err
	}
	_, err := tx.exec(ctx, `DELETE FROM thread_mute WHERE thread_id = ?`, from)
	return err
}

// endThreadMutes forgets who muted a thread of which nothing is left.
func (tx *Tx) endThreadMutes(ctx context.Context, thread int64) error {
	_, err := tx.exec(ctx, `
		DELETE FROM thread_mute WHERE thread_id = ?1
			AND NOT EXISTS (SELECT 1 FROM status s WHERE s.thread_id = ?1 AND s.thread_id <> 0)`, thread)
	return err
}

// unmutedThread is the condition that account ?1 has not muted the thread of a status, which may be
// 0 for none.
func unmutedThread(status string) string {
	return `NOT EXISTS (SELECT 1 FROM thread_mute tm JOIN status ts ON ts.thread_id = tm.thread_id
		WHERE tm.account_id = ?1 AND ts.id = ` + status + `)`
}
