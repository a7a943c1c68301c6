package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// fetch gets a file of the client as a browser does, with headers in pairs.
func (s *site) fetch(path string, headers ...string) (*http.Response, []byte) {
	s.Helper()
	r, _ := http.NewRequestWithContext(s.Context(), "GET", s.url+path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		s.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		s.Fatal(err)
	}
	return res, body
}

// named finds what the page of the client loads.
var named = regexp.MustCompile(`(?:src|href)="(/app/[^"]+)"`)

func TestTheClientIsServedUnderAStrictPolicy(t *testing.T) {
	// If this failed, a script that gets into the page of the client could run, or be fetched from
	// elsewhere, and act for whoever is signed in.
	s := newSite(t)
	for _, path := range []string{"/app/", "/app/home", "/app/@ana@orchard.example/7", "/app/settings/appearance"} {
		res, body := s.fetch(path)
		policy := res.Header.Get("Content-Security-Policy")
		if res.StatusCode != 200 || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") || !strings.Contains(string(body), `<div id="app">`) {
			t.Errorf("%s: %d %q", path, res.StatusCode, res.Header.Get("Content-Type"))
		}
		for _, want := range []string{"default-src 'none'", "script-src 'self';", "style-src 'self';", "require-trusted-types-for 'script'",
			"trusted-types tulou", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: the policy lacks %q: %s", path, want, policy)
			}
		}
		for _, never := range []string{"unsafe", "*", "http://example", "'nonce"} {
			if strings.Contains(policy, never) {
				t.Errorf("%s: the policy has %q: %s", path, never, policy)
			}
		}
		if res.Header.Get("Cross-Origin-Opener-Policy") != "same-origin" || res.Header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: %v", path, res.Header)
		}
		if regexp.MustCompile(`(?i)<script(?:>|[^>]*>[^<])|<style| on[a-z]+=| style=`).Match(body) {
			t.Errorf("%s has something inline, which the policy forbids:\n%s", path, body)
		}
	}
}

func TestEverythingThatThePageLoadsIsThere(t *testing.T) {
	// If this failed, the program would have been built with half of a client, or browsers would keep
	// an old one.
	s := newSite(t)
	_, page := s.fetch("/app/")
	all := named.FindAllSubmatch(page, -1)
	if len(all) < 5 {
		t.Fatalf("the page loads %q", all)
	}
	for _, m := range all {
		res, _ := s.fetch(string(m[1]))
		if res.StatusCode != 200 || strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
			t.Errorf("%s: %d %s", m[1], res.StatusCode, res.Header.Get("Content-Type"))
		}
		if policy := res.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "script-src") {
			t.Errorf("%s may run scripts: %v", m[1], res.Header)
		}
		fixed := regexp.MustCompile(`-[A-Z0-9]{8}\.(js|css)$`).Match(m[1])
		if kept := strings.Contains(res.Header.Get("Cache-Control"), "immutable"); kept != fixed {
			t.Errorf("%s is kept for ever: %v", m[1], kept)
		}
	}
	if res, _ := s.fetch("/app/sw.js"); res.Header.Get("Cache-Control") != "no-cache" || !strings.Contains(res.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("the worker: %v", res.Header)
	}
	for _, path := range []string{"/app/main-AAAAAAAA.js", "/app/index.html.gz", "/app/../app.go", "/app/main.js", "/app/x.css"} {
		if res, body := s.fetch(path); res.StatusCode == 200 && !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
			t.Errorf("%s is served: %.40q", path, body)
		}
	}
	if res, _ := s.fetch("/app/main-AAAAAAAA.js"); res.StatusCode != 404 {
		t.Errorf("a script of another build: %d", res.StatusCode)
	}
}

func TestFilesComeInTheSmallestFormThatTheBrowserTakes(t *testing.T) {
	// If this failed, the first visit would take four times as long, or a browser would get bytes that
	// it cannot read.
	s := newSite(t)
	_, page := s.fetch("/app/")
	script := string(regexp.MustCompile(`/app/main-[A-Z0-9]+\.js`).Find(page))
	_, plain := s.fetch(script, "Accept-Encoding", "identity")
	for accept, want := range map[string]string{
		"gzip, deflate, br": "br", "gzip": "gzip", "br;q=0, gzip;q=0.5": "gzip", "deflate": "", "gzip;q=0": "", "gzip;q=0.0, br;q=0": "", "br; q=1": "br",
	} {
		res, body := s.fetch(script, "Accept-Encoding", accept)
		if got := res.Header.Get("Content-Encoding"); got != want {
			t.Errorf("%q gets %q, want %q", accept, got, want)
		}
		if want != "" && len(body) >= len(plain) || res.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q: %d bytes of %d, %v", accept, len(body), len(plain), res.Header)
		}
		if want == "gzip" {
			r, err := gzip.NewReader(bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			if unzipped, err := io.ReadAll(r); err != nil || !bytes.Equal(unzipped, plain) {
				t.Errorf("%q is another script, %v", accept, err)
			}
		}
		again, nothing := s.fetch(script, "Accept-Encoding", accept, "If-None-Match", res.Header.Get("ETag"))
		if again.StatusCode != http.StatusNotModified || len(nothing) != 0 {
			t.Errorf("%q again: %d, %d bytes", accept, again.StatusCode, len(nothing))
		}
	}
}

func TestWhatIsSharedWithoutAWorkerOpensTheComposer(t *testing.T) {
	// If this failed, somebody who shares a page with the app before its worker is there would find an
	// empty composer, or not be told that the picture did not come.
	s := newSite(t)
	send := func(fill func(form *multipart.Writer)) *url.URL {
		t.Helper()
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		fill(form)
		_ = form.Close()
		r, _ := http.NewRequestWithContext(t.Context(), "POST", s.url+"/app/share", &body)
		r.Header.Set("Content-Type", form.FormDataContentType())
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		to, err := res.Location()
		if err != nil || res.StatusCode != http.StatusSeeOther || to.Path != "/app/compose" {
			t.Fatalf("%d %v %v", res.StatusCode, to, err)
		}
		return to
	}
	words := send(func(form *multipart.Writer) {
		_ = form.WriteField("url", "https://garden.example/1")
		_ = form.WriteField("title", "Frost & fleece")
	})
	if got := words.Query(); got.Get("text") != "Frost & fleece\nhttps://garden.example/1" || got.Has("lost") {
		t.Errorf("words: %v", got)
	}
	picture := send(func(form *multipart.Writer) {
		file, _ := form.CreateFormFile("files", "frost.jpg")
		_, _ = file.Write(make([]byte, 100))
		_ = form.WriteField("text", "Look")
	})
	if got := picture.Query(); got.Get("text") != "Look" || got.Get("lost") != "1" {
		t.Errorf("a picture: %v", got)
	}
	large := send(func(form *multipart.Writer) {
		_ = form.WriteField("text", strings.Repeat("long ", sharedTextMax))
		file, _ := form.CreateFormFile("files", "film.mp4")
		_, _ = file.Write(make([]byte, 2*sharedBytesMax))
	})
	if got := large.Query(); len(got.Get("text")) != sharedTextMax || got.Get("lost") != "1" {
		t.Errorf("a film: %d bytes of text, %v", len(got.Get("text")), got.Get("lost"))
	}
	if got := send(func(*multipart.Writer) {}).RawQuery; got != "" {
		t.Errorf("nothing: %q", got)
	}
}
