package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"tulou/protocol/fault"
	"tulou/storage"
)

// This file is where the keys come from with which the database keeps secrets: a file beside it, so
// that a copy of the database alone gives nobody a code or a token.

const (
	// secretsName is the file in the data folder; it is made when a node starts for the first time.
	secretsName = "secrets.key"
	// secretsBytesMax bounds the file: 16 keys and some words about them.
	secretsBytesMax = 16 << 10
)

// secretsPath is where the keys are.
func (p Place) secretsPath() string {
	if p.SecretsFile != "" {
		return p.SecretsFile
	}
	return filepath.Join(p.DataDir, secretsName)
}

// unlock gives the database its keys, and makes them if there are none yet. Without the right ones
// a node does not serve; the operator's commands work all the same, but for what is sealed.
func (n *Node) unlock(ctx context.Context, place Place) error {
	path := place.secretsPath()
	secrets, err := readSecrets(path)
	if errors.Is(err, fs.ErrNotExist) {
		secrets, err = n.makeSecrets(ctx, path)
	}
	if err == nil && forEverybody(path) {
		n.log.WarnContext(ctx, "everybody on this machine may read or change the keys of the secrets in the database", "file", path)
	}
	if err == nil {
		err = n.store.Unlock(ctx, secrets)
	}
	if fault.Is(err, fault.Conflict) {
		err = fault.New(fault.Conflict, "%s is not the file of this database: %s. Processes on one database need the same file; "+
			"bring it here, or say where it is with --secrets-file. If it is lost, 'tulou secrets forget' deletes what it had sealed", path, fault.DetailOf(err))
	}
	if fault.Is(err, fault.Conflict) || fault.Is(err, fault.Invalid) {
		n.locked, err = err, nil
	}
	return err
}

// forEverybody tells whether a file is for others than its owner and their group. A node serves all
// the same: files that are handed to containers may have any rights.
func forEverybody(path string) bool {
	info, err := os.Stat(path)
	return err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o006 != 0 // Windows has other rights
}

// readSecrets reads the keys; fs.ErrNotExist if there is no file.
func readSecrets(path string) (storage.Secrets, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return storage.Secrets{}, err
	}
	if err != nil {
		return storage.Secrets{}, fault.Wrap(err, fault.Invalid, "the keys in %s cannot be read", path)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, secretsBytesMax))
	if err != nil {
		return storage.Secrets{}, fault.Wrap(err, fault.Invalid, "the keys in %s cannot be read", path)
	}
	secrets, err := storage.ParseSecrets(string(text))
	if err != nil {
		err = fault.New(fault.Invalid, "%s: %s", path, fault.DetailOf(err))
	}
	return secrets, err
}

// makeSecrets makes the file, unless the database was sealed before: then it was lost, and a new
// one would not open anything.
func (n *Node) makeSecrets(ctx context.Context, path string) (storage.Secrets, error) {
	name, err := n.store.SealedWith(ctx)
	if err != nil {
		return storage.Secrets{}, err
	}
	if name != "" {
		return storage.Secrets{}, fault.New(fault.Conflict, "there is no such file, and the secrets in the database are sealed with the key %s", name)
	}
	secrets := storage.NewSecrets()
	text := "# The key of the secrets in this node's database. Keep a copy of it, but not beside copies of the database.\n" + secrets.Text()
	if err := createWhole(path, text, os.Link); err != nil && !errors.Is(err, fs.ErrExist) {
		return storage.Secrets{}, fault.Wrap(err, fault.Unavailable, "the keys of the node cannot be written to %s", path)
	}
	return readSecrets(path) // another process may have been quicker
}

// createWhole makes a file that only its owner reads. It has its whole content as soon as it is
// there, and none takes the place of another: fs.ErrExist. link is os.Link. Where there are no hard
// links (FAT, exFAT, some network folders) it looks first and renames then: of two processes that
// start there for the first time in the same instant, one has to be started again, since a database
// takes one key alone (storage.Unlock).
func createWhole(path, text string, link func(from, to string) error) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // with mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.WriteString(text)
	if err == nil {
		err = file.Sync()
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := link(file.Name(), path); errors.Is(err, fs.ErrExist) {
		return err
	} else if err != nil {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(err, fs.ErrExist)
		}
		if err := os.Rename(file.Name(), path); err != nil {
			return err
		}
	}
	folder, err := os.Open(filepath.Dir(path)) // its name has to last before anything is sealed with it
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// ForgetSecrets is for who has lost the keys: whoever used codes signs in without from now on, and
// is signed out; programs are told of notifications when they subscribe anew. It returns how many
// people used codes.
func (n *Node) ForgetSecrets(ctx context.Context) (people int, err error) {
	if people, err = n.store.ForgetSecrets(ctx); err != nil {
		return 0, fmt.Errorf("forget the secrets: %w", err)
	}
	return people, nil
}
