// Package fetch is the one way out: every request to an address that a stranger chose goes through
// its Client. That is deliveries, actors, objects, collections, keys and WebFinger.
//
// A Client refuses addresses that are not on the public internet, and it does so at the moment of
// dialling, on the address that is really dialled: a name that is public when looked up and private
// when connected to, a redirect, a numeric host, all end at the same check. It never uses a proxy,
// which would move the check elsewhere. It bounds bytes, time, redirects and requests per host
// (limits.go), keeps no state about a host between requests but idle connections and TLS tickets,
// and asks for uncompressed answers, so that what it counts is what it holds.
//
// Errors are faults. Temporary tells whether trying again later can help. The detail of a fault
// names the host that was asked for and never an address of our network.
//
// The invariant to remember: no other code of the node connects to a host named by a peer or user.
package fetch

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

// Config says how a Client behaves. The zero value is the strict public client without a name.
type Config struct {
	// UserAgent is sent with every request; some servers refuse requests without one.
	UserAgent string

	// AllowPrivate is for peers on the same machine or network: loopback and private addresses,
	// http, any port and bare IP addresses are allowed, and *.localhost means loopback. Never for
	// a node that strangers can reach.
	AllowPrivate bool

	// DialContext replaces the dialler and its address check: for tests on a network in memory.
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error)

	// RootCAs replaces the system's certificate authorities if it is not nil.
	RootCAs *x509.CertPool
}

// Signer signs a request that is otherwise complete; body is nil for GET. A request that is
// redirected is made and signed anew, so a signature never travels to another host. A nil Signer
// means an unsigned request.
type Signer interface {
	Sign(req *http.Request, body []byte) error
}

// Client makes bounded requests to strangers. It is safe for concurrent use.
type Client struct {
	agent     string
	private   bool
	transport *http.Transport
	hosts     *places
	files     *places // of Media
}

// New returns a Client. Close it when done.
func New(config Config) *Client {
	dial := config.DialContext
	if dial == nil {
		dial = newDialer(config.AllowPrivate).DialContext
	}
	return &Client{
		agent:   config.UserAgent,
		private: config.AllowPrivate,
		hosts:   newPlaces(),
		files:   newPlaces(),
		transport: &http.Transport{
			Proxy:       nil, // not even from the environment
			DialContext: dial,
			TLSClientConfig: &tls.Config{
				MinVersion:         tls.VersionTLS12,
				RootCAs:            config.RootCAs,
				ClientSessionCache: tls.NewLRUClientSessionCache(tlsSessions),
			},
			TLSHandshakeTimeout:    handshakeTimeout,
			ForceAttemptHTTP2:      true,
			HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter},
			DisableCompression:     true,
			MaxIdleConns:           idleConns,
			MaxIdleConnsPerHost:    idlePerHost,
			IdleConnTimeout:        idleTimeout,
			MaxResponseHeaderBytes: headerBytesMax,
		},
	}
}

// Close drops idle connections. Requests under way go on.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Document is what a GET found.
type Document struct {
	URL         string // where it was at last, after redirects, without fragment
	ID          string // the id inside the document; set by Object only
	ContentType string // as sent
	Header      http.Header
	Body        []byte // at most DocumentBytesMax
}

// Get fetches a document. Signers are tried in order: the next one only if the answer was 401 or
// 403. Without signers the request is unsigned. At most RedirectsMax redirects are followed, never
// from https to http. Faults: Invalid (not a URL), Forbidden (a refused address, or 403),
// Unauthenticated, NotFound, Gone, TooLarge, Unsupported (an encoding that was not asked for),
// Unprocessable (any other refusal), Unavailable (try later).
func (c *Client) Get(ctx context.Context, iri, accept string, signers ...Signer) (Document, error) {
	return c.get(ctx, iri, accept, DocumentBytesMax, signers)
}

func (c *Client) get(ctx context.Context, iri, accept string, bytesMax int, signers []Signer) (doc Document, err error) {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	if len(signers) == 0 {
		signers = []Signer{nil}
	}
	for _, signer := range signers {
		doc, err = c.follow(ctx, iri, accept, bytesMax, signer)
		if status := StatusOf(err); status != http.StatusUnauthorized && status != http.StatusForbidden {
			break
		}
	}
	return doc, err
}

// follow walks the redirects from iri to a document.
func (c *Client) follow(ctx context.Context, iri, accept string, bytesMax int, signer Signer) (Document, error) {
	target, err := c.check(iri)
	if err != nil {
		return Document{}, err
	}
	for redirects := 0; ; redirects++ {
		res, err := c.send(ctx, target, signer, http.Header{"Accept": {accept}}, nil)
		if err != nil {
			return Document{}, err
		}
		if !isRedirect(res.StatusCode) {
			return readDocument(target, res, bytesMax)
		}
		discard(res.Body)
		if redirects == RedirectsMax {
			return Document{}, fault.New(fault.Unprocessable, "%s redirects more than %d times", target.Host, RedirectsMax)
		}
		if target, err = c.redirect(target, res.Header.Get("Location")); err != nil {
			return Document{}, err
		}
	}
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// redirect judges the next hop like a first one; in addition https never becomes http.
func (c *Client) redirect(from *url.URL, location string) (*url.URL, error) {
	to, err := from.Parse(location)
	if err != nil || location == "" {
		return nil, fault.New(fault.Unprocessable, "%s redirects to nowhere", from.Host)
	}
	next, err := c.check(to.String())
	if err != nil {
		return nil, err
	}
	if from.Scheme == "https" && next.Scheme == "http" {
		return nil, fault.New(fault.Forbidden, "%s redirects from https to http", from.Host)
	}
	return next, nil
}

func readDocument(at *url.URL, res *http.Response, bytesMax int) (Document, error) {
	defer discard(res.Body)
	if res.StatusCode != http.StatusOK {
		return Document{}, statusFault(at.Host, res)
	}
	if encoding := res.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return Document{}, fault.New(fault.Unsupported, "%s sent an encoding that was not asked for", at.Host)
	}
	if res.ContentLength > int64(bytesMax) {
		return Document{}, tooLarge(at.Host, bytesMax)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, int64(bytesMax)+1))
	if err != nil {
		return Document{}, networkFault(at.Host, err)
	}
	if len(body) > bytesMax {
		return Document{}, tooLarge(at.Host, bytesMax)
	}
	return Document{URL: at.String(), ContentType: res.Header.Get("Content-Type"), Header: res.Header, Body: body}, nil
}

