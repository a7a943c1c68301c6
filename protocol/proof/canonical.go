package proof

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/gowebpki/jcs"

	"tulou/protocol/fault"
)

// integerMax is the largest number that a double and an exact reader understand alike (RFC 7493
// section 2.2). Beyond it, the number that was hashed is not the number that another parser reads.
const integerMax = 1<<53 - 1

// canonical returns the text in the canonical form of RFC 8785. It refuses text that has none, and
// numbers that would change on the way.
func canonical(text []byte) ([]byte, error) {
	if len(text) > DocumentBytesMax {
		return nil, fault.New(fault.TooLarge, "the document is larger than %d bytes", DocumentBytesMax)
	}
	form, err := jcs.Transform(text)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "the document has no canonical form")
	}
	if err := checkNumbers(text); err != nil {
		return nil, err
	}
	return form, nil
}

// checkNumbers looks at every number of a valid JSON text.
func checkNumbers(text []byte) error {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			for i++; text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case c == '-' || c >= '0' && c <= '9':
			end := i
			for end < len(text) && strings.IndexByte("+-.eE0123456789", text[end]) >= 0 {
				end++
			}
			if !exact(string(text[i:end])) {
				return fault.New(fault.Invalid, "the document has a number that others may read differently")
			}
			i = end - 1
		}
	}
	return nil
}

// exact tells whether a number is within the range in which every reader sees the same. A fraction
// may be rounded, but a number that is not zero must not become zero.
func exact(number string) bool {
	value, err := strconv.ParseFloat(number, 64)
	if err != nil || value > integerMax || value < -integerMax {
		return false
	}
	mantissa, _, _ := strings.Cut(strings.ToLower(number), "e")
	return value != 0 || !strings.ContainsAny(mantissa, "123456789")
}

// object is a canonical JSON object: its members in canonical order.
type object []member

// member is one member of an object: its name, its value, and both as they are written.
type member struct {
	name  string
	value json.RawMessage
	text  []byte
}

// canonicalObject reads a document, which has to be an object.
func canonicalObject(document []byte) (object, error) {
	form, err := canonical(document)
	if err != nil {
		return nil, err
	}
	return split(form)
}

// split takes an object in canonical form apart without changing a byte.
func split(form []byte) (object, error) {
	if !bytes.HasPrefix(form, []byte("{")) {
		return nil, fault.New(fault.Invalid, "the document is not a JSON object")
	}
	decoder := json.NewDecoder(bytes.NewReader(form))
	_, err := decoder.Token()
	whole := object{}
	for err == nil && decoder.More() {
		var m member
		var name json.Token
		start := decoder.InputOffset()
		if name, err = decoder.Token(); err != nil {
			break
		}
		err = decoder.Decode(&m.value)
		m.name, _ = name.(string)
		m.text = bytes.TrimPrefix(form[start:decoder.InputOffset()], []byte(","))
		whole = append(whole, m)
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "the document cannot be parsed")
	}
	return whole, nil
}

// join puts the members together again, in canonical form.
func (o object) join() []byte {
	form := []byte{'{'}
	for i, m := range o {
		if i > 0 {
			form = append(form, ',')
		}
		form = append(form, m.text...)
	}
	return append(form, '}')
}

// get returns the value of a member, nil if there is none. Names are compared exactly.
func (o object) get(name string) json.RawMessage {
	for _, m := range o {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// text returns the value of a member that is a string, "" for everything else.
func (o object) text(name string) string {
	var text string
	if value := o.get(name); value == nil || json.Unmarshal(value, &text) != nil {
		return ""
	}
	return text
}

// without returns the object without some of its members.
func (o object) without(names ...string) object {
	return slices.DeleteFunc(slices.Clone(o), func(m member) bool { return slices.Contains(names, m.name) })
}

// with returns the object with a member set. The name has to be ASCII: bytes are then in the same
// order as the UTF-16 units that RFC 8785 sorts by.
func (o object) with(name string, value json.RawMessage) object {
	rest := o.without(name)
	at := 0
	for at < len(rest) && rest[at].name < name {
		at++
	}
	return slices.Insert(rest, at, member{name, value, append([]byte(`"`+name+`":`), value...)})
}

// proof returns the one proof of a document, alone or alone in an array.
func (o object) proof() (object, error) {
	value := o.get("proof")
	if value == nil {
		return nil, unsigned("the document has no proof")
	}
	if all := elements(value); len(all) == 1 {
		value = all[0]
	}
	if !bytes.HasPrefix(value, []byte("{")) {
		return nil, unsigned("the document has not exactly one proof")
	}
	return split(value)
}
