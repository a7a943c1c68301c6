package social

import (
	"context"

	"tulou/federation"
	"tulou/protocol/fault"
	"tulou/storage"
)

// applyAnnounce adds a boost of a post that everybody may see, or of the booster's own for
// followers (A108), if it concerns anybody of this node. Nothing of a blocked origin or a suspended
// author comes in this way (A115).
func (s *Service) applyAnnounce(ctx context.Context, tx *storage.Tx, in federation.In, got federation.Fetched) error {
	if gone, err := s.deletedBy(ctx, tx, in.Activity.ID, in.Actor.URI); err != nil || gone {
		return err
	}
	if _, err := tx.StatusIDByURI(ctx, in.Activity.ID); !fault.Is(err, fault.NotFound) {
		return err
	}
	target, author, err := s.seen(ctx, tx, in.Actor.ID, in.Activity.ObjectID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	known := err == nil
	if !known || !author.Local() {
		if concerns, err := s.boostConcerns(ctx, tx.Reader, in); err != nil || !concerns {
			return err
		}
	}
	if !known {
		if target, author, err = s.keepAnnounced(ctx, tx, in, got); err != nil {
			return absentIsNothing(err)
		}
	}
	if !boostable(target, in.Actor.ID) {
		return nil
	}
	if _, err := tx.BoostOf(ctx, in.Actor.ID, target.ID); !fault.Is(err, fault.NotFound) {
		return err
	}
	_, err = s.boost(ctx, tx, boostIn(tx, in, target), author)
	return absentIsNothing(err) // it was deleted just now
}

// boostConcerns tells whether a boost of a post that is not of this node is for somebody here: it
// came to a personal inbox, or is by somebody whom one of us follows. Our own posts are never
// fetched.
func (s *Service) boostConcerns(ctx context.Context, r storage.Reader, in federation.In) (bool, error) {
	if in.Recipient != 0 {
		return true, nil
	}
	return r.FollowedHere(ctx, in.Actor.ID)
}

// keepAnnounced stores what was fetched of a boosted post, if the booster may see it then.
func (s *Service) keepAnnounced(ctx context.Context, tx *storage.Tx, in federation.In, got federation.Fetched) (
	target storage.Status, author storage.Account, err error,
) {
	object := got.Objects[in.Activity.ObjectID]
	if object == nil {
		return target, author, fault.New(fault.NotFound, "the boosted post could not be had")
	}
	if target, err = s.keep(ctx, tx, object, got.Accounts[object.AttributedTo]); err != nil {
		return target, author, err
	}
	if target, author, err = s.seen(ctx, tx, in.Actor.ID, target.URI); err != nil {
		return target, author, err
	}
	return target, author, s.climb(ctx, tx, target)
}

// boostIn is a boost as another server tells of it. It is for followers if it does not say that it
// is for everybody, or if what it boosts is not.
func boostIn(tx *storage.Tx, in federation.In, target storage.Status) storage.Status {
	published := instantOf(in.Activity.Published)
	visibility := visibilityOf(in.Activity.To, in.Activity.Cc, in.Actor.Followers)
	if !isOpen(visibility) || !isOpen(target.Visibility) {
		visibility = storage.VisibilityPrivate
	}
	return storage.Status{
		ID: tx.IDAt(published), URI: in.Activity.ID, AccountID: in.Actor.ID, Type: "Announce", Visibility: visibility,
		BoostOfID: target.ID, CreatedAt: storage.At(published),
	}
}

// applyUndoAnnounce takes a boost of the actor's back. One that has not come yet never will.
func (s *Service) applyUndoAnnounce(ctx context.Context, tx *storage.Tx, in federation.In, _ federation.Fetched) error {
	boost, err := tx.StatusByURI(ctx, in.Activity.ObjectID)
	if fault.Is(err, fault.NotFound) && in.Activity.Inner != nil && in.Activity.Inner.ObjectID != "" {
		var id int64
		if id, err = tx.StatusIDByURI(ctx, in.Activity.Inner.ObjectID); err == nil {
			boost, err = tx.BoostOf(ctx, in.Actor.ID, id)
		}
	}
	if fault.Is(err, fault.NotFound) {
		return s.neverMind(ctx, tx, in)
	}
	if err != nil || boost.AccountID != in.Actor.ID || boost.BoostOfID == 0 {
		return err
	}
	if err := s.neverMind(ctx, tx, in); err != nil { // it may name another boost of the same post
		return err
	}
	return s.retract(ctx, tx, boost, in.Actor.URI)
}

// retract removes a boost of an actor of another server, for good: an Announce may concern somebody
// only at its second personal inbox, where it can come after it was taken back.
func (s *Service) retract(ctx context.Context, tx *storage.Tx, boost storage.Status, actor string) error {
	if err := tx.PutTombstone(ctx, boost.URI, actor); err != nil {
		return err
	}
	target, err := tx.StatusByID(ctx, boost.BoostOfID)
	if err != nil {
		return err
	}
	_, err = s.unboost(ctx, tx, boost, target)
	return err
}
