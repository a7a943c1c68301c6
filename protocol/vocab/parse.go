package vocab

import (
	"fmt"

	gofed "github.com/go-fed/activity/streams/vocab"
	"github.com/go-json-experiment/json"

	"tulou/protocol/fault"
)

// Decode parses an activity and returns it both as a plain struct and as go-fed's typed value, for
// federation, which dispatches by type. Everybody else calls ParseActivity. The struct keeps raw.
//
// A missing @context, prefixed and full-IRI names, and one value instead of a list or the reverse
// are accepted. Every error is fault.Invalid.
func Decode(raw []byte) (a *Activity, t gofed.Type, err error) {
	defer recovered(&err)
	n, err := read(raw)
	if err != nil {
		return nil, nil, err
	}
	if !isActivityNode(n) {
		return nil, nil, fault.New(fault.Invalid, "the document is not an activity")
	}
	a, err = activityOf(n, raw, 0)
	if err != nil {
		return nil, nil, err
	}
	if a.Actor == "" {
		return nil, nil, fault.New(fault.Invalid, "the activity names no actor")
	}
	return a, n.Type, nil
}

// ParseActivity reads an activity as Decode does. A type that this node does not know is no error:
// Known is false.
func ParseActivity(raw []byte) (*Activity, error) {
	a, _, err := Decode(raw)
	return a, err
}

// ParseObject reads whatever a fetched document is: post, actor, activity, collection, tombstone,
// or something unknown, which is no error. Every error is fault.Invalid.
func ParseObject(raw []byte) (o *Object, err error) {
	defer recovered(&err)
	n, err := read(raw)
	if err != nil {
		return nil, err
	}
	return objectOf(n, raw, 0)
}

// ParseActor reads an actor's document; anything else is fault.Invalid.
func ParseActor(raw []byte) (*Actor, error) {
	o, err := ParseObject(raw)
	if err != nil {
		return nil, err
	}
	if o.Actor == nil {
		return nil, fault.New(fault.Invalid, "the document is not an actor")
	}
	return o.Actor, nil
}

// recovered turns a panic into a fault. None is known; go-fed's half a million generated lines are
// not ours to vouch for, and what arrives here is written by strangers.
func recovered(err *error) {
	if r := recover(); r != nil {
		*err = fault.Wrap(fmt.Errorf("panic: %v", r), fault.Invalid, "the document cannot be read")
	}
}

// read goes from bytes to a typed, normalised node.
func read(raw []byte) (node, error) {
	var m map[string]any
	if err := json.Unmarshal(raw, &m); err != nil {
		return node{}, fault.Wrap(err, fault.Invalid, "the document is not a JSON object")
	}
	if m == nil {
		return node{}, fault.New(fault.Invalid, "the document is not a JSON object")
	}
	d := &document{language: contextLanguage(m["@context"])}
	if err := d.object(m, "", 0); err != nil {
		return node{}, err
	}
	if id := m["id"]; id != nil && web(id.(string)) == "" {
		return node{}, fault.New(fault.Invalid, "the document's id is not a web address")
	}
	t, err := typed(m)
	if err != nil {
		return node{}, fault.Wrap(err, fault.Invalid, "the document cannot be read")
	}
	n, _ := nodeOf(t)
	return n, nil
}

// contextLanguage finds @language in a context that is an object or a list with objects.
func contextLanguage(context any) string {
	for _, c := range asList(context) {
		if m, ok := c.(map[string]any); ok {
			if tag, ok := m["@language"].(string); ok {
				return language(tag)
			}
		}
	}
	return ""
}

func isActivityNode(n node) bool {
	name := n.GetTypeName()
	return activityTypes[name] || !known(name) && isActivity(name, n.m)
}

// objectOf reads any object. depth counts the activities around it.
func objectOf(n node, raw []byte, depth int) (*Object, error) {
	name := n.GetTypeName()
	o := &Object{ID: n.id(), Type: name, Known: known(name), Raw: raw}
	var err error
	switch {
	case noteTypes[name]:
		if o.Note, err = noteOf(n); err == nil {
			o.AttributedTo = o.Note.AttributedTo
		}
	case actorTypes[name]:
		o.Actor = actorOf(n)
	case collectionTypes[name]:
		if o.Collection, err = collectionOf(n, raw, depth); err == nil {
			o.AttributedTo = o.Collection.AttributedTo
		}
	case momentTypes[name]:
		o.Moment = momentOf(n, raw)
		o.AttributedTo = o.Moment.AttributedTo
	case name == "Relationship":
		o.Relationship, err = relationshipOf(n)
	case name == "QuoteAuthorization":
		o.AttributedTo = attributedTo(n)
		o.Consent = &QuoteConsent{ID: o.ID, AttributedTo: o.AttributedTo,
			Quoting: n.web1("interactingObject"), Quoted: n.web1("interactionTarget")}
	case name == "Tombstone":
		o.Tombstone = &Tombstone{ID: o.ID, FormerType: shortName(n.str("formerType")), Deleted: n.time("deleted")}
	case isActivityNode(n):
		if depth < innerMax {
			o.Activity, err = activityOf(n, raw, depth+1)
		}
	default:
		o.AttributedTo = attributedTo(n)
	}
	if err != nil {
		return nil, err
	}
	return o, nil
}

func activityOf(n node, raw []byte, depth int) (*Activity, error) {
	actor, err := n.one("actor")
	if err != nil {
		return nil, err
	}
	name := n.GetTypeName()
	a := &Activity{
		ID: n.id(), Type: name, Known: known(name), Actor: actor.id,
		TargetID: n.ref("target").id, OriginID: n.ref("origin").id,
		Instrument: n.ref("instrument").id, ResultID: n.ref("result").id,
		To: n.ids("to"), Cc: n.ids("cc"), Audience: n.ids("audience"),
		Content: clip(n.text("content"), SummaryBytes), Tags: tagsOf(n),
		Published: n.time("published"), Updated: n.time("updated"), Raw: raw,
	}
	if name == "Flag" {
		a.ObjectIDs = n.ids("object")
		if len(a.ObjectIDs) > 0 {
			a.ObjectID = a.ObjectIDs[0]
		}
		return a, nil
	}
	if instrument := n.ref("instrument").node; name == "QuoteRequest" && instrument.Type != nil {
		if a.Quoting, err = objectOf(instrument, embedded(raw, "instrument"), depth); err != nil {
			return nil, err
		}
	}
	object, err := n.one("object")
	if err != nil {
		return nil, err
	}
	a.ObjectID = object.id
	if a.ObjectID != "" {
		a.ObjectIDs = []string{a.ObjectID}
	}
	if object.node.Type != nil {
		a.Object, err = objectOf(object.node, embedded(raw, "object"), depth)
		if err != nil {
			return nil, err
		}
		a.ObjectType, a.Inner = a.Object.Type, a.Object.Activity
	}
	return a, nil
}
