package social

import (
	"context"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// Like likes a post, once, and returns it. A boost stands for what it boosts. It is NotFound for
// what actor may not see (A089).
func (s *Service) Like(ctx context.Context, actor storage.Account, id int64) (storage.Status, error) {
	liked, author, err := s.target(ctx, actor, id)
	if err != nil {
		return liked, err
	}
	if _, err := s.Store.LikeOf(ctx, actor.ID, liked.ID); !fault.Is(err, fault.NotFound) {
		return liked, err
	}
	key, _ := s.Store.NewID()
	like := vocab.Activity{
		ID: s.Paths.Activity(actor.Name, "like-"+ids.Format(key)), Type: "Like", Actor: actor.URI,
		ObjectID: liked.URI, To: []string{author.URI},
	}
	return s.act(ctx, actor, liked.ID, like, func(tx *storage.Tx) (bool, error) {
		return s.like(ctx, tx, storage.Like{AccountID: actor.ID, StatusID: liked.ID, URI: like.ID}, author)
	})
}

// like adds a like of anybody and tells the author, if it is new.
func (s *Service) like(ctx context.Context, tx *storage.Tx, l storage.Like, author storage.Account) (bool, error) {
	created, err := tx.PutLike(ctx, l)
	if err != nil || !created {
		return false, err
	}
	return true, s.notify(ctx, tx, author, storage.NotifyLike, l.AccountID, l.StatusID)
}

// Unlike takes a like back; without one it does nothing. It returns the post.
func (s *Service) Unlike(ctx context.Context, actor storage.Account, id int64) (storage.Status, error) {
	liked, author, err := s.target(ctx, actor, id)
	if err != nil {
		return liked, err
	}
	like, err := s.Store.LikeOf(ctx, actor.ID, liked.ID)
	if fault.Is(err, fault.NotFound) {
		return liked, nil
	}
	if err != nil {
		return liked, err
	}
	undo := undoOf(vocab.Activity{ID: like.URI, Type: "Like", Actor: actor.URI, ObjectID: liked.URI, To: []string{author.URI}})
	return s.act(ctx, actor, liked.ID, undo, func(tx *storage.Tx) (bool, error) { return s.unlike(ctx, tx, actor.ID, liked) })
}

// unlike removes a like of anybody with what it told the author.
func (s *Service) unlike(ctx context.Context, tx *storage.Tx, account int64, liked storage.Status) (bool, error) {
	if _, err := tx.DeleteLike(ctx, account, liked.ID); err != nil {
		return false, absentIsNothing(err)
	}
	return true, tx.DeleteNotification(ctx, storage.Notification{
		AccountID: liked.AccountID, Type: storage.NotifyLike, FromID: account, StatusID: liked.ID})
}

// Bookmark keeps a post for its reader, whom nobody is told of, and returns it.
func (s *Service) Bookmark(ctx context.Context, actor storage.Account, id int64) (storage.Status, error) {
	kept, _, err := s.target(ctx, actor, id)
	if err != nil {
		return kept, err
	}
	return kept, s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.PutBookmark(ctx, actor.ID, kept.ID) })
}

// Unbookmark drops a bookmark; without one it does nothing. It returns the post.
func (s *Service) Unbookmark(ctx context.Context, actor storage.Account, id int64) (storage.Status, error) {
	kept, _, err := s.target(ctx, actor, id)
	if err != nil {
		return kept, err
	}
	return kept, s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.DeleteBookmark(ctx, actor.ID, kept.ID) })
}

// target returns the post that somebody acts on, and its author. A boost stands for what it boosts.
func (s *Service) target(ctx context.Context, actor storage.Account, id int64) (storage.Status, storage.Account, error) {
	target, err := s.Status(ctx, actor.ID, id)
	if err == nil && target.BoostOfID != 0 {
		target, err = s.Status(ctx, actor.ID, target.BoostOfID)
	}
	if err != nil {
		return target, storage.Account{}, err
	}
	author, err := s.Store.AccountByID(ctx, target.AccountID)
	return target, author, err
}

// act does something to a post and, if it changed anything, tells other servers. It returns the
// post as it is then.
func (s *Service) act(ctx context.Context, actor storage.Account, status int64, a vocab.Activity, do func(*storage.Tx) (bool, error)) (
	after storage.Status, err error,
) {
	out, err := s.Sender.Prepare(ctx, actor, a)
	if err != nil {
		return after, err
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		changed, err := do(tx)
		if err != nil {
			return err
		}
		if changed {
			if err := out.Send(ctx, tx); err != nil {
				return err
			}
		}
		after, err = tx.StatusByID(ctx, status)
		return err
	})
	return after, err
}

// undoOf is the activity that takes another one back. Its id is that of what it undoes, so that
// there is one for each.
func undoOf(done vocab.Activity) vocab.Activity {
	return vocab.Activity{ID: done.ID + "/undo", Type: "Undo", Actor: done.Actor, Inner: &done, To: done.To, Cc: done.Cc}
}

// absentIsNothing makes the absence of what was to be taken back no error.
func absentIsNothing(err error) error {
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}
