package vocab

import (
	"github.com/go-fed/activity/streams"
	gofed "github.com/go-fed/activity/streams/vocab"
)

// family says which of go-fed's types an extension is built on.
type family int

const (
	familyObject family = iota + 1
	familyActivity
)

// extensions lists the types beyond go-fed's that this node has a use for. What is in neither list
// still comes through, as an unknown object or activity, so that nothing nested is ever lost.
var extensions = map[string]family{
	"EmojiReact":         familyActivity, // litepub: Pleroma, Akkoma, Misskey's forks
	"QuoteRequest":       familyActivity, // FEP-044f
	"Hashtag":            familyObject,   // Mastodon
	"PropertyValue":      familyObject,   // schema.org, the fields of a profile
	"Multikey":           familyObject,   // Data Integrity, FEP-521a
	"QuoteAuthorization": familyObject,   // FEP-044f
	TypeMoment:           familyObject,   // docs/protocol/moments.md
	TypeMomentComment:    familyObject,
	TypeMomentLike:       familyObject,
	TypeMomentBook:       familyObject,
}

// known tells whether this node has a typed reading of the name.
func known(name string) bool { return decoders[name] != nil || extensions[name] != 0 }

// isActivity tells whether an extension is an activity: by the list, or because it has an actor.
func isActivity(name string, m map[string]any) bool {
	if f := extensions[name]; f != 0 {
		return f == familyActivity
	}
	_, acts := m["actor"]
	return acts
}

// objectExtension is an object of a type that go-fed has no code for. Embedding go-fed's Object
// makes it acceptable wherever go-fed takes one.
type objectExtension struct {
	gofed.ActivityStreamsObject
	name string
}

// activityExtension is the same for activities.
type activityExtension struct {
	gofed.ActivityStreamsActivity
	name string
}

// GetTypeName returns the extension's name; "" for an object that names no type.
func (e objectExtension) GetTypeName() string { return e.name }

// VocabularyURI keeps go-fed's resolvers from taking the extension for one of their own types.
func (e objectExtension) VocabularyURI() string { return Namespace }

// GetTypeName returns the extension's name.
func (e activityExtension) GetTypeName() string { return e.name }

// VocabularyURI keeps go-fed's resolvers from taking the extension for one of their own types.
func (e activityExtension) VocabularyURI() string { return Namespace }

func extendObject(name string, m map[string]any) (gofed.ActivityStreamsObject, error) {
	o, err := withType(m, "Object", objectByStreams)
	if err != nil {
		return nil, err
	}
	o.SetJSONLDType(typeProperty(name))
	return objectExtension{o, name}, nil
}

func extendActivity(name string, m map[string]any) (gofed.ActivityStreamsActivity, error) {
	a, err := withType(m, "Activity", activityByStreams)
	if err != nil {
		return nil, err
	}
	a.SetJSONLDType(typeProperty(name))
	return activityExtension{a, name}, nil
}

// withType parses m as if it were of another type. The map belongs to one parse, so that changing
// it for a moment is cheaper than copying it.
func withType[T gofed.Type](m map[string]any, name string, parse deserializer[T]) (T, error) {
	was, had := m["type"]
	m["type"] = name
	t, err := parse(m, nil)
	if had {
		m["type"] = was
	} else {
		delete(m, "type")
	}
	return t, err
}

func typeProperty(name string) gofed.JSONLDTypeProperty {
	p := streams.NewJSONLDTypeProperty()
	if name != "" {
		p.AppendXMLSchemaString(name)
	}
	return p
}

// typed makes go-fed's value of a normalised map.
func typed(m map[string]any) (gofed.Type, error) {
	name, _ := m["type"].(string)
	if decode := decoders[name]; decode != nil {
		return decode(m)
	}
	if isActivity(name, m) {
		return extendActivity(name, m)
	}
	return extendObject(name, m)
}
