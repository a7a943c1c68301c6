// Package fault is the only error vocabulary that crosses package borders.
//
// A fault carries a Code that edges turn into a status, a Detail that may be shown to a stranger,
// and a cause that may not: it goes to the log only. Everything that is not a fault is Internal.
// Packages wrap with fmt.Errorf("post note: %w", err); the code survives wrapping.
//
// The invariant to remember: nothing private (keys, tokens, bodies, addresses of our network)
// is ever put into Detail.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Code says what kind of failure happened. Edges map codes to statuses; callers decide by code.
type Code string

// The whole vocabulary. Adding one means adding its status in every edge.
const (
	Internal        Code = "internal"        // a broken program or a broken machine; 500
	Invalid         Code = "invalid"         // the request cannot be understood; 400
	Unprocessable   Code = "unprocessable"   // understood, but the values are not acceptable; 422
	Unauthenticated Code = "unauthenticated" // nobody, or nobody believable, is asking; 401
	Forbidden       Code = "forbidden"       // known, and not allowed; 403
	NotFound        Code = "not_found"       // absent, or not to be seen by this reader: same bytes; 404
	Conflict        Code = "conflict"        // the state does not permit it; 409
	Gone            Code = "gone"            // was here, deleted for ever; 410
	TooLarge        Code = "too_large"       // beyond a named limit of size; 413
	Unsupported     Code = "unsupported"     // a media type that is not spoken; 415
	Misdirected     Code = "misdirected"     // meant for another host than this one; 421
	RateLimited     Code = "rate_limited"    // too many requests; 429 with Retry-After
	Unavailable     Code = "unavailable"     // try again later, nothing is lost; 503 with Retry-After
	NotImplemented  Code = "not_implemented" // a method the resource does not have; 405 or 501
)

// Error is a failure with a code. The zero value is not useful; use New or Wrap.
type Error struct {
	Code   Code
	Detail string        // one plain sentence, safe for a stranger to read
	Retry  time.Duration // for RateLimited and Unavailable: when to come back; zero if unknown
	Err    error         // the cause, for the log only; may be nil
}

// Error returns code, detail and cause; it is meant for logs, not for strangers.
func (e *Error) Error() string {
	text := string(e.Code)
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is makes errors.Is(err, fault.NotFound)-style checks unnecessary: two faults match by code.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code == e.Code && other.Detail == "" && other.Err == nil
}

// New returns a fault whose detail is made like fmt.Sprintf. The detail may be read by strangers.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
}

// Wrap returns a fault with a cause that stays in the log. A nil err gives a fault without cause.
func Wrap(err error, code Code, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...), Err: err}
}

// After returns a copy that tells the caller to come back after d.
func (e *Error) After(d time.Duration) *Error {
	c := *e
	c.Retry = d
	return &c
}

// CodeOf returns the code of the outermost fault in err, Internal if there is none, "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if f, ok := errors.AsType[*Error](err); ok {
		return f.Code
	}
	return Internal
}

// Is tells whether err carries the code.
func Is(err error, code Code) bool { return err != nil && CodeOf(err) == code }

// DetailOf returns the sentence that may be shown to a stranger, or a neutral one.
func DetailOf(err error) string {
	if f, ok := errors.AsType[*Error](err); ok && f.Detail != "" {
		return f.Detail
	}
	return "something went wrong on this node"
}

// RetryOf returns when to come back, zero if the fault does not say.
func RetryOf(err error) time.Duration {
	if f, ok := errors.AsType[*Error](err); ok {
		return f.Retry
	}
	return 0
}

// Status is the HTTP status of a code, the same at every edge.
func (c Code) Status() int {
	if status, ok := statuses[c]; ok {
		return status
	}
	return 500
}

var statuses = map[Code]int{
	Invalid: 400, Unauthenticated: 401, Forbidden: 403, NotFound: 404, NotImplemented: 405, Conflict: 409,
	Gone: 410, TooLarge: 413, Unsupported: 415, Misdirected: 421, Unprocessable: 422, RateLimited: 429,
	Internal: 500, Unavailable: 503,
}
