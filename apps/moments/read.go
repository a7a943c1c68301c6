package moments

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// CommentFor returns the document of a like or comment of one of our people for the node that the
// reader speaks for: addressed to those of its people who are friends of whoever made it. That the
// node has it is written down before it gets it, to take it back. The fault is NotFound, the same
// for all, if there is no such thing, nobody of that node is a friend, or the reader speaks for no
// node.
func (s *Service) CommentFor(ctx context.Context, reader storage.Account, key string) ([]byte, error) {
	if reader.Local() || reader.Hidden || reader.Type != "Application" {
		return nil, absent()
	}
	c, err := s.Store.MomentCommentByURI(ctx, s.Paths.MomentComment(key))
	if err != nil {
		return nil, err
	}
	maker, err := s.Store.AccountByID(ctx, c.AccountID)
	if err != nil || maker.Hidden || !maker.Local() {
		return nil, orAbsent(err)
	}
	to, err := s.friendsAt(ctx, maker, reader)
	if err != nil || len(to) == 0 {
		return nil, orAbsent(err)
	}
	m, err := s.momentReadAt(ctx, c.MomentID, reader)
	if err != nil {
		return nil, err
	}
	if err := s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.PutMomentFetch(ctx, c.ID, reader.ID) }); err != nil {
		if fault.Is(err, fault.Conflict) { // it was deleted this moment
			err = absent()
		}
		return nil, err
	}
	wire := s.commentOf(maker, m, c, to)
	typed, err := vocab.BuildMoment(&wire)
	if err != nil {
		return nil, err
	}
	return vocab.Marshal(typed)
}

// momentReadAt returns a Moment that the node which reader speaks for may know of. Of one by
// somebody here that takes a reader there; whom another node's is for, that node alone knows.
func (s *Service) momentReadAt(ctx context.Context, id int64, reader storage.Account) (storage.Moment, error) {
	m, err := s.Store.MomentByID(ctx, id)
	if err != nil {
		return m, err
	}
	author, err := s.Store.AccountByID(ctx, m.AccountID)
	if err != nil || !author.Local() {
		return m, err
	}
	shown, err := s.Store.MomentViewersAt(ctx, storage.MomentMedia{AccountID: author.ID, MomentID: id}, reader.DeliveryInbox().Host)
	if err == nil && !shown {
		err = absent()
	}
	return m, err
}

// friendsAt returns the friends of somebody of this node at the node that reader speaks for.
func (s *Service) friendsAt(ctx context.Context, owner, reader storage.Account) (to []string, err error) {
	friends, err := s.Store.FriendsNear(ctx, owner.ID, reader.DeliveryInbox().Host)
	for _, f := range friends {
		if ids.SameOrigin(f.URI, reader.URI) {
			to = append(to, f.URI)
		}
	}
	return to, err
}

// FileFor returns what is behind the key of a picture or film of a Moment, or a cover, for somebody
// of this node, or for the node that an account of another one speaks for. The fault is NotFound
// for whoever may not see it.
func (s *Service) FileFor(ctx context.Context, viewer storage.Account, key string) (storage.MomentFile, error) {
	f, m, err := s.Store.MomentFileByKey(ctx, key)
	if err != nil || viewer.ID == 0 || viewer.Hidden {
		return storage.MomentFile{}, orAbsent(err)
	}
	shown := false
	switch {
	case viewer.Local() && m.MomentID != 0:
		_, err = s.Store.MomentShown(ctx, viewer.ID, m.MomentID)
		shown = err == nil
	case viewer.Local():
		shown, err = s.Store.CoverShown(ctx, viewer.ID, m.AccountID)
	case viewer.Type == "Application" && m.RemoteURL == "":
		shown, err = s.Store.MomentViewersAt(ctx, m, viewer.DeliveryInbox().Host)
	}
	if err != nil || !shown {
		return storage.MomentFile{}, orAbsent(err)
	}
	return f, nil
}

// Reaches are how far back somebody can let friends look, by the names that clients know.
func Reaches() map[string]time.Duration {
	return map[string]time.Duration{"three_days": storage.ReachThreeDays, "month": storage.ReachMonth,
		"half_year": storage.ReachHalfYear, "always": storage.ReachAlways}
}

// SetReach says how far back all friends may look from now on. The fault is Unprocessable for
// what is none of Reaches.
func (s *Service) SetReach(ctx context.Context, account storage.Account, name string) error {
	reach, ok := Reaches()[name]
	if !ok {
		return fault.New(fault.Unprocessable, "friends may look back three_days, a month, half_year or always")
	}
	err := s.Store.Tx(ctx, func(tx *storage.Tx) error {
		if err := tx.PutMomentReach(ctx, account.ID, reach); err != nil {
			return err
		}
		return tx.TellMomentBook(ctx, storage.MomentBookJob{Account: account.ID})
	})
	if err != nil {
		return fmt.Errorf("set how far back friends may look: %w", err)
	}
	return nil
}

// SetCover makes an upload, which is gone afterwards, the picture above somebody's Moments; 0 is
// none. Faults: Unprocessable for what is no picture, Conflict for an upload that is not there or
// not ready.
func (s *Service) SetCover(ctx context.Context, account storage.Account, upload int64) error {
	if upload != 0 {
		found, err := s.Store.Uploads(ctx, account.ID, []int64{upload})
		if err != nil {
			return err
		}
		if slices.ContainsFunc(found, func(a storage.Attachment) bool { return a.Kind != storage.KindImage }) {
			return fault.New(fault.Unprocessable, "a cover is a picture")
		}
	}
	err := s.Store.Tx(ctx, func(tx *storage.Tx) error {
		if err := tx.PutCover(ctx, account.ID, upload); err != nil {
			return err
		}
		return tx.TellMomentBook(ctx, storage.MomentBookJob{Account: account.ID})
	})
	if err != nil {
		return fmt.Errorf("set a cover: %w", err)
	}
	return nil
}
