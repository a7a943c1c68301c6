package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"tulou/protocol/fault"
)

// Temporary tells whether the same request may succeed later: the server was away, slow, busy or
// broken. Everything else is the server's word, or ours, and stays so.
func Temporary(err error) bool { return fault.Is(err, fault.Unavailable) }

// StatusOf returns the HTTP status that made a fault of this package, 0 if there was none: no
// answer, or one that was refused for what it held.
func StatusOf(err error) int {
	if s, ok := errors.AsType[statusError](err); ok {
		return int(s)
	}
	return 0
}

type statusError int

// Error names the status for the log.
func (s statusError) Error() string { return fmt.Sprintf("status %d", int(s)) }

// statusFault makes a fault of an answer that is not a success.
func statusFault(host string, res *http.Response) error {
	f := fault.Wrap(statusError(res.StatusCode), fault.Unprocessable, "%s answered %d", host, res.StatusCode)
	switch code := res.StatusCode; {
	case code == http.StatusUnauthorized:
		f.Code = fault.Unauthenticated
	case code == http.StatusForbidden:
		f.Code = fault.Forbidden
	case code == http.StatusNotFound:
		f.Code = fault.NotFound
	case code == http.StatusGone:
		f.Code = fault.Gone
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusTooManyRequests, code >= 500:
		f.Code = fault.Unavailable
		f.Retry = retryAfter(res.Header.Get("Retry-After"), time.Now())
	}
	return f
}

// retryAfter reads seconds or a date (RFC 9110 §10.2.3), 0 if there is neither, at most RetryMax.
func retryAfter(value string, now time.Time) time.Duration {
	wait := time.Duration(0)
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil {
		wait = time.Duration(min(seconds, int64(RetryMax/time.Second))) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), RetryMax)
}

// networkFault makes a fault of a request without an answer. Addresses stay in the cause.
func networkFault(host string, err error) error {
	var timeout net.Error
	switch {
	case errors.Is(err, errAddress):
		return fault.Wrap(err, fault.Forbidden, "%s has no public address", host)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return fault.Wrap(err, fault.Unavailable, "%s did not answer in time", host)
	default:
		return fault.Wrap(err, fault.Unavailable, "%s cannot be reached", host)
	}
}

func tooLarge(host string, bytesMax int) error {
	return fault.New(fault.TooLarge, "%s sent more than %d bytes", host, bytesMax)
}
