// Package oauth is the authorization server of a node: how a client program gets a token that lets
// it act for somebody, as clients made for Mastodon expect it (RFC 6749, 7009, 7636, 8414, 9207).
//
// A program registers itself, sends the person to a page that works without JavaScript, and
// exchanges the code from there for a token. Secrets, codes and tokens are stored as hashes.
// Whoever is not signed in is sent to where they can be (node/account). There is no password grant
// and no implicit grant (docs/adr/0008).
//
// The invariant to remember: a code leaves this node only to an address that the program had
// registered before, and is good once; whoever presents it again ends the tokens made from it.
package oauth

import (
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"tulou/node/edge"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// Server is the authorization server of one node. It is safe for concurrent use.
type Server struct {
	paths    ids.Paths
	host     string // in handles
	title    func(context.Context) string
	pushKey  string
	store    *storage.Store
	browsers *edge.Browsers
}

const (
	// codeFor is how long a code is good; RFC 6749 §4.1.2 recommends ten minutes at most.
	codeFor = 10 * time.Minute
	// formBytesMax bounds forms and JSON; the longest real one, a registration with many redirect
	// addresses, is under 4 KB.
	formBytesMax = 64 << 10
	// OutOfBand is the redirect address of programs that have none: the code is shown to be copied.
	OutOfBand = "urn:ietf:wg:oauth:2.0:oob"
)

// Deps is what a Server works with; all of it.
type Deps struct {
	Store    *storage.Store
	Browsers *edge.Browsers
	Paths    ids.Paths
	// Host is the one in handles.
	Host string
	// Title is what the node is called.
	Title func(context.Context) string
	// PushKey is what programs subscribe to pushes with.
	PushKey string
}

// New makes the server.
func New(d Deps) *Server {
	return &Server{paths: d.Paths, host: d.Host, title: d.Title, pushKey: d.PushKey, store: d.Store, browsers: d.Browsers}
}

// Routes adds the server's pages and endpoints.
func (s *Server) Routes(r chi.Router) {
	r.Get("/.well-known/oauth-authorization-server", s.metadata)
	r.Get("/oauth/authorize", s.page(s.authorize))
	r.Get("/oauth/authorize/", s.page(s.authorize)) // toot 0.34 writes it so, which Mastodon takes
	r.Post("/oauth/authorize", s.page(s.decide))
	for path, handler := range map[string]edge.Handler{
		"/api/v1/apps": s.register, "/oauth/token": s.token, "/oauth/revoke": s.revoke,
	} {
		r.Post(path, endpoint(handler))
		r.Options(path, preflight)
	}
}

// metadata describes the server (RFC 8414).
func (s *Server) metadata(w http.ResponseWriter, _ *http.Request) {
	base := s.paths.Base
	openToAll(w)
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer":                                         base,
		"authorization_endpoint":                         base + "/oauth/authorize",
		"token_endpoint":                                 base + "/oauth/token",
		"revocation_endpoint":                            base + "/oauth/revoke",
		"app_registration_endpoint":                      base + "/api/v1/apps",
		"scopes_supported":                               edge.ScopeNames(),
		"response_types_supported":                       []string{"code"},
		"response_modes_supported":                       []string{"query"},
		"grant_types_supported":                          []string{"authorization_code", "client_credentials"},
		"code_challenge_methods_supported":               []string{"S256"},
		"token_endpoint_auth_methods_supported":          []string{"client_secret_basic", "client_secret_post"},
		"revocation_endpoint_auth_methods_supported":     []string{"client_secret_basic", "client_secret_post"},
		"authorization_response_iss_parameter_supported": true,
	})
}

// grantError is an error in the words of RFC 6749 §5.2 and §4.1.2.1.
type grantError struct {
	Code        string `json:"error"`
	Description string `json:"error_description"`
	status      int
}

// Error returns the code and the sentence that goes with it.
func (e *grantError) Error() string { return e.Code + ": " + e.Description }

func refuse(status int, code, description string) *grantError {
	return &grantError{Code: code, Description: description, status: status}
}

// endpoint adapts a handler for programs: errors in OAuth's words, open to scripts of every origin,
// since it takes no cookies.
func endpoint(h edge.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		openToAll(w)
		w.Header().Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, formBytesMax)
		err := h(w, r)
		if err == nil {
			return
		}
		refused, ok := err.(*grantError)
		if !ok {
			status := edge.Fail(w, err)
			refused = refuse(status, codeFor5xx(status), fault.DetailOf(err))
		}
		if refused.status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", `Basic realm="client"`)
		}
		writeJSON(w, refused.status, refused)
	}
}

func codeFor5xx(status int) string {
	switch {
	case status == http.StatusServiceUnavailable:
		return "temporarily_unavailable"
	case status >= 500:
		return "server_error"
	}
	return "invalid_request"
}

// openToAll lets scripts of other origins call: clients in browsers do.
func openToAll(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "Link, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset")
}

func preflight(w http.ResponseWriter, _ *http.Request) {
	openToAll(w)
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "POST, OPTIONS")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
	h.Set("Access-Control-Max-Age", "86400")
	w.WriteHeader(http.StatusNoContent)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	w.Write(append(body, '\n'))
}

// params reads what a program sends, as a form or as JSON; clients do both. Lists in JSON, and
// name[] in forms, become several values of one name.
func params(r *http.Request) (url.Values, error) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "application/json" {
		return jsonParams(r)
	}
	var err error
	if kind == "multipart/form-data" {
		err = r.ParseMultipartForm(formBytesMax)
	} else {
		err = r.ParseForm()
	}
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "invalid_request", "the request cannot be read")
	}
	values := url.Values{}
	for name, list := range r.Form {
		name = strings.TrimSuffix(name, "[]")
		values[name] = append(values[name], list...)
	}
	return values, nil
}

func jsonParams(r *http.Request) (url.Values, error) {
	var fields map[string]any
	if err := json.NewDecoder(r.Body).Decode(&fields); err != nil {
		return nil, refuse(http.StatusBadRequest, "invalid_request", "the request is not JSON")
	}
	values := url.Values{}
	for name, v := range fields {
		switch v := v.(type) {
		case string:
			values.Set(name, v)
		case []any:
			for _, each := range v {
				if text, ok := each.(string); ok {
					values.Add(name, text)
				}
			}
		}
	}
	return values, nil
}
