package crashtest

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tulou/storage"
	"tulou/storage/storagetest"
)

// uploaded is a file that a node said it has.
type uploaded struct {
	ID  string
	URL string
}

// path is where a process serves it.
func (u uploaded) path(n *node) string { return strings.TrimPrefix(u.URL, n.URL) }

// sends uploads a file through a process and returns the status of the answer.
func (p *person) sends(n *node, name string, body []byte) (u uploaded, status int, err error) {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write(body)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return u, 0, err
	}
	status, answer, err := fetch(http.MethodPost, n.base()+"/api/v2/media", p.token, form.String(), "Content-Type", w.FormDataContentType())
	if err == nil && status < 300 {
		err = json.Unmarshal(answer, &u)
	}
	return u, status, err
}

// drawn is a picture like no other.
func drawn(number int) []byte {
	p, chance := image.NewNRGBA(image.Rect(0, 0, 60, 40)), rand.New(rand.NewPCG(uint64(number), 7))
	for i := range p.Pix {
		p.Pix[i] = byte(chance.Uint32()) | 1
	}
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// silence is a sound of a second in WAV.
func silence() []byte {
	const rate = 8000
	le := binary.LittleEndian
	head := append(le.AppendUint32([]byte("RIFF"), 36+rate), "WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00"...)
	head = le.AppendUint32(le.AppendUint32(head, rate), rate)
	head = append(head, "\x01\x00\x08\x00data"...)
	return append(le.AppendUint32(head, rate), bytes.Repeat([]byte{128}, rate)...)
}

// sharing starts two processes of one node that share a database and a folder of files.
func sharing(t *testing.T, database string) (first, second *node) {
	t.Helper()
	address, folder := newNode(t, database).URL, t.TempDir()
	var up []*node
	for range 2 {
		n := newNode(t, database)
		n.args = []string{"--listen", strings.Replace(strings.TrimPrefix(n.URL, "http://"), "localhost", "127.0.0.1", 1), "--admin-listen", "off"}
		n.URL, n.dir = address, folder
		n.start()
		up = append(up, n)
	}
	return up[0], up[1]
}

// same fails unless both processes serve a file, and serve the same.
func same(t *testing.T, u uploaded, processes ...*node) {
	t.Helper()
	var before []byte
	for i, n := range processes {
		status, body, err := fetch(http.MethodGet, n.base()+u.path(n), "", "")
		if err != nil || status != http.StatusOK || len(body) == 0 || i > 0 && !bytes.Equal(body, before) {
			t.Errorf("%s of process %d: %d, %d bytes, %v", u.URL, i, status, len(body), err)
		}
		before = body
	}
}

// If this failed, whoever outgrows one process would have pictures that only one of them shows,
// lose some when a process is killed, or keep for ever what belongs to nothing.
func TestProcessesShareTheirFiles(t *testing.T) {
	rounds, crowd := size(t, 2, 12), size(t, 4, 16)
	parallel(t)
	database := storagetest.Postgres(t)
	first, second := sharing(t, database)
	ana := first.person("ana")
	number := atomic.Int64{}
	next := func() []byte { return drawn(int(number.Add(1))) }

	a, status, err := ana.sends(first, "a.png", next())
	if err != nil || status != http.StatusOK {
		t.Fatalf("%d %v", status, err)
	}
	same(t, a, first, second)
	convertedByTheOther(t, ana, first, second)
	deletedByTheOther(t, ana, first, second, next())

	var mu sync.Mutex
	kept, cut := []uploaded{a}, 0
	for round := range rounds {
		victim, other := first, second
		if round%2 == 1 {
			victim, other = second, first
		}
		var sending sync.WaitGroup
		stop := make(chan struct{})
		for range crowd {
			sending.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					u, status, err := ana.sends(victim, "a.png", next())
					mu.Lock()
					switch {
					case err != nil:
						cut++
					case status == http.StatusOK:
						kept = append(kept, u)
					}
					mu.Unlock()
					if err != nil {
						return
					}
				}
			})
		}
		time.Sleep(time.Duration(100+rand.IntN(400)) * time.Millisecond)
		victim.kill()
		close(stop)
		sending.Wait()
		for _, u := range kept {
			same(t, u, other)
		}
		victim.start()
	}
	// What nothing belongs to goes with the next sweep, here by a third one, and nothing else does.
	found, orphans := sweep(t, database, first.dir)
	for _, u := range kept {
		same(t, u, first, second)
	}
	t.Logf("%d kills while files came in: %d were answered and are served by both processes, %d were cut off; of %d blobs %d belonged to nothing and went",
		rounds, len(kept), cut, found, orphans)
}

