package social

import (
	"context"
	"strings"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// Query is what somebody looks for.
type Query struct {
	Text string
	// Type is "accounts", "statuses" or "hashtags"; "" is all of them.
	Type string
	// Resolve asks other servers for a handle or an address that is not known. Strangers cannot.
	Resolve bool
	// Following leaves out people whom the viewer does not follow; Trending hashtags that are not
	// going around.
	Following, Trending bool
	// By is whose posts are wanted, Before and After between which ids; 0 is anybody and no end.
	By, Before, After int64
	// Offset is how many of each kind are left out, up to storage's limits; strangers have one
	// page.
	Offset, Limit int
}

// Results is what was found.
type Results struct {
	Accounts []storage.Account
	Statuses []storage.Status
	Tags     []storage.TagCount
}

// SearchMax bounds the results of each kind, as Mastodon does.
const SearchMax = 40

// queryBytesMax is more than the longest address.
const queryBytesMax = ids.IRIBytesMax

// Search finds people by the beginning of their names or by handle, hashtags by their beginning,
// posts by words and operators (search_query.go), and people and posts by address. viewer is zero
// for a stranger, who finds no posts by words. What is not found is no error; fault.Unavailable is
// a search for posts that takes too long.
func (s *Service) Search(ctx context.Context, viewer storage.Account, q Query) (r Results, err error) {
	q.Text = strings.TrimSpace(q.Text)
	q.Limit = max(1, min(q.Limit, SearchMax))
	q.Resolve = q.Resolve && viewer.ID != 0
	if q.Text == "" || len(q.Text) > queryBytesMax || q.Offset < 0 || q.Offset > 0 && viewer.ID == 0 {
		return r, nil
	}
	if strings.HasPrefix(q.Text, "https://") || strings.HasPrefix(q.Text, "http://") {
		if q.Offset > 0 {
			return r, nil
		}
		return s.searchAddress(ctx, viewer, q)
	}
	if q.Type == "" || q.Type == "accounts" {
		if r.Accounts, err = s.searchPeople(ctx, viewer, q); err != nil {
			return r, err
		}
	}
	if (q.Type == "" || q.Type == "hashtags") && !strings.HasPrefix(q.Text, "@") {
		if r.Tags, err = s.Store.SearchTags(ctx, viewer.ID, storage.TagQuery{Beginning: foldTag(strings.TrimLeft(q.Text, "#＃")),
			Trending: q.Trending, Offset: q.Offset, Limit: q.Limit}); err != nil {
			return r, err
		}
	}
	if q.Type == "" || q.Type == "statuses" {
		r.Statuses, err = s.searchPosts(ctx, viewer, q)
	}
	return r, err
}

// searchPosts finds posts by words and operators.
func (s *Service) searchPosts(ctx context.Context, viewer storage.Account, q Query) ([]storage.Status, error) {
	if viewer.ID == 0 {
		return nil, nil
	}
	query, ok, err := s.postQuery(ctx, viewer, q.Text)
	if err != nil || !ok {
		return nil, err
	}
	if q.By != 0 {
		query.Has = append(query.Has, storage.Need{Fact: storage.FactAuthor(q.By)})
	}
	if q.After != 0 {
		query.Span.From = max(query.Span.From, q.After+1)
	}
	if q.Before != 0 && (query.Span.To == 0 || q.Before < query.Span.To) {
		query.Span.To = q.Before
	}
	found, err := s.Store.FindPosts(ctx, viewer.ID, query, q.Offset, q.Limit)
	if err != nil {
		return nil, err
	}
	posts, err := s.Store.StatusesByIDs(ctx, found)
	list := make([]storage.Status, 0, len(found))
	for _, id := range found {
		if p, ok := posts[id]; ok { // it may be deleted at this moment
			list = append(list, p)
		}
	}
	return list, err
}

// searchPeople finds people by name, and asks the server of a whole handle that nobody here knows.
func (s *Service) searchPeople(ctx context.Context, viewer storage.Account, q Query) ([]storage.Account, error) {
	if strings.HasPrefix(q.Text, "#") {
		return nil, nil
	}
	handle, err := ids.ParseHandle(q.Text)
	whole := err == nil && handle.Host != ""
	if whole && q.Offset == 0 && !q.Following {
		handle = s.homeless(handle)
		found, err := s.Store.AccountByHandle(ctx, handle.Name, handle.Host)
		if fault.Is(err, fault.NotFound) && q.Resolve && handle.Host != "" {
			ctx, cancel := context.WithTimeout(ctx, resolveWithin)
			defer cancel()
			if found, err = s.Finder.Resolve(ctx, handle); err != nil {
				return nil, nil // nobody there, or nobody answers: nothing was found
			}
		}
		if err == nil {
			return visiblePeople(found), nil
		}
		if !fault.Is(err, fault.NotFound) {
			return nil, err
		}
	}
	return s.Store.SearchPeople(ctx, viewer.ID, storage.PeopleQuery{Text: q.Text, Following: q.Following, Offset: q.Offset, Limit: q.Limit})
}

func visiblePeople(a storage.Account) []storage.Account {
	if a.Hidden {
		return nil
	}
	return []storage.Account{a}
}

// searchAddress finds the person or post of an address, which may be that of its page.
func (s *Service) searchAddress(ctx context.Context, viewer storage.Account, q Query) (r Results, err error) {
	address, err := ids.ParseIRI(q.Text)
	if err != nil {
		return r, nil
	}
	iri := s.idOfPage(ctx, ids.WithoutFragment(address.String()))
	if q.Type != "statuses" {
		if a, err := s.Store.AccountByURI(ctx, iri); !fault.Is(err, fault.NotFound) {
			r.Accounts = visiblePeople(a)
			return r, err
		}
	}
	if q.Type != "accounts" {
		if id, err := s.Store.StatusIDByURI(ctx, iri); !fault.Is(err, fault.NotFound) {
			if err != nil {
				return r, err
			}
			return s.searchStatus(ctx, viewer, id)
		}
	}
	if !q.Resolve || s.Paths.Local(iri) {
		return r, nil
	}
	return s.resolveAddress(ctx, viewer, q, iri)
}

// resolveAddress asks a server what an address of it is. Whatever goes wrong there, nothing was
// found.
func (s *Service) resolveAddress(ctx context.Context, viewer storage.Account, q Query, iri string) (r Results, err error) {
	ctx, cancel := context.WithTimeout(ctx, resolveWithin)
	defer cancel()
	object, err := s.Finder.Object(ctx, iri)
	switch {
	case err != nil:
		s.Log.Debug("an address was not resolved", "err", err)
	case object.Actor != nil && q.Type != "statuses":
		if a, err := s.Finder.Account(ctx, object.ID); err == nil {
			r.Accounts = visiblePeople(a)
		}
	case object.Note != nil && q.Type != "accounts":
		kept, err := s.keepFetched(ctx, object)
		if err != nil {
			break
		}
		if err := s.Store.Tx(ctx, func(tx *storage.Tx) error { return s.climb(ctx, tx, kept) }); err != nil {
			return r, err
		}
		return s.searchStatus(ctx, viewer, kept.ID)
	}
	return r, nil
}

func (s *Service) searchStatus(ctx context.Context, viewer storage.Account, id int64) (r Results, err error) {
	found, err := s.Store.VisibleStatus(ctx, viewer.ID, id)
	if err == nil {
		r.Statuses = []storage.Status{found}
	}
	return r, absentIsNothing(err)
}

// idOfPage turns the address of a page of this node into the id of what it shows; others stay.
func (s *Service) idOfPage(ctx context.Context, address string) string {
	rest, ok := strings.CutPrefix(address, s.Paths.Base+"/@")
	if !ok {
		return address
	}
	name, number, isPost := strings.Cut(rest, "/")
	a, err := s.Store.AccountByHandle(ctx, name, "")
	if err != nil {
		return address
	}
	if id, ok := ids.Parse(number); ok && isPost {
		return s.Paths.Status(a.Name, id)
	}
	return a.URI
}
