package people

import (
	"context"
	"fmt"

	"tulou/protocol/fault"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// FollowOptions is what a follower wants to see of somebody.
type FollowOptions struct {
	Boosts bool // what they boost, too
	Notify bool // to be told of every post
}

// Follow follows somebody, or asks to: who is of this node and not locked is followed at once,
// everybody else after they accept (A087). Whoever follows or asks already changes the options
// only. Faults: NotFound, Unprocessable for oneself, Forbidden for whom one cannot follow: a block
// either way or an account that moved; which of them is not said (A111).
func (s *Service) Follow(ctx context.Context, actor storage.Account, target int64, o FollowOptions) (storage.Relationship, error) {
	them, err := s.other(ctx, actor, target)
	if err != nil {
		return storage.Relationship{}, err
	}
	follow := storage.Follow{
		AccountID: actor.ID, TargetID: target, URI: s.newActivityID(actor), Boosts: o.Boosts, Notify: o.Notify,
	}
	asking, err := s.tell(ctx, actor, them, followActivity(follow.URI, actor, them))
	if err != nil {
		return storage.Relationship{}, fmt.Errorf("follow: %w", err)
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		them, err := followable(ctx, tx, actor.ID, target)
		if err != nil {
			return err
		}
		follow := follow
		before, err := tx.FollowOf(ctx, actor.ID, target)
		if err == nil {
			follow.URI = "" // it stays what the other server knows
		}
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if _, err := s.putFollow(ctx, tx, follow, before, them); err != nil || before.ID != 0 {
			return err
		}
		return send(ctx, tx, asking)
	})
	if err != nil {
		return storage.Relationship{}, fmt.Errorf("follow: %w", err)
	}
	return s.relationship(ctx, actor, target)
}

// other returns somebody that actor may have to do with: not oneself, and not hidden.
func (s *Service) other(ctx context.Context, actor storage.Account, target int64) (storage.Account, error) {
	if actor.ID == target {
		return storage.Account{}, fault.New(fault.Unprocessable, "this is about yourself")
	}
	them, err := s.Store.AccountByID(ctx, target)
	if err == nil && (them.Hidden || them.URI == s.Paths.InstanceActor()) {
		err = fault.New(fault.NotFound, "there is no such account")
	}
	return them, err
}

// followable returns whom somebody wants to follow, unless one of the two does not want it; nobody
// blocks the other until the transaction ends.
func followable(ctx context.Context, tx *storage.Tx, account, target int64) (storage.Account, error) {
	if err := tx.HoldPeople(ctx, account, target); err != nil {
		return storage.Account{}, err
	}
	them, err := tx.AccountByID(ctx, target)
	if err != nil {
		return them, err
	}
	blocked, err := tx.Blocked(ctx, account, target)
	if err == nil && (blocked || them.Hidden || them.MovedTo != "") {
		err = fault.New(fault.Forbidden, "this account cannot be followed")
	}
	return them, err
}

// putFollow writes a follow of somebody and tells them. People of this node who are not locked
// accept at once. before is the follow that was there, zero if none.
func (s *Service) putFollow(ctx context.Context, tx *storage.Tx, f, before storage.Follow, target storage.Account) (storage.Follow, error) {
	f.Accepted = before.Accepted || target.Local() && !target.Locked
	after, err := tx.PutFollow(ctx, f)
	if err != nil || !target.Local() {
		return after, err
	}
	switch {
	case after.Accepted && !before.Accepted:
		return after, s.notifyFollow(ctx, tx, after, storage.NotifyFollow)
	case before.ID == 0:
		return after, s.notifyFollow(ctx, tx, after, storage.NotifyFollowRequest)
	}
	return after, nil
}

// notifyFollow tells who is followed, instead of what they were told before about the same pair.
func (s *Service) notifyFollow(ctx context.Context, tx *storage.Tx, f storage.Follow, kind string) error {
	if err := forgetFollow(ctx, tx, f); err != nil {
		return err
	}
	return s.Notifier.Notify(ctx, tx, storage.Notification{AccountID: f.TargetID, FromID: f.AccountID, Type: kind})
}

// Unfollow ends a follow, or takes a request back; none is no error.
func (s *Service) Unfollow(ctx context.Context, actor storage.Account, target int64) (storage.Relationship, error) {
	f, err := s.Store.FollowOf(ctx, actor.ID, target)
	if fault.Is(err, fault.NotFound) {
		return s.relationship(ctx, actor, target)
	}
	if err != nil {
		return storage.Relationship{}, err
	}
	if err := s.endFollow(ctx, actor, f); err != nil {
		return storage.Relationship{}, fmt.Errorf("unfollow: %w", err)
	}
	return s.relationship(ctx, actor, target)
}

