package vocab

import (
	"net/url"
	"strings"
	"time"

	gofed "github.com/go-fed/activity/streams/vocab"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

// entry is one value of a reference property: an IRI or a typed object. Both are empty for what
// go-fed could make no sense of, such as relative links and numbers.
type entry struct {
	iri   *url.URL
	typed gofed.Type
}

type reference interface {
	GetIRI() *url.URL
	GetType() gofed.Type
}

func manyEntries[I reference, P interface {
	Len() int
	At(int) I
}](p P) []entry {
	if any(p) == nil {
		return nil
	}
	list := make([]entry, 0, p.Len())
	for i := range p.Len() {
		list = append(list, entryOf(p.At(i)))
	}
	return list
}

func oneEntries(p reference) []entry {
	if p == nil {
		return nil
	}
	return []entry{entryOf(p)}
}

// entryOf asks for as little as it can: each of these methods copies a kilobyte.
func entryOf(p reference) entry {
	if u := p.GetIRI(); u != nil {
		return entry{iri: u}
	}
	return entry{typed: p.GetType()}
}

// node is a typed object together with the map that it was made of: references are read from the
// first, texts, times and flags from the second.
type node struct {
	gofed.Type
	source
}

// nodeOf finds the map inside a typed object. ok is false for objects that were not parsed here.
func nodeOf(t gofed.Type) (n node, ok bool) {
	u, ok := t.(interface{ GetUnknownProperties() map[string]any })
	if !ok {
		return node{}, false
	}
	s, ok := u.GetUnknownProperties()[sourceKey].(source)
	return node{t, s}, ok
}

// id returns the object's own id as its author spelled it, "" if it has none that can be used.
func (n node) id() string { return web(n.str("id")) }

// ref is a reference that was read: the id, and the object if it is embedded.
type ref struct {
	id   string
	link string // the same, escaped as a browser would, "" if that makes it too long
	node node   // its Type is nil for a bare id
}

// refs returns the usable values of a reference property, in order.
func (n node) refs(name string) []ref {
	var list []ref
	for _, e := range entries(n.Type, name) {
		switch {
		case e.iri != nil:
			if id, link := web(n.spelling(e.iri)), web(e.iri.String()); id != "" || link != "" {
				list = append(list, ref{id: id, link: link})
			}
		case e.typed != nil:
			if child, ok := nodeOf(e.typed); ok {
				list = append(list, ref{id: child.id(), node: child})
			}
		}
	}
	return list
}

// ref returns the first usable value of a reference property, zero if there is none.
func (n node) ref(name string) ref {
	if list := n.refs(name); len(list) > 0 {
		return list[0]
	}
	return ref{}
}

// ids returns the ids among the values of a property, without duplicates.
func (n node) ids(name string) []string {
	var list []string
	seen := map[string]bool{}
	for _, r := range n.refs(name) {
		if r.id != "" && !seen[r.id] {
			seen[r.id] = true
			list = append(list, r.id)
		}
	}
	return list
}

// nodes returns the objects embedded in a property.
func (n node) nodes(name string) []node {
	var list []node
	for _, r := range n.refs(name) {
		if r.node.Type != nil {
			list = append(list, r.node)
		}
	}
	return list
}

// link returns a web address from a property that holds addresses, links or files: an address or
// link of the wanted media type if there is one, otherwise the first that names none or any.
func (n node) link(name, mediaType string) string {
	first := ""
	for _, r := range n.refs(name) {
		address := r.link
		if r.node.Type != nil {
			address = r.node.address()
			if mediaType != "" && address != "" && strings.HasPrefix(r.node.str("mediaType"), mediaType) {
				return address
			}
		}
		if first == "" {
			first = address
		}
	}
	return first
}

// address returns where a Link, Image or Document points to.
func (n node) address() string {
	if href := web(n.str("href")); href != "" {
		return href
	}
	return n.link("url", "")
}

func (n node) spelling(u *url.URL) string {
	s := u.String()
	if original, has := n.doc.spelled[s]; has {
		return original
	}
	return s
}

// get returns a property as it came, nil if there is none.
func (s source) get(name string) any {
	if v, has := s.m[name]; has {
		return v
	}
	return s.rest[name]
}

// str returns a string property, "" if it is something else.
func (s source) str(name string) string {
	text, _ := s.get(name).(string)
	return text
}

// flag returns a boolean property, false if it is something else.
func (s source) flag(name string) bool {
	b, _ := s.get(name).(bool)
	return b
}

// denies tells whether a boolean property says false; absent, it does not.
func (s source) denies(name string) bool {
	b, ok := s.get(name).(bool)
	return ok && !b
}

// sites returns the names of hosts in a property that go-fed does not type: one or a list.
func (s source) sites(name string) []string {
	var list []string
	for _, v := range asList(s.get(name)) {
		text, _ := v.(string)
		if text != "" && len(text) <= SiteBytes && len(list) < SitesMax {
			list = append(list, text)
		}
	}
	return list
}

// number returns a whole number of at least zero, or otherwise if the property holds none.
func (s source) number(name string, otherwise int) int {
	f, ok := s.get(name).(float64)
	if !ok || f < 0 || f > 1<<53 {
		return otherwise
	}
	return int(f)
}

// object returns a property that is a plain JSON object, nil if it is something else.
func (s source) object(name string) source {
	m, _ := s.get(name).(map[string]any)
	return source{m: m, doc: s.doc}
}

// objects returns the JSON objects in a property that go-fed does not type: one or a list.
func (s source) objects(name string, most int) []source {
	var list []source
	for _, v := range asList(s.get(name)) {
		if m, ok := v.(map[string]any); ok && len(list) < most {
			list = append(list, source{m: m, doc: s.doc})
		}
	}
	return list
}

// webs returns the web addresses in a property that go-fed does not type: strings or objects with
// an id, one or a list.
func (s source) webs(name string, most int) []string {
	var list []string
	for _, v := range asList(s.get(name)) {
		if m, ok := v.(map[string]any); ok {
			v = m["id"]
		}
		text, _ := v.(string)
		if id := web(canonicalPublic(text)); id != "" && len(list) < most {
			list = append(list, id)
		}
	}
	return list
}

// web1 returns the first web address in such a property.
func (s source) web1(name string) string {
	if list := s.webs(name, 1); len(list) > 0 {
		return list[0]
	}
	return ""
}

func asList(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

// text returns a natural language property: a string, a JSON-LD value, or the first of a list.
func (s source) text(name string) string {
	v := s.get(name)
	if list, ok := v.([]any); ok && len(list) > 0 {
		v = list[0]
	}
	if m, ok := v.(map[string]any); ok {
		v = m["@value"]
	}
	text, _ := v.(string)
	return text
}

// timeLayouts are how timestamps are written: RFC 3339, and xsd:dateTime without seconds (AS2 §2.3)
// or without a zone, which is taken as UTC.
var timeLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05.999999999"}

// time returns a timestamp in UTC with milliseconds, zero if there is none or it is unreadable.
func (s source) time(name string) time.Time {
	text := s.str(name)
	if len(text) < len("2006-01-02T15:04Z") || len(text) > 40 {
		return time.Time{}
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC().Truncate(time.Millisecond)
		}
	}
	return time.Time{}
}

// web returns an http(s) address, or "" for anything else: other schemes, relative links, what
// contains characters that parsers disagree about, and what net/url finds no host in. It keeps
// javascript: out of every link.
func web(iri string) string {
	if !strings.HasPrefix(iri, "https://") && !strings.HasPrefix(iri, "http://") || len(iri) > ids.IRIBytesMax {
		return ""
	}
	for i := range len(iri) {
		if c := iri[i]; c <= ' ' || c == 0x7f || c == '\\' || c == '"' || c == '<' || c == '>' {
			return ""
		}
	}
	if !parses(iri) {
		return ""
	}
	return iri
}

// parses tells whether net/url, by which go-fed reads references, finds a host in an address. It is
// not asked about the usual kind: without escapes, the host followed by a port at most.
func parses(iri string) bool {
	if plainIRI(iri) {
		_, rest, _ := strings.Cut(iri, "://")
		if end := strings.IndexAny(rest, "/?#"); end >= 0 {
			rest = rest[:end]
		}
		host, port, _ := strings.Cut(rest, ":")
		if host != "" && strings.Trim(port, "0123456789") == "" {
			return true
		}
	}
	u, err := url.Parse(iri)
	return err == nil && u.Host != ""
}

// one returns the only id in a property that must not have several.
func (n node) one(name string) (ref, error) {
	list := n.refs(name)
	if len(list) > 1 {
		return ref{}, fault.New(fault.Invalid, "%s names several where one is meant", name)
	}
	if len(list) == 0 {
		return ref{}, nil
	}
	return list[0], nil
}
