package notify

import (
	"context"
	"slices"

	"tulou/protocol/fault"
	"tulou/storage"
)

// Policy is what viewer wants to be told by whom, and what is held back by it.
type Policy struct {
	storage.NotificationPolicy
	Requests      int64 // at most storage.RequestsPendingMax
	Notifications int64
}

// Policy returns the policy of viewer.
func (s *Service) Policy(ctx context.Context, viewer storage.Account) (p Policy, err error) {
	if p.NotificationPolicy, err = s.store.Policy(ctx, viewer.ID); err != nil {
		return p, err
	}
	p.Requests, p.Notifications, err = s.store.CountRequests(ctx, viewer.ID)
	return p, err
}

// PolicyChange is what viewer changes in their policy; what is nil stays.
type PolicyChange struct {
	NotFollowing, NotFollowers, NewAccounts, PrivateMentions, LimitedAccounts *string
}

// SetPolicy changes the policy of viewer and returns it. It holds for what comes from now on.
// Faults: Unprocessable for what is none of accept, filter and drop.
func (s *Service) SetPolicy(ctx context.Context, viewer storage.Account, c PolicyChange) (Policy, error) {
	err := s.store.Tx(ctx, func(tx *storage.Tx) error {
		p, err := tx.Policy(ctx, viewer.ID)
		if err != nil {
			return err
		}
		for _, change := range []struct{ to, from *string }{
			{&p.NotFollowing, c.NotFollowing}, {&p.NotFollowers, c.NotFollowers}, {&p.NewAccounts, c.NewAccounts},
			{&p.PrivateMentions, c.PrivateMentions}, {&p.LimitedAccounts, c.LimitedAccounts},
		} {
			if change.from == nil {
				continue
			}
			if !slices.Contains([]string{storage.PolicyAccept, storage.PolicyFilter, storage.PolicyDrop}, *change.from) {
				return fault.New(fault.Unprocessable, "Validation failed: a policy is accept, filter or drop")
			}
			*change.to = *change.from
		}
		return tx.PutPolicy(ctx, p)
	})
	if err != nil {
		return Policy{}, err
	}
	return s.Policy(ctx, viewer)
}

// Requests returns a page of who mentioned viewer and was held back.
func (s *Service) Requests(ctx context.Context, viewer storage.Account, p storage.Page) ([]storage.NotificationRequest, error) {
	return s.store.NotificationRequests(ctx, viewer.ID, p)
}

// Request returns one of them; fault.NotFound for those of others.
func (s *Service) Request(ctx context.Context, viewer storage.Account, id int64) (storage.NotificationRequest, error) {
	return s.store.NotificationRequestByID(ctx, viewer.ID, id)
}

// AcceptRequests shows what was held back of several people, and everything of theirs from now on.
// Of several none is accepted if one is not viewer's, which is fault.NotFound.
func (s *Service) AcceptRequests(ctx context.Context, viewer storage.Account, requests ...int64) error {
	return s.store.Tx(ctx, func(tx *storage.Tx) error {
		for _, id := range requests {
			if err := tx.AcceptNotificationRequest(ctx, viewer.ID, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// DismissRequests removes requests with what was held back. Faults are those of AcceptRequests.
func (s *Service) DismissRequests(ctx context.Context, viewer storage.Account, requests ...int64) error {
	return s.store.Tx(ctx, func(tx *storage.Tx) error {
		for _, id := range requests {
			if err := tx.DismissNotificationRequest(ctx, viewer.ID, id); err != nil {
				return err
			}
		}
		return nil
	})
}
