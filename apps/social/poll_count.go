package social

import (
	"context"
	"encoding/json"
	"time"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// Counting and ending polls. The author's server counts and tells all who have the post by an
// Update of the Question, not for every vote but once in a while, and at the end. Other servers
// believe it alone, and ask it when somebody looks at old counts.
const (
	// tellEvery is how often the counts of a poll are told while people vote: for a poll of a day in
	// 500 servers that is at most 8 deliveries a second, and Mastodon waits three times as long.
	tellEvery = time.Minute
	// countsFresh is how old counts may be before their author's server is asked for newer ones.
	countsFresh = time.Minute
	// countsWithin is how long a reader waits for that.
	countsWithin = 5 * time.Second
	// endsElsewhere is how long after the end of a poll of another server its last counts are asked
	// for: servers' clocks differ, and it has to count.
	endsElsewhere = time.Minute
	// votersPart is how many voters are told of the end in one transaction.
	votersPart = 200
)

type pollJob struct {
	Status int64 `json:"status"`
}

func readPollJob(job storage.Job) (p pollJob, err error) {
	err = json.Unmarshal(job.Payload, &p)
	return p, err
}

// tellLater has the counts of a poll of this node told soon, once for all votes until then.
func (s *Service) tellLater(ctx context.Context, tx *storage.Tx, status int64) error {
	return tx.Schedule(ctx, storage.Job{Queue: QueueWork, Lane: jobTellCounts + " " + ids.Format(status), Kind: jobTellCounts,
		Payload: storage.MarshalPayload(pollJob{status}), RunAt: storage.At(time.Now().Add(tellEvery))})
}

// endLater has people told when a poll ends that they made or voted in. There is one job for each
// poll, which moves with the end.
func (s *Service) endLater(ctx context.Context, tx *storage.Tx, status int64, p storage.Poll) error {
	if p.ExpiresAt == 0 {
		return nil
	}
	at := p.ExpiresAt
	if p.CountedAt != 0 {
		at = storage.At(at.Time().Add(endsElsewhere))
	}
	return tx.Reschedule(ctx, storage.Job{Queue: QueueWork, Lane: jobEndPoll + " " + ids.Format(status), Kind: jobEndPoll,
		Payload: storage.MarshalPayload(pollJob{status}), RunAt: at})
}

// runTellCounts tells other servers the counts of a poll of this node.
func (s *Service) runTellCounts(ctx context.Context, job storage.Job) error {
	j, err := readPollJob(job)
	if err != nil {
		return err
	}
	posted, err := s.Store.StatusByID(ctx, j.Status)
	if err != nil {
		return absentIsNothing(err)
	}
	return s.tellCounts(ctx, posted, job.ID)
}

// tellCounts sends the post with the counts as they are now, and ends the job in the same
// transaction: a vote that comes later has them told again.
func (s *Service) tellCounts(ctx context.Context, posted storage.Status, job int64) error {
	d, err := s.stored(ctx, posted)
	if err != nil || d.Poll == nil || d.author.Hidden {
		return err
	}
	_, now := s.Store.NewID()
	d.EditedAt = storage.At(now) // FEP-9967 wants to know as of when; the post itself is not edited
	people, err := readers(ctx, s.Store.Reader, posted)
	if err != nil {
		return err
	}
	out, err := s.Sender.Prepare(ctx, d.author, s.update(d, now), oneEachServer(people)...)
	if err != nil {
		return err
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		p, err := tx.LockPoll(ctx, posted.ID)
		if err != nil {
			return err
		}
		if err := tx.FinishJob(ctx, job); err != nil {
			return err
		}
		current, err := tx.StatusByID(ctx, posted.ID)
		if err != nil {
			return err
		}
		edited := current.EditedAt != posted.EditedAt
		if !edited { // or this would take the edit back
			err = out.Send(ctx, tx)
		}
		if err != nil || !edited && p.SameCounts(*d.Poll) {
			return err
		}
		return s.tellLater(ctx, tx, posted.ID)
	})
	return absentIsNothing(err)
}

// stored makes the draft of a post of this node that it was once.
func (s *Service) stored(ctx context.Context, posted storage.Status) (d draft, err error) {
	d.Status = posted
	if d.author, err = s.Store.AccountByID(ctx, posted.AccountID); err != nil {
		return d, err
	}
	if d.mentions, err = mentioned(ctx, s.Store.Reader, posted.ID); err != nil {
		return d, err
	}
	tags, err := s.Store.Tags(ctx, []int64{posted.ID})
	if err != nil {
		return d, err
	}
	d.Tags = tags[posted.ID]
	files, err := s.Store.Attachments(ctx, []int64{posted.ID})
	if err != nil {
		return d, err
	}
	d.Attachments = files[posted.ID]
	if err := s.storedQuote(ctx, &d); err != nil {
		return d, err
	}
	if d.Poll, err = pollAt(ctx, s.Store.Reader, posted.ID); err != nil {
		return d, err
	}
	return s.withEmojis(ctx, d)
}

