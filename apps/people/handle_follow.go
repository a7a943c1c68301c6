package people

import (
	"context"

	"tulou/federation"
	"tulou/protocol/fault"
	"tulou/storage"
)

// The handlers about follows. Answers are prepared inside the transaction, which Prepare permits
// for people who are known: so the answer is written with the follow it answers, and is on its way
// before any post that the follower gets because of it.

// followed handles Follow: somebody elsewhere wants to follow one of us.
type followed struct{ *Service }

// Need names who is to be followed.
func (h followed) Need(in federation.In) []federation.Ref { return known(in.Activity.ObjectID) }

// Apply accepts at once, or leaves it to the person if they are locked. A Follow by somebody who
// follows already is accepted again, since their server seems to have lost the first answer; by
// somebody who is blocked it is rejected.
func (h followed) Apply(ctx context.Context, tx *storage.Tx, in federation.In, got federation.Fetched) error {
	target, ok, err := h.ours(ctx, tx, got, in.Activity.ObjectID)
	if err != nil || !ok || in.Again {
		return err
	}
	if err := tx.HoldPeople(ctx, in.Actor.ID, target.ID); err != nil {
		return unlessAbsent(err)
	}
	unwanted, err := h.unwanted(ctx, tx, target, in.Actor)
	if err != nil {
		return err
	}
	if unwanted {
		return h.answer(ctx, tx, "Reject", in, target)
	}
	before, err := tx.FollowOf(ctx, in.Actor.ID, target.ID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	follow := storage.Follow{AccountID: in.Actor.ID, TargetID: target.ID, URI: in.Activity.ID, Boosts: true}
	after, err := h.putFollow(ctx, tx, follow, before, target)
	if err != nil || !after.Accepted {
		return err
	}
	return h.answer(ctx, tx, "Accept", in, target)
}

// unwanted tells whether either of the two blocks the other, or target the other's whole host.
func (h followed) unwanted(ctx context.Context, tx *storage.Tx, target, follower storage.Account) (bool, error) {
	found, err := tx.Relationships(ctx, target.ID, []int64{follower.ID})
	r := found[follower.ID]
	return r.Blocking || r.BlockedBy || r.DomainBlocking, err
}

func (h followed) answer(ctx context.Context, tx *storage.Tx, kind string, in federation.In, target storage.Account) error {
	out, err := h.tell(ctx, target, in.Actor, answerActivity(kind, in.Activity.ID, in.Actor, target))
	if err != nil {
		return err
	}
	return send(ctx, tx, out)
}

// answered handles Accept and Reject of a Follow that one of us sent.
type answered struct {
	*Service
	accept bool
}

// Need names who asked, for servers that return the Follow without our id.
func (h answered) Need(in federation.In) []federation.Ref {
	if in.Activity.Inner == nil {
		return nil
	}
	return known(in.Activity.Inner.Actor)
}

// Apply has an effect only if one of us asked to follow exactly who answers (A106). A Reject ends a
// follow that was accepted before, too.
func (h answered) Apply(ctx context.Context, tx *storage.Tx, in federation.In, got federation.Fetched) error {
	f, ok, err := h.asked(ctx, tx, in, got)
	if err != nil || !ok || in.Again {
		return err
	}
	if h.accept {
		_, err = tx.AcceptFollow(ctx, f.AccountID, f.TargetID)
	} else {
		_, err = tx.DeleteFollow(ctx, f.AccountID, f.TargetID)
	}
	return err
}

func (h answered) asked(ctx context.Context, tx *storage.Tx, in federation.In, got federation.Fetched) (f storage.Follow, ok bool, err error) {
	if h.Paths.Local(in.Activity.ObjectID) {
		f, err = tx.FollowByURI(ctx, in.Activity.ObjectID)
		if err == nil && f.TargetID == in.Actor.ID {
			return f, true, nil
		}
	}
	if err != nil && !fault.Is(err, fault.NotFound) || in.Activity.Inner == nil {
		return f, false, unlessAbsent(err)
	}
	follower, ok := got.Accounts[in.Activity.Inner.Actor]
	if !ok || !follower.Local() {
		return f, false, nil
	}
	f, err = tx.FollowOf(ctx, follower.ID, in.Actor.ID)
	return f, err == nil, unlessAbsent(err)
}

// unfollowed handles Undo of a Follow, and of a Follow that is still a request.
type unfollowed struct{ *Service }

// Need names who was followed, for servers that undo without the id of the Follow.
func (h unfollowed) Need(in federation.In) []federation.Ref {
	if in.Activity.Inner == nil {
		return nil
	}
	return known(in.Activity.Inner.ObjectID)
}

// Apply ends the actor's own follow, found by the id of the Follow or by the pair, and nobody
// else's (A105).
func (h unfollowed) Apply(ctx context.Context, tx *storage.Tx, in federation.In, got federation.Fetched) error {
	if in.Again {
		return nil
	}
	f, err := tx.FollowByURI(ctx, in.Activity.ObjectID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if err != nil || f.AccountID != in.Actor.ID {
		if in.Activity.Inner == nil {
			return nil
		}
		target, ok, err := h.ours(ctx, tx, got, in.Activity.Inner.ObjectID)
		if err != nil || !ok {
			return err
		}
		f = storage.Follow{AccountID: in.Actor.ID, TargetID: target.ID}
	}
	if _, err := tx.DeleteFollow(ctx, f.AccountID, f.TargetID); err != nil {
		return unlessAbsent(err)
	}
	return forgetFollow(ctx, tx, f)
}

// known is a Need for an actor that is looked up and never fetched.
func known(iri string) []federation.Ref {
	return []federation.Ref{{IRI: iri, Kind: federation.RefKnownAccount}}
}

// ours returns a person of this node as the transaction sees them; ok is false for anybody else and
// for whoever is not there any more.
func (s *Service) ours(ctx context.Context, tx *storage.Tx, got federation.Fetched, iri string) (storage.Account, bool, error) {
	found, ok := got.Accounts[iri]
	if !ok || !found.Local() || found.URI == s.Paths.InstanceActor() {
		return storage.Account{}, false, nil
	}
	a, err := tx.AccountByID(ctx, found.ID)
	return a, err == nil && !a.Hidden, unlessAbsent(err)
}

// unlessAbsent drops NotFound: what is not there needs nothing done.
func unlessAbsent(err error) error {
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}
