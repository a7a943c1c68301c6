package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/go-chi/chi/v5"

	"tulou/protocol/fault"
)

// AppPath is where the web client lives; every address below it that is no file is a screen of it.
const AppPath = "/app/"

// dist is the built client (node/web/client/build makes it): files with their hash in the name,
// each with a smaller copy for browsers that take gzip or Brotli.
//
//go:embed all:dist
var dist embed.FS

// The files whose names stay the same from build to build.
const (
	appPage     = "index.html"
	appWorker   = "sw.js"
	appManifest = "manifest.webmanifest"
)

// appFile is a file of the client, in the forms in which it is served.
type appFile struct {
	kind     string            // content type
	tag      string            // ETag, of the plain form
	forms    map[string][]byte // by content coding, "" for none
	constant bool              // never changes under its name
}

// appFiles are the files of the client by name.
var appFiles = readApp(dist)

// appKinds are the types of the files there are. A file of another kind is not served.
var appKinds = map[string]string{
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
	".svg": "image/svg+xml", ".png": "image/png", ".webmanifest": "application/manifest+json",
}

// appCodings are the codings of the copies, the smaller first.
var appCodings = []struct{ name, ending string }{{"br", ".br"}, {"gzip", ".gz"}}

// readApp reads the files. They come with the program, so it panics if that cannot be.
func readApp(files fs.FS) map[string]appFile {
	all := map[string]appFile{}
	names, err := fs.Glob(files, "dist/*")
	if err != nil {
		panic(err)
	}
	for _, name := range names {
		kind := appKinds[path.Ext(name)]
		if kind == "" {
			continue
		}
		file := appFile{kind: kind, forms: map[string][]byte{"": mustRead(files, name)}}
		for _, coding := range appCodings {
			if copied, err := fs.ReadFile(files, name+coding.ending); err == nil {
				file.forms[coding.name] = copied
			}
		}
		sum := sha256.Sum256(file.forms[""])
		file.tag = hex.EncodeToString(sum[:12])
		file.constant = hashed(path.Base(name))
		all[path.Base(name)] = file
	}
	return all
}

func mustRead(files fs.FS, name string) []byte {
	body, err := fs.ReadFile(files, name)
	if err != nil {
		panic(err)
	}
	return body
}

// hashed tells whether a file has its hash in its name: "main-3K2QXW7A.js".
func hashed(name string) bool {
	stem := strings.TrimSuffix(name, path.Ext(name))
	at := strings.LastIndexByte(stem, '-')
	return at > 0 && len(stem)-at == 9 && strings.ToUpper(stem[at:]) == stem[at:] && path.Ext(name) != ".png"
}

// appRoutes adds the client.
func (s *Site) appRoutes(r chi.Router) {
	r.Get(strings.TrimSuffix(AppPath, "/"), func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, AppPath, http.StatusPermanentRedirect)
	})
	r.Get(AppPath+"*", s.page(s.app))
	r.Post(AppPath+"share", s.shared)
}

// What is read of something shared: words of the length of a link at most, since they become one,
// and what lies before them, since a picture may come first.
const (
	sharedTextMax  = 2 << 10
	sharedBytesMax = 1 << 20
)

// shared takes what another program on a device shares (Web Share Target) where the client's worker
// is not there, which would have made a draft of it: the words go with the link to the composer,
// and of files, which cannot, the composer says that they did not come.
func (s *Site) shared(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, sharedBytesMax)
	words, files := wordsShared(r)
	query := url.Values{}
	if words != "" {
		query.Set("text", words)
	}
	if files {
		query.Set("lost", "1")
	}
	screen := AppPath + "compose"
	if len(query) > 0 {
		screen += "?" + query.Encode()
	}
	http.Redirect(w, r, screen, http.StatusSeeOther)
}

// wordsShared reads the texts of a form, in the order of the manifest, as far as they fit, and
// whether files are with them.
func wordsShared(r *http.Request) (words string, files bool) {
	form, err := r.MultipartReader()
	if err != nil {
		return "", false
	}
	said := map[string]string{}
	for {
		part, err := form.NextPart()
		if err != nil {
			break // the end, or more than is read
		}
		if part.FileName() != "" {
			files = true
		} else if text, err := io.ReadAll(io.LimitReader(part, sharedTextMax)); err == nil {
			said[part.FormName()] = strings.ToValidUTF8(string(text), "")
		}
	}
	var lines []string
	for _, name := range []string{"title", "text", "url"} {
		if said[name] != "" {
			lines = append(lines, said[name])
		}
	}
	return strings.Join(lines, "\n"), files
}

