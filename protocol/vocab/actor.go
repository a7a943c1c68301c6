package vocab

import "time"

// Actor is somebody or something that acts: Person, Service, Application, Group, Organization.
type Actor struct {
	ID                string
	Type              string
	PreferredUsername string
	Name              string // display name; plain text
	Summary           string // HTML, not sanitised
	URL               string // the profile page; "" if none
	Inbox             string
	SharedInbox       string
	Outbox            string
	Followers         string
	Following         string
	Featured          string
	Friends           string // the collection of friends; who has one knows the handshake
	FeaturedTags      string // written, not read: nobody here asks for it
	Liked             string
	Icon              *Picture // the avatar
	Image             *Picture // the header
	Locked            bool     // manuallyApprovesFollowers
	Discoverable      bool
	Indexable         bool
	Memorial          bool
	Suspended         bool
	AlsoKnownAs       []string
	MovedTo           string
	Fields            []Field
	Tags              []Tag // custom emoji and hashtags of the profile
	Keys              []Key
	Webfinger         string // FEP-2c59, "ana@harbor.example"; "" if not given
	Published         time.Time
	Updated           time.Time
	HideMedia         bool     // showMedia is false; what is not said is shown
	HideMediaReplies  bool     // showRepliesInMedia is false
	HideFeatured      bool     // showFeatured is false
	AttributionSites  []string // attributionDomains: sites that may name it as author
	RFC9421           bool     // says, by FEP-844e, that its node verifies RFC 9421 signatures
}

// Picture is an avatar or header.
type Picture struct {
	URL       string
	MediaType string // "" if unknown
	Name      string // what it shows
}

// Field is a row of the profile's table (schema:PropertyValue). Value is HTML.
type Field struct{ Name, Value string }

// Key is a public key of an actor. Exactly one of PEM and Multibase is set.
type Key struct {
	ID        string
	Owner     string // owner or controller; the caller checks that it is the actor
	PEM       string // publicKeyPem of security/v1
	Multibase string // publicKeyMultibase of a Multikey in assertionMethod (FEP-521a)
	Expires   time.Time
}
