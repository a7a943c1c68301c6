package social

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// Limits of posts for later; the figures are Mastodon's, so that clients know them.
const (
	// ScheduleAhead is how far ahead the time is at least: whoever writes for sooner can wait.
	ScheduleAhead = 5 * time.Minute
	// ScheduleAheadMax keeps times within what databases and clocks can say.
	ScheduleAheadMax = 10 * 365 * 24 * time.Hour
	// ScheduledMax and ScheduledPerDayMax bound what one person has waiting, at all and for one day in
	// UTC.
	ScheduledMax       = 300
	ScheduledPerDayMax = 25
)

// Scheduled is a post for later with the author's words.
type Scheduled struct {
	storage.ScheduledStatus
	Post NewPost
}

// Schedule keeps a post for later. It is checked as if it were posted now, and again when its time
// comes. Faults: those of Post, and Unprocessable for a time that is too soon or a day, or an
// author, that has too many.
func (s *Service) Schedule(ctx context.Context, author storage.Account, p NewPost, at time.Time) (Scheduled, error) {
	if err := checkTime(at); err != nil {
		return Scheduled{}, err
	}
	if p.IdempotencyKey != "" {
		first, err := s.Store.ScheduledByKey(ctx, author.ID, p.IdempotencyKey)
		if !fault.Is(err, fault.NotFound) {
			return read(first, err)
		}
	}
	if _, err := s.draft(ctx, author, p); err != nil {
		return Scheduled{}, err
	}
	key := p.IdempotencyKey
	p.IdempotencyKey = "" // the row itself is what happens once
	params, err := json.Marshal(p)
	if err != nil {
		return Scheduled{}, fmt.Errorf("schedule: %w", err)
	}
	kept := storage.ScheduledStatus{AccountID: author.ID, ScheduledAt: storage.At(at), Params: params, IdempotencyKey: key}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		if err := room(ctx, tx, author.ID, at, 0); err != nil {
			return err
		}
		created := false
		if kept, created, err = tx.CreateScheduled(ctx, kept); err != nil || !created {
			return err
		}
		if err := tx.ReserveUploads(ctx, author.ID, kept.ID, mediaIDs(p.Media)); err != nil {
			return err
		}
		return tx.Enqueue(ctx, scheduledJob(kept))
	})
	return read(kept, err)
}

func checkTime(at time.Time) error {
	until := time.Until(at)
	if until < ScheduleAhead {
		return fault.New(fault.Unprocessable, "Validation failed: Scheduled at must be at least 5 minutes in the future")
	}
	if until > ScheduleAheadMax {
		return fault.New(fault.Unprocessable, "Validation failed: Scheduled at is too far in the future")
	}
	return nil
}

// room tells whether somebody may have one more post for later, or move the one of an id.
func room(ctx context.Context, tx *storage.Tx, account int64, at time.Time, moved int64) error {
	if err := tx.LockScheduled(ctx, account); err != nil {
		return err
	}
	day := at.UTC().Truncate(24 * time.Hour)
	all, that, err := tx.CountScheduled(ctx, account, storage.At(day), storage.At(day.Add(24*time.Hour)))
	if err != nil {
		return err
	}
	if moved != 0 {
		all--
		before, err := tx.ScheduledByID(ctx, moved)
		if err != nil {
			return err
		}
		if !before.ScheduledAt.Time().Before(day) && before.ScheduledAt.Time().Before(day.Add(24*time.Hour)) {
			that--
		}
	}
	switch {
	case all >= ScheduledMax:
		return fault.New(fault.Unprocessable, "Validation failed: You have exceeded the limit of %d scheduled posts", ScheduledMax)
	case that >= ScheduledPerDayMax:
		return fault.New(fault.Unprocessable, "Validation failed: You have exceeded the limit of %d scheduled posts for that day", ScheduledPerDayMax)
	}
	return nil
}

// scheduledJob is what posts something when its time has come.
func scheduledJob(s storage.ScheduledStatus) storage.Job {
	return storage.Job{Queue: QueueWork, Lane: "scheduled " + ids.Format(s.ID), Kind: jobScheduled,
		Payload: []byte(ids.Format(s.ID)), RunAt: s.ScheduledAt}
}

// read adds the author's words to what is stored.
func read(s storage.ScheduledStatus, err error) (Scheduled, error) {
	found := Scheduled{ScheduledStatus: s}
	if err != nil {
		return Scheduled{}, err
	}
	if err := json.Unmarshal(s.Params, &found.Post); err != nil {
		return Scheduled{}, fmt.Errorf("read a scheduled post: %w", err)
	}
	return found, nil
}