// AcceptRequest lets somebody follow who asked to. Accepting twice is no error; the fault is
// NotFound if they did not ask.
func (s *Service) AcceptRequest(ctx context.Context, actor storage.Account, follower int64) (storage.Relationship, error) {
	f, err := s.Store.FollowOf(ctx, follower, actor.ID)
	if err != nil {
		return storage.Relationship{}, err
	}
	them, err := s.Store.AccountByID(ctx, follower)
	if err != nil {
		return storage.Relationship{}, err
	}
	answer, err := s.tell(ctx, actor, them, answerActivity("Accept", f.URI, them, actor))
	if err != nil {
		return storage.Relationship{}, fmt.Errorf("accept follow request: %w", err)
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		changed, err := tx.AcceptFollow(ctx, follower, actor.ID)
		if err != nil || !changed {
			return err
		}
		if err := s.notifyFollow(ctx, tx, f, storage.NotifyFollow); err != nil {
			return err
		}
		return send(ctx, tx, answer)
	})
	if err != nil {
		return storage.Relationship{}, fmt.Errorf("accept follow request: %w", err)
	}
	return s.relationship(ctx, actor, follower)
}

// RejectRequest refuses somebody who asked to follow. The fault is NotFound if they did not ask, or
// follow already.
func (s *Service) RejectRequest(ctx context.Context, actor storage.Account, follower int64) (storage.Relationship, error) {
	f, err := s.Store.FollowOf(ctx, follower, actor.ID)
	if err == nil && f.Accepted {
		err = fault.New(fault.NotFound, "there is no such follow request")
	}
	if err != nil {
		return storage.Relationship{}, err
	}
	if err := s.endFollow(ctx, actor, f); err != nil {
		return storage.Relationship{}, fmt.Errorf("reject follow request: %w", err)
	}
	return s.relationship(ctx, actor, follower)
}

// RemoveFollower ends the follow of somebody who follows actor; none is no error.
func (s *Service) RemoveFollower(ctx context.Context, actor storage.Account, follower int64) (storage.Relationship, error) {
	f, err := s.Store.FollowOf(ctx, follower, actor.ID)
	if err == nil {
		err = s.endFollow(ctx, actor, f)
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return storage.Relationship{}, fmt.Errorf("remove follower: %w", err)
	}
	return s.relationship(ctx, actor, follower)
}

// endFollow removes a follow in the name of one of the two, who is of this node, and tells the
// other: the follower undoes it, who is followed rejects it. A follow that is gone is no error.
func (s *Service) endFollow(ctx context.Context, by storage.Account, f storage.Follow) error {
	otherID := f.TargetID
	if by.ID == f.TargetID {
		otherID = f.AccountID
	}
	them, err := s.Store.AccountByID(ctx, otherID)
	if err != nil {
		return err
	}
	news := answerActivity("Reject", f.URI, them, by)
	if by.ID == f.AccountID {
		undone := followActivity(f.URI, by, them)
		news = vocab.Activity{Type: "Undo", Inner: &undone}
	}
	out, err := s.tell(ctx, by, them, news)
	if err != nil {
		return err
	}
	return s.Store.Tx(ctx, func(tx *storage.Tx) error {
		_, err := tx.DeleteFollow(ctx, f.AccountID, f.TargetID)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := forgetFollow(ctx, tx, f); err != nil {
			return err
		}
		return send(ctx, tx, out)
	})
}

func followActivity(uri string, follower, target storage.Account) vocab.Activity {
	return vocab.Activity{ID: uri, Type: "Follow", Actor: follower.URI, ObjectID: target.URI}
}

// answerActivity is an Accept or Reject of the Follow with this id. Servers find the follow by the
// id or by the pair, so both are in it.
func answerActivity(kind, uri string, follower, target storage.Account) vocab.Activity {
	asked := followActivity(uri, follower, target)
	return vocab.Activity{Type: kind, Inner: &asked}
}

// forgetFollow removes what the target was told about a follow that ended or was decided.
func forgetFollow(ctx context.Context, tx *storage.Tx, f storage.Follow) error {
	for _, kind := range []string{storage.NotifyFollow, storage.NotifyFollowRequest} {
		note := storage.Notification{AccountID: f.TargetID, FromID: f.AccountID, Type: kind}
		if err := tx.DeleteNotification(ctx, note); err != nil {
			return err
		}
	}
	return nil
}
