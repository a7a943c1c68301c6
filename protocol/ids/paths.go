package ids

import (
	"net/url"
	"strings"
)

// Paths builds the addresses of one node. Base is its URL without a trailing slash. What these
// methods return is remembered by other servers for ever (docs/adr/0001). MediaBase is the host
// that media have for themselves, as a URL without a trailing slash; "" if they are under Base.
type Paths struct{ Base, MediaBase string }

// Actor is the id of a person: Base/users/ana.
func (p Paths) Actor(name string) string { return p.Base + "/users/" + name }

// InstanceActor is the id of the actor that speaks for the node itself.
func (p Paths) InstanceActor() string { return p.Base + "/actor" }

// SharedInbox is the inbox for everybody of this node.
func (p Paths) SharedInbox() string { return p.Base + "/inbox" }

// Profile is the page about a person that people read.
func (p Paths) Profile(name string) string { return p.Base + "/@" + name }

// InteractionPath is the page on which people of this node follow whom a page elsewhere shows them;
// its parameter uri says whom. Other servers remember the template.
const InteractionPath = "/authorize_interaction"

// Interaction is the template of that page, in which placeholder stands for whom.
func (p Paths) Interaction(placeholder string) string {
	return p.Base + InteractionPath + "?uri=" + placeholder
}

// Status is the id of a post.
func (p Paths) Status(name string, id int64) string {
	return p.Actor(name) + "/statuses/" + Format(id)
}

// StatusPage is the page of a post that people read.
func (p Paths) StatusPage(name string, id int64) string { return p.Profile(name) + "/" + Format(id) }

// StatusActivity is the id of the Create (or Announce) that made a status.
func (p Paths) StatusActivity(name string, id int64) string { return p.Status(name, id) + "/activity" }

// QuoteAuthorization is the id of what says that the person of a name agrees to be quoted by a
// post, named by its id here (FEP-044f).
func (p Paths) QuoteAuthorization(name string, quoting int64) string {
	return p.Actor(name) + "/quote_authorizations/" + Format(quoting)
}

// Replies is the collection of public replies to a post.
func (p Paths) Replies(name string, id int64) string { return p.Status(name, id) + "/replies" }

// FirstPage is where the items of a collection begin.
func FirstPage(collection string) string { return collection + "?page=true" }

// Activity is the id of any other activity; key is unique within the actor.
func (p Paths) Activity(name, key string) string { return p.Actor(name) + "/activities/" + key }

// The collections and inboxes of an actor, under its id.
const (
	Inbox     = "/inbox"
	Outbox    = "/outbox"
	Followers = "/followers"
	Following = "/following"
	Featured  = "/collections/featured"
	Friends   = "/friends" // only their owner reads it

	FeaturedTags = "/collections/tags"
)

// The fragments that name an actor's keys, added to its id.
const (
	MainKey    = "#main-key"    // RSA-2048, for draft-cavage and RFC 9421 with rsa-v1_5-sha256
	Ed25519Key = "#ed25519-key" // Multikey of FEP-521a, for RFC 9421 and FEP-8b32
)

// MediaPrefix is what the path of every file begins with that is served and not written by us.
const MediaPrefix = "/media/"

// Media is the address of an attachment or avatar; key is random, name tells people and old
// software what it is. "" for a file that has no key.
func (p Paths) Media(key, name string) string {
	if key == "" {
		return ""
	}
	return p.Address(MediaPrefix + key + "/" + name)
}

// Address completes an address that may be a path of this node, as those of avatars are kept.
func (p Paths) Address(text string) string {
	switch {
	case p.MediaBase != "" && strings.HasPrefix(text, MediaPrefix):
		return p.MediaBase + text
	case strings.HasPrefix(text, "/"):
		return p.Base + text
	}
	return text
}

// Emoji is the id of a custom emoji.
func (p Paths) Emoji(id int64) string { return p.Base + "/emojis/" + Format(id) }

// Tag is the page of a hashtag.
func (p Paths) Tag(name string) string { return p.Base + "/tags/" + url.PathEscape(name) }

// Host is host[:port] of the node.
func (p Paths) Host() string { return Host(p.Base) }

// Local tells whether an IRI is under this node's base.
func (p Paths) Local(iri string) bool { return SameOrigin(p.Base, iri) }

// ActorName returns the name in the IRI of a local actor, ok false if it is not one.
func (p Paths) ActorName(iri string) (name string, ok bool) {
	rest, ok := strings.CutPrefix(iri, p.Base+"/users/")
	if !ok || !ValidLocalName(rest) {
		return "", false
	}
	return rest, true
}
