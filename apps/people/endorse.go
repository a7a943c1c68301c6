package people

import (
	"context"
	"unicode/utf8"

	"tulou/protocol/fault"
	"tulou/storage"
)

const (
	// NoteRunesMax bounds what somebody notes about somebody else, as in Mastodon.
	NoteRunesMax = 2000
	// familiarMax is how many familiar followers are named for each account; a client shows a few.
	familiarMax = 20
)

// Endorse recommends somebody whom actor follows on actor's profile. Faults: NotFound,
// Unprocessable for whom actor does not follow.
func (s *Service) Endorse(ctx context.Context, actor storage.Account, target int64) (storage.Relationship, error) {
	return s.arrange(ctx, actor, target, func(tx *storage.Tx) error { return tx.PutEndorsement(ctx, actor.ID, target) })
}

// Unendorse takes a recommendation back; none is no error.
func (s *Service) Unendorse(ctx context.Context, actor storage.Account, target int64) (storage.Relationship, error) {
	return s.arrange(ctx, actor, target, func(tx *storage.Tx) error { return tx.DeleteEndorsement(ctx, actor.ID, target) })
}

// Note keeps what actor notes about somebody for themselves; "" forgets it. Faults: NotFound,
// Unprocessable beyond NoteRunesMax.
func (s *Service) Note(ctx context.Context, actor storage.Account, target int64, text string) (storage.Relationship, error) {
	if utf8.RuneCountInString(text) > NoteRunesMax {
		return storage.Relationship{}, fault.New(fault.Unprocessable, "Validation failed: Comment is too long (maximum is %d characters)", NoteRunesMax)
	}
	return s.arrange(ctx, actor, target, func(tx *storage.Tx) error { return tx.PutNote(ctx, actor.ID, target, text) })
}

// arrange changes something between actor and somebody that nobody else is told of.
func (s *Service) arrange(ctx context.Context, actor storage.Account, target int64, change func(tx *storage.Tx) error) (storage.Relationship, error) {
	if _, err := s.other(ctx, actor, target); err != nil {
		return storage.Relationship{}, err
	}
	if err := s.Store.Tx(ctx, change); err != nil {
		return storage.Relationship{}, err
	}
	return s.relationship(ctx, actor, target)
}

// Endorsements returns a page of whom an account recommends; otherwise it is Followers.
func (s *Service) Endorsements(ctx context.Context, viewer storage.Account, account int64, p storage.Page) ([]Listed, error) {
	return s.list(ctx, viewer, account, p, func(ctx context.Context, account int64, p storage.Page) ([]storage.Entry, error) {
		return s.Store.Endorsements(ctx, viewer.ID, account, p)
	})
}

// FamiliarFollowers returns for each of the targets some of those whom viewer follows and who
// follow it. Of whom blocks viewer, or is not shown, there are none.
func (s *Service) FamiliarFollowers(ctx context.Context, viewer storage.Account, targets []int64) (map[int64][]storage.Account, error) {
	found := make(map[int64][]storage.Account, len(targets))
	for _, target := range targets {
		blocked, err := s.Store.Blocked(ctx, viewer.ID, target)
		if err != nil {
			return nil, err
		}
		if blocked {
			continue
		}
		familiar, err := s.Store.FamiliarFollowers(ctx, viewer.ID, target, familiarMax)
		if err != nil {
			return nil, err
		}
		accounts, err := s.Store.AccountsByIDs(ctx, familiar)
		if err != nil {
			return nil, err
		}
		for _, id := range familiar {
			if a, ok := accounts[id]; ok {
				found[target] = append(found[target], a)
			}
		}
	}
	return found, nil
}
