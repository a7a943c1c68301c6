package node

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tulou/protocol/fault"
	"tulou/storage"
	"tulou/storage/storagetest"
)

// If this failed, a copy of the database would be enough to have people's codes, or a node with the
// wrong key would serve and nobody could sign in.
func TestNodeServesWithTheRightKeyOnly(t *testing.T) {
	database := storagetest.SQLite(t)
	at := func(dir, file string) *Node {
		return newNode(t, Config{Place: Place{DataDir: dir, DatabaseURL: database, SecretsFile: file}})
	}
	serves := func(n *Node) error {
		l, err := n.Listen(t.Context())
		l.Close()
		return err
	}
	home := t.TempDir()
	at(home, "")
	if info, err := os.Stat(filepath.Join(home, secretsName)); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the file: %v %v", info, err)
	}
	if other := at(t.TempDir(), ""); other.locked != nil {
		t.Errorf("while nothing is sealed: %v", other.locked)
	}
	first := at(home, "")
	if _, err := first.CreateUser(t.Context(), NewUser{Name: "ana", Email: "ana@example.org", Password: "correct horse battery"}); err != nil {
		t.Fatal(err)
	}
	offer := func() {
		ana := first.someone(t, "ana")
		if err := first.store.Tx(t.Context(), func(tx *storage.Tx) error { return tx.OfferSecondFactor(t.Context(), ana.ID, "ORSXG5A") }); err != nil {
			t.Fatal(err)
		}
	}
	offer()
	key := filepath.Join(home, secretsName)
	text, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	secret := strings.TrimSpace(string(text[strings.LastIndexByte(strings.TrimSpace(string(text)), '\n')+1:]))
	lost := t.TempDir()
	wrong := filepath.Join(t.TempDir(), "wrong")
	if err := os.WriteFile(wrong, []byte(storage.NewSecrets().Text()), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(t.TempDir(), "broken")
	if err := os.WriteFile(broken, []byte(secret[:20]), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		n    *Node
		says string
		code fault.Code
	}{
		"another folder": {at(lost, ""), "there is no such file", fault.Conflict},
		"a wrong key":    {at(home, wrong), "sealed with another key", fault.Conflict},
		"half a key":     {at(home, broken), "is not a key", fault.Invalid},
	} {
		err := serves(c.n)
		if !fault.Is(err, c.code) || !strings.Contains(fault.DetailOf(err), c.says) || strings.Contains(err.Error(), secret[:10]) {
			t.Errorf("%s: %v", what, err)
		}
		if run := c.n.Run(t.Context(), Listeners{}); !fault.Is(run, c.code) {
			t.Errorf("%s runs: %v", what, run)
		}
	}
	if _, err := os.Stat(filepath.Join(lost, secretsName)); err == nil {
		t.Error("a new key was made where the old one is lost")
	}
	for what, n := range map[string]*Node{"the same folder": at(home, ""), "the file elsewhere": at(t.TempDir(), key)} {
		if n.locked != nil {
			t.Errorf("%s: %v", what, n.locked)
		}
	}
	without := at(lost, "")
	if err := without.people.LoseCodes(t.Context(), without.someone(t, "ana")); err != nil {
		t.Errorf("the operator cannot end the use of codes: %v", err)
	}
	offer()
	if n, err := without.ForgetSecrets(t.Context()); n != 1 || err != nil {
		t.Errorf("forgotten of %d: %v", n, err)
	}
	if n := at(lost, ""); n.locked != nil {
		t.Errorf("after the key is forgotten: %v", n.locked)
	}
}

// If this failed, a node on a disk without hard links would not start, or would take the place of a
// key with which things are sealed, or leave half a key behind.
func TestKeysAreMadeWhereThereAreNoHardLinks(t *testing.T) {
	none := func(from, to string) error {
		return &os.LinkError{Op: "link", Old: from, New: to, Err: errors.ErrUnsupported}
	}
	path := filepath.Join(t.TempDir(), secretsName)
	check := func(err error, text string) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
		kept, err := os.ReadFile(path)
		if err != nil || string(kept) != text {
			t.Errorf("the file: %q %v", kept, err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("its mode: %v %v", info, err)
		}
		if there, err := os.ReadDir(filepath.Dir(path)); err != nil || len(there) != 1 {
			t.Errorf("left behind: %v %v", there, err)
		}
	}
	check(createWhole(path, "first", none), "first")
	for _, link := range []func(from, to string) error{none, os.Link} {
		if err := createWhole(path, "second", link); !errors.Is(err, fs.ErrExist) {
			t.Errorf("a second one: %v", err)
		}
		check(nil, "first")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	check(createWhole(path, "third", os.Link), "third")
}

// someone returns an account of the node by name.
func (n *Node) someone(t *testing.T, name string) storage.Account {
	t.Helper()
	a, err := n.local(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
