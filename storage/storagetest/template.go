package storagetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"tulou/storage/migrations"
)

// SQLite returns the URL of a SQLite database that goes with the test, with all tables and nothing
// in them.
func SQLite(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	SQLiteIn(t, dir)
	return "sqlite:" + filepath.Join(dir, "tulou.db")
}

// SQLiteIn puts such a database into the folder of a node, where the node looks for it.
func SQLiteIn(t testing.TB, dir string) {
	t.Helper()
	body, err := sqliteTemplate()
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "tulou.db"), body, 0o600)
	}
	if err != nil {
		t.Fatalf("copy the database: %v", err)
	}
}

// EmptySQLite returns the URL of a SQLite database without tables, for tests of how they are made.
func EmptySQLite(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "tulou.db")
}

// Postgres returns the URL of a PostgreSQL database with all tables and nothing in them, which is
// dropped when the test ends. Without PostgreSQL the test is skipped, or fails if CI=true.
func Postgres(t testing.TB) string {
	t.Helper()
	admin := PostgresServer(t)
	template, err := postgresTemplate()
	if err != nil {
		t.Fatal(err)
	}
	return database(t, admin, " TEMPLATE "+template)
}

// EmptyPostgres is Postgres without tables, for tests of how they are made.
func EmptyPostgres(t testing.TB) string {
	t.Helper()
	return database(t, PostgresServer(t), "")
}

// database makes a database that is dropped when the test ends.
func database(t testing.TB, admin, like string) string {
	t.Helper()
	name := "test_" + strings.ToLower(rand.Text())
	if err := run(admin, `CREATE DATABASE `+name+like); err != nil {
		t.Fatalf("create a database: %v", err)
	}
	t.Cleanup(func() {
		if err := run(admin, `DROP DATABASE IF EXISTS `+name+` WITH (FORCE)`); err != nil {
			t.Errorf("drop a database: %v", err)
		}
	})
	beside, err := sibling(admin, name)
	if err != nil {
		t.Fatal(err)
	}
	return beside
}

// sqliteTemplate returns the file of a database that has nothing but tables. It is in WAL mode as
// those of nodes, since switching is what several who open one at once do not wait for.
var sqliteTemplate = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "tulou-template-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "tulou.db")
	db, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	// Closing the last connection moves what is in the write-ahead log into the file.
	if err := errors.Join(migrations.Up(context.Background(), db, migrations.SQLite), db.Close()); err != nil {
		return nil, fmt.Errorf("make a database to copy: %w", err)
	}
	return os.ReadFile(path)
})

// postgresTemplate returns the name of a database that has nothing but tables. Test programs that
// share a server share it, too, so it is named after its tables; on a server that is not ours it
// stays for the next run.
var postgresTemplate = sync.OnceValues(func() (string, error) {
	admin, err := server()
	if err != nil {
		return "", err
	}
	fingerprint, err := migrations.Fingerprint()
	if err != nil {
		return "", err
	}
	name := "tulou_template_" + fingerprint
	if err := makeTemplate(context.Background(), admin, name); err != nil {
		return "", fmt.Errorf("make a database to copy: %w", err)
	}
	return name, nil
})

// templateLock is the advisory lock of whoever makes the template.
const templateLock = 7_529_536

// makeTemplate makes the template unless it is there. It has its name only when it is finished, so
// one that was left half made is never copied.
func makeTemplate(ctx context.Context, admin, name string) error {
	db, err := sql.Open("postgres", admin)
	if err != nil {
		return err
	}
	defer db.Close()
	held, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer held.Close() // ends the lock
	if _, err := held.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, templateLock); err != nil {
		return err
	}
	var there bool
	err = held.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)`, name).Scan(&there)
	if err != nil || there {
		return err
	}
	building := name + "_new"
	for _, command := range []string{`DROP DATABASE IF EXISTS ` + building + ` WITH (FORCE)`, `CREATE DATABASE ` + building} {
		if _, err := held.ExecContext(ctx, command); err != nil {
			return err
		}
	}
	if err := makeTables(ctx, admin, building); err != nil {
		return err
	}
	_, err = held.ExecContext(ctx, `ALTER DATABASE `+building+` RENAME TO `+name)
	return err
}

func makeTables(ctx context.Context, admin, name string) error {
	beside, err := sibling(admin, name)
	if err != nil {
		return err
	}
	db, err := sql.Open("postgres", beside)
	if err != nil {
		return err
	}
	return errors.Join(migrations.Up(ctx, db, migrations.Postgres), db.Close())
}

// sibling returns the URL of another database of the same server.
func sibling(admin, name string) (string, error) {
	u, err := url.Parse(admin)
	if err != nil {
		return "", err
	}
	u.Path = "/" + name
	return u.String(), nil
}
