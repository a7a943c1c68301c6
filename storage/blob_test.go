package storage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"tulou/protocol/fault"
)

func openBlobs(t *testing.T) (blobs *Blobs, folder string) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "blobs")
	blobs, err := OpenBlobs(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { blobs.Close() })
	return blobs, folder
}

// If this failed, files would be lost, kept twice, or be found under a name that says something
// else.
func TestBlobIsKeptOnceUnderItsHash(t *testing.T) {
	blobs, folder := openBlobs(t)
	const text = "hello 你好"
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			key, err := blobs.Put(t.Context(), strings.NewReader(text))
			if sum := sha256.Sum256([]byte(text)); err != nil || key != hex.EncodeToString(sum[:]) {
				t.Errorf("put: %q %v", key, err)
			}
		})
	}
	running.Wait()
	key, err := blobs.Put(t.Context(), strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	file, err := blobs.Open(key)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if body, err := io.ReadAll(file); err != nil || string(body) != text {
		t.Errorf("read %q %v", body, err)
	}
	var files []string
	filepath.WalkDir(folder, func(path string, d os.DirEntry, _ error) error {
		if !d.IsDir() {
			files = append(files, path)
		}
		return nil
	})
	if len(files) != 1 {
		t.Errorf("files %v", files)
	}
	for range 2 {
		if err := blobs.Delete(key); err != nil {
			t.Error(err)
		}
	}
	if _, err := blobs.Open(key); !fault.Is(err, fault.NotFound) {
		t.Errorf("after deleting: %v", err)
	}
}

// If this failed, a name could lead out of the folder (A083).
func TestA083BlobNamesCannotLeaveTheFolder(t *testing.T) {
	blobs, folder := openBlobs(t)
	if err := os.WriteFile(filepath.Join(folder, "..", "secret"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"", "..", "../secret", "/etc/passwd", strings.Repeat("A", 64), strings.Repeat("../", 20) + "secret", strings.Repeat("0", 63) + "/"} {
		if _, err := blobs.Open(key); !fault.Is(err, fault.NotFound) {
			t.Errorf("%q: %v", key, err)
		}
		if err := blobs.Delete(key); err != nil {
			t.Errorf("%q: %v", key, err)
		}
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("cut off") }

// If this failed, what is too large or breaks off would fill the disk.
func TestBlobThatDoesNotArriveLeavesNothing(t *testing.T) {
	blobs, folder := openBlobs(t)
	if _, err := blobs.Put(t.Context(), io.MultiReader(strings.NewReader("half"), failing{})); err == nil {
		t.Error("half a blob is kept")
	}
	if _, err := blobs.Put(t.Context(), io.LimitReader(zeros{}, BlobBytesMax+1)); !fault.Is(err, fault.TooLarge) {
		t.Errorf("too large: %v", err)
	}
	gone, stop := context.WithCancel(t.Context())
	stop()
	if _, err := blobs.Put(gone, strings.NewReader("x")); err == nil {
		t.Error("put for nobody")
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
