package people

import (
	"context"
	"strings"

	"tulou/federation"
	"tulou/protocol/fault"
	"tulou/storage"
)

// blocked handles Block: somebody elsewhere wants nothing to do with one of us.
type blocked struct{ *Service }

// Need names who is blocked.
func (h blocked) Need(in federation.In) []federation.Ref { return known(in.Activity.ObjectID) }

// Apply ends the follows between the two. The one who is blocked is never told (A111).
func (h blocked) Apply(ctx context.Context, tx *storage.Tx, in federation.In, got federation.Fetched) error {
	target, ok, err := h.ours(ctx, tx, got, in.Activity.ObjectID)
	if err != nil || !ok || in.Again {
		return err
	}
	_, err = tx.PutBlock(ctx, in.Actor.ID, target.ID, in.Activity.ID)
	return err
}

// unblocked handles Undo of a Block.
type unblocked struct{ *Service }

// Need names who was blocked.
func (h unblocked) Need(in federation.In) []federation.Ref {
	if in.Activity.Inner == nil {
		return nil
	}
	return known(in.Activity.Inner.ObjectID)
}

// Apply takes the actor's own block back, which is found by the pair, or by its id if that is all
// the Undo says.
func (h unblocked) Apply(ctx context.Context, tx *storage.Tx, in federation.In, got federation.Fetched) error {
	if in.Activity.Inner == nil {
		b, err := tx.BlockByURI(ctx, in.Activity.ObjectID)
		if err != nil || b.AccountID != in.Actor.ID || in.Again {
			return unlessAbsent(err)
		}
		_, err = tx.DeleteBlock(ctx, b.AccountID, b.TargetID)
		return unlessAbsent(err)
	}
	target, ok, err := h.ours(ctx, tx, got, in.Activity.Inner.ObjectID)
	if err != nil || !ok || in.Again {
		return err
	}
	_, err = tx.DeleteBlock(ctx, in.Actor.ID, target.ID)
	return unlessAbsent(err)
}

// updated handles Update of an actor by itself.
type updated struct{ *Service }

// Need names nothing: who acts is known.
func (h updated) Need(federation.In) []federation.Ref { return nil }

// Apply stores how the actor looks now. It stays the actor it was (A112): the id is its own, the
// document is that of an actor, and the name does not change, since nobody asked the host of its
// handle (A117). What the engine would not take from the actor's origin is not taken from here.
func (h updated) Apply(ctx context.Context, tx *storage.Tx, in federation.In, _ federation.Fetched) error {
	object := in.Activity.Object
	if object == nil || object.Actor == nil || object.Actor.ID != in.Actor.URI || in.Again {
		return nil
	}
	doc := *object.Actor
	if !strings.EqualFold(doc.PreferredUsername, in.Actor.Name) {
		doc.PreferredUsername = in.Actor.Name
	}
	err := tx.Savepoint(func() error {
		_, err := federation.PutActor(ctx, tx, doc, in.Actor.Host)
		return err
	})
	switch fault.CodeOf(err) {
	case fault.Invalid, fault.Unprocessable, fault.Forbidden, fault.Conflict, fault.Gone:
		return nil
	}
	return err
}

// deleted handles Delete of an actor by itself.
type deleted struct{ *Service }

// Need names nothing: who acts is known, or there is nothing to delete.
func (h deleted) Need(federation.In) []federation.Ref { return nil }

// Apply erases the actor; its posts go in the background.
func (h deleted) Apply(ctx context.Context, tx *storage.Tx, in federation.In, _ federation.Fetched) error {
	if in.Activity.ObjectID != in.Actor.URI || in.Actor.Local() {
		return nil
	}
	now, err := tx.AccountByID(ctx, in.Actor.ID)
	if err != nil || now.DeletedAt != 0 {
		return unlessAbsent(err)
	}
	return h.erase(ctx, tx, now)
}
