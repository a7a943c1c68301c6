package federation

import (
	"slices"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/vocab"
)

// The origin table (FEP-fe34): what must hold between the actor that signed an activity and what
// the activity is about, before anything else looks at it. These checks need only the activity;
// those that need the database (who owns a stored object, which Follow was sent) are made by the
// handlers inside their transactions.
//
// A type without an entry is kept and counted and has no effect.
var origins = map[string][]originCheck{
	"Create":       {objectIsOwn, objectIsForeign},
	"Update":       {objectIsOwn, objectIsForeign},
	"Delete":       {objectSharesOrigin},
	"Follow":       {objectIsNamed},
	"Offer":        {friendshipIsOwn},
	"Accept":       {innerIsForActor},
	"Reject":       {innerIsForActor},
	"Undo":         {innerIsByActor},
	"Like":         {objectIsNamed},
	"Announce":     {objectIsNamed},
	"QuoteRequest": {objectIsNamed, instrumentIsOwn},
	"Block":        {objectIsNamed},
	"Flag":         {somethingIsHere},
	"Add":          {targetIsOwn},
	"Remove":       {targetIsOwn},
}

// originCheck looks at one activity; paths are those of this node.
type originCheck func(a *vocab.Activity, paths ids.Paths) error

// checkOrigin applies what holds for every activity, and then its row of the table.
func checkOrigin(a *vocab.Activity, paths ids.Paths) error {
	if a.Actor == "" || a.ID == "" {
		return fault.New(fault.Invalid, "an activity needs an id and an actor")
	}
	if !ids.SameOrigin(a.ID, a.Actor) {
		return fault.New(fault.Forbidden, "the activity's id and its actor are of different origins")
	}
	if paths.Local(a.Actor) {
		return fault.New(fault.Forbidden, "the activity claims to come from this node")
	}
	for _, check := range origins[a.Type] {
		if err := check(a, paths); err != nil {
			return err
		}
	}
	return nil
}

// objectIsNamed demands an object with an id; what it is gets looked up, and an embedded copy of
// somebody else's object is never read (A108).
func objectIsNamed(a *vocab.Activity, _ ids.Paths) error {
	if a.ObjectID == "" {
		return fault.New(fault.Invalid, "%s needs an object with an id", a.Type)
	}
	return nil
}

// somethingIsHere demands that a complaint is about somebody or something of this node.
func somethingIsHere(a *vocab.Activity, paths ids.Paths) error {
	if !slices.ContainsFunc(a.ObjectIDs, paths.Local) {
		return fault.New(fault.Invalid, "%s names nothing of this node", a.Type)
	}
	return nil
}

// objectIsOwn demands that the object is the actor itself, or that it belongs to the actor and
// lives at the actor's origin (A001, A004, A112).
func objectIsOwn(a *vocab.Activity, paths ids.Paths) error {
	if err := objectSharesOrigin(a, paths); err != nil {
		return err
	}
	if a.Object == nil || a.ObjectID == a.Actor && a.Object.Note == nil {
		return nil // an IRI is fetched from its origin later; a post under the actor's id is still a post
	}
	if a.Object.Actor != nil {
		return fault.New(fault.Forbidden, "the object is an actor other than the one who signed")
	}
	if a.Object.Known && a.Object.AttributedTo != a.Actor {
		return fault.New(fault.Forbidden, "the object is not attributed to the actor")
	}
	return nil
}

// objectSharesOrigin is the least that power over an object needs (A013).
func objectSharesOrigin(a *vocab.Activity, paths ids.Paths) error {
	if err := objectIsNamed(a, paths); err != nil {
		return err
	}
	if !ids.SameOrigin(a.ObjectID, a.Actor) {
		return fault.New(fault.Forbidden, "the object is of another origin than the actor")
	}
	return nil
}

// objectIsForeign refuses objects with ids of this node: they are not made elsewhere.
func objectIsForeign(a *vocab.Activity, paths ids.Paths) error {
	if paths.Local(a.ObjectID) {
		return fault.New(fault.Forbidden, "the object has an id of this node")
	}
	return nil
}

// targetIsOwn demands that what something is added to, or taken from, lives at the actor's origin.
// Whose collection it is, the handler knows.
func targetIsOwn(a *vocab.Activity, _ ids.Paths) error {
	if !ids.SameOrigin(a.TargetID, a.Actor) {
		return fault.New(fault.Forbidden, "the target is of another origin than the actor")
	}
	return nil
}

// innerIsByActor demands that what is undone was done by the same actor (A105). By id alone it can
// only be something of the actor's origin, and the handler compares the actor with the stored one.
func innerIsByActor(a *vocab.Activity, paths ids.Paths) error {
	if a.Inner == nil && a.Object != nil && a.Object.Relationship != nil {
		return friendshipIsOwn(&vocab.Activity{Actor: a.Actor, Object: a.Object}, paths)
	}
	if a.Inner == nil {
		return objectSharesOrigin(a, paths)
	}
	if a.Inner.Actor != "" && a.Inner.Actor != a.Actor {
		return fault.New(fault.Forbidden, "only who did something can undo it")
	}
	return nil
}

// innerIsForActor demands that what is accepted or rejected was asked of the actor (A106).
func innerIsForActor(a *vocab.Activity, paths ids.Paths) error {
	if a.Inner == nil {
		return objectIsNamed(a, paths)
	}
	asked := a.Inner.ObjectID
	if a.Inner.Type == "QuoteRequest" { // of the author of that post, whom the handler knows
		if !ids.SameOrigin(asked, a.Actor) {
			return fault.New(fault.Forbidden, "the quoted post is of another origin than the actor")
		}
		return nil
	}
	if a.Inner.Type == "Offer" {
		asked = a.Inner.TargetID
		if friendship := a.Friendship(); friendship != nil && asked == "" {
			asked = friendship.Object
		}
	}
	if asked != "" && asked != a.Actor {
		return fault.New(fault.Forbidden, "only who was asked can answer")
	}
	return nil
}

// instrumentIsOwn demands that somebody asks for a post of their own to quote (A102). One that came
// whole is believed as in a Create.
func instrumentIsOwn(a *vocab.Activity, paths ids.Paths) error {
	if a.Instrument == "" || !ids.SameOrigin(a.Instrument, a.Actor) || paths.Local(a.Instrument) {
		return fault.New(fault.Forbidden, "the instrument is of another origin than the actor")
	}
	if a.Quoting != nil && a.Quoting.Note != nil && a.Quoting.AttributedTo != a.Actor {
		return fault.New(fault.Forbidden, "the instrument is not attributed to the actor")
	}
	return nil
}

// friendshipIsOwn demands that a friendship is offered by one of the two to the other. An Offer of
// anything else has no effect here.
func friendshipIsOwn(a *vocab.Activity, _ ids.Paths) error {
	friendship := a.Friendship()
	if friendship == nil {
		return nil
	}
	if friendship.Subject != a.Actor {
		return fault.New(fault.Forbidden, "the friendship that is offered is somebody else's")
	}
	if a.TargetID != "" && a.TargetID != friendship.Object {
		return fault.New(fault.Invalid, "the friendship is offered to another than it is with")
	}
	return nil
}
