package vocab

// The contexts that are named by address. None is ever fetched, here or, as far as is known, by
// servers that do not process JSON-LD in full.
const (
	contextActivityStreams = "https://www.w3.org/ns/activitystreams"
	contextSecurity        = "https://w3id.org/security/v1"
	contextDataIntegrity   = "https://w3id.org/security/data-integrity/v1"
	contextMultikey        = "https://w3id.org/security/multikey/v1"
)

// contextOf writes the context for the names that are used: ActivityStreams; the data integrity
// context, which a proof added later needs (FEP-8b32); the security contexts if keys occur; and one
// map that defines every other name. http://joinmastodon.org/ns never stands alone: it was never a
// document, and strict consumers fail on it (go-fed/activity#152).
func contextOf(used map[string]bool) []any {
	context := []any{contextActivityStreams}
	if used["publicKey"] {
		context = append(context, contextSecurity)
	}
	context = append(context, contextDataIntegrity)
	if used["Multikey"] {
		context = append(context, contextMultikey)
	}
	inline := map[string]any{}
	for name := range used {
		term, ok := terms[name]
		if !ok {
			continue
		}
		inline[name] = term.definition()
		if term.vocabulary != "as" {
			inline[term.vocabulary] = vocabularies[term.vocabulary]
		}
	}
	if len(inline) > 0 {
		context = append(context, inline)
	}
	return context
}

// term defines a name that ActivityStreams lacks.
type term struct {
	vocabulary string // key of vocabularies
	name       string
	id         bool   // the value is an id
	container  string // "", "@list" or "@set"
}

func (t term) definition() any {
	full := t.vocabulary + ":" + t.name
	if !t.id && t.container == "" {
		return full
	}
	d := map[string]any{"@id": full}
	if t.id {
		d["@type"] = "@id"
	}
	if t.container != "" {
		d["@container"] = t.container
	}
	return d
}

var vocabularies = map[string]string{
	"fep044f":  "https://w3id.org/fep/044f#",
	"fep844e":  "https://w3id.org/fep/844e/",
	"fedibird": "http://fedibird.com/ns#",
	"gts":      "https://gotosocial.org/ns#",
	"litepub":  "http://litepub.social/ns#",
	"misskey":  "https://misskey-hub.net/ns#",
	"ostatus":  "http://ostatus.org#",
	"schema":   "http://schema.org#",
	"sec":      "https://w3id.org/security#",
	"toot":     "http://joinmastodon.org/ns#",
	"tulou":    Namespace,
	"wf":       "https://purl.archive.org/socialweb/webfinger#",
}

// terms are all the names that this node sends and ActivityStreams does not define. Where Mastodon
// defines one, its definition is used word for word, because it is what others compare with.
var terms = map[string]term{
	"Hashtag":                   {"as", "Hashtag", false, ""},
	"sensitive":                 {"as", "sensitive", false, ""},
	"manuallyApprovesFollowers": {"as", "manuallyApprovesFollowers", false, ""},
	"alsoKnownAs":               {"as", "alsoKnownAs", true, ""},
	"movedTo":                   {"as", "movedTo", true, ""},
	"Emoji":                     {"toot", "Emoji", false, ""},
	"blurhash":                  {"toot", "blurhash", false, ""},
	"discoverable":              {"toot", "discoverable", false, ""},
	"featured":                  {"toot", "featured", true, ""},
	"featuredTags":              {"toot", "featuredTags", true, ""},
	"friends":                   {"tulou", "friends", true, ""},
	"focalPoint":                {"toot", "focalPoint", false, "@list"},
	"attributionDomains":        {"toot", "attributionDomains", true, ""},
	"showFeatured":              {"toot", "showFeatured", false, ""},
	"showMedia":                 {"toot", "showMedia", false, ""},
	"showRepliesInMedia":        {"toot", "showRepliesInMedia", false, ""},
	"indexable":                 {"toot", "indexable", false, ""},
	"memorial":                  {"toot", "memorial", false, ""},
	"suspended":                 {"toot", "suspended", false, ""},
	"votersCount":               {"toot", "votersCount", false, ""},
	"PropertyValue":             {"schema", "PropertyValue", false, ""},
	"value":                     {"schema", "value", false, ""},
	"conversation":              {"ostatus", "conversation", false, ""},
	"assertionMethod":           {"sec", "assertionMethod", true, "@set"},
	"webfinger":                 {"wf", "webfinger", false, ""},
	"implements":                {"fep844e", "implements", true, "@set"},
	"quote":                     {"fep044f", "quote", true, ""},
	"quoteAuthorization":        {"fep044f", "quoteAuthorization", true, ""},
	"QuoteRequest":              {"fep044f", "QuoteRequest", false, ""},
	"QuoteAuthorization":        {"fep044f", "QuoteAuthorization", false, ""},
	"quoteUri":                  {"fedibird", "quoteUri", false, ""},
	"_misskey_quote":            {"misskey", "_misskey_quote", false, ""},
	"interactionPolicy":         {"gts", "interactionPolicy", true, ""},
	"canQuote":                  {"gts", "canQuote", true, ""},
	"automaticApproval":         {"gts", "automaticApproval", true, ""},
	"manualApproval":            {"gts", "manualApproval", true, ""},
	"interactingObject":         {"gts", "interactingObject", true, ""},
	"interactionTarget":         {"gts", "interactionTarget", true, ""},
	"EmojiReact":                {"litepub", "EmojiReact", false, ""},
	TypeMoment:                  {"tulou", TypeMoment, false, ""},
	TypeMomentComment:           {"tulou", TypeMomentComment, false, ""},
	TypeMomentLike:              {"tulou", TypeMomentLike, false, ""},
	TypeMomentBook:              {"tulou", TypeMomentBook, false, ""},
	"visibleFor":                {"tulou", "visibleFor", false, ""},
}
