package fetch

import (
	"context"
	"mime"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

// The two names of ActivityPub documents (ActivityPub §3.2). Profile is the parameter without which
// application/ld+json may be anything.
const (
	ActivityJSON = "application/activity+json"
	Profile      = "https://www.w3.org/ns/activitystreams"
	LDJSON       = `application/ld+json; profile="` + Profile + `"`

	acceptActivity = ActivityJSON + ", " + LDJSON
)

// IsActivityType tells whether a Content-Type is one of an ActivityPub document. Uploads can be
// made to look like objects on servers that guess types from file names; they cannot be made to
// carry this type.
func IsActivityType(contentType string) bool {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	switch kind {
	case ActivityJSON:
		return true
	case "application/ld+json":
		return slices.Contains(strings.Fields(params["profile"]), Profile)
	}
	return false
}

// Object fetches an ActivityPub object or actor that may be believed: the ID of the answer is the
// address under which it was found. If a document names another id (a page that shows somebody's
// post, a key that shows its owner), that id is fetched in its place, once. Faults are those of
// Get, and Unsupported for another content type, Unprocessable for a document without an id, and
// Forbidden for one that claims an id of another origin.
func (c *Client) Object(ctx context.Context, iri string, signers ...Signer) (Document, error) {
	doc, err := c.object(ctx, iri, signers)
	if err == nil && !isAt(doc, iri) {
		// Even on one origin, what is found at one address is no word about another.
		iri = doc.ID
		doc, err = c.object(ctx, iri, signers)
		if err == nil && !isAt(doc, iri) {
			err = fault.New(fault.Forbidden, "%s shows an object under an id that is not its own", ids.Host(iri))
		}
	}
	if err == nil {
		err = CheckOrigin(doc)
	}
	if err != nil {
		return Document{}, err
	}
	return doc, nil
}

// object fetches a document with the right type and an id, without judging that id.
func (c *Client) object(ctx context.Context, iri string, signers []Signer) (Document, error) {
	doc, err := c.activity(ctx, iri, signers)
	if err != nil {
		return Document{}, err
	}
	var top struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(doc.Body, &top); err != nil {
		return Document{}, fault.Wrap(err, fault.Unprocessable, "%s sent an object that is not JSON", ids.Host(doc.URL))
	}
	if _, err := ids.ParseIRI(top.ID); err != nil {
		return Document{}, fault.Wrap(err, fault.Unprocessable, "%s sent an object without an id", ids.Host(doc.URL))
	}
	doc.ID = top.ID
	return doc, nil
}

// activity fetches a document with an ActivityPub content type.
func (c *Client) activity(ctx context.Context, iri string, signers []Signer) (Document, error) {
	doc, err := c.Get(ctx, iri, acceptActivity, signers...)
	if err != nil {
		return Document{}, err
	}
	if !IsActivityType(doc.ContentType) {
		return Document{}, fault.New(fault.Unsupported, "%s sent something else than ActivityPub", ids.Host(doc.URL))
	}
	return doc, nil
}

// isAt tells whether a document was asked for, or at last found, under its own id.
func isAt(doc Document, asked string) bool {
	id := ids.WithoutFragment(doc.ID)
	return id == ids.WithoutFragment(asked) || id == doc.URL
}

// CheckOrigin compares the origin of a document's ID with that of the URL at the end of all
// redirects (FEP-fe34): whoever can redirect away from a server cannot speak for it. The fault is
// Forbidden.
func CheckOrigin(doc Document) error {
	if !ids.SameOrigin(doc.URL, doc.ID) {
		return fault.New(fault.Forbidden, "%s shows an object of another server", ids.Host(doc.URL))
	}
	return nil
}
