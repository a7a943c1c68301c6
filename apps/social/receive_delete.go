package social

import (
	"context"
	"encoding/json"

	"tulou/federation"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// applyDelete deletes a post of the actor's. One that never came leaves a tombstone, so that it
// does not come later. One of somebody else of the same server is asked for at its origin first
// (A014).
func (s *Service) applyDelete(ctx context.Context, tx *storage.Tx, in federation.In, _ federation.Fetched) error {
	uri := in.Activity.ObjectID
	if !ids.SameOrigin(uri, in.Actor.URI) || s.Paths.Local(uri) {
		return nil
	}
	known, err := tx.StatusByURI(ctx, uri)
	switch {
	case fault.Is(err, fault.NotFound):
		if err := s.consentDeleted(ctx, tx, in); err != nil {
			return err
		}
		return tx.PutTombstone(ctx, uri, in.Actor.URI)
	case err != nil:
		return err
	case known.AccountID == in.Actor.ID && known.BoostOfID != 0:
		return s.retract(ctx, tx, known, in.Actor.URI)
	case known.AccountID == in.Actor.ID:
		_, err = s.erase(ctx, tx, known, in.Actor.URI)
		return err
	}
	return tx.Enqueue(ctx, storage.Job{Queue: QueueWork, Lane: jobVerify + " " + uri, Kind: jobVerify,
		Payload: storage.MarshalPayload(verifyJob{known.ID})})
}

type verifyJob struct {
	Status int64 `json:"status"`
}

// runVerify deletes a post if its origin says that it is gone: moderators delete what others wrote.
func (s *Service) runVerify(ctx context.Context, job storage.Job) error {
	var v verifyJob
	if err := json.Unmarshal(job.Payload, &v); err != nil {
		return err
	}
	known, err := s.Store.StatusByID(ctx, v.Status)
	if err != nil {
		return absentIsNothing(err)
	}
	object, err := s.Finder.Object(ctx, known.URI)
	gone := fault.Is(err, fault.NotFound) || fault.Is(err, fault.Gone) || err == nil && object.Tombstone != nil
	if fault.Is(err, fault.Unavailable) {
		return err // asked again later
	}
	if !gone {
		return nil
	}
	author, err := s.Store.AccountByID(ctx, known.AccountID)
	if err != nil {
		return err
	}
	return s.Store.Tx(ctx, func(tx *storage.Tx) error {
		_, err := s.erase(ctx, tx, known, author.URI)
		return absentIsNothing(err)
	})
}
