package people

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"tulou/protocol/fault"
	"tulou/storage"
)

// ListTitleRunesMax bounds the name of a list, as in Mastodon.
const ListTitleRunesMax = 256

func checkList(l storage.List) error {
	switch {
	case strings.TrimSpace(l.Title) == "":
		return fault.New(fault.Unprocessable, "Validation failed: Title can't be blank")
	case utf8.RuneCountInString(l.Title) > ListTitleRunesMax:
		return fault.New(fault.Unprocessable, "Validation failed: Title is too long (maximum is 256 characters)")
	case !slices.Contains([]string{storage.RepliesToFollowed, storage.RepliesToList, storage.RepliesToNobody}, l.RepliesPolicy):
		return fault.New(fault.Unprocessable, "'%s' is not a valid replies_policy", l.RepliesPolicy)
	}
	return nil
}

// CreateList adds an empty list of actor's. The fault is Unprocessable, in Mastodon's words.
func (s *Service) CreateList(ctx context.Context, actor storage.Account, l storage.List) (made storage.List, err error) {
	l.AccountID = actor.ID
	if err := checkList(l); err != nil {
		return l, err
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		made, err = tx.CreateList(ctx, l)
		return err
	})
	return made, err
}

// ChangeList replaces what change changes of a list of actor's. Faults: NotFound, Unprocessable.
func (s *Service) ChangeList(ctx context.Context, actor storage.Account, id int64, change func(*storage.List)) (l storage.List, err error) {
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		if l, err = tx.ListOf(ctx, actor.ID, id); err != nil {
			return err
		}
		change(&l)
		if err := checkList(l); err != nil {
			return err
		}
		return tx.UpdateList(ctx, l)
	})
	return l, err
}

// DeleteList removes a list of actor's; the fault is NotFound.
func (s *Service) DeleteList(ctx context.Context, actor storage.Account, id int64) error {
	return s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.DeleteList(ctx, actor.ID, id) })
}

// AddToList adds people whom actor follows, or asks to follow, to a list of actor's, all of them or
// none. Faults: NotFound for the list or for somebody who is not followed, Unprocessable for
// somebody who is in it already.
func (s *Service) AddToList(ctx context.Context, actor storage.Account, id int64, members []int64) error {
	return s.changeMembers(ctx, actor, id, members, func(tx *storage.Tx, l storage.List, member int64) error {
		err := tx.AddToList(ctx, l, member)
		if fault.Is(err, fault.Conflict) {
			err = fault.Wrap(err, fault.Unprocessable, "Validation failed: Account has already been taken")
		}
		return err
	})
}

// RemoveFromList takes people out of a list of actor's; who is not in it is no error. The fault is
// NotFound for the list.
func (s *Service) RemoveFromList(ctx context.Context, actor storage.Account, id int64, members []int64) error {
	return s.changeMembers(ctx, actor, id, members, func(tx *storage.Tx, l storage.List, member int64) error {
		err := tx.RemoveFromList(ctx, l, member)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		return err
	})
}

func (s *Service) changeMembers(ctx context.Context, actor storage.Account, id int64, members []int64,
	change func(tx *storage.Tx, l storage.List, member int64) error,
) error {
	return s.Store.Tx(ctx, func(tx *storage.Tx) error {
		l, err := tx.ListOf(ctx, actor.ID, id)
		for _, member := range members {
			if err == nil {
				err = change(tx, l, member)
			}
		}
		return err
	})
}

// ListMembers returns a page of who is in a list of actor's; the fault is NotFound.
func (s *Service) ListMembers(ctx context.Context, actor storage.Account, id int64, p storage.Page) ([]Listed, error) {
	if _, err := s.Store.ListOf(ctx, actor.ID, id); err != nil {
		return nil, err
	}
	return s.list(ctx, actor, actor.ID, p, func(ctx context.Context, _ int64, p storage.Page) ([]storage.Entry, error) {
		return s.Store.ListMembers(ctx, id, p)
	})
}
