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
	Limit   int
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
// and people and posts by address. viewer is zero for a stranger. What is not found is no error.
func (s *Service) Search(ctx context.Context, viewer storage.Account, q Query) (r Results, err error) {
	q.Text = strings.TrimSpace(q.Text)
	q.Limit = max(1, min(q.Limit, SearchMax))
	q.Resolve = q.Resolve && viewer.ID != 0
	if q.Text == "" || len(q.Text) > queryBytesMax {
		return r, nil
	}
	if strings.HasPrefix(q.Text, "https://") || strings.HasPrefix(q.Text, "http://") {
		return s.searchAddress(ctx, viewer, q)
	}
	if q.Type == "" || q.Type == "accounts" {
		if r.Accounts, err = s.searchPeople(ctx, viewer, q); err != nil {
			return r, err
		}
	}
	if (q.Type == "" || q.Type == "hashtags") && !strings.HasPrefix(q.Text, "@") {
		r.Tags, err = s.Store.SearchTags(ctx, viewer.ID, foldTag(strings.TrimLeft(q.Text, "#＃")), q.Limit)
	}
	return r, err
}

// searchPeople finds people by name, and asks the server of a whole handle that nobody here knows.
func (s *Service) searchPeople(ctx context.Context, viewer storage.Account, q Query) ([]storage.Account, error) {
	if strings.HasPrefix(q.Text, "#") {
		return nil, nil
	}
	handle, err := ids.ParseHandle(q.Text)
	whole := err == nil && handle.Host != ""
	if whole {
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
	return s.Store.SearchAccounts(ctx, viewer.ID, q.Text, q.Limit)
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