// convertedByTheOther uploads a sound to a process that is killed before it can convert it.
func convertedByTheOther(t *testing.T, who *person, first, second *node) {
	t.Helper()
	sound, status, err := who.sends(first, "a.wav", silence())
	if err != nil || status != http.StatusAccepted {
		t.Fatalf("a sound: %d %v", status, err)
	}
	first.kill()
	eventually(t, 40*time.Second, "the other process converts it", func() error {
		status, answer, err := fetch(http.MethodGet, second.base()+"/api/v1/media/"+sound.ID, who.token, "")
		if err != nil || status != http.StatusOK {
			return fmt.Errorf("%d %s %v", status, answer, err)
		}
		return json.Unmarshal(answer, &sound)
	})
	first.start()
	same(t, sound, first, second)
}

// deletedByTheOther deletes a file through one process while the other one serves it: everybody
// gets all of it, or is told that there is nothing.
func deletedByTheOther(t *testing.T, who *person, first, second *node, body []byte) {
	t.Helper()
	u, status, err := who.sends(first, "a.png", body)
	if err != nil || status != http.StatusOK {
		t.Fatalf("%d %v", status, err)
	}
	_, whole, err := fetch(http.MethodGet, second.base()+u.path(second), "", "")
	if err != nil {
		t.Fatal(err)
	}
	var looking sync.WaitGroup
	var gone atomic.Bool
	for range 4 {
		looking.Go(func() {
			for !gone.Load() {
				status, got, err := fetch(http.MethodGet, second.base()+u.path(second), "", "")
				switch {
				case err != nil, status != http.StatusOK && status != http.StatusNotFound, status == http.StatusOK && !bytes.Equal(got, whole):
					t.Errorf("while it is deleted: %d, %d bytes, %v", status, len(got), err)
					return
				case status == http.StatusNotFound:
					gone.Store(true)
				}
			}
		})
	}
	time.Sleep(100 * time.Millisecond)
	if status, answer, err := fetch(http.MethodDelete, first.base()+"/api/v1/media/"+u.ID, who.token, ""); err != nil || status != http.StatusOK {
		gone.Store(true)
		t.Errorf("delete: %d %s %v", status, answer, err)
	}
	eventually(t, 10*time.Second, "what is deleted is gone everywhere", func() error {
		if !gone.Load() {
			return fmt.Errorf("it is served")
		}
		return nil
	})
	looking.Wait()
	for _, n := range []*node{first, second} {
		if status, _, _ := fetch(http.MethodGet, n.base()+u.path(n), "", ""); status != http.StatusNotFound {
			t.Errorf("deleted: %d", status)
		}
	}
}

// sweep removes what belongs to nothing, as the node does every day, without regard to age. It
// returns how many blobs there were and how many of them went, and fails if any is left over.
func sweep(t *testing.T, database, folder string) (found, removed int) {
	t.Helper()
	store, err := storage.Open(t.Context(), database, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	blobs, err := storage.OpenBlobs(filepath.Join(folder, "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	defer blobs.Close()
	list := func() (names []string) {
		err := fs.WalkDir(os.DirFS(filepath.Join(folder, "blobs")), ".", func(_ string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				names = append(names, entry.Name())
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	found = len(list())
	if removed, err = blobs.Sweep(t.Context(), time.Now().Add(time.Hour), store.UsedBlobs); err != nil {
		t.Fatal(err)
	}
	left := list()
	used, err := store.UsedBlobs(t.Context(), left)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range left {
		if !used[name] {
			t.Errorf("%s belongs to nothing and is left", name)
		}
	}
	return found, removed
}
