package node

import (
	"context"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"tulou/apps/media"
	"tulou/node/edge"
	"tulou/node/film"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// Files that people and other servers gave us are served under one prefix, or at a host of their
// own, in a way in which none can become a page, a script or an ActivityPub object: their type is
// one of a fixed list and was found out from their content, browsers may not guess another, and
// what is opened by itself has no origin and may load nothing (A007).
const (
	// mediaPolicy is the content policy of files.
	mediaPolicy = "default-src 'none'; sandbox"
	// mediaCache lets everybody keep a file: what is behind a key never changes.
	mediaCache = "public, max-age=31536000, immutable"
	// othersCache is for files of nobody here: what was fetched from another server may be another
	// picture when it is fetched again, and what is taken back there should not stay here for long.
	othersCache = "public, max-age=86400"
)

// newMedia makes the service for what people upload. Films are converted if ffmpeg is installed.
func (n *Node) newMedia(paths ids.Paths) (*media.Service, error) {
	n.metrics.registry.MustRegister(newCache(n.store, n.log))
	deps := media.Deps{Store: n.store, Blobs: n.blobs, Paths: paths, Log: n.log}
	films, err := film.Find(filepath.Join(n.config.DataDir, "films"), n.log)
	if films != nil {
		deps.Films = films
	}
	return media.New(deps), err
}

// gigabyte is that of --media-cache-gb, as disks are sold.
const gigabyte = 1_000_000_000

// mediaReader opens a file by its key.
type mediaReader interface {
	Open(ctx context.Context, key string) (storage.File, io.ReadSeekCloser, error)
}

func mediaRoutes(r chi.Router, files mediaReader) {
	r.Get(ids.MediaPrefix+"{key}/{name}", edge.Problem(func(w http.ResponseWriter, r *http.Request) error {
		if wantsObject(r) {
			return fault.New(fault.NotFound, "there are no objects here, only files")
		}
		file, body, err := files.Open(r.Context(), chi.URLParam(r, "key"))
		if err != nil {
			return err
		}
		defer body.Close()
		if !file.Called(chi.URLParam(r, "name")) {
			return fault.New(fault.NotFound, "not found")
		}
		return serveFile(w, r, file, body)
	}))
	r.Options(ids.MediaPrefix+"{key}/{name}", func(w http.ResponseWriter, _ *http.Request) {
		allowMediaOrigin(w.Header())
		w.Header().Set("Access-Control-Allow-Headers", "Range")
		w.Header().Set("Access-Control-Max-Age", "86400")
		w.WriteHeader(http.StatusNoContent)
	})
}

// wantsObject tells whether somebody asks for ActivityPub and for nothing else that a file could
// be.
func wantsObject(r *http.Request) bool {
	accept := strings.Join(r.Header.Values("Accept"), ",")
	return strings.Contains(accept, "application/activity+json") || strings.Contains(accept, "application/ld+json")
}

func allowMediaOrigin(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
	h.Set("Access-Control-Expose-Headers", "Content-Length, Content-Range, ETag")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
}

// serveFile answers with a file or the part of it that is asked for. Its types are those that
// storage.FileName knows; others are not found.
func serveFile(w http.ResponseWriter, r *http.Request, file storage.File, body io.ReadSeeker) error {
	name, ok := storage.FileName("media", file.MediaType)
	if !ok {
		return fault.New(fault.NotFound, "not found")
	}
	extendWrite(w, file.Bytes)
	h := w.Header()
	allowMediaOrigin(h)
	h.Set("Content-Type", file.MediaType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", mediaPolicy)
	h.Set("Content-Disposition", mime.FormatMediaType("inline", map[string]string{"filename": name}))
	h.Set("Cache-Control", mediaCache)
	if file.AccountID == 0 {
		h.Set("Cache-Control", othersCache)
	}
	h.Set("ETag", strconv.Quote(file.Blob))
	http.ServeContent(w, r, "", time.Time{}, body)
	return nil
}

// slowestReader is the slowest connection, in bytes a second, over which a whole file still comes
// through.
const slowestReader = 16 << 10

// extendWrite gives an answer the time that a slow connection takes for it.
func extendWrite(w http.ResponseWriter, bytes int64) {
	if extra := time.Duration(bytes/slowestReader) * time.Second; extra > 0 {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeTimeout + extra))
	}
}

// mediaHost keeps media and everything else apart if media have a host of their own: there nothing
// else is found, and elsewhere their paths lead there.
func (n *Node) mediaHost(next http.Handler) http.Handler {
	own, err := url.Parse(n.config.MediaURL)
	if err != nil || own.Host == "" {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, err := ids.NormalizeHost(r.Host)
		at, isMedia := err == nil && host == own.Host, strings.HasPrefix(r.URL.Path, ids.MediaPrefix)
		switch {
		case at && !isMedia:
			edge.WriteProblem(w, fault.New(fault.NotFound, "there are only files here"))
		case !at && isMedia && slices.Contains([]string{http.MethodGet, http.MethodHead}, r.Method):
			http.Redirect(w, r, n.config.MediaURL+r.URL.EscapedPath(), http.StatusPermanentRedirect)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// mediaBase checks --media-url.
func (c Config) mediaBase(base *url.URL) (string, error) {
	if c.MediaURL == "" {
		return "", nil
	}
	u, err := ids.ParseIRI(strings.TrimSuffix(c.MediaURL, "/"))
	switch {
	case err != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "":
		return "", fault.New(fault.Invalid, "--media-url %q is not the address of a host; it looks like https://media.example.org", c.MediaURL)
	case u.Host == base.Host:
		return "", fault.New(fault.Invalid, "--media-url is for a host of their own; leave it out to have media at %s", base.Host)
	case u.Scheme != base.Scheme:
		return "", fault.New(fault.Invalid, "--media-url needs to be reached like the node itself: %s://%s", base.Scheme, u.Host)
	}
	return u.Scheme + "://" + u.Host, nil
}

// certified returns the names that a certificate is got for.
func (c Config) certified() []string {
	names := []string{c.Domain}
	if u, err := url.Parse(c.MediaURL); err == nil && u.Host != "" {
		names = append(names, u.Hostname())
	}
	return names
}
