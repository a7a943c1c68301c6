package node

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tulou/apps/people"
	"tulou/storage"
	"tulou/storage/storagetest"
)

// If this failed, strangers could fill the log with errors that are none of ours: a node that is
// asked too much says so with 503, and that is worth a line at debug.
func TestBeingBusyIsNoErrorOfOurs(t *testing.T) {
	var said bytes.Buffer
	n := newNode(t, Config{})
	n.log = slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelInfo}))
	for status, logged := range map[int]bool{http.StatusServiceUnavailable: false, http.StatusNotFound: false, http.StatusInternalServerError: true} {
		said.Reset()
		n.handler = n.around(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		ask(n, http.MethodPost, "/inbox", nil)
		if strings.Contains(said.String(), "level=ERROR") != logged {
			t.Errorf("status %d: the log says %q", status, said.String())
		}
	}
}

// If this failed, whoever closes pages before they are there would fill the log with errors; or an
// error of ours would hide behind a client that still waits.
func TestAClientThatLeavesIsNoErrorOfOurs(t *testing.T) {
	var said bytes.Buffer
	n := newNode(t, Config{})
	n.log = slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelInfo}))
	for _, left := range []bool{true, false} {
		said.Reset()
		ctx, leave := context.WithCancel(t.Context())
		handler := n.around(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if left {
				leave()
			}
			fail(w, r, fmt.Errorf("list posts: %w", context.Canceled))
		}))
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
		leave()
		if strings.Contains(said.String(), "level=ERROR") == left {
			t.Errorf("the client left: %v; the log says %q", left, said.String())
		}
	}
}

// If this failed, whoever reads the log could reset passwords, join, or answer in somebody's name.
func TestSecretsInAddressesAreNotLogged(t *testing.T) {
	var said bytes.Buffer
	n := newNode(t, Config{})
	n.log = slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelDebug}))
	for _, path := range []string{people.InvitePath, people.ConfirmPath, people.AddressPath, people.ResetPath, people.AppealPath} {
		ask(n, http.MethodGet, path+"hidden-word?of=hidden-word", nil)
	}
	ask(n, http.MethodGet, "/api/v1/streaming/user?access_token=hidden-word", nil)
	if strings.Contains(said.String(), "hidden-word") || strings.Count(said.String(), "msg=request") != 6 {
		t.Errorf("the log says %s", said.String())
	}
}

// If this failed, an operator would not learn that every program on the machine can read what the
// secrets in the database are sealed with.
func TestKeysForEverybodyAreNoticed(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "keys")
	if err := os.WriteFile(path, []byte(storage.NewSecrets().Text()), 0o600); err != nil {
		t.Fatal(err)
	}
	for mode, want := range map[os.FileMode]bool{0o600: false, 0o640: false, 0o644: true, 0o602: true} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		var said bytes.Buffer
		storagetest.SQLiteIn(t, dir)
		n, err := New(t.Context(), Config{Place: Place{DataDir: dir, SecretsFile: path}, AdminListen: Off},
			Deps{Log: slog.New(slog.NewTextHandler(&said, nil))})
		if err != nil {
			t.Fatal(err)
		}
		n.Close()
		if got := strings.Contains(said.String(), "everybody on this machine"); got != want || n.locked != nil {
			t.Errorf("%o: noticed %v, locked %v", mode, got, n.locked)
		}
	}
}
