package edge

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tulou/protocol/fault"
)

// If this failed, clients would get a wrong status, or strangers would read what is for the log.
func TestProblemShowsCodeAndDetailOnly(t *testing.T) {
	secret := errors.New("password is hunter2")
	for _, c := range []struct {
		err    error
		status int
		says   string
	}{
		{fault.Wrap(secret, fault.Invalid, "no such field"), 400, "no such field"},
		{fault.Wrap(secret, fault.Unprocessable, "too long"), 422, "too long"},
		{fault.Wrap(secret, fault.Unauthenticated, "who is it"), 401, "who is it"},
		{fault.Wrap(secret, fault.Forbidden, "not yours"), 403, "not yours"},
		{fmt.Errorf("read: %w", fault.Wrap(secret, fault.NotFound, "not found")), 404, "not found"},
		{fault.Wrap(secret, fault.Conflict, "taken"), 409, "urn:tulou:problem:conflict"},
		{fault.Wrap(secret, fault.Gone, "deleted"), 410, "deleted"},
		{fault.Wrap(secret, fault.TooLarge, "too large"), 413, "too large"},
		{fault.Wrap(secret, fault.Unsupported, "which type"), 415, "which type"},
		{fault.Wrap(secret, fault.RateLimited, "slow down").After(1500 * time.Millisecond), 429, "slow down"},
		{fault.Wrap(secret, fault.NotImplemented, "not here"), 405, "not here"},
		{fault.Wrap(secret, fault.Unavailable, "later"), 503, "later"},
		{secret, 500, "something went wrong"},
	} {
		w := httptest.NewRecorder()
		Problem(func(http.ResponseWriter, *http.Request) error { return c.err })(w, httptest.NewRequest("GET", "/", nil))
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.says) || strings.Contains(w.Body.String(), "hunter2") {
			t.Errorf("%v: got %d %s", c.err, w.Code, w.Body)
		}
		if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
			t.Errorf("content type %q", got)
		}
		if retry := w.Header().Get("Retry-After"); c.status == 429 && retry != "2" || c.status == 503 && retry != "30" {
			t.Errorf("%d with Retry-After %q", c.status, retry)
		}
	}
}
