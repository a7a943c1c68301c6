package federation

import (
	"net/http"
	"time"

	"tulou/federation/fetch"
	"tulou/storage"
)

// When a delivery is tried again. The figures are the contract with the people of this node: what
// they send arrives if the other server comes back within a week.
const (
	// giveUpAfter is for how long a delivery is tried. It is given up by a failure after that time,
	// so a server that returns on the seventh day still gets everything.
	giveUpAfter = 7 * 24 * time.Hour
	// goneAfter and goneEvery ask an inbox that is not there (404, 410) on three days before it is
	// believed: a server that is being moved answers so, too.
	goneAfter = 2 * 24 * time.Hour
	goneEvery = 24 * time.Hour
	// refusedTries is how often a server may refuse (401, 403). It may have failed to fetch our key.
	refusedTries = 3
	// jitterShare spreads what failed together, so that it does not come back together.
	jitterShare = 0.25
)

// retrySchedule is the time from one attempt to the next; after its end every retryEvery.
var retrySchedule = [...]time.Duration{
	time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour,
}

const retryEvery = 12 * time.Hour

// refusedSchedule is the time between the tries of a delivery that is refused: shortly after, and
// when an operator had time to notice.
var refusedSchedule = [refusedTries - 1]time.Duration{5 * time.Minute, 6 * time.Hour}

// The breaker of a host. While its failures are below openAfter they follow each other so quickly
// that the fifth comes within ten minutes; then the host is left alone for longer and longer.
const (
	openAfter    = 5
	openFirst    = 5 * time.Minute
	openMax      = 6 * time.Hour
	dormantAfter = 14 * 24 * time.Hour
	dormantEvery = 24 * time.Hour
	// buryAgain is when a host that is still away gets its next look if more deliveries may have
	// passed giveUpAfter than one lease holds.
	buryAgain = time.Minute
)

// closedSchedule is how long a host is left alone after each of its first failures.
var closedSchedule = [openAfter - 1]time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 3 * time.Minute}

// verdict is what the answer of an inbox means.
type verdict int

const (
	delivered verdict = iota
	again             // this delivery did not work; those after it may
	gone              // there is no such inbox
	refused           // the server does not want it from us
	hopeless          // the server will never take it
	hostDown          // nothing will work at this host for a while
)

// judge reads the error of a POST. A gateway that cannot reach the server behind it (502, 504 and
// the numbers Cloudflare invented) speaks of the host, not of the delivery: going on with the next
// one would only spoil the order.
func judge(err error) verdict {
	status := fetch.StatusOf(err)
	switch {
	case err == nil:
		return delivered
	case status == 0 && fetch.Temporary(err):
		return hostDown
	case status == 0, status < 400, status == http.StatusUnauthorized, status == http.StatusForbidden:
		return refused
	case status == http.StatusNotFound, status == http.StatusGone:
		return gone
	case status == http.StatusTooManyRequests, status == http.StatusBadGateway,
		status == http.StatusServiceUnavailable, status == http.StatusGatewayTimeout,
		status >= 520 && status <= 530:
		return hostDown
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status >= 500:
		return again
	}
	return hopeless
}

// nextTry returns how long to wait before a delivery is tried again after a verdict on it, ok false
// if it is given up. asked is the server's Retry-After. random is in [0, 1).
func nextTry(v verdict, d storage.Delivery, now time.Time, asked time.Duration, random float64) (wait time.Duration, ok bool) {
	age := now.Sub(d.CreatedAt.Time())
	switch {
	case v == hopeless, age >= giveUpAfter:
		return 0, false
	case v == gone:
		// Only ever later, or three answers could come on two days.
		return goneEvery + time.Duration(random*jitterShare*float64(goneEvery)), age < goneAfter
	case v == refused && d.Attempts+1 >= refusedTries:
		return 0, false
	case v == refused:
		return jitter(refusedSchedule[d.Attempts], random), true
	case asked > 0:
		return asked, true
	case d.Attempts < len(retrySchedule):
		return jitter(retrySchedule[d.Attempts], random), true
	}
	return jitter(retryEvery, random), true
}

// hostWait returns how long a host is left alone after a failure that concerns all of it. failures
// counts those in a row, this one not among them. What the host asks for itself, by Retry-After,
// goes first; fetch believes it up to 24 hours.
func hostWait(failures int, failing time.Duration, asked time.Duration, random float64) time.Duration {
	switch {
	case asked > 0:
		return asked
	case failing >= dormantAfter:
		return jitter(dormantEvery, random)
	case failures < len(closedSchedule):
		return jitter(closedSchedule[failures], random)
	}
	doublings := min(failures-len(closedSchedule), 10) // 5 minutes doubled ten times is beyond openMax
	return jitter(min(openFirst<<doublings, openMax), random)
}

// jitter changes a duration by up to a quarter in either direction.
func jitter(d time.Duration, random float64) time.Duration {
	return d + time.Duration((2*random-1)*jitterShare*float64(d))
}
