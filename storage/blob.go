package storage

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"time"

	"tulou/protocol/fault"
)

// BlobBytesMax is the largest blob that is taken: a few minutes of film, as other servers take
// them.
const BlobBytesMax = 128 << 20

// Blobs keeps bytes under the hash of their content, in a folder. The same content is kept once,
// and a key can never come to mean something else, so whoever has an answer may keep it for ever.
// Names come from hashes only and the folder cannot be left, whatever is asked for. It is safe for
// concurrent use by several processes.
type Blobs struct{ root *os.Root }

// OpenBlobs opens the folder of blobs and makes it if it is missing. Close gives it back.
func OpenBlobs(folder string) (*Blobs, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "the folder %s cannot be made", folder)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "the folder %s cannot be opened", folder)
	}
	return &Blobs{root}, nil
}

// Close closes the folder.
func (b *Blobs) Close() error { return b.root.Close() }

// Put stores what it reads and returns its key once it is on disk under its name; a crash leaves
// either the whole blob or none. Faults: TooLarge beyond BlobBytesMax.
func (b *Blobs) Put(ctx context.Context, r io.Reader) (key string, err error) {
	temporary := "new-" + rand.Text()
	file, err := b.root.OpenFile(temporary, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", fmt.Errorf("put blob: %w", err)
	}
	defer func() {
		file.Close()
		if err != nil {
			b.root.Remove(temporary)
		}
	}()
	hash := sha256.New()
	n, err := io.Copy(io.MultiWriter(file, hash), io.LimitReader(r, BlobBytesMax+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("put blob: %w", err)
	case n > BlobBytesMax:
		return "", fault.New(fault.TooLarge, "a file may have at most %d bytes", BlobBytesMax)
	case ctx.Err() != nil:
		return "", ctx.Err()
	}
	if err := file.Sync(); err != nil {
		return "", fmt.Errorf("put blob: %w", err)
	}
	key = hex.EncodeToString(hash.Sum(nil))
	return key, b.name(temporary, key)
}

// name gives a finished file its place and makes that durable.
func (b *Blobs) name(temporary, key string) error {
	if err := b.root.MkdirAll(path.Dir(blobPath(key)), 0o700); err != nil {
		return fmt.Errorf("put blob: %w", err)
	}
	if err := b.root.Rename(temporary, blobPath(key)); err != nil {
		return fmt.Errorf("put blob: %w", err)
	}
	folder, err := b.root.Open(path.Dir(blobPath(key)))
	if err != nil {
		return fmt.Errorf("put blob: %w", err)
	}
	defer folder.Close()
	if err := folder.Sync(); err != nil {
		return fmt.Errorf("put blob: %w", err)
	}
	return nil
}

// Open returns a blob for reading; fault.NotFound if there is none.
func (b *Blobs) Open(key string) (*os.File, error) {
	if !isBlobKey(key) {
		return nil, fault.New(fault.NotFound, "not found")
	}
	file, err := b.root.Open(blobPath(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Wrap(err, fault.NotFound, "not found")
	}
	return file, err
}

// Delete removes a blob; none is no error.
func (b *Blobs) Delete(key string) error {
	if !isBlobKey(key) {
		return nil
	}
	if err := b.root.Remove(blobPath(key)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete blob: %w", err)
	}
	return nil
}

// Sweep removes blobs that used does not know, and what was never finished, if they are older than
// before; it asks for some at a time. What is stored again while it works stays. It returns how
// many it removed.
func (b *Blobs) Sweep(ctx context.Context, before time.Time, used func(context.Context, []string) (map[string]bool, error)) (removed int, err error) {
	for folder := range 257 { // the last is the folder itself, with what was never finished
		name := fmt.Sprintf("%02x", folder)
		if folder == 256 {
			name = "."
		}
		old, err := b.olderThan(name, before)
		if err != nil {
			return removed, err
		}
		for part := range slices.Chunk(old, sweepPart) {
			known, err := used(ctx, part)
			if err != nil {
				return removed, err
			}
			for _, key := range part {
				if known[key] {
					continue
				}
				if err := b.collect(path.Join(name, key), before); err != nil {
					return removed, err
				}
				removed++
			}
		}
	}
	return removed, ctx.Err()
}

// Collect is Sweep for blobs of which the caller knows that something used them until now. Those
// that are not older than before are left to Sweep.
func (b *Blobs) Collect(ctx context.Context, keys []string, before time.Time, used func(context.Context, []string) (map[string]bool, error)) error {
	for part := range slices.Chunk(keys, sweepPart) {
		known, err := used(ctx, part)
		if err != nil {
			return err
		}
		for _, key := range part {
			if !isBlobKey(key) || known[key] {
				continue
			}
			info, err := b.root.Stat(blobPath(key))
			if err == nil && info.ModTime().Before(before) {
				err = b.collect(blobPath(key), before)
			}
			if err := ignoreAbsent(err); err != nil {
				return err
			}
		}
	}
	return nil
}

// sweepPart is how many blobs are asked about at a time.
const sweepPart = 256

// olderThan lists the files of a folder that were stored before an instant.
func (b *Blobs) olderThan(folder string, before time.Time) (names []string, err error) {
	entries, err := fs.ReadDir(b.root.FS(), folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err == nil && info.Mode().IsRegular() && info.ModTime().Before(before) {
			names = append(names, entry.Name())
		}
	}
	return names, err
}

// collect removes a file unless it was stored again: Put puts a new file in the place of the old
// one, so what was moved away tells by its time whether it is still the one that nobody used.
func (b *Blobs) collect(name string, before time.Time) error {
	away := "old-" + rand.Text()
	if err := b.root.Rename(name, away); err != nil {
		return ignoreAbsent(err)
	}
	info, err := b.root.Stat(away)
	if err == nil && !info.ModTime().Before(before) {
		return b.root.Rename(away, name)
	}
	return ignoreAbsent(b.root.Remove(away))
}

func ignoreAbsent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// blobPath spreads blobs over 256 folders, so that none gets too long to list.
func blobPath(key string) string { return key[:2] + "/" + key }

func isBlobKey(key string) bool {
	raw, err := hex.DecodeString(key)
	return err == nil && len(raw) == sha256.Size && key == hex.EncodeToString(raw)
}
