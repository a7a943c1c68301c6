package vocab

import (
	"cmp"
	"strings"
)

// rfc9421 identifies the capability in FEP-844e's registry; fragments name single algorithms.
const rfc9421 = "https://datatracker.ietf.org/doc/html/rfc9421"

func actorOf(n node) *Actor {
	return &Actor{
		ID: n.id(), Type: n.GetTypeName(),
		PreferredUsername: clip(n.text("preferredUsername"), NameBytes),
		Name:              clip(n.text("name"), NameBytes),
		Summary:           clip(n.text("summary"), SummaryBytes),
		URL:               n.link("url", "text/html"),
		Inbox:             n.ref("inbox").id,
		SharedInbox:       cmp.Or(n.object("endpoints").web1("sharedInbox"), n.web1("sharedInbox")),
		Outbox:            n.ref("outbox").id,
		Followers:         n.ref("followers").id,
		Following:         n.ref("following").id,
		Featured:          n.ref("featured").id,
		Friends:           n.web1("friends"),
		Liked:             n.ref("liked").id,
		Icon:              pictureOf(n.ref("icon")),
		Image:             pictureOf(n.ref("image")),
		Locked:            n.flag("manuallyApprovesFollowers"),
		Discoverable:      n.flag("discoverable"),
		Indexable:         n.flag("indexable"),
		Memorial:          n.flag("memorial"),
		Suspended:         n.flag("suspended"),
		AlsoKnownAs:       n.webs("alsoKnownAs", AliasesMax),
		MovedTo:           n.web1("movedTo"),
		Fields:            fieldsOf(n),
		Tags:              tagsOf(n),
		Keys:              keysOf(n),
		Webfinger:         clip(strings.TrimPrefix(n.str("webfinger"), "acct:"), NameBytes),
		Published:         n.time("published"),
		Updated:           n.time("updated"),
		HideMedia:         n.denies("showMedia"),
		HideMediaReplies:  n.denies("showRepliesInMedia"),
		HideFeatured:      n.denies("showFeatured"),
		AttributionSites:  n.sites("attributionDomains"),
		RFC9421:           implementsRFC9421(n),
	}
}

func pictureOf(r ref) *Picture {
	if r.node.Type == nil {
		if r.link == "" {
			return nil
		}
		return &Picture{URL: r.link}
	}
	address := r.node.address()
	if address == "" {
		return nil
	}
	return &Picture{URL: address, MediaType: mediaType(r.node), Name: clip(cmp.Or(r.node.text("name"), r.node.text("summary")), AltBytes)}
}

func fieldsOf(n node) []Field {
	var list []Field
	for _, row := range n.nodes("attachment") {
		if row.GetTypeName() == "PropertyValue" && len(list) < FieldsMax {
			list = append(list, Field{clip(row.text("name"), FieldBytes), clip(row.text("value"), FieldBytes)})
		}
	}
	return list
}

// keysOf reads publicKey (security/v1, one or several) and the Multikeys of assertionMethod. Keys
// without a usable id are left out: a signature could not name them.
func keysOf(n node) []Key {
	var list []Key
	for _, k := range n.nodes("publicKey") {
		key := Key{ID: k.id(), Owner: k.web1("owner"), PEM: k.str("publicKeyPem"), Expires: k.time("expires")}
		if key.ID != "" && key.PEM != "" && len(list) < KeysMax {
			list = append(list, key)
		}
	}
	for _, k := range n.objects("assertionMethod", KeysMax) {
		key := Key{
			ID: web(k.str("id")), Owner: k.web1("controller"),
			Multibase: k.str("publicKeyMultibase"), Expires: k.time("expires"),
		}
		if shortName(k.str("type")) == "Multikey" && key.ID != "" && key.Multibase != "" && len(list) < KeysMax {
			list = append(list, key)
		}
	}
	return list
}

// implementsRFC9421 looks at the actor itself, which may be the application, and at its generator.
func implementsRFC9421(n node) bool {
	for _, app := range append(n.nodes("generator"), n) {
		for _, feature := range app.objects("implements", arrayMax) {
			href, _, _ := strings.Cut(feature.str("href"), "#")
			if href == rfc9421 {
				return true
			}
		}
	}
	return false
}
