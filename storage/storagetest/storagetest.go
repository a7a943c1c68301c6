// Package storagetest gives tests databases to work on. It is for tests alone: those of storage and
// of everything above it that has to run on PostgreSQL, too. Making the tables takes longer than
// most tests, so each test program makes them once and its tests get copies (template.go).
//
// PostgreSQL is the server that TULOU_TEST_POSTGRES names, or one that is started from the
// installed binaries, once for each test program, in a folder of its own and on a socket instead of
// a port. Where there are no binaries tests are skipped, and fail if CI=true, so that nobody
// mistakes a machine without PostgreSQL for one where everything works. Short runs, such as those
// with the race detector, are on SQLite alone.
//
// The invariant to remember: whatever way the test program ends, the server ends with it and its
// folder is removed, because the shell that started it waits for the end of its input.
package storagetest

import (
	"bufio"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"

	_ "github.com/lib/pq" // the driver "postgres"
)

// PostgresServer returns the URL of a database of the server on which others may be made.
func PostgresServer(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("SKIP: short runs are on SQLite")
	}
	admin, err := server()
	if errors.Is(err, errAbsent) && os.Getenv("CI") != "true" {
		t.Skipf("SKIP: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return admin
}

var errAbsent = errors.New("no PostgreSQL: install it or set TULOU_TEST_POSTGRES to the URL of a server")

// server starts the server when it is first asked for.
var server = sync.OnceValues(func() (string, error) {
	if admin := os.Getenv("TULOU_TEST_POSTGRES"); admin != "" {
		return admin, nil
	}
	binaries, err := findBinaries()
	if err != nil {
		fmt.Fprintln(os.Stderr, "SKIP:", err)
		return "", err
	}
	return start(binaries)
})

// findBinaries returns the folder of initdb and pg_ctl, the newest if there are several.
func findBinaries() (string, error) {
	candidates, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // Debian, where PATH lacks them
	if path, err := exec.LookPath("initdb"); err == nil {
		candidates = append(candidates, path)
	}
	for i := len(candidates) - 1; i >= 0; i-- {
		real, err := filepath.EvalSymlinks(candidates[i])
		if err != nil {
			continue
		}
		if _, err := os.Stat(filepath.Join(filepath.Dir(real), "pg_ctl")); err == nil {
			return filepath.Dir(real), nil
		}
	}
	return "", errAbsent
}

// script makes a server in $2 with the binaries in $1, says so, and removes it when its input ends.
// Nothing has to survive a crash of the machine, so nothing is synced.
const script = `
set -e
"$1/initdb" -D "$2/data" -U tulou --auth=trust --no-sync -E UTF8 --locale=C >"$2/log" 2>&1
"$1/pg_ctl" -D "$2/data" -l "$2/log" -w -o "-k $2 -c listen_addresses='' -c fsync=off \
  -c synchronous_commit=off -c full_page_writes=off -c max_connections=400" start >>"$2/log" 2>&1
echo ready
cat >/dev/null
"$1/pg_ctl" -D "$2/data" -m immediate stop >/dev/null 2>&1
rm -rf "$2"
`

func start(binaries string) (string, error) {
	dir, err := os.MkdirTemp("", "tulou-pg-")
	if err != nil {
		return "", err
	}
	command := exec.Command("sh", "-c", script, "sh", binaries, dir)
	command.Dir = dir
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // so that ^C lets it clean up
	if os.Getuid() == 0 {
		if err := unprivileged(command.SysProcAttr, dir); err != nil {
			return "", err
		}
	}
	if _, err := command.StdinPipe(); err != nil { // stays open as long as this process lives
		return "", err
	}
	output, err := command.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := command.Start(); err != nil {
		return "", fmt.Errorf("start PostgreSQL: %w", err)
	}
	if line, _ := bufio.NewReader(output).ReadString('\n'); line != "ready\n" {
		text, _ := os.ReadFile(filepath.Join(dir, "log"))
		return "", fmt.Errorf("start PostgreSQL: %w\n%s", command.Wait(), text)
	}
	go command.Wait() // holds on to the input, which a collected pipe would end
	return (&url.URL{Scheme: "postgres", User: url.User("tulou"), Path: "/postgres",
		RawQuery: url.Values{"host": {dir}, "sslmode": {"disable"}}.Encode()}).String(), nil
}

// unprivileged has the server run as somebody else, since PostgreSQL refuses to run as root.
func unprivileged(attributes *syscall.SysProcAttr, dir string) error {
	account, err := user.Lookup("postgres")
	if err != nil {
		if account, err = user.Lookup("nobody"); err != nil {
			return err
		}
	}
	uid, err := strconv.Atoi(account.Uid)
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(account.Gid)
	if err != nil {
		return err
	}
	attributes.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return os.Chown(dir, uid, gid)
}

func run(admin, command string) error {
	db, err := sql.Open("postgres", admin)
	if err != nil {
		return err
	}
	_, err = db.Exec(command)
	return errors.Join(err, db.Close())
}
