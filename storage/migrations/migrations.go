// Package migrations is the history of the tables: numbered files of SQL, applied in order and once
// each, and the words in them for what the two engines call differently.
//
// storage brings every database that it opens up to date with it; storagetest makes the databases
// that tests copy. It knows nothing of what the tables are for and opens no connections.
//
// The invariant to remember: a file that was released is never edited, since databases exist that
// were made with it. What was wrong in it is put right by the next one.
package migrations

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"io/fs"
	"log/slog"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed *.sql
var files embed.FS

// Engine is a kind of database.
type Engine int

// The engines.
const (
	SQLite Engine = iota
	Postgres
)

// lockEvery is how often a starting process asks whether another one has finished migrating, and
// lockTries for how long: five minutes.
const (
	lockEvery = 100 * time.Millisecond
	lockTries = 3000
)

// Up brings the tables of a database up to date. Several processes may do so at once: on PostgreSQL
// goose's lock table lets one work; on SQLite the loser of the race finds the work done when it
// looks again.
func Up(ctx context.Context, db *sql.DB, e Engine) error {
	provider, err := Provider(db, e)
	if err != nil {
		return err
	}
	if _, err = provider.Up(ctx); err != nil && e == SQLite {
		_, err = provider.Up(ctx)
	}
	return err
}

// Provider returns what applies the files one by one.
func Provider(db *sql.DB, e Engine) (*goose.Provider, error) {
	dialect := goose.DialectSQLite3
	options := []goose.ProviderOption{goose.WithSlog(slog.New(slog.DiscardHandler))}
	if e == Postgres {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresTableLocker(lock.WithTableLockTimeout(lockEvery, lockTries))
		if err != nil {
			return nil, err
		}
		options = append(options, goose.WithLocker(locker))
	}
	return goose.NewProvider(dialect, db, worded{files, e}, options...)
}

// Fingerprint names the tables that the files make: it is another one when a file was added.
func Fingerprint() (string, error) {
	sum := sha256.New()
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return "", err
	}
	for _, name := range names {
		body, err := files.ReadFile(name)
		if err != nil {
			return "", err
		}
		sum.Write([]byte(name + "\x00"))
		sum.Write(body)
	}
	return hex.EncodeToString(sum.Sum(nil)[:fingerprintBytes]), nil
}

// fingerprintBytes are enough that no two histories of tables are taken for one another.
const fingerprintBytes = 8

// words are what the engines call differently.
func (e Engine) words() *strings.Replacer {
	if e == SQLite {
		return strings.NewReplacer("{{id}}", "INTEGER", "{{text}}", "TEXT", "{{blob}}", "BLOB",
			"{{clustered}}", "WITHOUT ROWID", "{{random}}", "LOWER(HEX(RANDOMBLOB(16)))",
			"{{sqlite}} ", "", "{{postgres}}", "--")
	}
	return strings.NewReplacer("{{id}}", "BIGINT", "{{text}}", `TEXT COLLATE "C"`, "{{blob}}", "BYTEA",
		"{{clustered}}", "", "{{random}}", "REPLACE(CAST(gen_random_uuid() AS TEXT), '-', '')", "{{sqlite}}", "--", "{{postgres}} ", "")
}

// worded is a file system whose SQL has an engine's words in place of {{…}}.
type worded struct {
	fs.FS
	engine Engine
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
	return &wordedFile{File: file, body: strings.NewReader(w.engine.words().Replace(string(body)))}, nil
}

type wordedFile struct {
	fs.File
	body *strings.Reader
}

func (f *wordedFile) Read(p []byte) (int, error) { return f.body.Read(p) }
