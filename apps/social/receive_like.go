package social

import (
	"context"

	"tulou/federation"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// applyLike adds a like of a post that the actor may see (A089), once. At a second personal inbox
// it is nothing new, and may have been taken back since it came to the first.
func (s *Service) applyLike(ctx context.Context, tx *storage.Tx, in federation.In, _ federation.Fetched) error {
	if in.Again {
		return nil
	}
	if gone, err := s.deletedBy(ctx, tx, in.Activity.ID, in.Actor.URI); err != nil || gone {
		return err
	}
	liked, author, err := s.seen(ctx, tx, in.Actor.ID, in.Activity.ObjectID)
	if err != nil {
		return absentIsNothing(err)
	}
	_, err = s.like(ctx, tx, storage.Like{AccountID: in.Actor.ID, StatusID: liked.ID, URI: in.Activity.ID}, author)
	return err
}

// seen returns a stored post and its author if the actor may see it, NotFound otherwise.
func (s *Service) seen(ctx context.Context, tx *storage.Tx, actor int64, uri string) (storage.Status, storage.Account, error) {
	id, err := tx.StatusIDByURI(ctx, uri)
	if err != nil {
		return storage.Status{}, storage.Account{}, err
	}
	found, err := tx.VisibleStatus(ctx, actor, id)
	if err == nil && found.BoostOfID != 0 {
		err = fault.New(fault.NotFound, "a boost is no post")
	}
	if err != nil {
		return found, storage.Account{}, err
	}
	author, err := tx.AccountByID(ctx, found.AccountID)
	return found, author, err
}

// applyUndoLike takes a like of the actor's back. One that has not come yet never will.
func (s *Service) applyUndoLike(ctx context.Context, tx *storage.Tx, in federation.In, _ federation.Fetched) error {
	like, err := tx.LikeByURI(ctx, in.Actor.ID, in.Activity.ObjectID)
	if fault.Is(err, fault.NotFound) && in.Activity.Inner != nil && in.Activity.Inner.ObjectID != "" {
		var id int64
		if id, err = tx.StatusIDByURI(ctx, in.Activity.Inner.ObjectID); err == nil {
			like, err = tx.LikeOf(ctx, in.Actor.ID, id)
		}
	}
	if fault.Is(err, fault.NotFound) {
		return s.neverMind(ctx, tx, in)
	}
	if err != nil {
		return err
	}
	liked, err := tx.StatusByID(ctx, like.StatusID)
	if err != nil {
		return err
	}
	_, err = s.unlike(ctx, tx, in.Actor.ID, liked)
	return err
}

// neverMind remembers that an activity of the actor's was taken back, if it ever comes.
func (s *Service) neverMind(ctx context.Context, tx *storage.Tx, in federation.In) error {
	if !ids.SameOrigin(in.Activity.ObjectID, in.Actor.URI) {
		return nil
	}
	return tx.PutTombstone(ctx, in.Activity.ObjectID, in.Actor.URI)
}
