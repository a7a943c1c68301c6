// Package streaming shows people what happens while they look: Mastodon's streaming API, as
// server-sent events and over WebSockets.
//
// The Hub is told what this process commits (storage.Store.Watch) and, by the event table, what
// others do. For each happening it finds the streams that are open for it, asks the database once
// who of them may see it, has it rendered once for everybody to whom it looks the same, and puts
// the bytes into the queues of their streams. Whoever reads too slowly is cut off. What happens
// while nobody looks costs nothing.
//
// It decides nothing about who sees what: that is storage's one predicate, asked at the moment of
// showing, never remembered. Entities are rendered by a Renderer, which node introduces.
//
// The invariant to remember: an open stream has missed nothing. If something could not be kept for
// it, it is closed with a reason, and the client reads the timeline anew.
package streaming

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"tulou/node/edge"
	"tulou/protocol/fault"
	"tulou/storage"
)

// Renderer makes the JSON of entities as REST answers have it. What is gone is fault.NotFound.
type Renderer interface {
	// RenderStatus renders a status for each of the viewers, who may all see it; 0 is a stranger.
	// Viewers to whom it looks the same get the same bytes, not a copy.
	RenderStatus(ctx context.Context, status int64, viewers []int64) (map[int64][]byte, error)
	// RenderNotification renders a notification of a viewer.
	RenderNotification(ctx context.Context, viewer, id int64) ([]byte, error)
	// RenderAnnouncement renders an announcement, or of it one reaction if that has a name, as it is
	// to everybody.
	RenderAnnouncement(ctx context.Context, id int64, reaction string) ([]byte, error)
	// RenderConversation renders a conversation of a viewer.
	RenderConversation(ctx context.Context, viewer, id int64) ([]byte, error)
}

// Deps is what a Hub works with; all of it.
type Deps struct {
	Store    *storage.Store
	Auth     *edge.Auth
	Renderer Renderer
	// Moments renders what is shown to friends; nil: nothing of that is on streams.
	Moments MomentRenderer
	Metrics *Metrics
	Log     *slog.Logger
	// LoginNeeded: strangers are shown nothing, not even what is public.
	LoginNeeded bool
	// Unlimited switches the limits of streams for each token and address off, as for a node whose
	// requests are not limited.
	Unlimited bool
}

// Routes adds the streams.
func (h *Hub) Routes(r chi.Router) {
	r.Group(func(r chi.Router) {
		r.Use(anyOrigin)
		r.Get("/api/v1/streaming/health", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.Header().Set("Cache-Control", "no-store")
			_, _ = w.Write([]byte("OK"))
		})
		for path, name := range map[string]string{
			"user": "user", "user/notification": "user:notification", "direct": "direct", "list": "list",
			"public": "public", "public/local": "public:local", "public/remote": "public:remote",
			"hashtag": "hashtag", "hashtag/local": "hashtag:local",
		} {
			look := serve(func(w http.ResponseWriter, r *http.Request) error { return h.serveEvents(w, r, name) })
			r.Get("/api/v1/streaming/"+path, look)
			r.Head("/api/v1/streaming/"+path, look)
		}
		r.Get("/api/v1/streaming", serve(h.serveSocket))
		r.Get("/api/v1/streaming/", serve(h.serveSocket))
	})
}

// anyOrigin lets programs in browsers look at streams: what counts is the token. The cookie of the
// web client counts only from our own origin (edge.Auth).
func anyOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Expose-Headers", "Retry-After, X-Request-Id")
		next.ServeHTTP(w, r)
	})
}

// serve answers the errors of a handler in Mastodon's shape.
func serve(h edge.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		if err == nil {
			return
		}
		status := edge.Fail(w, err)
		if status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Cache-Control", "private, no-store")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": fault.DetailOf(err)})
	}
}

// tokenOf is the token of a request. Browsers can set no header for a stream, so it may also be in
// the address, which is not logged.
func tokenOf(r *http.Request) string {
	if token := edge.Bearer(r); token != "" {
		return token
	}
	return r.URL.Query().Get("access_token")
}

// who finds out whose stream it will be.
func (h *Hub) who(r *http.Request, token string) (edge.Who, error) {
	if token == "" {
		return h.Auth.Socket(r)
	}
	return h.Auth.Token(r.Context(), token)
}

// How often an open stream says that it is alive. Proxies close what is silent for a minute.
const (
	eventsBeat = 15 * time.Second
	socketBeat = 30 * time.Second
)
