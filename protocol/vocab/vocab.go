// Package vocab is the seam between ActivityPub documents and the rest of the node.
//
// Everything above it works with the plain structs of this package: Activity, Note, Actor,
// Collection. What arrives goes bytes → map → normalised map → go-fed's typed vocabulary → plain
// struct (ParseActivity and its sisters); what leaves goes plain struct → go-fed type (the Build
// functions) → bytes (Marshal). go-fed does the typing; this package repairs what it loses:
// languages, fractional seconds, one-element arrays, the context.
//
// It is pure: nothing is fetched, no context is ever resolved, there is no clock. Two nodes in one
// process share it safely. The one effect at start is that init installs a guard into go-fed's
// property packages, which makes parsing cheap and lets extension types in.
//
// The invariant to remember: no input makes these functions panic, and nothing is believed. Who
// may say what is decided by the caller; an id here is only what a document claims.
package vocab

import "time"

// Public is the address of everybody (ActivityPub §5.6). Other spellings are mapped to it.
const Public = "https://www.w3.org/ns/activitystreams#Public"

// Namespace is the IRI under which this software's own terms are defined.
const Namespace = "https://w3id.org/tulou/ns#"

// Envelope is the cheap first look at an activity: what the gate needs to decide whether to read
// on. Nothing in it is verified.
type Envelope struct {
	ID         string // "" if it has none
	Type       string
	Actor      string
	ObjectID   string // of the object, whether it is an IRI or embedded; "" if it has none
	ObjectType string // "" if the object is an IRI
	ObjectOf   string // its actor or first attributedTo: to look up blocks, not authority
}

// Activity is something that an actor did. One actor only: documents with several are refused.
//
// When parsed, ObjectID and ObjectType describe the object whether or not it is embedded, Object is
// set if it is embedded, and Inner equals Object.Activity. When built, one of Inner, Object and
// ObjectID is enough, in this order.
type Activity struct {
	ID         string
	Type       string // "Create", "Follow", …; a short name of ActivityStreams or an extension
	Known      bool   // whether this node has a typed reading of Type; informative after parsing
	Actor      string
	ObjectID   string
	ObjectType string
	ObjectIDs  []string // every object of a Flag, in order; otherwise at most ObjectID
	Object     *Object
	Inner      *Activity
	TargetID   string
	OriginID   string
	Instrument string   // id of the instrument: the quoting post of a QuoteRequest
	Quoting    *Object  // that post, if the QuoteRequest has it whole
	ResultID   string   // id of the result: the authorization in an Accept of a QuoteRequest
	To         []string // Public in its one spelling, without duplicates
	Cc         []string
	Audience   []string
	Content    string // the emoji of a reaction, the words of a Flag; plain text, not sanitised
	Tags       []Tag  // custom emoji of a reaction
	Published  time.Time
	Updated    time.Time
	Raw        []byte // the bytes that were parsed, shared with the caller; ignored when building
}

// Object is any thing that can be embedded in an activity or fetched by its id. At most one of
// Note, Actor, Activity, Collection, Tombstone, Moment, Relationship and Consent is set, by Type;
// none for a bare reference ({id, type}) or for a type that this node does not know (Known is
// false).
type Object struct {
	ID           string
	Type         string
	Known        bool
	AttributedTo string
	Note         *Note
	Actor        *Actor
	Activity     *Activity
	Collection   *Collection
	Tombstone    *Tombstone
	Relationship *Relationship
	Moment       *Moment
	Consent      *QuoteConsent
	Raw          []byte // the object's own bytes as received, a part of what was parsed
}

// Tombstone stands where something was deleted.
type Tombstone struct {
	ID         string
	FormerType string
	Deleted    time.Time
}
