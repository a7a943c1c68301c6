package vocab

import (
	"net/url"
	"strings"
	"time"

	"github.com/go-fed/activity/streams"
	gofed "github.com/go-fed/activity/streams/vocab"
	"github.com/go-json-experiment/json/jsontext"

	"tulou/protocol/fault"
)

// Build turns a plain object into go-fed's type: the part of it that is set decides which. A bare
// id and type give a reference. Errors are fault.Internal: the object was put together wrongly.
func Build(o *Object) (gofed.Type, error) {
	switch {
	case o.Note != nil:
		return BuildNote(o.Note)
	case o.Actor != nil:
		return BuildActor(o.Actor)
	case o.Activity != nil:
		return BuildActivity(o.Activity)
	case o.Collection != nil:
		return BuildCollection(o.Collection)
	case o.Moment != nil:
		return BuildMoment(o.Moment)
	case o.Relationship != nil:
		return BuildRelationship(o.Relationship)
	case o.Consent != nil:
		b := begin("QuoteAuthorization", o.Consent.ID)
		b.refs("attributedTo", o.Consent.AttributedTo)
		b.put("interactingObject", o.Consent.Quoting)
		b.put("interactionTarget", o.Consent.Quoted)
		return b.end()
	case o.Tombstone != nil:
		b := begin("Tombstone", o.Tombstone.ID)
		b.put("formerType", o.Tombstone.FormerType)
		b.time("deleted", o.Tombstone.Deleted)
		return b.end()
	}
	return begin(o.Type, o.ID).end()
}

// BuildActivity makes the typed activity for a plain one. The object is Inner, else Object, else
// ObjectIDs, else ObjectID. Who may see it is only what To, Cc and Audience say: there is no bto.
func BuildActivity(a *Activity) (gofed.Type, error) {
	b := begin(a.Type, a.ID)
	b.refs("actor", a.Actor)
	switch {
	case a.Inner != nil:
		b.embed("object")(BuildActivity(a.Inner))
	case a.Object != nil:
		b.embed("object")(Build(a.Object))
	case len(a.ObjectIDs) > 0:
		b.refs("object", a.ObjectIDs...)
	default:
		b.refs("object", a.ObjectID)
	}
	b.refs("target", a.TargetID)
	b.refs("origin", a.OriginID)
	if a.Quoting != nil {
		b.embed("instrument")(Build(a.Quoting))
	} else {
		b.refs("instrument", a.Instrument)
	}
	b.refs("result", a.ResultID)
	b.refs("to", a.To...)
	b.refs("cc", a.Cc...)
	b.refs("audience", a.Audience...)
	b.put("content", a.Content)
	if a.Type == "Offer" && a.Content != "" {
		b.put("mediaType", "text/plain") // what is not said is HTML
	}
	b.tags(a.Tags)
	b.time("published", a.Published)
	b.time("updated", a.Updated)
	return b.end()
}

// BuildCollection makes a collection or page. Items go out in the order given: embedded ones with
// their own bytes, the others as ids.
func BuildCollection(c *Collection) (gofed.Type, error) {
	b := begin(c.Type, c.ID)
	if c.TotalItems >= 0 {
		b.put("totalItems", c.TotalItems)
	}
	if c.FirstPage != nil {
		b.embed("first")(BuildCollection(c.FirstPage))
	} else {
		b.refs("first", c.First)
	}
	b.refs("last", c.Last)
	b.refs("next", c.Next)
	b.refs("prev", c.Prev)
	b.refs("partOf", c.PartOf)
	b.refs("attributedTo", c.AttributedTo)
	if c.Items != nil || strings.HasSuffix(c.Type, "Page") {
		b.put(itemsName(c.Type), itemValues(c.Items))
	}
	return b.end()
}

func itemsName(collectionType string) string {
	if strings.HasPrefix(collectionType, "Ordered") {
		return "orderedItems"
	}
	return "items"
}

func itemValues(items []Item) []any {
	list := make([]any, 0, len(items))
	for _, item := range items {
		if item.Raw != nil {
			list = append(list, jsontext.Value(item.Raw))
		} else {
			list = append(list, item.ID)
		}
	}
	return list
}

// anyList makes a JSON list of strings.
func anyList(texts []string) []any {
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}

// builder fills one of go-fed's types. References are set as typed properties; texts, times and
// flags as they shall appear, because go-fed would drop fractions of seconds and languages.
type builder struct {
	t     gofed.Type
	plain map[string]any
	err   error
}

