// Package edge is what all edges of a node share: handlers that return errors, the one place where
// a fault becomes an HTTP status, and the answer a stranger gets to see.
//
// Edges (node/mastodon, node/oauth, …) wrap their handlers with an adapter: Problem for
// application/problem+json (RFC 9457), or one of their own that calls Fail. The package knows no
// routes and keeps no state.
//
// The invariant to remember: a stranger reads fault.DetailOf(err) and nothing else of an error; the
// error itself goes to the request's log line through Fail, once.
package edge

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"

	"tulou/protocol/fault"
)

// Handler answers a request or returns why not. It must not have begun to answer when it returns an
// error.
type Handler func(w http.ResponseWriter, r *http.Request) error

// retryDefault is the Retry-After of a fault that does not say when to come back.
const retryDefault = 30 * time.Second

// Fail notes err for the request's log line and, for faults that pass, sets Retry-After in whole
// seconds. It returns the status to answer with. Every adapter calls it once.
func Fail(w http.ResponseWriter, err error) int {
	if r, ok := find[recorder](w); ok {
		r.Fail(err)
	}
	if fault.Is(err, fault.RateLimited) || fault.Is(err, fault.Unavailable) {
		retry := fault.RetryOf(err)
		if retry <= 0 {
			retry = retryDefault
		}
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(retry.Seconds()))))
	}
	return fault.CodeOf(err).Status()
}

// recorder is the ResponseWriter that the node puts around every request.
type recorder interface{ Fail(err error) }

// find looks for an ability in a ResponseWriter and those it wraps.
func find[T any](w http.ResponseWriter) (found T, ok bool) {
	for w != nil {
		if found, ok = w.(T); ok {
			return found, true
		}
		inner, wraps := w.(interface{ Unwrap() http.ResponseWriter })
		if !wraps {
			break
		}
		w = inner.Unwrap()
	}
	return found, false
}

// problem is an answer as in RFC 9457.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
}

// Problem turns the errors of a Handler into application/problem+json.
func Problem(h Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			WriteProblem(w, err)
		}
	}
}

// WriteProblem answers with an error as application/problem+json. The type is stable:
// "urn:tulou:problem:" and the fault's code.
func WriteProblem(w http.ResponseWriter, err error) {
	status := Fail(w, err)
	body, _ := json.Marshal(problem{
		Type:   "urn:tulou:problem:" + string(fault.CodeOf(err)),
		Title:  http.StatusText(status),
		Status: status,
		Detail: fault.DetailOf(err),
	})
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}
