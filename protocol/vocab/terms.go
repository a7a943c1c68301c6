package vocab

import (
	"slices"
	"strings"
)

// prefixes are the vocabularies whose terms are read without a prefix. JSON-LD allows them in full
// and shortened; contexts are never consulted, so only the customary short forms count.
var prefixes = []string{
	"as:", "https://www.w3.org/ns/activitystreams#", "http://www.w3.org/ns/activitystreams#",
	"ldp:", "http://www.w3.org/ns/ldp#",
	"toot:", "http://joinmastodon.org/ns#",
	"sec:", "https://w3id.org/security#",
	"schema:", "sc:", "http://schema.org#", "http://schema.org/",
	"misskey:", "https://misskey-hub.net/ns#",
	"litepub:", "http://litepub.social/ns#",
	"ostatus:", "http://ostatus.org#",
	"tulou:", Namespace,
	"tulou:", Namespace,
}

// shortName returns a type or property name as this package compares it.
func shortName(name string) string {
	switch {
	case name == "@id":
		return "id"
	case name == "@type":
		return "type"
	case !strings.Contains(name, ":"):
		return name
	}
	for _, p := range prefixes {
		if rest, ok := strings.CutPrefix(name, p); ok && rest != "" {
			return rest
		}
	}
	return name
}

// references are the properties whose values are ids or objects. Only these are walked and shown
// to go-fed in normalised form; everything else is read from the map as it is.
var references = setOf("actor", "object", "target", "origin", "instrument", "result", "to", "cc",
	"audience", "attributedTo", "inReplyTo", "tag", "attachment", "url", "icon", "image", "replies",
	"likes", "shares", "oneOf", "anyOf", "first", "last", "next", "prev", "partOf", "inbox", "outbox",
	"followers", "following", "liked", "featured", "publicKey", "generator", "context", "relationship",
	"subject")

// textNames are the natural language properties: with a colon in them, go-fed takes them for IRIs.
var textNames = setOf("content", "summary", "name")

// idOnly are the references of which nobody here reads more than the id, where there is one.
var idOnly = setOf("replies", "likes", "shares", "context")

// unread are properties that go-fed would spend memory on and nobody here reads; bto and bcc must
// not even be kept (ActivityPub §6.2).
var unread = setOf("bto", "bcc", "location", "preview", "streams", "current", "describes", "items",
	"orderedItems", sourceKey)

// defaultTypes names what an object without a type is taken for, by the property it is found in.
var defaultTypes = map[string]string{
	"icon": "Image", "image": "Image", "url": "Link", "first": "Collection", "replies": "Collection",
	"likes": "Collection", "shares": "Collection",
}

// The kinds of objects that have a plain struct.
var (
	noteTypes = setOf("Note", "Article", "Page", "Question", "Image", "Video", "Audio", "Event",
		"Document")
	actorTypes      = setOf("Person", "Service", "Application", "Group", "Organization")
	collectionTypes = setOf("Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage")
	activityTypes   = setOf("Accept", "Activity", "Add", "Announce", "Arrive", "Block", "Create", "Delete",
		"Dislike", "EmojiReact", "Flag", "Follow", "Ignore", "Invite", "Join", "Leave", "Like", "Listen",
		"Move", "Offer", "QuoteRequest", "Read", "Reject", "Remove", "TentativeAccept",
		"TentativeReject", "Travel", "Undo", "Update", "View")
)

func setOf(names ...string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
}

// typeName chooses one of several types: the first that says more than Object, Link or Activity and
// is known, else the first that is known, else the first.
func typeName(names []string) string {
	specific := func(name string) bool {
		return known(name) && name != "Object" && name != "Link" && name != "Activity"
	}
	for _, good := range []func(string) bool{specific, known} {
		if i := slices.IndexFunc(names, good); i >= 0 {
			return names[i]
		}
	}
	if len(names) == 0 {
		return ""
	}
	return names[0]
}

// canonicalPublic returns the one spelling of the address of everybody.
func canonicalPublic(iri string) string {
	switch iri {
	case "as:Public", "Public", "http://www.w3.org/ns/activitystreams#Public":
		return Public
	}
	return iri
}
