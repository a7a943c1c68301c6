package social

import (
	"context"
	"slices"

	"tulou/protocol/fault"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// Boost shows a post to one's followers, once, and returns the boost. visibility is public (also
// ""), unlisted or private. Everybody's public and quiet posts can be boosted, and one's own for
// followers, then for followers. Others are NotFound, as if they did not exist (A089).
func (s *Service) Boost(ctx context.Context, actor storage.Account, id int64, visibility string) (storage.Status, error) {
	target, author, err := s.target(ctx, actor, id)
	if err != nil {
		return target, err
	}
	if !boostable(target, actor.ID) {
		return target, fault.New(fault.NotFound, "Record not found")
	}
	switch visibility {
	case "":
		visibility = storage.VisibilityPublic
	case storage.VisibilityPublic, storage.VisibilityUnlisted, storage.VisibilityPrivate:
	default:
		return target, fault.New(fault.Unprocessable, "Validation failed: Visibility is not one of public, unlisted and private")
	}
	if target.Visibility == storage.VisibilityPrivate {
		visibility = storage.VisibilityPrivate
	}
	if before, err := s.Store.BoostOf(ctx, actor.ID, target.ID); !fault.Is(err, fault.NotFound) {
		return before, err
	}
	boostID, at := s.Store.NewID()
	boost := storage.Status{
		ID: boostID, URI: s.Paths.StatusActivity(actor.Name, boostID), AccountID: actor.ID, Local: true,
		Type: "Announce", Visibility: visibility, BoostOfID: target.ID, CreatedAt: storage.At(at),
	}
	out, err := s.Sender.Prepare(ctx, actor, announce(boost, actor, target, author))
	if err != nil {
		return boost, err
	}
	made := boost
	err = s.Store.Tx(ctx, func(tx *storage.Tx) (err error) {
		if made, err = s.boost(ctx, tx, boost, author); err != nil {
			return err
		}
		return out.Send(ctx, tx)
	})
	if fault.Is(err, fault.Conflict) { // another request was faster
		return s.Store.BoostOf(ctx, actor.ID, target.ID)
	}
	return made, err
}

// boostable tells whether an account may boost a post that it may see.
func boostable(target storage.Status, account int64) bool {
	return isOpen(target.Visibility) || target.Visibility == storage.VisibilityPrivate && target.AccountID == account
}

// boost adds a boost of anybody, shows it to followers of this node and tells the author.
func (s *Service) boost(ctx context.Context, tx *storage.Tx, boost storage.Status, author storage.Account) (storage.Status, error) {
	boost, err := tx.CreateStatus(ctx, storage.NewStatus{Status: boost, Audience: principals(boost.Visibility, boost.AccountID, nil)})
	if err != nil {
		return boost, err
	}
	if _, err := tx.FanOut(ctx, boost); err != nil {
		return boost, err
	}
	return boost, s.notify(ctx, tx, author, storage.NotifyBoost, boost.AccountID, boost.BoostOfID)
}

// announce is how other servers see a boost of ours. The author is told in cc.
func announce(boost storage.Status, actor storage.Account, target storage.Status, author storage.Account) vocab.Activity {
	a := vocab.Activity{
		ID: boost.URI, Type: "Announce", Actor: actor.URI, ObjectID: target.URI, Published: boost.CreatedAt.Time(),
	}
	a.To, a.Cc = addressed(boost.Visibility, actor.Followers, nil)
	if author.ID != actor.ID {
		a.Cc = append(slices.Clip(a.Cc), author.URI)
	}
	return a
}

// Unboost takes a boost back; without one it does nothing. It returns the post that was boosted.
func (s *Service) Unboost(ctx context.Context, actor storage.Account, id int64) (storage.Status, error) {
	target, author, err := s.target(ctx, actor, id)
	if err != nil {
		return target, err
	}
	boost, err := s.Store.BoostOf(ctx, actor.ID, target.ID)
	if fault.Is(err, fault.NotFound) {
		return target, nil
	}
	if err != nil {
		return target, err
	}
	undo := undoOf(announce(boost, actor, target, author))
	return s.act(ctx, actor, target.ID, undo, func(tx *storage.Tx) (bool, error) { return s.unboost(ctx, tx, boost, target) })
}

// unboost removes a boost of anybody with what it told the author.
func (s *Service) unboost(ctx context.Context, tx *storage.Tx, boost, target storage.Status) (bool, error) {
	if _, err := tx.DeleteStatus(ctx, boost.ID); err != nil {
		return false, absentIsNothing(err)
	}
	return true, tx.DeleteNotification(ctx, storage.Notification{
		AccountID: target.AccountID, Type: storage.NotifyBoost, FromID: boost.AccountID, StatusID: target.ID})
}
