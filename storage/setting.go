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

// tuples returns "(?, ?), (?, ?)" with rows tuples of width placeholders.
func tuples(width, rows int) string {
	one := "(?" + strings.Repeat(", ?", width-1) + ")"
	return one + strings.Repeat(", "+one, rows-1)
}
