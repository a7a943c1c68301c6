package media

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tulou/federation/fetch"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
	"tulou/storage/storagetest"
)

// everybodyIsFine lets this node talk to every server.
type everybodyIsFine struct{}

func (everybodyIsFine) CheckHost(context.Context, string) error { return nil }

// process is one of several that serve a node.
type process struct {
	*Remote
	store *storage.Store
}

func newProcess(t *testing.T, database string, blobs *storage.Blobs) process {
	t.Helper()
	store, err := storage.Open(t.Context(), database, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	client := fetch.New(fetch.Config{AllowPrivate: true})
	service := New(Deps{Store: store, Blobs: blobs, Paths: ids.Paths{Base: "https://harbor.example"}, Log: slog.New(slog.DiscardHandler)})
	r := NewRemote(t.Context(), RemoteDeps{Media: service, Fetcher: client, Hosts: everybodyIsFine{}})
	t.Cleanup(func() {
		r.Close()
		client.Close()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return process{r, store}
}

// village starts two processes on one database, and a server with a picture.
func village(t *testing.T, database string, answer http.HandlerFunc) (a, b process, address string) {
	t.Helper()
	return villageIn(t, t.TempDir(), database, answer)
}

// villageIn is village with files in a folder.
func villageIn(t *testing.T, folder, database string, answer http.HandlerFunc) (a, b process, address string) {
	t.Helper()
	blobs, err := storage.OpenBlobs(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = blobs.Close() })
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return newProcess(t, database, blobs), newProcess(t, database, blobs), server.URL + "/x.png"
}

// shown adds somebody of another server with an avatar and returns the key of that.
func (p process) shown(t *testing.T, address string) (key string) {
	t.Helper()
	err := p.store.Tx(t.Context(), func(tx *storage.Tx) error {
		a, err := tx.PutRemoteAccount(t.Context(), storage.Account{URI: "https://orchard.example/users/bo", Name: "bo", Host: "orchard.example",
			Type: "Person", Inbox: "https://orchard.example/inbox", Avatar: address})
		if err == nil {
			key = a.Avatar[len(ids.MediaPrefix) : len(a.Avatar)-len("/avatar")]
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func onePicture() []byte {
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewNRGBA(image.Rect(0, 0, 20, 20))); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// If this failed, each process of a node would fetch a picture that people look at at the same
// moment, or who looks through the other one would get nothing.
func TestProcessesFetchOnceTogether(t *testing.T) {
	for name, database := range map[string]string{"sqlite": storagetest.SQLite(t), "postgres": storagetest.Postgres(t)} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int64
			begun, go_ := make(chan struct{}), make(chan struct{})
			a, b, address := village(t, database, func(w http.ResponseWriter, _ *http.Request) {
				if asked.Add(1) == 1 {
					close(begun)
				}
				<-go_
				_, _ = w.Write(onePicture())
			})
			key := a.shown(t, address)
			var looking sync.WaitGroup
			look := func(p process) {
				looking.Go(func() {
					file, body, err := p.Open(t.Context(), key)
					if err != nil {
						t.Error(err)
						return
					}
					defer body.Close()
					if data, err := io.ReadAll(body); err != nil || file.MediaType != "image/png" || int64(len(data)) != file.Bytes {
						t.Errorf("%+v, %d bytes, %v", file, len(data), err)
					}
				})
			}
			look(a)
			<-begun
			for range 3 {
				look(a)
				look(b)
			}
			close(go_)
			looking.Wait()
			if n := asked.Load(); n != 1 {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

// If this failed, whoever goes away would take the picture from the others who wait for it, or
// somebody who waits too long would hold a connection for ever.
func TestWhoGoesAwayDoesNotEndTheFetch(t *testing.T) {
	go_ := make(chan struct{})
	begun := make(chan struct{})
	a, _, address := village(t, storagetest.SQLite(t), func(w http.ResponseWriter, _ *http.Request) {
		close(begun)
		<-go_
		_, _ = w.Write(onePicture())
	})
	key := a.shown(t, address)
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		_, _, err := a.Open(ctx, key)
		left <- err
	}()
	<-begun
	leave()
	if err := <-left; !fault.Is(err, fault.Unavailable) {
		t.Errorf("who went away: %v", err)
	}
	close(go_)
	_, body, err := a.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	body.Close()
}

// If this failed, a node whose files were lost would never show pictures of others again.
func TestLostFilesAreFetchedAgain(t *testing.T) {
	var asked atomic.Int64
	a, _, address := village(t, storagetest.SQLite(t), func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = w.Write(onePicture())
	})
	key := a.shown(t, address)
	for range 2 {
		file, body, err := a.Open(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		body.Close()
		if err := a.Blobs.Delete(file.Blob); err != nil {
			t.Fatal(err)
		}
	}
	m, err := a.store.RemoteMediaByKey(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 { // avatars have none
		if _, _, err := a.Open(t.Context(), m.PreviewKey); !fault.Is(err, fault.NotFound) {
			t.Errorf("a preview that there is not: %v", err)
		}
	}
	if n := asked.Load(); n != 2 {
		t.Errorf("asked %d times", n)
	}
}

// If this failed, a server that is away or refuses would be asked at every look, or never again.
func TestPausesGrowAndEnd(t *testing.T) {
	away, refused := fault.New(fault.Unavailable, "away"), fault.New(fault.NotFound, "gone")
	last := time.Duration(0)
	for failures := range 12 {
		got := pause(failures, away)
		if got < retryAway || got > retryMax*5/4 || got < last/2 {
			t.Errorf("after %d: %s, before %s", failures, got, last)
		}
		last = got
	}
	if got := pause(0, refused); got < retryRefused {
		t.Errorf("refused: %s", got)
	}
	if got := pause(0, away.After(3*time.Hour)); got < 3*time.Hour {
		t.Errorf("asked to wait: %s", got)
	}
}