// ScheduledPosts returns a page of an author's posts for later, those that failed among them.
func (s *Service) ScheduledPosts(ctx context.Context, author storage.Account, p storage.Page) ([]Scheduled, error) {
	rows, err := s.Store.Scheduled(ctx, author.ID, p)
	if err != nil {
		return nil, err
	}
	list := make([]Scheduled, len(rows))
	for i, row := range rows {
		if list[i], err = read(row, nil); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// ScheduledPost returns one of them; fault.NotFound for those of others.
func (s *Service) ScheduledPost(ctx context.Context, author storage.Account, id int64) (Scheduled, error) {
	found, err := s.Store.ScheduledByID(ctx, id)
	if err == nil && found.AccountID != author.ID {
		err = fault.New(fault.NotFound, "Record not found")
	}
	return read(found, err)
}

// MoveScheduled gives a post another time; what failed is tried again then. Faults: NotFound, and
// those of Schedule about times.
func (s *Service) MoveScheduled(ctx context.Context, author storage.Account, id int64, at time.Time) (Scheduled, error) {
	if _, err := s.ScheduledPost(ctx, author, id); err != nil {
		return Scheduled{}, err
	}
	if err := checkTime(at); err != nil {
		return Scheduled{}, err
	}
	var moved storage.ScheduledStatus
	err := s.Store.Tx(ctx, func(tx *storage.Tx) (err error) {
		if err := room(ctx, tx, author.ID, at, id); err != nil {
			return err
		}
		if err := tx.MoveScheduled(ctx, author.ID, id, storage.At(at)); err != nil {
			return err
		}
		if moved, err = tx.ScheduledByID(ctx, id); err != nil {
			return err
		}
		return tx.Reschedule(ctx, scheduledJob(moved))
	})
	return read(moved, err)
}

// DeleteScheduled gives a post for later up; fault.NotFound for those of others. Its job finds
// nothing when it comes.
func (s *Service) DeleteScheduled(ctx context.Context, author storage.Account, id int64) error {
	return s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.DeleteScheduled(ctx, author.ID, id) })
}

// runScheduled posts what was written for now. The row goes in the transaction that makes the post,
// so it is made once, however often the job runs. What cannot be posted, any more, stays with the
// reason for its author to read.
func (s *Service) runScheduled(ctx context.Context, job storage.Job) error {
	id, _ := ids.Parse(string(job.Payload))
	kept, err := read(s.Store.ScheduledByID(ctx, id))
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if kept.ScheduledAt > storage.Now() {
		return s.afterScheduled(ctx, job, kept, "")
	}
	err = s.postScheduled(ctx, job, kept)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errTaken):
		return s.afterScheduled(ctx, job, kept, "")
	case lasting(err):
		return s.afterScheduled(ctx, job, kept, fault.DetailOf(err))
	}
	noted := s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.FailScheduled(ctx, kept.ScheduledStatus, fault.DetailOf(err)) })
	return errors.Join(err, noted)
}

// lasting tells whether trying again does not help.
func lasting(err error) bool {
	return slices.Contains([]fault.Code{fault.Unprocessable, fault.NotFound, fault.Invalid, fault.Forbidden, fault.Gone, fault.Conflict},
		fault.CodeOf(err))
}

// afterScheduled ends a job that did not post, with the reason if there is one. If its author moved
// the post meanwhile, which may have moved this very job, it comes back at the new time.
func (s *Service) afterScheduled(ctx context.Context, job storage.Job, kept Scheduled, reason string) error {
	return s.Store.Tx(ctx, func(tx *storage.Tx) error {
		if reason != "" {
			if err := tx.FailScheduled(ctx, kept.ScheduledStatus, reason); err != nil {
				return err
			}
		}
		if err := tx.FinishJob(ctx, job.ID); err != nil {
			return err
		}
		now, err := tx.ScheduledByID(ctx, kept.ID)
		if fault.Is(err, fault.NotFound) || err == nil && now.Error != "" {
			return nil
		}
		if err != nil {
			return err
		}
		return tx.Schedule(ctx, scheduledJob(now))
	})
}

// errTaken says that somebody else posted, moved or deleted a post while it was prepared.
var errTaken = errors.New("posted, moved or deleted meanwhile")

func (s *Service) postScheduled(ctx context.Context, job storage.Job, kept Scheduled) error {
	author, err := s.Store.AccountByID(ctx, kept.AccountID)
	if err != nil {
		return err
	}
	if author.Hidden {
		return fault.New(fault.Forbidden, "this account is suspended")
	}
	kept.Post.scheduled = kept.ID
	d, err := s.draft(ctx, author, kept.Post)
	if err != nil {
		return err
	}
	_, err = s.publish(ctx, d, func(tx *storage.Tx) (int64, error) {
		err := tx.TakeScheduled(ctx, kept.ScheduledStatus)
		if fault.Is(err, fault.NotFound) {
			return 0, errTaken
		}
		if err != nil {
			return 0, err
		}
		return d.ID, tx.FinishJob(ctx, job.ID)
	})
	return err
}
