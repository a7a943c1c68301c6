package vocab

import (
	"time"

	gofed "github.com/go-fed/activity/streams/vocab"
	"github.com/go-json-experiment/json/jsontext"
)

// Moment is what docs/protocol/moments.md puts on the wire: something that somebody shows friends,
// a comment on it or a like of it, or the book that all Moments of one person are in; Type says
// which. It is never a Note, so that no software takes it for a post.
type Moment struct {
	ID           string
	Type         string // one of TypeMoment, …
	AttributedTo string
	Content      string // of MediaType; "" for a like and a book
	MediaType    string // "text/plain" is what is sent; "" is HTML
	Context      string // of a comment or like: the Moment
	InReplyTo    string // of a comment: what it answers, the Moment or a comment of it
	To           []string
	Place        string // by name
	Link         string // a page that it shows
	LinkTitle    string
	Attachments  []Attachment
	Image        string // of a book: the cover
	VisibleFor   string // how far back the addressees may look, an ISO 8601 duration; "" is for ever
	Published    time.Time
}

// The types of Moment, in this software's namespace.
const (
	TypeMoment        = "Moment"
	TypeMomentComment = "MomentComment"
	TypeMomentLike    = "MomentLike"
	TypeMomentBook    = "MomentBook"
)

// momentTypes are the types that have a Moment.
var momentTypes = setOf(TypeMoment, TypeMomentComment, TypeMomentLike, TypeMomentBook)

// IsMoment tells whether a type is one of Moment's.
func IsMoment(name string) bool { return momentTypes[name] }

func momentOf(n node, raw []byte) *Moment {
	m := &Moment{
		ID: n.id(), Type: n.GetTypeName(), AttributedTo: attributedTo(n),
		Content: clip(n.text("content"), SummaryBytes), MediaType: clip(n.str("mediaType"), NameBytes),
		Context: n.ref("context").id, InReplyTo: n.ref("inReplyTo").id, To: n.ids("to"),
		Place: clip(nameOf(member(raw, "location")), NameBytes), VisibleFor: clip(n.str("visibleFor"), NameBytes),
		Published: n.time("published"),
	}
	for _, a := range attachmentsOf(n) {
		if a.Type == "Link" {
			m.Link, m.LinkTitle = a.URL, clip(a.Name, NameBytes)
		} else {
			m.Attachments = append(m.Attachments, a)
		}
	}
	if image := n.ref("image"); image.node.Type != nil {
		m.Image = image.node.address()
	} else {
		m.Image = image.link
	}
	return m
}

// nameOf returns the name of a place, which go-fed is not shown.
func nameOf(place jsontext.Value) string {
	for _, element := range elements(place, 1) {
		if element.Kind() != '{' {
			continue
		}
		if name := jsontext.Value(member(element, "name")); len(name) > 0 && name.Kind() == '"' {
			return unquote(name)
		}
	}
	return ""
}

// BuildMoment makes the typed object for a plain one.
func BuildMoment(m *Moment) (gofed.Type, error) {
	b := begin(m.Type, m.ID)
	b.refs("attributedTo", m.AttributedTo)
	b.refs("context", m.Context)
	b.refs("inReplyTo", m.InReplyTo)
	b.refs("to", m.To...)
	b.put("content", m.Content)
	b.put("mediaType", m.MediaType)
	b.put("visibleFor", m.VisibleFor)
	b.time("published", m.Published)
	if m.Place != "" {
		b.put("location", map[string]any{"type": "Place", "name": m.Place})
	}
	files := attachmentBuilders(m.Attachments)
	if m.Link != "" {
		link := begin("Link", "")
		link.put("href", m.Link)
		link.put("name", m.LinkTitle)
		files = append(files, link)
	}
	b.list("attachment", files)
	if m.Image != "" {
		b.picture("image", &Picture{URL: m.Image})
	}
	return b.end()
}
