package storage

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"tulou/protocol/fault"
	"tulou/storage/migrations"
)

// migrate brings the tables up to date. Several processes may start at once. The fault is
// Unavailable, with the engine's words, if there is no database.
func migrate(ctx context.Context, db *sqlx.DB, e engine) error {
	if err := db.PingContext(ctx); err != nil {
		return fault.Wrap(err, fault.Unavailable, "the database cannot be opened: %v", err)
	}
	if err := migrations.Up(ctx, db.DB, e.migrated()); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// migrated is what the migrations call an engine.
func (e engine) migrated() migrations.Engine {
	if e == postgres {
		return migrations.Postgres
	}
	return migrations.SQLite
}
