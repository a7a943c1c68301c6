package people

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"tulou/protocol/fault"
	"tulou/storage"
)

// What somebody writes into their own address book, which nobody else reads: remarks, circles,
// stars; and whom it brings to mind.

const (
	// CircleNameMax is how many characters the name of a circle has.
	CircleNameMax = 30
	// FriendSearchMax is how many friends one search finds.
	FriendSearchMax = 40
	// FriendSuggestionsMax is how many people are suggested at a time.
	FriendSuggestionsMax = 40
	// FriendsInCommon is how many friends in common it takes to be suggested: by a single one,
	// somebody with one friend would read that friend's list.
	FriendsInCommon = 2
)

// FriendChange is what somebody changes about a friend; what is nil stays.
type FriendChange struct {
	Remark                        *string
	Starred, HideTheirs, HideMine *bool
	Circles                       *[]int64 // all that the friend is in from now on
}

// ChangeFriend changes what actor notes about somebody who is their friend, or whom they asked.
// Faults: NotFound for anybody else and for circles of others, Unprocessable for a remark that is
// too long.
func (s *Service) ChangeFriend(ctx context.Context, actor storage.Account, other int64, c FriendChange) error {
	err := s.Store.Tx(ctx, func(tx *storage.Tx) error {
		f, err := heldHalf(ctx, tx, actor.ID, other)
		if err == nil && f.State == storage.FriendAsking {
			err = fault.New(fault.NotFound, "they are no friend")
		}
		if err != nil {
			return err
		}
		if c.Remark != nil {
			f.Remark = strings.TrimSpace(*c.Remark)
			if err := checkRemark(f.Remark); err != nil {
				return err
			}
		}
		set(&f.Starred, c.Starred)
		set(&f.HideTheirs, c.HideTheirs)
		set(&f.HideMine, c.HideMine)
		if err := tx.MarkFriend(ctx, actor.ID, other, f.FriendMarks); err != nil || c.Circles == nil {
			return err
		}
		return setCircles(ctx, tx, actor.ID, other, *c.Circles)
	})
	if err != nil {
		return fmt.Errorf("change a friend: %w", err)
	}
	return nil
}

// setCircles puts a friend into some circles of owner's and takes them out of all others.
func setCircles(ctx context.Context, tx *storage.Tx, owner, friend int64, wanted []int64) error {
	all, err := tx.FriendTags(ctx, owner)
	if err != nil {
		return err
	}
	missing := make(map[int64]bool, len(wanted))
	for _, id := range wanted {
		missing[id] = true
	}
	for _, circle := range all {
		change := tx.UntagFriend
		if missing[circle.ID] {
			change = tx.TagFriend
		}
		delete(missing, circle.ID)
		if err := change(ctx, circle, friend); err != nil {
			return err
		}
	}
	if len(missing) > 0 {
		return fault.New(fault.NotFound, "there is no such circle")
	}
	return nil
}

// circleName returns a name of a circle and how it is compared.
func circleName(text string) (name, key string, err error) {
	name = strings.Join(strings.Fields(norm.NFC.String(text)), " ")
	if name == "" || utf8.RuneCountInString(name) > CircleNameMax {
		return "", "", fault.New(fault.Unprocessable, "the name of a circle has 1 to %d characters", CircleNameMax)
	}
	return name, folded(name), nil
}

// folded is a text as it is compared: in any case, and however its letters are put together.
func folded(text string) string { return cases.Fold().String(norm.NFKC.String(text)) }

// CreateCircle makes a circle. Faults: Unprocessable for a bad name or one circle too many,
// Conflict for a name that is there.
func (s *Service) CreateCircle(ctx context.Context, actor storage.Account, text string) (circle storage.FriendTag, err error) {
	name, key, err := circleName(text)
	if err != nil {
		return circle, err
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) (err error) {
		circle, err = tx.CreateFriendTag(ctx, actor.ID, name, key)
		return err
	})
	return circle, err
}

// RenameCircle renames a circle. Faults are those of CreateCircle, and NotFound.
func (s *Service) RenameCircle(ctx context.Context, actor storage.Account, id int64, text string) error {
	name, key, err := circleName(text)
	if err != nil {
		return err
	}
	return s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.RenameFriendTag(ctx, actor.ID, id, name, key) })
}

// DeleteCircle removes a circle; its members stay friends. The fault is NotFound.
func (s *Service) DeleteCircle(ctx context.Context, actor storage.Account, id int64) error {
	return s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.DeleteFriendTag(ctx, actor.ID, id) })
}

// SetCircle puts a friend into a circle, or takes them out. The fault is NotFound for a circle of
// somebody else, and for whoever is no friend and shall be put in.
func (s *Service) SetCircle(ctx context.Context, actor storage.Account, id, friend int64, in bool) error {
	return s.Store.Tx(ctx, func(tx *storage.Tx) error {
		circle, err := tx.FriendTagOf(ctx, actor.ID, id)
		if err != nil {
			return err
		}
		if in {
			return tx.TagFriend(ctx, circle, friend)
		}
		return tx.UntagFriend(ctx, circle, friend)
	})
}

// SearchFriends returns the friends of actor's of whose remark, display name or address a text is a
// part, starred ones first.
func (s *Service) SearchFriends(ctx context.Context, actor storage.Account, text string) (found []int64, err error) {
	wanted := folded(strings.TrimPrefix(strings.TrimSpace(text), "@"))
	if wanted == "" {
		return nil, nil
	}
	names, err := s.Store.FriendNames(ctx, actor.ID)
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		host := n.Host
		if host == "" {
			host = s.AccountHost
		}
		for _, name := range []string{n.Remark, n.DisplayName, n.Name + "@" + host} {
			if strings.Contains(folded(name), wanted) {
				found = append(found, n.FriendID)
				break
			}
		}
		if len(found) == FriendSearchMax {
			break
		}
	}
	return found, nil
}

// SuggestFriends returns people whom friends of actor's know, most friends in common first. Only
// who lets it be is counted or found, and nobody's friends are named.
func (s *Service) SuggestFriends(ctx context.Context, actor storage.Account) ([]storage.Acquaintance, error) {
	return s.Store.Acquaintances(ctx, actor.ID, FriendsInCommon, FriendSuggestionsMax)
}

// Suggestible tells whether actor lets friends of friends be brought together through them, and be
// shown them.
func (s *Service) Suggestible(ctx context.Context, actor storage.Account) (bool, error) {
	return s.Store.Suggestible(ctx, actor.ID)
}

// FriendAskedBy returns who may ask actor to be friends.
func (s *Service) FriendAskedBy(ctx context.Context, actor storage.Account) (string, error) {
	return s.Store.FriendAskedBy(ctx, actor.ID)
}

// SetFriendAskedBy says who may ask actor. Requests of all others wait where actor is not told of
// them. The fault is Unprocessable for what is no choice.
func (s *Service) SetFriendAskedBy(ctx context.Context, actor storage.Account, choice string) error {
	switch choice {
	case storage.AskedByEveryone, storage.AskedByKnown, storage.AskedByLink:
	default:
		return fault.New(fault.Unprocessable, "everyone, known, or whoever has the link can ask to be friends")
	}
	return s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.PutFriendAskedBy(ctx, actor.ID, choice) })
}

// SetSuggestible says whether actor does.
func (s *Service) SetSuggestible(ctx context.Context, actor storage.Account, suggestible bool) error {
	return s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.PutSuggestible(ctx, actor.ID, suggestible) })
}
