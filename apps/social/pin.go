package social

import (
	"context"
	"encoding/json"

	"tulou/federation"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// Collections is the part of the engine that reads collections of other servers.
type Collections interface {
	// ItemIDs returns the ids of the first items of a collection, at most most.
	ItemIDs(ctx context.Context, iri string, most int) ([]string, error)
}

// Pin shows a post of actor's own at the top of their profile and returns it; pinned again it stays
// where it is. NotFound for what actor may not see; Unprocessable, in the words that Mastodon uses,
// for posts of others, boosts, direct posts, and beyond storage.PinsMax.
func (s *Service) Pin(ctx context.Context, actor storage.Account, id int64) (storage.Status, error) {
	post, err := s.Status(ctx, actor.ID, id)
	if err != nil {
		return post, err
	}
	refusal := ""
	switch {
	case post.BoostOfID != 0:
		refusal = "Validation failed: A boost cannot be pinned"
	case post.AccountID != actor.ID:
		refusal = "Validation failed: Someone else's post cannot be pinned"
	case post.Visibility == storage.VisibilityDirect:
		refusal = "Validation failed: Posts that are only visible to mentioned users cannot be pinned"
	}
	if refusal != "" {
		return post, fault.New(fault.Unprocessable, "%s", refusal)
	}
	return s.act(ctx, actor, post.ID, featuring("Add", actor, post), func(tx *storage.Tx) (bool, error) {
		created, err := tx.PutPin(ctx, actor.ID, post.ID, storage.PinsMax)
		if fault.Is(err, fault.Unprocessable) {
			err = fault.Wrap(err, fault.Unprocessable, "Validation failed: You have already pinned the maximum number of posts")
		}
		return created, err
	})
}

// Unpin takes a post from the top of actor's profile and returns it; not pinned is no error. It is
// NotFound for what actor may not see.
func (s *Service) Unpin(ctx context.Context, actor storage.Account, id int64) (storage.Status, error) {
	post, err := s.Status(ctx, actor.ID, id)
	if err != nil || post.AccountID != actor.ID {
		return post, err
	}
	return s.act(ctx, actor, post.ID, featuring("Remove", actor, post), func(tx *storage.Tx) (bool, error) {
		return tx.DeletePin(ctx, actor.ID, post.ID)
	})
}

// featuring is how other servers are told that a post is pinned, or not any more: as many of them
// as the post itself.
func featuring(how string, actor storage.Account, post storage.Status) vocab.Activity {
	a := vocab.Activity{Type: how, Actor: actor.URI, ObjectID: post.URI, TargetID: actor.URI + ids.Featured}
	a.To, a.Cc = addressed(post.Visibility, actor.Followers, nil)
	return a
}

// Pinned returns a page of what an account has pinned, as far as viewer may see it. Of somebody of
// another server it is what is known; once in a while, when somebody of this node looks, their
// server is asked, and the next one who looks sees what it said.
func (s *Service) Pinned(ctx context.Context, viewer int64, account storage.Account, p storage.Page) ([]storage.Stamp, error) {
	if viewer != 0 && !account.Local() {
		if err := s.askForPins(ctx, account); err != nil {
			return nil, err
		}
	}
	return s.Store.Pinned(ctx, viewer, account.ID, p)
}

type pinsJob struct {
	Account int64 `json:"account"`
}

func (s *Service) askForPins(ctx context.Context, account storage.Account) error {
	asked, err := s.Store.PinsAsked(ctx, account.ID)
	if err != nil || asked {
		return err
	}
	return s.Store.Tx(ctx, func(tx *storage.Tx) error {
		ask, err := tx.AskForPins(ctx, account.ID)
		if err != nil || !ask {
			return err
		}
		return tx.Enqueue(ctx, storage.Job{Queue: QueueWork, Lane: jobPins + " " + account.Host, Kind: jobPins,
			Payload: storage.MarshalPayload(pinsJob{account.ID})})
	})
}

// runPins reads what somebody of another server has pinned. What cannot be had is left out; it is
// asked for again after storage.PinsReadEvery, if somebody looks.
func (s *Service) runPins(ctx context.Context, job storage.Job) error {
	var p pinsJob
	if err := json.Unmarshal(job.Payload, &p); err != nil {
		return err
	}
	account, err := s.Store.AccountByID(ctx, p.Account)
	if err != nil || account.Hidden || account.Featured == "" {
		return absentIsNothing(err)
	}
	ctx, cancel := context.WithTimeout(ctx, climbWithin)
	defer cancel()
	items, err := s.Collections.ItemIDs(ctx, account.Featured, storage.PinsReadMax)
	if err != nil {
		s.Log.Debug("pinned posts cannot be read", "err", err)
		return nil
	}
	var posts []int64
	for _, uri := range items {
		post, err := s.ofOrigin(ctx, uri)
		if err != nil {
			s.Log.Debug("a pinned post cannot be read", "err", err)
			continue
		}
		posts = append(posts, post)
	}
	return s.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.ReplacePins(ctx, account.ID, posts) })
}

// ofOrigin returns a post that is known, or fetched now if everybody may see it.
func (s *Service) ofOrigin(ctx context.Context, uri string) (int64, error) {
	id, err := s.Store.StatusIDByURI(ctx, uri)
	if !fault.Is(err, fault.NotFound) {
		return id, err
	}
	object, err := s.Finder.Object(ctx, uri)
	if err != nil {
		return 0, err
	}
	kept, err := s.keepFetched(ctx, object)
	return kept.ID, err
}

// pinned is the post that somebody pins.
func pinned(in federation.In) []federation.Ref {
	return []federation.Ref{{IRI: in.Activity.ObjectID, Kind: federation.RefStatus}}
}

// pinConcerns tells whether somebody of this node follows whoever pins; for others it is found out
// when somebody looks.
func (s *Service) pinConcerns(ctx context.Context, r storage.Reader, in federation.In) (bool, error) {
	return r.FollowedHere(ctx, in.Actor.ID)
}

// applyAdd pins a post of the actor's own. Other collections than the pinned posts have no effect.
func (s *Service) applyAdd(ctx context.Context, tx *storage.Tx, in federation.In, got federation.Fetched) error {
	if in.Actor.Featured == "" || in.Activity.TargetID != in.Actor.Featured {
		return nil
	}
	post, err := tx.StatusByURI(ctx, in.Activity.ObjectID)
	if fault.Is(err, fault.NotFound) {
		post, err = s.keep(ctx, tx, got.Objects[in.Activity.ObjectID], in.Actor)
	}
	if err != nil || post.AccountID != in.Actor.ID || post.BoostOfID != 0 {
		return absentIsNothing(err)
	}
	_, err = tx.PutPin(ctx, in.Actor.ID, post.ID, storage.PinsReadMax)
	if fault.Is(err, fault.Unprocessable) {
		return nil // there are enough
	}
	return err
}

// applyRemove takes a post from the top of the actor's profile.
func (s *Service) applyRemove(ctx context.Context, tx *storage.Tx, in federation.In, _ federation.Fetched) error {
	if in.Actor.Featured == "" || in.Activity.TargetID != in.Actor.Featured {
		return nil
	}
	id, err := tx.StatusIDByURI(ctx, in.Activity.ObjectID)
	if err != nil {
		return absentIsNothing(err)
	}
	_, err = tx.DeletePin(ctx, in.Actor.ID, id)
	return err
}
