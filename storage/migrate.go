package storage

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"tulou/protocol/fault"
)

//go:embed migrations/*.sql
var migrations embed.FS

// lockEvery is how often a starting process asks whether another one has finished migrating, and
// lockTries for how long: five minutes.
const (
	lockEvery = 100 * time.Millisecond
	lockTries = 3000
)

// migrate brings the tables up to date. Several processes may start at once: on PostgreSQL goose's
// lock table lets one work; on SQLite the loser of the race finds the work done when it looks
// again. The fault is Unavailable, with the engine's words, if there is no database.
func migrate(ctx context.Context, db *sqlx.DB, e engine) error {
	if err := db.PingContext(ctx); err != nil {
		return fault.Wrap(err, fault.Unavailable, "the database cannot be opened: %v", err)
	}
	provider, err := migrator(db, e)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if _, err = provider.Up(ctx); err != nil && e == sqlite {
		_, err = provider.Up(ctx)
	}
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

func migrator(db *sqlx.DB, e engine) (*goose.Provider, error) {
	directory, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	dialect := goose.DialectSQLite3
	options := []goose.ProviderOption{goose.WithSlog(slog.New(slog.DiscardHandler))}
	if e == postgres {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresTableLocker(lock.WithTableLockTimeout(lockEvery, lockTries))
		if err != nil {
			return nil, err
		}
		options = append(options, goose.WithLocker(locker))
	}
	return goose.NewProvider(dialect, db.DB, worded{directory, e}, options...)
}

// worded is a file system whose SQL has an engine's words in place of {{…}}.
type worded struct {
	fs.FS
	engine engine
}

func (w worded) Open(name string) (fs.File, error) {
	file, err := w.FS.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil || info.IsDir() {
		return file, err
	}
	body, err := fs.ReadFile(w.FS, name)
	if err != nil {
		return nil, err
	}
	return &wordedFile{File: file, body: bytes.NewReader([]byte(w.engine.words(string(body))))}, nil
}

type wordedFile struct {
	fs.File
	body *bytes.Reader
}

func (f *wordedFile) Read(p []byte) (int, error) { return f.body.Read(p) }
