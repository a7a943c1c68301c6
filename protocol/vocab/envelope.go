package vocab

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

// ParseEnvelope reads the few properties of an activity that the gate decides by, without building
// anything else. It agrees with ParseActivity on every document that both accept: names may be
// prefixed, an actor may be an id, an object with an id, or a list of one of these. Several actors,
// several objects (except in a Flag), a property under two names, and a missing type or actor are
// fault.Invalid. ID may be "": Mastodon sends Add and Remove without one. It does not look for
// duplicate keys: strictjson.Check does.
func ParseEnvelope(raw []byte) (Envelope, error) {
	top, err := identify(raw)
	if err != nil {
		return Envelope{}, err
	}
	if top.Type == "" {
		return Envelope{}, fault.New(fault.Invalid, "the activity names no type")
	}
	e := Envelope{ID: top.ID, Type: top.Type}
	if e.Actor, _, err = top.reference("actor", false); err != nil {
		return Envelope{}, err
	}
	if e.Actor == "" {
		return Envelope{}, fault.New(fault.Invalid, "the activity names no actor")
	}
	object, embedded, err := top.reference("object", top.Type == "Flag")
	if err != nil {
		return Envelope{}, err
	}
	e.ObjectID = object
	if embedded != nil {
		e.ObjectType = embedded.Type
		if e.ObjectOf, _, err = embedded.reference("actor", true); err == nil && e.ObjectOf == "" {
			e.ObjectOf, _, err = embedded.reference("attributedTo", true)
		}
	}
	return e, err
}

// identity is what identify finds in one object. The values are slices of what was given.
type identity struct {
	ID, Type                    string
	actor, object, attributedTo jsontext.Value
}

// identify walks the properties of one JSON object and skips all values but the few it is for.
func identify(raw []byte) (identity, error) {
	var found identity
	var id, kind jsontext.Value
	err := properties(raw, func(name string, value jsontext.Value) error {
		place := found.place(name, &id, &kind)
		if place == nil || value.Kind() == 'n' {
			return nil
		}
		if *place != nil {
			return fault.New(fault.Invalid, "the property %q is there under two names", name)
		}
		*place = value
		return nil
	})
	if err != nil {
		return identity{}, err
	}
	if id != nil {
		if id.Kind() != '"' || len(id) > ids.IRIBytesMax {
			return identity{}, fault.New(fault.Invalid, "an id is not a string of at most %d bytes", ids.IRIBytesMax)
		}
		found.ID = web(unquote(id))
	}
	var names []string
	for _, element := range elements(kind, arrayMax) {
		if element.Kind() != '"' {
			return identity{}, fault.New(fault.Invalid, "a type is neither a name nor a list of names")
		}
		names = append(names, shortName(unquote(element)))
	}
	found.Type = typeName(names)
	return found, nil
}

func (i *identity) place(name string, id, kind *jsontext.Value) *jsontext.Value {
	switch name {
	case "id":
		return id
	case "type":
		return kind
	case "actor":
		return &i.actor
	case "object":
		return &i.object
	case "attributedTo":
		return &i.attributedTo
	}
	return nil
}

// reference reads an id, an object with an id, or a list of one; of several the first if that is
// allowed.
func (i *identity) reference(name string, several bool) (id string, embedded *identity, err error) {
	var first jsontext.Value
	count := 0
	for _, element := range elements(*i.place(name, nil, nil), arrayMax) {
		switch {
		case element.Kind() == '{', element.Kind() == '"' && web(unquote(element)) != "":
		default:
			continue
		}
		if count++; count == 1 {
			first = element
		}
	}
	switch {
	case count == 0:
		return "", nil, nil
	case count > 1 && !several:
		return "", nil, fault.New(fault.Invalid, "%s names several where one is meant", name)
	case first.Kind() == '"':
		return web(unquote(first)), nil, nil
	}
	child, err := identify(first)
	return child.ID, &child, err
}

// properties calls f with the short name and the bytes of every property of a JSON object.
func properties(raw []byte, f func(name string, value jsontext.Value) error) error {
	d := jsontext.NewDecoder(bytes.NewBuffer(raw), jsontext.AllowDuplicateNames(true))
	if token, err := d.ReadToken(); err != nil || token.Kind() != '{' {
		return fault.Wrap(err, fault.Invalid, "the document is not a JSON object")
	}
	for d.PeekKind() == '"' {
		token, err := d.ReadToken()
		if err != nil {
			return fault.Wrap(err, fault.Invalid, "the document is not JSON")
		}
		name := shortName(token.String())
		start := d.InputOffset()
		if err := d.SkipValue(); err != nil {
			return fault.Wrap(err, fault.Invalid, "the document is not JSON")
		}
		value := bytes.TrimLeft(raw[start:d.InputOffset()], ": \t\r\n")
		if err := f(name, value); err != nil {
			return err
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return fault.Wrap(err, fault.Invalid, "the document is not JSON")
	}
	return nil
}

// member returns the bytes of one property, nil if there is none.
func member(raw []byte, name string) (found []byte) {
	_ = properties(raw, func(n string, value jsontext.Value) error {
		if n == name {
			found = value
		}
		return nil
	})
	return found
}

// embedded returns the bytes of the object in a property, or of the first object in its list.
func embedded(raw []byte, name string) []byte {
	for _, element := range elements(member(raw, name), arrayMax) {
		if element.Kind() == '{' {
			return element
		}
	}
	return nil
}

// elements returns the parts of a JSON array, or the value itself if it is none, without nulls.
func elements(raw jsontext.Value, most int) []jsontext.Value {
	if len(raw) == 0 || raw.Kind() == 'n' {
		return nil
	}
	if raw.Kind() != '[' {
		return []jsontext.Value{raw}
	}
	var list []jsontext.Value
	d := jsontext.NewDecoder(bytes.NewBuffer(raw), jsontext.AllowDuplicateNames(true))
	_, _ = d.ReadToken()
	for d.PeekKind() != ']' && len(list) < most {
		start := d.InputOffset()
		if err := d.SkipValue(); err != nil {
			break
		}
		if value := jsontext.Value(bytes.TrimLeft(raw[start:d.InputOffset()], ", \t\r\n")); value.Kind() != 'n' {
			list = append(list, value)
		}
	}
	return list
}

func unquote(value jsontext.Value) string {
	text, err := jsontext.AppendUnquote(nil, value)
	if err != nil {
		return ""
	}
	return string(text)
}
