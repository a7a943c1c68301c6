package fetch

import (
	"context"
	"encoding/xml"
	"mime"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

// Finger is what WebFinger says about somebody (RFC 7033).
type Finger struct {
	Subject ids.Handle // the handle as their server writes it; its host may differ from the one asked
	Self    string     // the id of the actor
	// Follow is the address of the page on which they follow somebody: a template in which {uri} or
	// {object} stands for whom. "" if their server has none.
	Follow string
}

// The relations of that page: what OStatus left behind, and FEP-3b86.
const (
	RelSubscribe = "http://ostatus.org/schema/1.0/subscribe"
	RelFollow    = "https://w3id.org/fep/3b86/Follow"
)

const (
	acceptFinger = "application/jrd+json, application/json"
	acceptMeta   = "application/xrd+xml, application/xml, text/xml"
)

// WebFinger looks somebody up by handle. The answer is a claim of the handle's host about an actor
// that may live elsewhere: it is to be believed only after the actor's own host confirms it. Where
// the well-known place is absent, host-meta (RFC 6415) is asked for another. Among private peers
// http is tried before https. Faults are those of Get, Invalid for a handle without a host, and
// Unprocessable for an answer that cannot be read or names no actor.
func (c *Client) WebFinger(ctx context.Context, handle ids.Handle) (Finger, error) {
	if handle.Host == "" || !ids.ValidName(handle.Name) {
		return Finger{}, fault.New(fault.Invalid, "%q is not the handle of somebody elsewhere", handle)
	}
	schemes := []string{"https"}
	if c.private {
		schemes = []string{"http", "https"}
	}
	var finger Finger
	var err error
	for _, scheme := range schemes {
		finger, err = c.finger(ctx, scheme+"://"+handle.Host, "acct:"+handle.String())
		if err == nil || fault.Is(err, fault.NotFound) || fault.Is(err, fault.Gone) {
			break
		}
	}
	return finger, err
}

func (c *Client) finger(ctx context.Context, base, resource string) (Finger, error) {
	query := url.Values{"resource": {resource}}.Encode()
	finger, err := c.askFinger(ctx, base+"/.well-known/webfinger?"+query)
	if !fault.Is(err, fault.NotFound) {
		return finger, err
	}
	doc, metaErr := c.get(ctx, base+"/.well-known/host-meta", acceptMeta, FingerBytesMax, nil)
	if metaErr != nil {
		return Finger{}, err // the first answer says more
	}
	template, ok := parseHostMeta(doc.Body)
	if !ok {
		return Finger{}, err
	}
	return c.askFinger(ctx, strings.ReplaceAll(template, "{uri}", url.QueryEscape(resource)))
}

func (c *Client) askFinger(ctx context.Context, address string) (Finger, error) {
	doc, err := c.get(ctx, address, acceptFinger, FingerBytesMax, nil)
	if err != nil {
		return Finger{}, err
	}
	kind, _, err := mime.ParseMediaType(doc.ContentType)
	if err != nil || kind != "application/jrd+json" && kind != "application/json" {
		return Finger{}, fault.New(fault.Unsupported, "%s sent something else than WebFinger", ids.Host(doc.URL))
	}
	return ParseFinger(doc.Body)
}

// ParseFinger reads a JSON resource descriptor (RFC 7033 §4.4): its subject, which has to be an
// acct: URI with a host, and the first link to an ActivityPub actor. Faults are Unprocessable.
func ParseFinger(jrd []byte) (Finger, error) {
	var body struct {
		Subject string `json:"subject"`
		Links   []struct {
			Rel  string `json:"rel"`
			Type string `json:"type"`
			Href string `json:"href"`

			Template string `json:"template"`
		} `json:"links"`
	}
	if err := json.Unmarshal(jrd, &body); err != nil {
		return Finger{}, fault.Wrap(err, fault.Unprocessable, "a WebFinger answer cannot be read")
	}
	if len(body.Links) > FingerLinksMax {
		return Finger{}, fault.New(fault.Unprocessable, "a WebFinger answer has more than %d links", FingerLinksMax)
	}
	subject, err := ids.ParseHandle(body.Subject)
	if err != nil || subject.Host == "" || !strings.HasPrefix(body.Subject, "acct:") {
		return Finger{}, fault.New(fault.Unprocessable, "a WebFinger answer has no subject with a host")
	}
	finger := Finger{Subject: subject}
	for _, link := range body.Links {
		switch {
		case link.Rel == RelFollow, link.Rel == RelSubscribe && finger.Follow == "":
			finger.Follow = link.Template
		case link.Rel == "self" && IsActivityType(link.Type) && finger.Self == "":
			if _, err := ids.ParseIRI(link.Href); err == nil {
				finger.Self = link.Href
			}
		}
	}
	if finger.Self != "" {
		return finger, nil
	}
	return Finger{}, fault.New(fault.Unprocessable, "a WebFinger answer names no ActivityPub actor")
}

// parseHostMeta finds the template for WebFinger addresses in an XRD document.
func parseHostMeta(xrd []byte) (template string, ok bool) {
	var body struct {
		Links []struct {
			Rel      string `xml:"rel,attr"`
			Template string `xml:"template,attr"`
		} `xml:"Link"`
	}
	if err := xml.Unmarshal(xrd, &body); err != nil {
		return "", false
	}
	for _, link := range body.Links {
		if link.Rel == "lrdd" && strings.Contains(link.Template, "{uri}") {
			return link.Template, true
		}
	}
	return "", false
}
