package fetch

import "time"

// What a stranger may cost us. Every limit holds for one request unless its comment says otherwise.
const (
	// Timeout ends a GET with all its redirects, and a POST, whatever trickles in meanwhile: a server
	// that sends one byte a second never trips a per-read timeout.
	Timeout = 10 * time.Second

	// dialTimeout and handshakeTimeout leave half of Timeout to the server's answer.
	dialTimeout      = 5 * time.Second
	handshakeTimeout = 5 * time.Second

	// MediaTimeout is Timeout for a file: 128 MiB of film at two MiB a second, and the end of a server
	// that sends a byte at a time (CVE-2023-36461).
	MediaTimeout = 60 * time.Second

	// DocumentBytesMax bounds an actor, object, collection page or key. The largest real ones
	// (collection pages with embedded posts) are under 300 KiB.
	DocumentBytesMax = 1 << 20

	// AnswerBytesMax bounds what is kept of the answer to a POST; the rest is not read.
	AnswerBytesMax = 64 << 10

	// FingerBytesMax bounds a WebFinger or host-meta answer; real ones are under 4 KiB.
	FingerBytesMax = 64 << 10

	// FingerLinksMax bounds the links of a WebFinger answer; real ones have under 20.
	FingerLinksMax = 100

	// headerBytesMax bounds all headers of an answer.
	headerBytesMax = 64 << 10

	// RedirectsMax is how many redirects a GET follows: http to https, a www host, a canonical path.
	RedirectsMax = 3

	// HostRequestsMax is how many requests to one host are under way at once, so that a slow host
	// cannot take all workers and we are no burden to a small one.
	HostRequestsMax = 8

	// HostWaitersMax is how many more may wait for a place at one host before the answer is
	// fault.Unavailable at once. Waiting takes at most Timeout.
	HostWaitersMax = 64

	// BudgetRequests is how many requests one triggering activity may cause, redirects and second
	// attempts included. A reply by a stranger to a stranger needs about ten.
	BudgetRequests = 20

	// PagesMax, ItemsMax and WalkTimeout bound the reading of one collection, whose pages may go on
	// for ever or in a circle.
	PagesMax    = 10
	ItemsMax    = 1000
	WalkTimeout = time.Minute

	// RetryMax is the longest Retry-After that is believed.
	RetryMax = 24 * time.Hour

	// idleConns and idlePerHost keep connections to hundreds of hosts warm at about 40 KiB each;
	// idleTimeout is shorter than the 75 s after which nginx would close under our hands.
	idleConns   = 512
	idlePerHost = 4
	idleTimeout = time.Minute

	// tlsSessions is how many hosts are remembered for TLS resumption; least recently used go first.
	tlsSessions = 1024

	// pingAfter finds an HTTP/2 connection that died silently before requests are lost on it.
	pingAfter = 15 * time.Second
)
