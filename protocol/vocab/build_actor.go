package vocab

import (
	"github.com/go-fed/activity/streams"
	gofed "github.com/go-fed/activity/streams/vocab"
)

// BuildActor makes the typed document of an actor of any type. PEM keys become publicKey, multibase
// keys assertionMethod (FEP-521a); RFC9421 becomes implements on an Application, and on others the
// implements of their generator (FEP-844e).
func BuildActor(a *Actor) (gofed.Type, error) {
	b := begin(a.Type, a.ID)
	b.put("preferredUsername", a.PreferredUsername)
	b.put("name", a.Name)
	b.put("summary", a.Summary)
	b.put("webfinger", a.Webfinger)
	b.refs("url", a.URL)
	b.refs("inbox", a.Inbox)
	b.refs("outbox", a.Outbox)
	b.refs("followers", a.Followers)
	b.refs("following", a.Following)
	b.refs("featured", a.Featured)
	b.put("featuredTags", a.FeaturedTags)
	b.put("friends", a.Friends)
	b.refs("liked", a.Liked)
	if a.SharedInbox != "" {
		b.put("endpoints", map[string]any{"sharedInbox": a.SharedInbox})
	}
	b.picture("icon", a.Icon)
	b.picture("image", a.Image)
	b.put("manuallyApprovesFollowers", a.Locked)
	b.put("discoverable", a.Discoverable)
	b.put("indexable", a.Indexable)
	if a.Type != "Application" {
		b.put("showMedia", !a.HideMedia)
		b.put("showRepliesInMedia", !a.HideMediaReplies)
		b.put("showFeatured", !a.HideFeatured)
	}
	if len(a.AttributionSites) > 0 {
		b.put("attributionDomains", anyList(a.AttributionSites))
	}
	if a.Memorial {
		b.put("memorial", true)
	}
	if a.Suspended {
		b.put("suspended", true)
	}
	if len(a.AlsoKnownAs) > 0 {
		b.put("alsoKnownAs", anyList(a.AlsoKnownAs))
	}
	b.put("movedTo", a.MovedTo)
	b.fields(a.Fields)
	b.tags(a.Tags)
	b.keys(a.Keys)
	b.time("published", a.Published)
	b.time("updated", a.Updated)
	b.capabilities(a)
	return b.end()
}

func (b *builder) fields(fields []Field) {
	var list []*builder
	for _, f := range fields {
		row := begin("PropertyValue", "")
		row.put("name", f.Name)
		row.put("value", f.Value)
		list = append(list, row)
	}
	b.list("attachment", list)
}

func (b *builder) keys(keys []Key) {
	var pems []entry
	var multikeys []any
	for _, k := range keys {
		switch {
		case k.PEM != "":
			pems = append(pems, entry{typed: publicKey(k)})
		case k.Multibase != "":
			key := map[string]any{"id": k.ID, "type": "Multikey", "controller": k.Owner, "publicKeyMultibase": k.Multibase}
			if !k.Expires.IsZero() {
				key["expires"] = k.Expires.UTC().Format(timeLayout)
			}
			multikeys = append(multikeys, key)
		}
	}
	b.set("publicKey", pems)
	if len(multikeys) > 0 {
		b.put("assertionMethod", multikeys)
	}
}

func publicKey(k Key) gofed.Type {
	t := streams.NewW3IDSecurityV1PublicKey()
	id := streams.NewJSONLDIdProperty()
	id.Set(iri(k.ID))
	t.SetJSONLDId(id)
	owner := streams.NewW3IDSecurityV1OwnerProperty()
	owner.SetIRI(iri(k.Owner))
	t.SetW3IDSecurityV1Owner(owner)
	pem := streams.NewW3IDSecurityV1PublicKeyPemProperty()
	pem.Set(k.PEM)
	t.SetW3IDSecurityV1PublicKeyPem(pem)
	return t
}

func (b *builder) capabilities(a *Actor) {
	if !a.RFC9421 {
		return
	}
	features := []any{map[string]any{"href": rfc9421, "name": "RFC-9421: HTTP Message Signatures"}}
	if a.Type == "Application" {
		b.put("implements", features)
		return
	}
	generator := begin("Application", "")
	generator.put("implements", features)
	b.list("generator", []*builder{generator})
}
