package storagetest

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tulou/storage/migrations"
)

// Tests would see each other's rows, or run on tables that no node has.
func TestEachTestHasTablesOfItsOwn(t *testing.T) {
	for engine, c := range map[string]struct {
		kind        migrations.Engine
		full, empty func(testing.TB) string
	}{"sqlite": {migrations.SQLite, SQLite, EmptySQLite}, "postgres": {migrations.Postgres, Postgres, EmptyPostgres}} {
		t.Run(engine, func(t *testing.T) {
			first, second, made := connect(t, engine, c.full(t)), connect(t, engine, c.full(t)), connect(t, engine, c.empty(t))
			if _, err := made.Exec(`SELECT COUNT(*) FROM setting`); err == nil {
				t.Error("the empty one has tables")
			}
			if err := migrations.Up(t.Context(), made, c.kind); err != nil {
				t.Fatal(err)
			}
			if _, err := first.Exec(`INSERT INTO counter (name, value) VALUES ('n', 1)`); err != nil {
				t.Fatal(err)
			}
			var rows int
			if err := second.QueryRow(`SELECT COUNT(*) FROM counter`).Scan(&rows); err != nil || rows != 0 {
				t.Errorf("another test's database has %d rows, %v", rows, err)
			}
			if copied, fresh := versions(t, second), versions(t, made); copied != fresh {
				t.Errorf("a copy is at version %d, a new one at %d", copied, fresh)
			}
		})
	}
}

func connect(t *testing.T, engine, address string) *sql.DB {
	t.Helper()
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		address = "file:" + path
	}
	db, err := sql.Open(engine, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// versions returns the number of the last file that was applied.
func versions(t *testing.T, db *sql.DB) (last int) {
	t.Helper()
	if err := db.QueryRow(`SELECT MAX(version_id) FROM goose_db_version`).Scan(&last); err != nil {
		t.Fatal(err)
	}
	return last
}

// A test program that was killed while it made the template would leave half of one to all after
// it.
func TestHalfATemplateIsMadeAnew(t *testing.T) {
	admin, ctx := PostgresServer(t), context.Background()
	name := "tulou_template_of_a_test"
	drop := func() error {
		return errors.Join(run(admin, `DROP DATABASE IF EXISTS `+name), run(admin, `DROP DATABASE IF EXISTS `+name+`_new`))
	}
	t.Cleanup(func() {
		if err := drop(); err != nil {
			t.Error(err)
		}
	})
	if err := errors.Join(drop(), run(admin, `CREATE DATABASE `+name+`_new`)); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time it is there
		if err := makeTemplate(ctx, admin, name); err != nil {
			t.Fatal(err)
		}
	}
	beside, err := sibling(admin, name)
	if err != nil {
		t.Fatal(err)
	}
	if versions(t, connect(t, "postgres", beside)) == 0 {
		t.Error("the template has no tables")
	}
}

// A node that a test starts on a folder would find no database there.
func TestSQLiteInPutsTheFileWhereANodeLooks(t *testing.T) {
	dir := t.TempDir()
	SQLiteIn(t, dir)
	if info, err := os.Stat(filepath.Join(dir, "tulou.db")); err != nil || info.Size() == 0 || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}
