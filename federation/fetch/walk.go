package fetch

import (
	"context"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

// Collection is what a Walk read.
type Collection struct {
	Items    []jsontext.Value // ids or objects as sent, in the server's order, at most ItemsMax
	Complete bool             // whether the server said that there is no more
}

// page is a collection or one page of it: ActivityStreams gives both the same properties.
type page struct {
	ID      string         `json:"id"`
	First   jsontext.Value `json:"first"`
	Next    jsontext.Value `json:"next"`
	Items   jsontext.Value `json:"items"`
	Ordered jsontext.Value `json:"orderedItems"`
}

// Walk reads a collection from its beginning: at most PagesMax pages and ItemsMax items within
// WalkTimeout, all of the origin of iri. Embedded objects are what that server says and are to be
// believed only for ids of the same origin. If a later page fails, what was read before is returned
// beside the fault. Faults are those of Get, Unsupported and Unprocessable as for Object, and
// Forbidden for a page on another origin.
func (c *Client) Walk(ctx context.Context, iri string, signers ...Signer) (Collection, error) {
	ctx, cancel := context.WithTimeout(ctx, WalkTimeout)
	defer cancel()
	w := walk{client: c, origin: iri, signers: signers, seen: map[string]bool{}}
	at, err := w.fetch(ctx, iri)
	if err != nil {
		return Collection{}, err
	}
	link := at.First
	if err := w.take(at); err != nil || len(link) == 0 {
		w.read.Complete = err == nil && !w.full && len(at.Next) == 0
		return w.read, err
	}
	for range PagesMax {
		at, err := w.open(ctx, link)
		if err != nil {
			return w.read, err
		}
		if err := w.take(at); err != nil || w.full {
			return w.read, err
		}
		if link = at.Next; len(link) == 0 {
			w.read.Complete = true
			return w.read, nil
		}
	}
	return w.read, nil
}

type walk struct {
	client  *Client
	origin  string // an IRI of the only origin that may be asked
	signers []Signer
	seen    map[string]bool
	read    Collection
	full    bool // whether items were left out
}

// open returns the page that a link names or holds.
func (w *walk) open(ctx context.Context, link jsontext.Value) (page, error) {
	if link.Kind() == '{' {
		return w.parse(link)
	}
	var iri string
	if err := json.Unmarshal(link, &iri); err != nil {
		return page{}, fault.Wrap(err, fault.Unprocessable, "%s has a collection with a broken link", ids.Host(w.origin))
	}
	if !ids.SameOrigin(iri, w.origin) {
		return page{}, w.elsewhere()
	}
	return w.fetch(ctx, iri)
}

func (w *walk) fetch(ctx context.Context, iri string) (page, error) {
	iri = ids.WithoutFragment(iri)
	if w.seen[iri] {
		return page{}, fault.New(fault.Unprocessable, "%s has a collection that goes in a circle", ids.Host(w.origin))
	}
	w.seen[iri] = true
	doc, err := w.client.activity(ctx, iri, w.signers)
	if err != nil {
		return page{}, err
	}
	if !ids.SameOrigin(doc.URL, w.origin) {
		return page{}, w.elsewhere()
	}
	return w.parse(doc.Body)
}

func (w *walk) elsewhere() error {
	return fault.New(fault.Forbidden, "%s has a collection that goes on elsewhere", ids.Host(w.origin))
}

func (w *walk) parse(body []byte) (page, error) {
	var at page
	if err := json.Unmarshal(body, &at); err != nil {
		return page{}, fault.Wrap(err, fault.Unprocessable, "%s has a collection that cannot be read", ids.Host(w.origin))
	}
	at.First, at.Next = present(at.First), present(at.Next)
	return at, nil
}

// take keeps the items of a page as far as there is room.
func (w *walk) take(at page) error {
	for _, list := range []jsontext.Value{present(at.Ordered), present(at.Items)} {
		if len(list) == 0 {
			continue
		}
		items := []jsontext.Value{list} // JSON-LD writes a list of one without brackets
		if list.Kind() == '[' {
			items = nil
			if err := json.Unmarshal(list, &items); err != nil {
				return fault.Wrap(err, fault.Unprocessable, "%s has a collection that cannot be read", ids.Host(w.origin))
			}
		}
		if room := ItemsMax - len(w.read.Items); len(items) > room {
			items, w.full = items[:room], true
		}
		w.read.Items = append(w.read.Items, items...)
	}
	return nil
}

// present returns nothing for null, which some servers write for "no next page".
func present(value jsontext.Value) jsontext.Value {
	if value.Kind() == 'n' {
		return nil
	}
	return value
}
