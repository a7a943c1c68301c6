// Package web is the pages that people see who follow a link to this node: its front page and what
// its operator says, profiles, posts with their threads, and hashtags, with Atom feeds of both.
// They work without JavaScript and show what a stranger may see, nothing else.
//
// Who asks for ActivityPub at such an address is sent to the actor or the object it is about, since
// people paste the address of a page into the search field of their own server. What pages say is
// in node/edge/words, their look in node/edge.
//
// Beside them it serves the files of the web client, at /app/ (app.go). The client is a program and
// uses the APIs like any other; nothing here knows what it does.
//
// The invariant to remember: the viewer is always nobody (0), whoever is signed in; and on a
// private node nobody is shown anything about anybody.
package web

import (
	"context"
	"embed"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"

	"tulou/apps/guard"
	"tulou/federation"
	"tulou/node/edge"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

//go:embed pages
var files embed.FS

var pages = edge.MustPages(files)

// postsMax is how many posts a page shows.
const postsMax = 20

// pageAge is how long a browser may show the same page again. Whoever deleted something and looks
// again, or shows it to somebody, should not see it for longer.
const pageAge = "private, max-age=30"

// Texts is what the operator says.
type Texts interface {
	Texts(ctx context.Context) (guard.Texts, error)
	Terms(ctx context.Context, day string) (guard.Text, error)
	Rules(ctx context.Context) ([]storage.Rule, error)
}

// Follower finds out where somebody of another server follows somebody of this one.
type Follower interface {
	// FollowPage returns the page of follower's server that asks them whether they want to follow
	// actor. It is fault.NotFound if that server knows nobody of this name, fault.Unsupported if it
	// has no such page.
	FollowPage(ctx context.Context, follower ids.Handle, actor string) (string, error)
}

// Deps is what a Site works with.
type Deps struct {
	Store *storage.Store
	Paths ids.Paths
	Host  string // in handles
	// Avatar is the picture of a local name that chose none.
	Avatar func(name string) string
	Texts  Texts
	// Joining says who may make an account, as people.Registrations.
	Joining  func(ctx context.Context) (string, error)
	Follower Follower
	// Browsers knows who is signed in, and is shown the web client at "/"; nil: nobody is.
	Browsers *edge.Browsers
	// Private keeps everything about people from strangers.
	Private bool
}

// Site serves the pages of one node. It is safe for concurrent use.
type Site struct {
	Deps

	mu      sync.Mutex
	stats   storage.Stats
	counted time.Time
}

// New makes a Site.
func New(d Deps) *Site { return &Site{Deps: d} }

// Routes adds the pages.
func (s *Site) Routes(r chi.Router) {
	r.Get("/", s.page(s.front))
	r.Get("/about", s.page(s.about))
	r.Get("/rules", s.page(s.rules))
	r.Get("/privacy", s.page(s.privacy))
	r.Get("/terms", s.page(s.terms))
	r.Get("/terms/{day}", s.page(s.termsOf))
	r.Get("/robots.txt", s.robots)
	r.Get("/@{name}", s.page(s.people(s.profile)))
	r.Get("/@{name}/with_replies", s.page(s.people(s.withReplies)))
	r.Get("/@{name}/media", s.page(s.people(s.media)))
	r.Get("/@{name}/follow", s.page(s.people(s.followForm)))
	r.Post("/@{name}/follow", edge.Form(s.Title, formBytesMax, s.people(s.follow)))
	r.Get("/@{name}/{id}", s.page(s.people(s.post)))
	r.Get("/tags/{tag}", s.page(s.people(s.tag)))
	s.appRoutes(r)
	r.NotFound(s.page(func(http.ResponseWriter, *http.Request) error { return errNothing }))
}

// formBytesMax bounds the one form there is, with a handle.
const formBytesMax = 4 << 10

// page adapts a handler: errors become pages, or problems for those who want no pages.
func (s *Site) page(h edge.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		if err == nil {
			return
		}
		if accept := r.Header.Get("Accept"); accept != "" && !strings.Contains(accept, "*/*") && !federation.WantsPage(r) {
			edge.WriteProblem(w, err)
			return
		}
		edge.WriteFailure(w, r, edge.Page{Site: s.Title(r.Context())}, err)
	}
}

// people guards what shows somebody: on a private node it answers everything alike.
func (s *Site) people(h edge.Handler) edge.Handler {
	if !s.Private {
		return h
	}
	return func(http.ResponseWriter, *http.Request) error {
		return edge.Tell(nil, fault.Forbidden, "page.private")
	}
}

// robots asks crawlers to leave alone what is of no use to them, or everything.
func (s *Site) robots(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "public, max-age=86400")
	rules := "User-agent: *\nDisallow: /api/\nDisallow: /auth/\nDisallow: /oauth/\nDisallow: /app/\nDisallow: /invite/\nDisallow: /settings\nDisallow: /authorize_interaction\nDisallow: /@*/follow\n"
	if s.Private {
		rules = "User-agent: *\nDisallow: /\n"
	}
	_, _ = w.Write([]byte(rules))
}

// Title is what the node is called: what its operator says, or its host.
func (s *Site) Title(ctx context.Context) string {
	if texts, err := s.Texts.Texts(ctx); err == nil && texts.Title != "" {
		return texts.Title
	}
	return s.Host
}

// write answers with a page of this package.
func (s *Site) write(w http.ResponseWriter, r *http.Request, name string, p edge.Page, it any) error {
	if p.Site == "" {
		p.Site = s.Title(r.Context())
	}
	p.Files = s.Paths.MediaBase
	w.Header().Set("Cache-Control", pageAge)
	return pages.Write(w, r, http.StatusOK, name, p, it)
}

// statsKept is how long the front page shows the same figures: counting reads whole tables, and
// strangers may ask.
const statsKept = time.Minute

func (s *Site) count(ctx context.Context) (storage.Stats, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if now.Sub(s.counted) < statsKept {
		return s.stats, nil
	}
	stats, err := s.Store.Stats(ctx, now)
	if err == nil {
		s.stats, s.counted = stats, now
	}
	return stats, err
}

var errNothing = fault.New(fault.NotFound, "there is nothing here")

// unlessOther gives what is missing and what is not for strangers the same answer.
func unlessOther(err error) error {
	if err == nil || fault.Is(err, fault.NotFound) {
		return errNothing
	}
	return err
}

// local returns the person of this node that a path names. Faults: NotFound for nobody and for who
// is hidden, Gone for who was deleted.
func (s *Site) local(r *http.Request) (storage.Account, error) {
	name, host, _ := strings.Cut(strings.TrimSuffix(chi.URLParam(r, "name"), feedSuffix), "@")
	if host != "" && host != s.Host {
		return storage.Account{}, errNothing
	}
	account, err := s.Store.AccountByHandle(r.Context(), name, "")
	switch {
	case err != nil:
		return account, unlessOther(err)
	case account.DeletedAt != 0:
		return account, fault.New(fault.Gone, "this account was deleted")
	case account.Hidden:
		return account, errNothing
	}
	return account, nil
}

// toObject sends whoever asks for ActivityPub on, and tells whether it did.
func (s *Site) toObject(w http.ResponseWriter, r *http.Request, iri string) bool {
	h := w.Header()
	h.Add("Vary", "Accept")
	accept := r.Header.Get("Accept")
	if strings.Contains(accept, "application/") && strings.Contains(accept, "json") && !federation.WantsPage(r) {
		http.Redirect(w, r, iri, http.StatusFound)
		return true
	}
	h.Set("Link", "<"+iri+`>; rel="alternate"; type="application/activity+json"`)
	return false
}
