// Package httpsig reads, checks and writes signatures of HTTP requests, in the two dialects of the
// fediverse: draft-cavage-http-signatures-12, which every server speaks, and RFC 9421, which the
// newer ones prefer.
//
// Checking has two halves, because the key has to be looked up in between and a look-up may cost a
// request to another server. Parse does all that needs no key: syntax, required coverage, the time
// window, the digest of the body. Verify does the rest. The package does no I/O and reads no clock.
// It does not know whose key it is, nor whether a signature was seen before: the gate of the engine
// compares signer and actor. A request that is sent again within the time window is harmless
// without being remembered, because ids of activities are unique and each is applied once.
//
// The invariant to remember: a Signature that Verify accepts covers method, target, host, time and
// every byte of the body, so nothing of the request can be exchanged.
package httpsig

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/keys"
)

// Dialect is a way to write signatures.
type Dialect string

// The dialects that are spoken.
const (
	Draft   Dialect = "draft-cavage" // draft-cavage-http-signatures-12
	RFC9421 Dialect = "rfc9421"      // RFC 9421, HTTP Message Signatures
)

// The limits on signatures.
const (
	// AgeMax is how old a signature may be. Mastodon gives 12 hours, because clocks are wrong and
	// queues are slow; a smaller window would lose deliveries of honest servers.
	AgeMax = 12 * time.Hour
	// SkewMax is how far in the future a signature may have been made, for fast clocks.
	SkewMax = 5 * time.Minute
	// FieldBytesMax is the largest Signature, Signature-Input or Content-Digest field. A signature
	// by the largest key takes 1.4 KiB, an id 2 KiB at most.
	FieldBytesMax = 8 << 10
	// ComponentsMax is how many parts of a request a signature may cover. Real ones cover up to 8.
	ComponentsMax = 32
	// SignaturesMax is how many RFC 9421 signatures a request may carry: one of the sender, and
	// some of proxies on the way.
	SignaturesMax = 4
)

// Signature is one signature of a request that fulfils every requirement that can be checked
// without the key. It is immutable.
type Signature struct {
	KeyID   string    // the IRI of the key, as written
	Dialect Dialect   // how the signature is written
	Covered []string  // the covered components, as written
	Created time.Time // when it was made, by the sender's clock; UTC
	Expires time.Time // when it ceases to be valid; UTC; zero if the sender did not say

	date       time.Time        // the Date field, zero if it is not covered
	algorithms []keys.Algorithm // those that the label permits
	bases      []string         // texts of which any may have been signed
	value      []byte
}

// Parse finds the signature of a request and checks all that needs no key: syntax, coverage, time
// and the digest of body, which must be the bytes as they were read. base gives the scheme and host
// under which the world knows this node; behind a proxy a request does not know them.
//
// A request that carries both dialects is held to RFC 9421; of several such signatures the first
// acceptable one is taken. Errors are fault.Unauthenticated and say which requirement failed.
func Parse(r *http.Request, base *url.URL, body []byte, now time.Time) (Signature, error) {
	m := received(r, base)
	if len(m.header.Values("Signature-Input")) > 0 {
		return parseRFC9421(m, body, now)
	}
	if len(m.header.Values("Signature")) == 0 {
		return Signature{}, refuse("the request is not signed")
	}
	s, err := readDraft(m)
	if err == nil {
		err = checkDraft(m, s, body, now)
	}
	if err != nil {
		return Signature{}, err
	}
	return s, nil
}

// Verify checks the signature with the public key that KeyID stands for. The kind of the key
// decides the algorithm; a label can only narrow the choice. Errors are fault.Unauthenticated.
func (s Signature) Verify(key keys.Public) error {
	for _, base := range s.bases {
		for _, algorithm := range s.algorithms {
			if key.Verify(algorithm, []byte(base), s.value) {
				return nil
			}
		}
	}
	return refuse("the signature does not match the request and the key")
}

// checkKeyID refuses a key id that could never be looked up.
func checkKeyID(id string) error {
	if id == "" {
		return refuse("the signature has no key id")
	}
	if _, err := ids.ParseIRI(id); err != nil {
		return refuse("the key id of the signature is not an http or https URL")
	}
	return nil
}

// checkWindow refuses what is too old, from the future or expired. An expiry counts even where it
// is not covered: it can only make the node refuse.
func (s Signature) checkWindow(now time.Time) error {
	for _, at := range []time.Time{s.date, s.Created} {
		switch {
		case at.IsZero():
		case at.Before(now.Add(-AgeMax)):
			return refuse("the signature was made more than %v ago", AgeMax)
		case at.After(now.Add(SkewMax)):
			return refuse("the signature was made more than %v in the future", SkewMax)
		}
	}
	if !s.Expires.IsZero() && !now.Before(s.Expires) {
		return refuse("the signature has expired")
	}
	return nil
}

// message is what signatures cover of a request.
type message struct {
	method string
	scheme string
	host   string // host[:port] as the world knows it
	target string // path and query as on the request line
	header http.Header
}

// received describes a request that has arrived. The host is that of the node and not that of the
// request: a signature that was made for another server then never verifies here.
func received(r *http.Request, base *url.URL) message {
	target := r.RequestURI
	if !strings.HasPrefix(target, "/") {
		target = r.URL.RequestURI()
	}
	return message{r.Method, strings.ToLower(base.Scheme), strings.ToLower(base.Host), target, r.Header}
}

// pathAndQuery splits the target. The query has no question mark; found tells whether there is one.
func (m message) pathAndQuery() (path, query string, found bool) {
	path, query, found = strings.Cut(m.target, "?")
	if path == "" {
		path = "/"
	}
	return path, query, found
}

// field returns the values of a header field without white space around them, nil if it is absent.
func (m message) field(name string) ([]string, error) {
	if name == "host" {
		return []string{m.host}, nil
	}
	var values []string
	for _, value := range m.header.Values(name) {
		if strings.ContainsAny(value, "\r\n\x00") {
			return nil, refuse("the header field %q contains a line break", clip(name))
		}
		values = append(values, strings.Trim(value, " \t"))
	}
	return values, nil
}

// date returns the Date field, which has to be there once.
func (m message) date() (time.Time, error) {
	values := m.header.Values("Date")
	if len(values) == 1 {
		if date, err := http.ParseTime(values[0]); err == nil {
			return date.UTC(), nil
		}
	}
	return time.Time{}, refuse("the date of the request is not one HTTP date")
}

// hasBody tells whether a digest must be covered. A method that normally has a body needs one even
// if the body is empty, or an attacker could take the body away.
func (m message) hasBody(body []byte) bool {
	return len(body) > 0 || m.method != http.MethodGet && m.method != http.MethodHead
}

func refuse(format string, args ...any) error {
	return fault.New(fault.Unauthenticated, format, args...)
}

// clip keeps a stranger's text in an error short.
func clip(text string) string {
	if len(text) > 40 {
		return text[:40]
	}
	return text
}
