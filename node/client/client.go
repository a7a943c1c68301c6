// Package client is this software's own client API, under /api/tulou/v1: what Mastodon's API has no
// words for: friends, Moments, and where one is signed in.
//
// It speaks JSON, pages by cursors, and answers errors as application/problem+json (RFC 9457).
// People are rendered by the Mastodon edge, so that a program has one type for them. Who asks is
// found by node/edge; every operation wants tulou:read or tulou:write, which no other scope covers.
// It decides nothing: use cases are the apps', and what a viewer may see is a query of storage.
// openapi.json describes all of it, and the tests hold the two together.
//
// The invariant to remember: an answer is about the viewer's own half of things. What others noted,
// refused or arranged never appears in it.
package client

import (
	"context"
	_ "embed" // the description
	"encoding/json"
	"net/http"
	"slices"

	"github.com/go-chi/chi/v5"

	"tulou/apps/media"
	"tulou/apps/moments"
	"tulou/apps/people"
	"tulou/node/edge"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// Prefix is where every path begins.
const Prefix = "/api/tulou/v1"

// Accounts renders people: the edge for Mastodon's clients does.
type Accounts interface {
	// AccountsJSON returns each as Mastodon's Account, in the order given.
	AccountsJSON(ctx context.Context, list []storage.Account) ([]json.RawMessage, error)
}

// Deps is what an API works with; all of it.
type Deps struct {
	Store    *storage.Store
	People   *people.Service
	Moments  *moments.Service
	Media    *media.Service
	Auth     *edge.Auth
	Accounts Accounts
	Paths    ids.Paths
}

// API answers programs. It is safe for concurrent use.
type API struct{ Deps }

// New makes an API.
func New(d Deps) *API { return &API{d} }

// route is one operation: its path is under Prefix, and scope is what a token must cover.
type route struct {
	method, path, scope string
	answer              endpoint
}

// The methods, short, since the tables are read as tables.
const (
	get    = http.MethodGet
	post   = http.MethodPost
	put    = http.MethodPut
	patch  = http.MethodPatch
	remove = http.MethodDelete
)

// table is everything that is served.
func (a *API) table() []route {
	return slices.Concat(a.friendRoutes(), a.momentRoutes(), a.sessionRoutes(), a.reachRoutes())
}

//go:embed openapi.json
var description []byte

// Routes adds everything that is served. Anything else under Prefix is a problem of its own.
func (a *API) Routes(router chi.Router) {
	router.Group(func(r chi.Router) {
		r.Use(cors)
		for _, operation := range a.table() {
			r.Method(operation.method, Prefix+operation.path, a.serve(operation))
		}
		r.Get(Prefix+"/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
			writeJSON(w, http.StatusOK, description)
		})
		r.HandleFunc(Prefix+"/*", func(w http.ResponseWriter, _ *http.Request) {
			edge.WriteProblem(w, fault.New(fault.NotFound, "there is no such operation"))
		})
	})
}