// app serves a file of the client, or its page for any other address: which screen that is the
// client knows.
func (s *Site) app(w http.ResponseWriter, r *http.Request) error {
	name := strings.TrimPrefix(r.URL.Path, AppPath)
	file, ok := appFiles[name]
	if !ok {
		if path.Ext(name) != "" && appKinds[path.Ext(name)] != "" {
			return errNothing // of another build, say
		}
		name = appPage
		if file, ok = appFiles[name]; !ok {
			return fault.New(fault.Unavailable, "this program was built without the web client")
		}
	}
	h := w.Header()
	h.Set("Content-Type", file.kind)
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	switch {
	case name == appPage:
		h.Set("Content-Security-Policy", s.appPolicy())
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(self), microphone=(self), geolocation=(), payment=(), usb=(), browsing-topics=()")
		h.Set("X-Frame-Options", "DENY")
		h.Set("X-Robots-Tag", "noindex")
	case name == appWorker:
		// A worker has a policy of its own; it fetches from this node and does nothing else.
		h.Set("Content-Security-Policy", "default-src 'none'; connect-src 'self'")
	default:
		// Opened by itself, a picture that is markup does nothing and stands in no frame.
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	}
	serveFile(w, r, file)
	return nil
}

// appPolicy is what the page of the client may do: run our scripts, show pictures of this node and
// talk to it. No text becomes markup or a script but by the client's one policy (Trusted Types).
func (s *Site) appPolicy() string {
	files := "'self'"
	if s.Paths.MediaBase != "" {
		files += " " + s.Paths.MediaBase
	}
	// Older browsers do not count a WebSocket to the same host as 'self'.
	socket := strings.Replace(s.Paths.Base, "http", "ws", 1)
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src " + files + " data: blob:; media-src " + files + " blob:; " +
		"connect-src 'self' " + socket + "; manifest-src 'self'; worker-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; " +
		"require-trusted-types-for 'script'; trusted-types tulou"
}

// serveFile answers with a file in the smallest form that the browser takes. What has its hash in
// its name is kept for ever, anything else is asked for each time.
func serveFile(w http.ResponseWriter, r *http.Request, file appFile) {
	h := w.Header()
	body, tag := file.forms[""], file.tag
	for _, coding := range appCodings {
		if copied := file.forms[coding.name]; copied != nil && takes(r.Header.Get("Accept-Encoding"), coding.name) {
			h.Set("Content-Encoding", coding.name)
			body, tag = copied, tag+"-"+coding.name
			break
		}
	}
	h.Set("Vary", "Accept-Encoding")
	h.Set("ETag", `"`+tag+`"`)
	if h.Set("Cache-Control", "no-cache"); file.constant {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if strings.Contains(r.Header.Get("If-None-Match"), `"`+tag+`"`) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(body)
}

// takes tells whether a browser takes a coding (RFC 9110 section 12.5.3): it names it, and not with
// the weight 0.
func takes(accepted, coding string) bool {
	for _, offer := range strings.Split(accepted, ",") {
		name, weight, _ := strings.Cut(offer, ";")
		if strings.TrimSpace(name) == coding {
			weight = strings.ReplaceAll(weight, " ", "")
			return strings.TrimRight(strings.TrimPrefix(weight, "q="), "0.") != "" || weight == ""
		}
	}
	return false
}

// toApp sends a browser in which somebody is signed in on to a screen of the client, "" for the
// first, and tells whether it did.
func (s *Site) toApp(w http.ResponseWriter, r *http.Request, screen string) (bool, error) {
	if s.Browsers == nil {
		return false, nil
	}
	browser, err := s.Browsers.Of(r)
	if err != nil || !browser.Known() {
		return false, err
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Add("Vary", "Cookie")
	http.Redirect(w, r, AppPath+screen, http.StatusSeeOther)
	return true, nil
}
