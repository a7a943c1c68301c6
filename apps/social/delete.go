package social

import (
	"context"
	"time"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// Delete takes a post of one's own back for ever, and returns what it was, with its source, so that
// it can be written anew. Deleting one's boost is Unboost. It is NotFound for posts of others.
func (s *Service) Delete(ctx context.Context, author storage.Account, id int64) (storage.Status, error) {
	return s.takeBack(ctx, author, id, func(*storage.Tx) error { return nil })
}

// DeleteForRedraft is Delete, but the media of the post wait for another one, as if they had just
// been uploaded.
func (s *Service) DeleteForRedraft(ctx context.Context, author storage.Account, id int64) (storage.Status, error) {
	return s.takeBack(ctx, author, id, func(tx *storage.Tx) error { return tx.KeepUploads(ctx, id) })
}

// takeBack deletes a post after first, in the same transaction.
func (s *Service) takeBack(ctx context.Context, author storage.Account, id int64, first func(*storage.Tx) error) (storage.Status, error) {
	posted, err := s.own(ctx, author, id)
	if err != nil {
		return posted, err
	}
	if posted.BoostOfID != 0 {
		_, err := s.Unboost(ctx, author, id)
		return posted, err
	}
	named, err := mentioned(ctx, s.Store.Reader, posted.ID)
	if err != nil {
		return posted, err
	}
	people, err := concerned(ctx, s.Store.Reader, posted)
	if err != nil {
		return posted, err
	}
	now := time.Now().UTC()
	deletion := vocab.Activity{
		ID: s.Paths.Activity(author.Name, "delete-"+ids.Format(posted.ID)), Type: "Delete", Actor: author.URI, Published: now,
		Object: &vocab.Object{ID: posted.URI, Type: "Tombstone",
			Tombstone: &vocab.Tombstone{ID: posted.URI, FormerType: posted.Type, Deleted: now}},
	}
	deletion.To, deletion.Cc = addressed(posted.Visibility, author.Followers, accountURIs(named))
	out, err := s.Sender.Prepare(ctx, author, deletion, oneEachServer(people)...)
	if err != nil {
		return posted, err
	}
	deleted := posted
	err = s.Store.Tx(ctx, func(tx *storage.Tx) (err error) {
		if err := first(tx); err != nil {
			return err
		}
		if deleted, err = s.erase(ctx, tx, posted, author.URI); err != nil {
			return err
		}
		return out.Send(ctx, tx)
	})
	return deleted, err
}

// erase removes a post of anybody with its boosts, notifications, document and places in timelines,
// and sees to it that it does not come back.
func (s *Service) erase(ctx context.Context, tx *storage.Tx, posted storage.Status, by string) (storage.Status, error) {
	posted, err := tx.DeleteStatus(ctx, posted.ID)
	if err != nil {
		return posted, err
	}
	return posted, tx.PutStatusTombstone(ctx, posted, by)
}

// own returns a post or boost of somebody's own. It is NotFound for those of others.
func (s *Service) own(ctx context.Context, author storage.Account, id int64) (storage.Status, error) {
	posted, err := s.Store.StatusByID(ctx, id)
	if err == nil && posted.AccountID != author.ID || fault.Is(err, fault.NotFound) {
		return storage.Status{}, fault.New(fault.NotFound, "Record not found")
	}
	return posted, err
}

// mentioned returns the accounts that a post mentions.
func mentioned(ctx context.Context, r storage.Reader, id int64) ([]storage.Account, error) {
	byStatus, err := r.Mentions(ctx, []int64{id})
	if err != nil {
		return nil, err
	}
	byID, err := r.AccountsByIDs(ctx, byStatus[id])
	found := make([]storage.Account, 0, len(byID))
	for _, account := range byStatus[id] {
		if a, ok := byID[account]; ok {
			found = append(found, a)
		}
	}
	return found, err
}
