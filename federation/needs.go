package federation

import (
	"context"
	"fmt"

	"tulou/federation/fetch"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/vocab"
)

// What an activity refers to: it is looked for in the database, and what is missing there is
// fetched if the activity concerns somebody of this node.

// earlier is what the activities of a lane up to one will have done that the database does not show
// yet.
type earlier struct {
	posts    map[string]bool // that they will have made
	accepted bool            // a follow, perhaps: what comes after concerns somebody then
}

func (b *earlier) note(a *vocab.Activity) {
	switch a.Type {
	case "Create":
		b.posts[a.ObjectID] = true
	case "Accept":
		b.accepted = true
	}
}

// lookUp finds what an item refers to in the database and notes what is missing there.
func (e *Engine) lookUp(ctx context.Context, it *item, coming map[string]bool) (err error) {
	a := it.in.Activity
	refs := append(it.handler.Need(it.in), Ref{a.Actor, RefAccount})
	var people []string
	for _, ref := range refs {
		if ref.Kind != RefStatus {
			people = append(people, ref.IRI)
		}
	}
	if it.got.Accounts, err = e.store.AccountsByURIs(ctx, people); err != nil {
		return err
	}
	for _, ref := range refs {
		missing := false
		switch ref.Kind {
		case RefAccount:
			_, known := it.got.Accounts[ref.IRI]
			missing = !known
		case RefStatus:
			if !coming[ref.IRI] {
				if missing, err = e.unknownStatus(ctx, ref.IRI); err != nil {
					return err
				}
			}
		}
		if missing && ref.IRI != "" && !e.config.Paths.Local(ref.IRI) {
			it.needs = append(it.needs, ref)
		}
	}
	if a.Object == nil && (a.Type == "Create" || a.Type == "Update") {
		it.needs = append(it.needs, Ref{a.ObjectID, RefStatus})
	}
	it.in.Actor = it.got.Accounts[a.Actor]
	return nil
}

func (e *Engine) unknownStatus(ctx context.Context, iri string) (bool, error) {
	_, err := e.store.StatusIDByURI(ctx, iri)
	if fault.Is(err, fault.NotFound) {
		return true, nil
	}
	return false, err
}

// dropIdleNeeds forgets what would have to be fetched for an activity that concerns nobody here, or
// any stranger could have us ask whom they like for whatever they name.
func (e *Engine) dropIdleNeeds(ctx context.Context, it *item) error {
	judge, picky := it.handler.(Relevance)
	if !picky || len(it.needs) == 0 {
		return nil
	}
	concerns, err := judge.Concerns(ctx, e.store.Reader, it.in)
	if err == nil && !concerns {
		it.needs = nil
		e.embed(it)
	}
	return err
}

// fetchNeeds gets what an activity refers to. What cannot be had is left out, for the handler to do
// without; only the actor and what it is all about are worth another try, when their host answers.
func (e *Engine) fetchNeeds(ctx context.Context, it *item) error {
	ctx, cancel := context.WithTimeout(ctx, needsWithin)
	defer cancel()
	if err := e.dropIdleNeeds(ctx, it); err != nil { // now that all before it is applied
		return err
	}
	for _, ref := range it.needs {
		if ref.Kind == RefAccount {
			account, err := e.Account(ctx, ref.IRI)
			if err == nil {
				it.got.Accounts[ref.IRI] = account
			} else if ref.IRI == it.in.Activity.Actor && fetch.Temporary(err) {
				return fmt.Errorf("actor of an activity: %w", err)
			}
			continue
		}
		unknown, err := e.unknownStatus(ctx, ref.IRI) // it may have come meanwhile
		if err != nil || !unknown && ref.IRI != it.in.Activity.ObjectID {
			continue
		}
		object, err := e.Object(ctx, ref.IRI)
		if ref.IRI == it.in.Activity.ObjectID && fetch.Temporary(err) {
			return fmt.Errorf("object of an activity: %w", err)
		}
		if err != nil {
			e.log.Debug("object not fetched", "err", err)
			continue
		}
		it.got.Objects[ref.IRI] = object
		if owner, err := e.store.AccountByURI(ctx, object.AttributedTo); err == nil {
			it.got.Accounts[owner.URI] = owner
		}
	}
	it.in.Actor = it.got.Accounts[it.in.Activity.Actor]
	e.embed(it)
	return nil
}

// embed puts the fetched object of a Create or Update that only named it where the handler expects
// it, if it belongs to the actor, and finds the handler for what it turned out to be.
func (e *Engine) embed(it *item) {
	a := it.in.Activity
	if a.Object != nil || a.Type != "Create" && a.Type != "Update" {
		return
	}
	object := it.got.Objects[a.ObjectID]
	if object == nil || object.AttributedTo != a.Actor || !ids.SameOrigin(object.ID, a.Actor) {
		it.handler = nil
		return
	}
	whole := *a
	whole.Object, whole.ObjectType = object, object.Type
	it.in.Activity = &whole
	it.handler = e.table[Key{a.Type, object.Type}]
}
