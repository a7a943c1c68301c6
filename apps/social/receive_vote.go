package social

import (
	"context"
	"slices"

	"tulou/federation"
	"tulou/protocol/fault"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// applyVote counts a vote in a poll of this node that the actor may see. A vote is never a post,
// and one that does not count has no effect: a second one (A118), one that comes too late or names
// no option, and one in a poll that others count. The author is not told who voted.
func (s *Service) applyVote(ctx context.Context, tx *storage.Tx, in federation.In, note *vocab.Note) error {
	if in.Again || !s.Paths.Local(note.InReplyTo) {
		return nil
	}
	posted, _, err := s.seen(ctx, tx, in.Actor.ID, note.InReplyTo)
	if err != nil || !posted.Local {
		return absentIsNothing(err)
	}
	p, err := tx.LockPoll(ctx, posted.ID)
	if err != nil {
		return absentIsNothing(err)
	}
	choice := slices.IndexFunc(p.Options, func(o storage.Option) bool { return o.Title == note.Name })
	if choice < 0 {
		return nil
	}
	err = s.cast(ctx, tx, p, in.Actor.ID, []storage.Vote{{Choice: choice, URI: note.ID}})
	if fault.Is(err, fault.Unprocessable) {
		return nil
	}
	return err
}
