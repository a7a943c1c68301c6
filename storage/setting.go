package storage

import (
	"context"
	"strings"
)

// Setting returns a value that the node keeps for itself; fault.NotFound if it was never put.
func (r Reader) Setting(ctx context.Context, key string) (value []byte, err error) {
	err = r.get(ctx, &value, `SELECT value FROM setting WHERE key = ?`, key)
	return value, err
}

// CreateSetting puts a value unless one is there already, and returns the one that is there. Two
// processes that start at once agree this way.
func (tx *Tx) CreateSetting(ctx context.Context, key string, value []byte) ([]byte, error) {
	if _, err := tx.exec(ctx, `INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING`, key, value); err != nil {
		return nil, err
	}
	return tx.Setting(ctx, key)
}

// PutSetting puts a value in place of any that is there.
func (tx *Tx) PutSetting(ctx context.Context, key string, value []byte) error {
	_, err := tx.exec(ctx, `INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`, key, value)
	return err
}

// ForgetAddress lets a database have another address as long as nobody ever had an account: it
// deletes the settings that say what it is, and the actor of the node itself, whose id begins with
// it. It tells whether it did.
func (tx *Tx) ForgetAddress(ctx context.Context, instanceActor string, settings ...string) (bool, error) {
	lived, err := tx.exists(ctx, `SELECT 1 FROM account WHERE host = '' AND uri <> ? LIMIT 1`, instanceActor)
	if err != nil || lived {
		return false, err
	}
	if _, err := tx.exec(ctx, `DELETE FROM actor_key WHERE account_id IN (SELECT id FROM account WHERE uri = ?)`, instanceActor); err != nil {
		return false, err
	}
	if _, err := tx.exec(ctx, `DELETE FROM account WHERE uri = ?`, instanceActor); err != nil {
		return false, err
	}
	for _, key := range settings {
		if _, err := tx.exec(ctx, `DELETE FROM setting WHERE key = ?`, key); err != nil {
			return false, err
		}
	}
	return true, nil
}

// tuples returns "(?, ?), (?, ?)" with rows tuples of width placeholders.
func tuples(width, rows int) string {
	one := "(?" + strings.Repeat(", ?", width-1) + ")"
	return one + strings.Repeat(", "+one, rows-1)
}
