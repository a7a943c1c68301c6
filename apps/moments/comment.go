package moments

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"tulou/protocol/fault"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// Like likes a Moment; liking twice is no error. The fault is NotFound for what actor may not see.
func (s *Service) Like(ctx context.Context, actor storage.Account, moment int64) error {
	_, err := s.say(ctx, actor, moment, storage.MomentComment{Kind: storage.MomentLiked})
	if fault.Is(err, fault.Conflict) {
		return nil
	}
	return err
}

// Unlike takes a like back; none is no error.
func (s *Service) Unlike(ctx context.Context, actor storage.Account, moment int64) error {
	like, err := s.Store.MomentLikeOf(ctx, moment, actor.ID)
	if err == nil {
		err = s.Uncomment(ctx, actor, moment, like.ID)
	}
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// Comment says something about a Moment, or, if answers is not 0, about a comment on it. Faults:
// Unprocessable with a sentence for actor; NotFound for what they may not see; Conflict if the
// Moment has as many comments as it may have.
func (s *Service) Comment(ctx context.Context, actor storage.Account, moment int64, text string, answers int64) (storage.MomentComment, error) {
	c := storage.MomentComment{Kind: storage.MomentCommented, Body: cleanText(text)}
	switch {
	case c.Body == "":
		return c, fault.New(fault.Unprocessable, "a comment has words")
	case utf8.RuneCountInString(c.Body) > CommentMax:
		return c, fault.New(fault.Unprocessable, "a comment has at most %d characters", CommentMax)
	}
	if answers != 0 {
		parent, err := s.Store.MomentCommentShown(ctx, actor.ID, answers)
		if err == nil && (parent.MomentID != moment || parent.Kind != storage.MomentCommented) {
			err = absent()
		}
		if err != nil {
			return c, err
		}
		c.AnswersID, c.AnswersURI = parent.AccountID, parent.URI
	}
	return s.say(ctx, actor, moment, c)
}

// say stores a like or comment of one of our people and tells the author's node, or, for an author
// of this node, those of the audience.
func (s *Service) say(ctx context.Context, actor storage.Account, moment int64, c storage.MomentComment) (storage.MomentComment, error) {
	id, at := s.Store.NewID()
	c.ID, c.MomentID, c.AccountID, c.CreatedAt, c.URI = id, moment, actor.ID, storage.At(at), s.Paths.MomentComment(newKey())
	err := s.Store.Tx(ctx, func(tx *storage.Tx) error {
		m, err := tx.MomentShown(ctx, actor.ID, moment)
		if err != nil {
			return err
		}
		author, err := tx.AccountByID(ctx, m.AccountID)
		if err != nil {
			return err
		}
		c.Named = !author.Local()
		if c, err = tx.CreateMomentComment(ctx, c); err != nil {
			return err
		}
		if err := s.spread(ctx, tx, m, c, author); err != nil || author.Local() {
			return err
		}
		return s.tell(ctx, tx, actor, []addressee{addresseeOf(author)}, func(to []string) vocab.Activity {
			wire := s.commentOf(actor, m, c, to)
			return vocab.Activity{Type: "Create", Object: object(wire), Published: wire.Published}
		})
	})
	if err != nil {
		return c, fmt.Errorf("comment on a Moment: %w", err)
	}
	return c, nil
}

// spread tells those of this node whom a new like or comment of anybody concerns, and has other
// nodes told if the Moment is of this one.
func (s *Service) spread(ctx context.Context, tx *storage.Tx, m storage.Moment, c storage.MomentComment, author storage.Account) error {
	for _, told := range []int64{m.AccountID, c.AnswersID} {
		if told == 0 || told == c.AccountID {
			continue
		}
		if err := s.Notifier.NotifyMoment(ctx, tx, told, c); err != nil {
			return err
		}
	}
	if !author.Local() {
		return nil
	}
	return s.nameLater(ctx, tx, m.ID, nameAfter)
}

// Uncomment takes a like or comment back: one's own, or one on one's own Moment. Whoever fetched it
// is told. The fault is NotFound for all others.
func (s *Service) Uncomment(ctx context.Context, actor storage.Account, moment, comment int64) error {
	err := s.Store.Tx(ctx, func(tx *storage.Tx) error {
		c, err := tx.MomentCommentByID(ctx, comment)
		if err != nil || c.MomentID != moment {
			return orAbsent(err)
		}
		m, err := tx.MomentByID(ctx, moment)
		if err != nil {
			return err
		}
		switch actor.ID {
		case c.AccountID:
			err = s.takeBack(ctx, tx, actor, m, c)
		case m.AccountID:
			_, err = tx.MomentCommentShown(ctx, actor.ID, comment)
			if err == nil {
				err = s.remove(ctx, tx, actor, m, c)
			}
		default:
			err = absent()
		}
		if err != nil {
			return err
		}
		return tx.DeleteMomentComment(ctx, c)
	})
	if err != nil {
		return fmt.Errorf("delete a comment on a Moment: %w", err)
	}
	return nil
}

// takeBack tells the author's node, and every node that read it, that a comment is gone.
func (s *Service) takeBack(ctx context.Context, tx *storage.Tx, maker storage.Account, m storage.Moment, c storage.MomentComment) error {
	readers, err := tx.MomentFetchers(ctx, c.ID)
	if err != nil {
		return err
	}
	author, err := tx.AccountByID(ctx, m.AccountID)
	if err != nil {
		return err
	}
	if !author.Local() {
		readers = append(readers, author)
	}
	return s.tell(ctx, tx, maker, addressees(readers), func([]string) vocab.Activity {
		return gone(c.URI, wireType(c.Kind), storage.Now().Time())
	})
}

// remove tells the audience's nodes, and that of whoever made it, that the author does not want a
// comment. It does not come back.
func (s *Service) remove(ctx context.Context, tx *storage.Tx, author storage.Account, m storage.Moment, c storage.MomentComment) error {
	maker, err := tx.AccountByID(ctx, c.AccountID)
	if err != nil {
		return err
	}
	if err := tx.PutTombstone(ctx, c.URI, maker.URI); err != nil {
		return err
	}
	readers, err := tx.MomentReaders(ctx, m.ID)
	if err != nil {
		return err
	}
	if !maker.Local() {
		readers = append(readers, maker)
	}
	return s.tell(ctx, tx, author, addressees(readers), func([]string) vocab.Activity { return named("Remove", m.URI, []string{c.URI}) })
}

func orAbsent(err error) error {
	if err == nil {
		return absent()
	}
	return err
}

// nameLater has other nodes told of what is new about a Moment.
func (s *Service) nameLater(ctx context.Context, tx *storage.Tx, moment int64, after time.Duration) error {
	return tx.Enqueue(ctx, storage.Job{Queue: queueWork, Kind: jobName, Lane: lane("moments name", moment),
		RunAt: storage.At(time.Now().Add(after)), Payload: storage.MarshalPayload(about{moment})})
}