// Response is what a server answered to a POST.
type Response struct {
	Status int         // 0 if there was no answer
	Header http.Header // Accept-Signature and the like
	Body   []byte      // the first AnswerBytesMax bytes
}

// Post sends a body once. Redirects are not followed: an inbox that moved is found by fetching its
// actor again. Every status but 2xx is a fault, as in Get; the Response is filled beside the fault
// whenever the server answered.
func (c *Client) Post(ctx context.Context, iri, contentType string, body []byte, signer Signer) (Response, error) {
	target, err := c.check(iri)
	if err != nil {
		return Response{}, err
	}
	if body == nil {
		body = []byte{}
	}
	res, err := c.send(ctx, target, signer, http.Header{"Content-Type": {contentType}}, body)
	if err != nil {
		return Response{}, err
	}
	defer discard(res.Body)
	answer := Response{Status: res.StatusCode, Header: res.Header}
	// An answer whose body breaks off has still been given: the peer has the activity.
	answer.Body, _ = io.ReadAll(io.LimitReader(res.Body, AnswerBytesMax))
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return answer, statusFault(target.Host, res)
	}
	return answer, nil
}

// send makes one request, POST if there is a body. The place at the host and the deadline end when
// the answer's body is closed.
func (c *Client) send(ctx context.Context, target *url.URL, signer Signer, header http.Header, body []byte) (*http.Response, error) {
	if err := spend(ctx); err != nil {
		return nil, err
	}
	leave, err := c.hosts.enter(ctx, target.Host)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	done := func() { cancel(); leave() }
	req, err := c.request(ctx, target, signer, header, body)
	if err != nil {
		done()
		return nil, err
	}
	res, err := c.transport.RoundTrip(req)
	if err != nil {
		done()
		return nil, networkFault(target.Host, err)
	}
	res.Body = &answerBody{ReadCloser: res.Body, done: done}
	return res, nil
}

func (c *Client) request(ctx context.Context, target *url.URL, signer Signer, header http.Header, body []byte) (*http.Request, error) {
	method, reader := http.MethodGet, io.Reader(nil)
	if body != nil {
		method, reader = http.MethodPost, bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, target.String(), reader)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "an address cannot be requested")
	}
	req.Header = header
	req.Header.Set("User-Agent", c.agent)
	req.Header.Set("Accept-Encoding", "identity")
	if signer != nil {
		if err := signer.Sign(req, body); err != nil {
			return nil, fault.Wrap(err, fault.Internal, "a request could not be signed")
		}
	}
	return req, nil
}

// answerBody gives the place at the host back when it is closed.
type answerBody struct {
	io.ReadCloser
	done func()
}

// Close must be called once.
func (b *answerBody) Close() error {
	err := b.ReadCloser.Close()
	b.done()
	return err
}

// discard closes a body after reading a little of it, so that the connection can be used again.
func discard(body io.ReadCloser) {
	const worthReading = 4 << 10 // beyond this a new connection is cheaper
	_, _ = io.CopyN(io.Discard, body, worthReading)
	_ = body.Close()
}

// Check refuses an address that Get and Post would refuse before any lookup; the others are judged
// again when they are dialled. Faults: Invalid, Forbidden.
func (c *Client) Check(iri string) error {
	_, err := c.check(iri)
	return err
}

// check parses an address and refuses what a public node has no business with, before any lookup.
func (c *Client) check(iri string) (*url.URL, error) {
	u, err := ids.ParseIRI(ids.WithoutFragment(iri))
	if err != nil {
		return nil, err
	}
	if c.private {
		return u, nil
	}
	host := u.Hostname()
	switch port := u.Port(); {
	case u.Scheme != "https":
		return nil, fault.New(fault.Forbidden, "%s is not asked over plain http", u.Host)
	case port != "" && port != "8443": // ids cuts :443 off
		return nil, fault.New(fault.Forbidden, "%s is not on a port for the web", u.Host)
	case isNumeric(host):
		return nil, fault.New(fault.Forbidden, "an address without a host name is not asked")
	case !strings.Contains(host, "."), strings.HasSuffix(host, ".localhost"):
		return nil, fault.New(fault.Forbidden, "%s is not a public host name", u.Host)
	}
	return u, nil
}

// isNumeric tells whether a host is an IP address in any of the spellings that some resolver
// accepts: 127.0.0.1, [::1], 2130706433, 0x7f.1. Like browsers, it looks at the last label only.
func isNumeric(host string) bool {
	if strings.Contains(host, ":") {
		return true
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	if hex, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(last, "0123456789") == ""
}
