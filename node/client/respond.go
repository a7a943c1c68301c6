package client

import (
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json"

	"tulou/node/edge"
	"tulou/protocol/fault"
)

// endpoint answers one request of somebody, with what is sent as JSON, nothing, or an error.
type endpoint func(q *query) (any, error)

// nothing is the answer of what has nothing to say: 204.
type nothing struct{}

// The answers that are the same everywhere. What does not exist and what is not to be seen are the
// same bytes (A089).
var (
	errNotFound = fault.New(fault.NotFound, "there is nothing like this")
	errNobody   = fault.New(fault.Unauthenticated, "the access token is invalid")
	errScope    = fault.New(fault.Forbidden, "the access token does not cover this")
	errProgram  = fault.New(fault.Forbidden, "the access token is nobody's")
)

// serve makes an operation a handler.
func (a *API) serve(operation route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		answer, err := a.answer(w, r, operation)
		if err != nil {
			fail(w, err)
			return
		}
		if _, empty := answer.(nothing); empty {
			noStore(w.Header())
			w.WriteHeader(http.StatusNoContent)
			return
		}
		body, err := json.Marshal(answer)
		if err != nil {
			fail(w, err)
			return
		}
		writeJSON(w, http.StatusOK, body)
	}
}

func (a *API) answer(w http.ResponseWriter, r *http.Request, operation route) (any, error) {
	who, err := a.Auth.Authenticate(r)
	switch {
	case err != nil:
		return nil, err
	case !who.Known():
		return nil, errNobody
	case !who.May(operation.scope):
		return nil, errScope
	case !who.Person():
		return nil, errProgram
	}
	return operation.answer(&query{Request: r, writer: w, me: who.Account})
}

// fail answers with an error. That something is not there is said in one way only.
func fail(w http.ResponseWriter, err error) {
	switch fault.CodeOf(err) {
	case fault.NotFound:
		err = fault.Wrap(err, fault.NotFound, "%s", errNotFound.Detail)
	case fault.Unauthenticated:
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	}
	edge.WriteProblem(w, err)
}

// noStore keeps one person's answer from everybody else.
func noStore(h http.Header) {
	h.Set("Cache-Control", "private, no-store")
	h.Set("Vary", "Authorization, Cookie, Origin")
}

func writeJSON(w http.ResponseWriter, status int, body []byte) {
	noStore(w.Header())
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// corsSeconds is how long a browser may remember what it was allowed: a day, more than any keeps
// it.
const corsSeconds = "86400"

// cors lets programs in browsers of any origin use the API with a token. Cookies are not sent to
// it from elsewhere, since credentials are not allowed.
func cors(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Expose-Headers", "Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id")
		if r.Method != http.MethodOptions {
			next.ServeHTTP(w, r)
			return
		}
		h.Set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE, OPTIONS")
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key")
		h.Set("Access-Control-Max-Age", corsSeconds)
		w.WriteHeader(http.StatusNoContent)
	})
}
