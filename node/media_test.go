package node

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tulou/storage"
)

// stored puts a file into a node as it would be after processing; content and type are the test's.
func (n *Node) stored(t *testing.T, f storage.File, content string) (path string) {
	t.Helper()
	var err error
	if f.Blob, err = n.blobs.Put(t.Context(), strings.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	f.Key, f.Word, f.Bytes = storage.NewFileKey(), storage.WordOriginal, int64(len(content))
	if err := n.store.Tx(t.Context(), func(tx *storage.Tx) error { return tx.CreateFile(t.Context(), f) }); err != nil {
		t.Fatal(err)
	}
	name, _ := storage.FileName(f.Word, f.MediaType)
	return "/media/" + f.Key + "/" + name
}

// If this failed, an uploaded file could act in the name of the node in browsers, or pass for an
// object of a server (A007).
func TestA007FilesCanNeverBePagesScriptsOrObjects(t *testing.T) {
	n := newNode(t, Config{})
	const evil = "<script>alert(1)</script>"
	user, err := n.CreateUser(t.Context(), NewUser{Name: "ana", Email: "ana@harbor.example"})
	if err != nil {
		t.Fatal(err)
	}
	path := n.stored(t, storage.File{MediaType: "image/png", AccountID: user.ID}, "\x89PNG\r\n\x1a\n"+evil)
	folder := path[:strings.LastIndex(path, "/")+1]
	for _, name := range []string{"original.html", "original.svg", "original.jpg", "original", "original.png.js", "small.png", "index.html", ".png", ""} {
		if w := ask(n, "GET", folder+name, nil); w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "alert") {
			t.Errorf("%s is served: %d", name, w.Code)
		}
	}
	for _, name := range []string{path} {
		w := ask(n, "GET", name, nil)
		for header, want := range map[string]string{
			"Content-Type": "image/png", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox",
			"Content-Disposition": "inline; filename=media.png", "Cache-Control": "public, max-age=31536000, immutable",
			"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin", "Set-Cookie": "",
		} {
			if got := w.Header().Get(header); got != want || w.Code != http.StatusOK {
				t.Errorf("%s: %d, %s is %q, want %q", name, w.Code, header, got, want)
			}
		}
	}
	for _, accept := range []string{"application/activity+json", `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`, "application/activity+json, text/html"} {
		if w := ask(n, "GET", path, func(r *http.Request) { r.Header.Set("Accept", accept) }); w.Code != http.StatusNotFound {
			t.Errorf("asked for %s: %d %s", accept, w.Code, w.Header().Get("Content-Type"))
		}
	}
	for _, kind := range []string{"text/html", "image/svg+xml", "application/activity+json", "text/javascript", "application/pdf", "", "source:image/png"} {
		if w := ask(n, "GET", n.stored(t, storage.File{MediaType: kind}, evil), nil); w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "script") {
			t.Errorf("%s is served: %d", kind, w.Code)
		}
	}
	for _, path := range []string{"/media/", "/media/x", "/media/../media/x/y", "/media/%2e%2e/x", "/media/" + strings.Repeat("a", 26) + "/x.png"} {
		if w := ask(n, "GET", path, nil); w.Code == http.StatusOK {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if w := ask(n, "POST", path, nil); w.Code == http.StatusOK {
		t.Errorf("POST: %d", w.Code)
	}
}

// If this failed, a file could be passed round under any name that somebody likes, or addresses
// that were told before would lead nowhere: those of other servers' files before their type was
// known.
func TestFilesHaveOneName(t *testing.T) {
	for _, test := range []struct {
		file       storage.File
		good, evil string
	}{
		{storage.File{Word: "original", MediaType: "image/png", AttachmentID: 1}, "original.png", "original.jpg original small.png"},
		{storage.File{Word: "avatar", MediaType: "image/gif", AccountID: 1}, "avatar.gif", "avatar header.gif"},
		{storage.File{Word: "avatar", MediaType: "image/png"}, "avatar avatar.jpg avatar.png", "header avatar.html avatar.png.exe"},
		{storage.File{Word: "still", MediaType: "image/png"}, "still", "emoji"},
		{storage.File{MediaType: "image/png"}, "", ".png original.png"},
		{storage.File{Word: "original", MediaType: "source:image/png", AccountID: 1}, "", "original original.png"},
	} {
		for _, name := range strings.Fields(test.good) {
			if !test.file.Called(name) {
				t.Errorf("%+v is not %s", test.file, name)
			}
		}
		for _, name := range append(strings.Fields(test.evil), "") {
			if test.file.Called(name) {
				t.Errorf("%+v is %q", test.file, name)
			}
		}
	}
}

// If this failed, films could not be wound forward, and every picture would be sent again each
// time.
func TestFilesAreServedInParts(t *testing.T) {
	n := newNode(t, Config{})
	path := n.stored(t, storage.File{MediaType: "video/mp4"}, "0123456789")
	part := ask(n, "GET", path, func(r *http.Request) { r.Header.Set("Range", "bytes=2-4") })
	if part.Code != http.StatusPartialContent || part.Body.String() != "234" || part.Header().Get("Content-Range") != "bytes 2-4/10" {
		t.Errorf("%d %q %v", part.Code, part.Body, part.Header())
	}
	tag := part.Header().Get("ETag")
	if again := ask(n, "GET", path, func(r *http.Request) { r.Header.Set("If-None-Match", tag) }); again.Code != http.StatusNotModified || tag == "" {
		t.Errorf("%d %q", again.Code, tag)
	}
	if head := ask(n, "HEAD", path, nil); head.Code != http.StatusOK || head.Body.Len() != 0 || head.Header().Get("Content-Length") != "10" {
		t.Errorf("%d %v", head.Code, head.Header())
	}
	if options := ask(n, "OPTIONS", path, nil); options.Code != http.StatusNoContent || options.Header().Get("Access-Control-Allow-Headers") != "Range" {
		t.Errorf("%d %v", options.Code, options.Header())
	}
}

// If this failed, what somebody showed would be seen after they were suspended.
func TestFilesGoWithTheirOwner(t *testing.T) {
	n := newNode(t, Config{})
	user, err := n.CreateUser(t.Context(), NewUser{Name: "ana", Email: "ana@harbor.example"})
	if err != nil {
		t.Fatal(err)
	}
	path := n.stored(t, storage.File{MediaType: "image/png", AccountID: user.ID}, "x")
	if w := ask(n, "GET", path, nil); w.Code != http.StatusOK {
		t.Fatal(w.Code)
	}
	for _, hidden := range []bool{true, false} {
		if err := n.store.Tx(t.Context(), func(tx *storage.Tx) error { return tx.SetSuspended(t.Context(), user.ID, hidden) }); err != nil {
			t.Fatal(err)
		}
		if w := ask(n, "GET", path, nil); (w.Code == http.StatusNotFound) != hidden {
			t.Errorf("suspended %v: %d", hidden, w.Code)
		}
	}
}

// If this failed, files would share an origin with the node although its operator keeps them apart.
func TestMediaHaveAHostOfTheirOwn(t *testing.T) {
	n := newNode(t, Config{URL: "http://harbor.test", MediaURL: "http://media.test/"})
	path := n.stored(t, storage.File{MediaType: "image/png"}, "x")
	at := func(host, path string) *httptest.ResponseRecorder {
		return ask(n, "GET", path, func(r *http.Request) { r.Host = host })
	}
	if w := at("media.test", path); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := at("harbor.test", path); w.Code != http.StatusPermanentRedirect || w.Header().Get("Location") != "http://media.test"+path {
		t.Errorf("%d %s", w.Code, w.Header().Get("Location"))
	}
	for _, other := range []string{"/", "/api/v2/instance", "/users/ana", "/oauth/authorize", "/.well-known/webfinger?resource=acct:a@harbor.test", "/inbox"} {
		if w := at("media.test", other); w.Code != http.StatusNotFound {
			t.Errorf("%s answers %d at the host of media", other, w.Code)
		}
	}
	if got := n.engine.Paths().Media("k", "a.png"); got != "http://media.test/media/k/a.png" {
		t.Error(got)
	}
	for _, bad := range []string{"http://harbor.test", "https://media.test", "http://media.test/x", "media.test", "http://u@media.test"} {
		if _, err := (Config{URL: "http://harbor.test", MediaURL: bad}).Complete(); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}

// If this failed, people who chose no picture would have none after some days.
func TestDrawnPicturesAreDrawnAgain(t *testing.T) {
	n := newNode(t, Config{})
	if _, err := n.CreateUser(t.Context(), NewUser{Name: "ana", Email: "ana@harbor.example"}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		w := ask(n, "GET", "/avatars/ana.png", nil)
		if p, err := png.Decode(bytes.NewReader(w.Body.Bytes())); err != nil || p.Bounds() != image.Rect(0, 0, avatarSide, avatarSide) {
			t.Fatalf("%d %v", w.Code, err)
		}
		key, _ := n.pictures.Load("ana")
		if err := n.blobs.Delete(key.(string)); err != nil {
			t.Fatal(err)
		}
	}
}