// begin makes an empty object of a type, extensions included.
func begin(name, id string) *builder {
	t, err := typed(map[string]any{"type": name})
	b := &builder{t: t, err: err}
	if err == nil && name == "" {
		b.err = fault.New(fault.Internal, "an object without a type")
	}
	if b.err != nil {
		return b
	}
	b.plain = t.(interface{ GetUnknownProperties() map[string]any }).GetUnknownProperties()
	if id != "" {
		p := streams.NewJSONLDIdProperty()
		p.Set(iri(id))
		t.SetJSONLDId(p)
	}
	return b
}

func (b *builder) end() (gofed.Type, error) {
	if b.err != nil {
		return nil, fault.Wrap(b.err, fault.Internal, "an object was put together wrongly")
	}
	return b.t, nil
}

// refs sets a property to ids; empty ones are left out.
func (b *builder) refs(name string, iris ...string) {
	var values []entry
	for _, text := range iris {
		if text != "" {
			values = append(values, entry{iri: iri(text)})
		}
	}
	b.set(name, values)
}

// embed returns a function that puts the result of a Build function into a property.
func (b *builder) embed(name string) func(gofed.Type, error) {
	return func(t gofed.Type, err error) {
		if err != nil {
			b.err = err
			return
		}
		b.set(name, []entry{{typed: t}})
	}
}

// list puts several objects into a property.
func (b *builder) list(name string, children []*builder) {
	var values []entry
	for _, child := range children {
		t, err := child.end()
		if err != nil {
			b.err = err
			return
		}
		values = append(values, entry{typed: t})
	}
	b.set(name, values)
}

func (b *builder) set(name string, values []entry) {
	if b.err == nil && len(values) > 0 {
		b.err = setEntries(b.t, name, values)
	}
}

// put sets a property that is no reference. Empty strings, nil and empty maps are left out.
func (b *builder) put(name string, value any) {
	switch v := value.(type) {
	case nil:
		return
	case string:
		if v == "" {
			return
		}
	}
	if b.err == nil {
		b.plain[name] = value
	}
}

// timeLayout is RFC 3339 in UTC with milliseconds, which every known server reads.
const timeLayout = "2006-01-02T15:04:05.000Z"

func (b *builder) time(name string, t time.Time) {
	if !t.IsZero() {
		b.put(name, t.UTC().Format(timeLayout))
	}
}

func (b *builder) tags(tags []Tag) {
	var list []*builder
	for _, tag := range tags {
		list = append(list, buildTag(tag))
	}
	b.list("tag", list)
}

func buildTag(tag Tag) *builder {
	b := begin(tag.Type, tag.ID)
	b.put("name", tag.Name)
	b.put("href", tag.Href)
	b.time("updated", tag.Updated)
	if tag.Icon != "" {
		b.picture("icon", &Picture{URL: tag.Icon})
	}
	return b
}

// BuildTag makes the typed object for a tag that stands alone: an Emoji.
func BuildTag(tag Tag) (gofed.Type, error) { return buildTag(tag).end() }

func (b *builder) picture(name string, p *Picture) {
	if p == nil {
		return
	}
	child := begin("Image", "")
	child.put("mediaType", p.MediaType)
	child.put("name", p.Name)
	child.refs("url", p.URL)
	b.list(name, []*builder{child})
}

// iri makes a URL whose String is the text, byte for byte: ids of others go out as they came in.
func iri(text string) *url.URL {
	u, err := url.Parse(text)
	if err == nil && u.String() == text {
		return u
	}
	scheme, rest, _ := strings.Cut(text, ":")
	return &url.URL{Scheme: scheme, Opaque: rest}
}

func manySet(p interface {
	AppendIRI(*url.URL)
	AppendType(gofed.Type) error
}, values []entry) error {
	for _, v := range values {
		if v.typed == nil {
			p.AppendIRI(v.iri)
		} else if err := p.AppendType(v.typed); err != nil {
			return err
		}
	}
	return nil
}

func oneSet(p interface {
	SetIRI(*url.URL)
	SetType(gofed.Type) error
}, values []entry) error {
	for _, v := range values {
		if v.typed == nil {
			p.SetIRI(v.iri)
		} else if err := p.SetType(v.typed); err != nil {
			return err
		}
	}
	return nil
}
