package mastodon

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"unicode"
	"unicode/utf8"

	"tulou/apps/people"
	"tulou/node/edge"
	"tulou/protocol/fault"
)

// endpoint answers one request: with raw or a sheet, which are sent as they are, with anything
// else, which is sent as JSON, or with an error.
type endpoint func(q *query) (any, error)

// raw is finished JSON.
type raw []byte

// sheet is raw that is used again after it was sent, since timelines are long and often asked for.
type sheet struct{ json []byte }

// coded is an answer with a status that is not 200.
type coded struct {
	status int
	answer any
}

// empty is the answer of what has nothing to say.
type empty struct{}

// access says who may use an endpoint.
type access struct {
	need   need
	scopes []string // one of them, "" among them for any token
	files  bool     // files are taken
}

type need int

const (
	anybody need = iota // a token is not needed, but if there is one it must cover the scope
	program             // any token, a person's or a program's own
	person              // a person's token
)

// The answers that are the same everywhere. What does not exist and what is not to be seen are the
// same bytes (A089).
var (
	errNotFound = fault.New(fault.NotFound, "Record not found")
	errNobody   = fault.New(fault.Unauthenticated, "The access token is invalid")
	errScope    = fault.New(fault.Forbidden, "This action is outside the authorized scopes")
	errProgram  = fault.New(fault.Unprocessable, "This method requires an authenticated user")
)

// check tells whether somebody may use an endpoint.
func (a access) check(who edge.Who) error {
	if !who.Known() {
		if a.need == anybody {
			return nil
		}
		return errNobody
	}
	if len(a.scopes) > 0 && !who.May(a.scopes...) {
		return errScope
	}
	if a.need == person && !who.Person() {
		return errProgram
	}
	return nil
}

// serve makes an endpoint a handler: it finds out who asks, reads what was sent, and writes the
// answer or the error in Mastodon's shape.
func (a *API) serve(allowed access, e endpoint) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		answer, err := a.answer(w, r, allowed, e)
		if err != nil {
			writeError(w, err)
			return
		}
		status := http.StatusOK
		if with, ok := answer.(coded); ok {
			status, answer = with.status, with.answer
		}
		var body []byte
		switch finished := answer.(type) {
		case raw:
			body = finished
		case *sheet:
			defer a.sheets.Put(finished)
			body = finished.json
		default:
			if body, err = marshal(answer); err != nil {
				writeError(w, err)
				return
			}
		}
		writeJSON(w, status, body)
	}
}

func (a *API) answer(w http.ResponseWriter, r *http.Request, allowed access, e endpoint) (any, error) {
	who, err := a.Auth.Authenticate(r)
	if err != nil {
		return nil, err
	}
	if err := allowed.check(who); err != nil {
		return nil, err
	}
	q := &query{Request: r, who: who, header: w.Header()}
	if allowed.files {
		err = a.readUpload(w, q)
	} else {
		q.sent, err = readValues(w, r)
	}
	if err != nil {
		return nil, err
	}
	return e(q)
}

func writeJSON(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "private, no-store") // a shared cache must not give one person's answer to another
	h.Set("Vary", "Authorization, Cookie, Origin")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// problem is Mastodon's shape of an error.
type problem struct {
	Error   string            `json:"error"`
	Details map[string][]flaw `json:"details,omitempty"`
}

// writeError answers with an error. Only its detail is shown.
func writeError(w http.ResponseWriter, err error) {
	status := edge.Fail(w, err)
	detail := fault.DetailOf(err)
	switch fault.CodeOf(err) {
	case fault.NotFound:
		detail = errNotFound.Detail
	case fault.Unauthenticated:
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	case fault.Unprocessable, fault.Invalid, fault.Conflict:
		// The sentences of apps begin in lower case; clients look for Mastodon's beginning.
		if first, _ := utf8.DecodeRuneInString(detail); unicode.IsLower(first) {
			detail = "Validation failed: " + detail
		}
	}
	answer := problem{Error: detail}
	if refusal, ok := errors.AsType[*people.Refusal](err); ok {
		answer.Details = detailsOf(refusal)
	}
	body, _ := marshal(answer)
	w.Header().Del("Link")
	writeJSON(w, status, body)
}

// marshal writes JSON without escaping the signs of HTML, which would double the size of posts.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// corsSeconds is how long a browser may remember what it was allowed: a day, more than any keeps
// it.
const corsSeconds = "86400"

// cors lets programs in browsers of any origin use the API with a token that they must know. The
// cookie of the web client counts only from our own origin, and with a header that is not allowed
// here (edge.Auth), so no other origin can act for a person by being visited.
func cors(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Expose-Headers",
			"Link, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id")
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
