package vocab

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

// document is what one parse shares.
type document struct {
	language string            // of the context, "" if it names none
	objects  int               // typed objects met so far
	spelled  map[string]string // go-fed's spelling of an IRI → the author's, where they differ
}

// source is what a typed object was made of. It travels inside go-fed's objects as an unknown
// property, because go-fed loses languages, fractions of seconds, and texts that look like IRIs
// ("CW: food"); those are read from here.
type source struct {
	m    map[string]any // what go-fed has seen
	rest map[string]any // objects and lists that are no references, and texts
	doc  *document
}

// sourceKey is a property name that no document can bring in.
const sourceKey = "\x00source"

// object puts a map into the one form that the rest of the package reads: short names, no nulls, a
// single type, references as strings or objects or lists of them.
func (d *document) object(m map[string]any, under string, depth int) error {
	if d.objects++; d.objects > ObjectsMax {
		return fault.New(fault.Invalid, "the document has more than %d objects", ObjectsMax)
	}
	if depth > DepthMax {
		return fault.New(fault.Invalid, "the document is nested deeper than %d", DepthMax)
	}
	if err := shortNames(m); err != nil {
		return err
	}
	delete(m, "@context")
	if err := setType(m, under); err != nil {
		return err
	}
	if id, has := m["id"]; has {
		if s, ok := id.(string); !ok || len(s) > ids.IRIBytesMax {
			return fault.New(fault.Invalid, "an id is not a string of at most %d bytes", ids.IRIBytesMax)
		}
	}
	rest, err := d.properties(m, depth)
	if err != nil {
		return err
	}
	m[sourceKey] = source{m, rest, d}
	return nil
}

// properties normalises the references in m and takes everything else that is an object, a list or
// a text out of it: go-fed would try to type the former, whatever they are and however many, and
// to parse the latter as IRIs.
func (d *document) properties(m map[string]any, depth int) (rest map[string]any, err error) {
	for name, value := range m {
		if unread[name] || value == nil {
			delete(m, name)
			continue
		}
		if references[name] {
			if m[name], err = d.value(value, name, depth); err != nil {
				return nil, err
			}
			continue
		}
		_, isObject := value.(map[string]any)
		_, isList := value.([]any)
		if isObject || isList || textNames[name] {
			if rest == nil {
				rest = map[string]any{}
			}
			rest[name] = value
			delete(m, name)
		}
	}
	return rest, nil
}

// value normalises what a reference property holds.
func (d *document) value(v any, name string, depth int) (any, error) {
	switch v := v.(type) {
	case string:
		return d.iri(v, name)
	case map[string]any:
		if id, ok := v["id"].(string); ok && idOnly[name] {
			return d.iri(id, name)
		}
		return v, d.object(v, name, depth+1)
	case []any:
		return d.list(v, name, depth)
	}
	return v, nil
}

// list normalises the elements of a list in place, drops nulls and lists in lists, and keeps the
// list within the property's limit.
func (d *document) list(list []any, name string, depth int) ([]any, error) {
	most, refuse := listMax(name)
	if len(list) > most {
		if refuse {
			return nil, fault.New(fault.Invalid, "%s has more than %d entries", name, most)
		}
		list = list[:most]
	}
	out := list[:0]
	for _, element := range list {
		switch element.(type) {
		case nil, []any:
			continue
		}
		element, err := d.value(element, name, depth)
		if err != nil {
			return nil, err
		}
		out = append(out, element)
	}
	return out, nil
}

func listMax(name string) (most int, refuse bool) {
	switch name {
	case "to", "cc", "audience":
		return RecipientsMax, true
	case "oneOf", "anyOf":
		return OptionsMax, true
	case "tag":
		return TagsMax + MentionsMax, false
	case "attachment":
		return max(AttachmentsMax, FieldsMax), false
	}
	return arrayMax, false
}

// iri remembers the author's spelling of IRIs that net/url writes differently, such as those with
// letters beyond ASCII; ids must be compared and sent back byte for byte.
func (d *document) iri(s, name string) (string, error) {
	if name == "to" || name == "cc" || name == "audience" {
		s = canonicalPublic(s)
	}
	if plainIRI(s) {
		return s, nil
	}
	u, err := url.Parse(s)
	if err != nil || u.String() == s {
		return s, nil
	}
	if other, has := d.spelled[u.String()]; has && other != s {
		return "", fault.New(fault.Invalid, "two ids differ only in how they are escaped")
	}
	if d.spelled == nil {
		d.spelled = map[string]string{}
	}
	d.spelled[u.String()] = s
	return s, nil
}

// plainIRI tells, without parsing, that net/url will not change s.
func plainIRI(s string) bool {
	if !strings.HasPrefix(s, "https://") && !strings.HasPrefix(s, "http://") {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c >= 'A' && c <= 'Z':
		case c == '/' || c == ':' || c == '.' || c == '-' || c == '_' || c == '?' || c == '=' || c == '&' || c == '~' || c == '@' || c == '+':
		case c == '#' && i < len(s)-1:
		default:
			return false
		}
	}
	return true
}

// shortNames renames prefixed and full-IRI properties. A property that is there under two names
// would be read differently by different software, so it is refused.
func shortNames(m map[string]any) error {
	type rename struct{ from, to string }
	var renames []rename
	for name := range m {
		if short := shortName(name); short != name {
			renames = append(renames, rename{name, short})
		}
	}
	for _, r := range renames {
		if _, has := m[r.to]; has {
			return fault.New(fault.Invalid, "the property %q is there under two names", clip(r.to, 40))
		}
		m[r.to] = m[r.from]
		delete(m, r.from)
	}
	return nil
}

// setType leaves one short type name in m, or none.
func setType(m map[string]any, under string) error {
	var names []string
	switch t := m["type"].(type) {
	case nil:
	case string:
		if known(t) {
			return nil
		}
		names = []string{t}
	case []any:
		for _, element := range t {
			s, ok := element.(string)
			if !ok || len(names) == arrayMax {
				return fault.New(fault.Invalid, "a type is not a short list of names")
			}
			names = append(names, s)
		}
	default:
		return fault.New(fault.Invalid, "a type is neither a name nor a list of names")
	}
	for i := range names {
		names[i] = shortName(names[i])
	}
	name := typeName(names)
	if name == "" {
		name = defaultTypes[under]
	}
	if name == "" {
		delete(m, "type")
	} else {
		m["type"] = name
	}
	return nil
}

// clip cuts s to at most n bytes without breaking a character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
