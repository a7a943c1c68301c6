package social

import (
	"context"
	"encoding/json"
	"time"

	"tulou/federation"
	"tulou/protocol/fault"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// Limits of looking for what a post answers (A064): how many posts are asked for, and how many
// known ones are passed on the way up. Chains of others may be endless, or circles.
const (
	climbsMax   = 50
	stepsMax    = 500
	climbWithin = 45 * time.Second // less than storage.LeaseFor, so that the job is not done twice
)

// takeParent stores what a post answers, if the engine fetched it, and looks for what is above.
func (s *Service) takeParent(ctx context.Context, tx *storage.Tx, note *vocab.Note, got federation.Fetched) error {
	object := got.Objects[note.InReplyTo]
	if object == nil || note.InReplyTo == note.ID {
		return nil
	}
	kept, err := s.keep(ctx, tx, object, got.Accounts[object.AttributedTo])
	if err != nil {
		return absentIsNothing(err)
	}
	return s.climb(ctx, tx, kept)
}

type climbJob struct {
	Status int64 `json:"status"`
}

// climb has the posts above a fetched one looked for.
func (s *Service) climb(ctx context.Context, tx *storage.Tx, from storage.Status) error {
	if from.ReplyToID != 0 || from.ReplyToURI == "" || s.Paths.Local(from.ReplyToURI) {
		return nil
	}
	return tx.Enqueue(ctx, storage.Job{Queue: QueueWork, Lane: jobAncestors + " " + from.URI, Kind: jobAncestors,
		Payload: storage.MarshalPayload(climbJob{from.ID})})
}

// runAncestors walks up from a post and stores what it finds. What cannot be had ends the walk: the
// thread is then shown in part, until somebody brings the rest.
func (s *Service) runAncestors(ctx context.Context, job storage.Job) error {
	var c climbJob
	if err := json.Unmarshal(job.Payload, &c); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, climbWithin)
	defer cancel()
	at, fetched, seen := c.Status, 0, map[int64]bool{}
	for range stepsMax {
		child, err := s.Store.StatusByID(ctx, at)
		if err != nil {
			return absentIsNothing(err)
		}
		if seen[at] {
			return nil
		}
		seen[at] = true
		if child.ReplyToID != 0 {
			at = child.ReplyToID
			continue
		}
		if child.ReplyToURI == "" || fetched == climbsMax || s.Paths.Local(child.ReplyToURI) {
			return nil
		}
		fetched++
		object, err := s.Finder.Object(ctx, child.ReplyToURI)
		if err == nil {
			var parent storage.Status
			parent, err = s.keepFetched(ctx, object)
			at = parent.ID
		}
		if err != nil {
			s.Log.Debug("a thread ends early", "err", err)
			return nil
		}
	}
	return nil
}

// keepFetched stores a fetched post and returns it. It is NotFound for what is not for everybody.
func (s *Service) keepFetched(ctx context.Context, object *vocab.Object) (kept storage.Status, err error) {
	return s.keepQuoted(ctx, object, 0)
}

// keepQuoted is keepFetched for a post that is quoted at a depth, 0 for one that is not.
func (s *Service) keepQuoted(ctx context.Context, object *vocab.Object, depth int) (kept storage.Status, err error) {
	if object.Note == nil {
		return kept, fault.New(fault.NotFound, "Record not found")
	}
	author, err := s.Finder.Account(ctx, object.AttributedTo)
	if err != nil {
		return kept, err
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) (err error) {
		kept, err = s.keepAt(ctx, tx, object, author, depth)
		return err
	})
	return kept, err
}
