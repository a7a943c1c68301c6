package federation

import (
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// featured serves what somebody shows at the top of their profile, whole, as far as everybody may
// see it. Pinned posts for followers are not even named: that they exist is theirs to know (A098).
func (s *server) featured(w http.ResponseWriter, r *http.Request) error {
	account, viewer, err := s.open(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	stamps, err := s.store.Pinned(ctx, storage.Everybody, account.ID, storage.Page{Limit: storage.PinsMax})
	if err != nil {
		return err
	}
	seen, err := s.store.Visible(ctx, viewer, storage.StatusIDs(stamps)) // somebody who is blocked sees nothing
	if err != nil {
		return err
	}
	items := []vocab.Item{}
	for _, stamp := range stamps {
		if !seen[stamp.ID] {
			continue
		}
		item := vocab.Item{ID: s.config.Paths.Status(account.Name, stamp.ID)}
		doc, err := s.store.Document(ctx, item.ID)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		item.Raw = doc.Body
		items = append(items, item)
	}
	return s.whole(w, r, vocab.Collection{ID: account.URI + ids.Featured, Type: "OrderedCollection", Items: items})
}

// featuredTags serves the hashtags that somebody shows on their profile.
func (s *server) featuredTags(w http.ResponseWriter, r *http.Request) error {
	account, _, err := s.open(r)
	if err != nil {
		return err
	}
	tags, err := s.store.FeaturedTags(r.Context(), account.ID)
	if err != nil {
		return err
	}
	items := make([]vocab.Item, len(tags))
	for i, tag := range tags {
		raw, err := json.Marshal(map[string]string{
			"type": vocab.TagHashtag, "href": s.config.Paths.Tag(tag.Tag), "name": "#" + tag.Name,
		}, json.Deterministic(true), jsontext.EscapeForHTML(false))
		if err != nil {
			return err
		}
		items[i].Raw = raw
	}
	return s.whole(w, r, vocab.Collection{ID: account.URI + ids.FeaturedTags, Type: "Collection", Items: items})
}

// whole writes a collection that is too short for pages.
func (s *server) whole(w http.ResponseWriter, r *http.Request, c vocab.Collection) error {
	c.TotalItems = len(c.Items)
	return s.render(w, r, http.StatusOK, false)(vocab.BuildCollection(&c))
}
