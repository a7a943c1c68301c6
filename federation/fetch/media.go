package fetch

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tulou/protocol/fault"
)

// Media is a file of another server while it comes in. Close it when done.
type Media struct {
	URL         string // where it was at last, after redirects, without fragment
	ContentType string // as sent, which says nothing of what it is
	Size        int64  // as announced, -1 if it was not

	body  io.ReadCloser
	host  string
	left  int64
	bytes int64
}

// Media fetches a picture, film, sound or page for reading: at most bytesMax bytes, within
// MediaTimeout from now whatever trickles in, unsigned, with redirects as in Get. Its requests
// have places of their own at a host, so that large files hold up no deliveries. Faults are those
// of Get, and while reading TooLarge and Unavailable.
func (c *Client) Media(ctx context.Context, iri, accept string, bytesMax int64) (*Media, error) {
	return c.SignedMedia(ctx, iri, accept, bytesMax, nil)
}

// SignedMedia is Media for files that are not for everybody: each request is signed, unless signer
// is nil.
func (c *Client) SignedMedia(ctx context.Context, iri, accept string, bytesMax int64, signer Signer) (*Media, error) {
	ctx, cancel := context.WithTimeout(ctx, MediaTimeout)
	target, err := c.check(iri)
	if err != nil {
		cancel()
		return nil, err
	}
	for redirects := 0; ; redirects++ {
		res, err := c.open(ctx, target, accept, signer)
		if err != nil {
			cancel()
			return nil, err
		}
		if !isRedirect(res.StatusCode) {
			m, err := newMedia(target, res, bytesMax)
			if err != nil {
				discard(res.Body)
				cancel()
				return nil, err
			}
			m.body = &answerBody{ReadCloser: res.Body, done: cancel}
			return m, nil
		}
		discard(res.Body)
		if redirects == RedirectsMax {
			cancel()
			return nil, fault.New(fault.Unprocessable, "%s redirects more than %d times", target.Host, RedirectsMax)
		}
		if target, err = c.redirect(target, res.Header.Get("Location")); err != nil {
			cancel()
			return nil, err
		}
	}
}

// open makes one request of Media. The head of the answer has to come within Timeout.
func (c *Client) open(ctx context.Context, target *url.URL, accept string, signer Signer) (*http.Response, error) {
	leave, err := c.files.enter(ctx, target.Host)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	done := func() { cancel(nil); leave() }
	req, err := c.request(ctx, target, signer, http.Header{"Accept": {accept}}, nil)
	if err != nil {
		done()
		return nil, err
	}
	slow := time.AfterFunc(Timeout, func() { cancel(context.DeadlineExceeded) })
	res, err := c.transport.RoundTrip(req)
	if !slow.Stop() && err == nil { // it came in the very moment
		res.Body.Close()
		err = context.DeadlineExceeded
	}
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		done()
		return nil, networkFault(target.Host, err)
	}
	res.Body = &answerBody{ReadCloser: res.Body, done: done}
	return res, nil
}

func newMedia(at *url.URL, res *http.Response, bytesMax int64) (*Media, error) {
	if res.StatusCode != http.StatusOK {
		return nil, statusFault(at.Host, res)
	}
	if encoding := res.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return nil, fault.New(fault.Unsupported, "%s sent an encoding that was not asked for", at.Host)
	}
	if res.ContentLength > bytesMax {
		return nil, tooLarge(at.Host, int(bytesMax))
	}
	return &Media{URL: at.String(), ContentType: res.Header.Get("Content-Type"), Size: res.ContentLength,
		host: at.Host, left: bytesMax, bytes: bytesMax}, nil
}

// Read reads on. Its errors are io.EOF and faults.
func (m *Media) Read(p []byte) (int, error) {
	if int64(len(p)) > m.left+1 {
		p = p[:m.left+1]
	}
	n, err := m.body.Read(p)
	if m.left -= int64(n); m.left < 0 {
		return 0, tooLarge(m.host, int(m.bytes))
	}
	if err != nil && err != io.EOF {
		err = networkFault(m.host, err)
	}
	return n, err
}

// Close ends the request. It is called once.
func (m *Media) Close() error { return m.body.Close() }