// storedQuote adds to the draft of a stored post what that quotes.
func (s *Service) storedQuote(ctx context.Context, d *draft) error {
	q, err := s.Store.QuoteOf(ctx, d.ID)
	if err != nil {
		return absentIsNothing(err)
	}
	d.Quote = &q
	if q.QuotedID == 0 {
		return nil
	}
	if d.quoted, err = s.Store.StatusByID(ctx, q.QuotedID); err == nil {
		d.quotedAuthor, err = s.Store.AccountByID(ctx, d.quoted.AccountID)
	}
	return absentIsNothing(err)
}

// runEndPoll tells the last counts of a poll that has ended, or asks for them, and then those of
// this node who made it or voted.
func (s *Service) runEndPoll(ctx context.Context, job storage.Job) error {
	j, err := readPollJob(job)
	if err != nil {
		return err
	}
	posted, err := s.Store.StatusByID(ctx, j.Status)
	if err != nil {
		return absentIsNothing(err)
	}
	p, err := pollAt(ctx, s.Store.Reader, j.Status)
	if err != nil || p == nil {
		return err
	}
	if p.Ended(time.Now()) {
		if err := s.lastCounts(ctx, posted); err != nil {
			return err
		}
		if err := s.tellEnd(ctx, posted); err != nil {
			return err
		}
	}
	return absentIsNothing(s.Store.Tx(ctx, func(tx *storage.Tx) error {
		p, err := tx.LockPoll(ctx, j.Status)
		if err != nil {
			return err
		}
		if err := tx.FinishJob(ctx, job.ID); err != nil || p.Ended(time.Now()) {
			return err
		}
		return s.endLater(ctx, tx, j.Status, p) // the end was put off meanwhile
	}))
}

// lastCounts tells other servers, or asks the one that counted. One that does not answer is no
// reason to tell nobody of the end.
func (s *Service) lastCounts(ctx context.Context, posted storage.Status) error {
	if posted.Local {
		return s.tellCounts(ctx, posted, 0)
	}
	if err := s.askCounts(ctx, posted); err != nil {
		s.Log.Debug("the last counts of a poll are not to be had", "err", err)
	}
	return nil
}

// tellEnd notifies the author of a poll and the voters, as far as they are of this node.
func (s *Service) tellEnd(ctx context.Context, posted storage.Status) error {
	told := []int64{posted.AccountID}
	for len(told) > 0 {
		byID, err := s.Store.AccountsByIDs(ctx, told)
		if err != nil {
			return err
		}
		err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
			for _, id := range told {
				if err := s.notify(ctx, tx, byID[id], storage.NotifyPoll, posted.AccountID, posted.ID); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		after := told[len(told)-1]
		if after == posted.AccountID {
			after = 0 // the author does not vote
		}
		if told, err = s.Store.VotersHere(ctx, posted.ID, after, votersPart); err != nil {
			return err
		}
	}
	return nil
}

// Poll returns the poll of a post. For somebody of this node, old counts of another server are
// asked for anew, at most once in a while for all of them. It is NotFound for what is no poll or
// not for viewer to see.
func (s *Service) Poll(ctx context.Context, viewer storage.Account, id int64) (storage.Poll, error) {
	posted, p, err := s.asked(ctx, viewer.ID, id)
	if err != nil || viewer.ID == 0 || posted.Local || !stale(p, time.Now()) {
		return p, err
	}
	mine := false
	err = s.Store.Tx(ctx, func(tx *storage.Tx) (err error) {
		mine, err = tx.ClaimPoll(ctx, id, time.Now().Add(-countsFresh))
		return err
	})
	if err != nil || !mine {
		return p, err
	}
	ctx, cancel := context.WithTimeout(ctx, countsWithin)
	defer cancel()
	if err := s.askCounts(ctx, posted); err != nil {
		s.Log.Debug("counts of a poll are not to be had", "err", err)
		return p, nil
	}
	_, p, err = s.asked(ctx, viewer.ID, id)
	return p, err
}

// stale tells whether there may be newer counts.
func stale(p storage.Poll, now time.Time) bool {
	over := p.ExpiresAt != 0 && p.CountedAt > storage.At(p.ExpiresAt.Time().Add(endsElsewhere))
	return !over && p.CountedAt < storage.At(now.Add(-countsFresh))
}

// askCounts reads a poll at its origin.
func (s *Service) askCounts(ctx context.Context, posted storage.Status) error {
	object, err := s.Finder.Object(ctx, posted.URI)
	if err != nil {
		return err
	}
	author, err := s.Store.AccountByID(ctx, posted.AccountID)
	if err != nil {
		return err
	}
	if object.Note == nil || object.Note.ID != posted.URI || object.Note.AttributedTo != author.URI {
		return fault.New(fault.Forbidden, "the origin of a poll has another post there")
	}
	return s.Store.Tx(ctx, func(tx *storage.Tx) error { return s.recount(ctx, tx, posted.ID, pollOf(object.Note)) })
}
