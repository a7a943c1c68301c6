package people

import (
	"context"

	"tulou/protocol/fault"
	"tulou/storage"
)

// Relationships returns what viewer is to others, in the order of ids; who does not exist is left
// out. That somebody blocks the viewer is not told (A111).
func (s *Service) Relationships(ctx context.Context, viewer storage.Account, targets []int64) ([]storage.Relationship, error) {
	found, err := s.Store.Relationships(ctx, viewer.ID, targets)
	if err != nil {
		return nil, err
	}
	list := make([]storage.Relationship, 0, len(found))
	for _, id := range targets {
		if r, ok := found[id]; ok {
			r.BlockedBy = false
			list = append(list, r)
		}
	}
	return list, nil
}

func (s *Service) relationship(ctx context.Context, viewer storage.Account, target int64) (storage.Relationship, error) {
	list, err := s.Relationships(ctx, viewer, []int64{target})
	if err == nil && len(list) == 0 {
		err = fault.New(fault.NotFound, "there is no such account")
	}
	if err != nil {
		return storage.Relationship{}, err
	}
	return list[0], nil
}

// Listed is a person in a list. Key is what the list is paged by.
type Listed struct {
	Key     int64
	Account storage.Account
}

// Followers returns a page of who follows an account, newest first, as far as this node knows.
// viewer is the zero Account for a stranger. Across a block nobody is seen, neither the list of who
// blocks or is blocked nor such people in the lists of others; and it is empty for others if the
// account hides who follows whom. The fault is NotFound.
func (s *Service) Followers(ctx context.Context, viewer storage.Account, account int64, p storage.Page) ([]Listed, error) {
	return s.list(ctx, viewer, account, p, s.unlessKept(viewer, s.Store.Followers))
}

// Following returns a page of whom an account follows; otherwise it is Followers.
func (s *Service) Following(ctx context.Context, viewer storage.Account, account int64, p storage.Page) ([]Listed, error) {
	return s.list(ctx, viewer, account, p, s.unlessKept(viewer, s.Store.Following))
}

// unlessKept is a list of who follows somebody, or whom they follow, empty for others if they keep
// that to themselves.
func (s *Service) unlessKept(viewer storage.Account, entriesOf func(ctx context.Context, viewer, account int64, p storage.Page) ([]storage.Entry, error)) entries {
	return func(ctx context.Context, account int64, p storage.Page) ([]storage.Entry, error) {
		owner, err := s.Store.AccountByID(ctx, account)
		if err != nil || owner.HideCollections && viewer.ID != account {
			return nil, err
		}
		return entriesOf(ctx, viewer.ID, account, p)
	}
}

// entries reads a page of a list of an account.
type entries = func(ctx context.Context, account int64, p storage.Page) ([]storage.Entry, error)

// FollowRequests returns a page of who asks to follow actor.
func (s *Service) FollowRequests(ctx context.Context, actor storage.Account, p storage.Page) ([]Listed, error) {
	return s.list(ctx, actor, actor.ID, p, s.Store.FollowRequests)
}

// Blocks returns a page of whom actor blocks.
func (s *Service) Blocks(ctx context.Context, actor storage.Account, p storage.Page) ([]Listed, error) {
	return s.list(ctx, actor, actor.ID, p, s.Store.Blocks)
}

// Mutes returns a page of whom actor mutes.
func (s *Service) Mutes(ctx context.Context, actor storage.Account, p storage.Page) ([]Listed, error) {
	return s.list(ctx, actor, actor.ID, p, s.Store.Mutes)
}

func (s *Service) list(ctx context.Context, viewer storage.Account, account int64, p storage.Page,
	entriesOf func(context.Context, int64, storage.Page) ([]storage.Entry, error),
) ([]Listed, error) {
	owner, err := s.Store.AccountByID(ctx, account)
	if err == nil && owner.Hidden {
		err = fault.New(fault.NotFound, "there is no such account")
	}
	if err != nil {
		return nil, err
	}
	if viewer.ID != account {
		blocked, err := s.Store.Blocked(ctx, viewer.ID, account)
		if err != nil || blocked {
			return nil, err
		}
	}
	entries, err := entriesOf(ctx, account, p)
	if err != nil {
		return nil, err
	}
	accounts, err := s.Store.AccountsByIDs(ctx, storage.IDs(entries))
	if err != nil {
		return nil, err
	}
	list := make([]Listed, 0, len(entries))
	for _, e := range entries {
		if a, ok := accounts[e.ID]; ok {
			list = append(list, Listed{e.Key, a})
		}
	}
	return list, nil
}
