// Package strictjson refuses JSON documents that different parsers read differently.
//
// A signature covers bytes, but people act on what a parser makes of them. Where two parsers may
// disagree (duplicate keys, keys that differ by case, lone surrogates, NUL, numbers beyond float64)
// a document can mean one thing to the node that checked it and another to the one that acts, so
// such documents are refused before anything is decoded. JSON-LD keywords that rearrange a document
// (@graph, @included, @reverse, @nest) are refused for the same reason: contexts are never
// processed here, so whoever does process them would see other statements.
//
// In a context itself case tells a class from a property of the same name, as with
// QuoteAuthorization and quoteAuthorization, which Fedify 2 declares for every post; there keys are
// repeated only if they are equal.
//
// It is not a decoder: it returns nothing but an error. The federation engine calls it once
// on every body from outside. It holds no state and is safe for concurrent use.
package strictjson

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"

	"tulou/protocol/fault"
)

// DepthMax is how deep objects and arrays may be nested. Known software stays under 12; decoders
// further in recurse.
const DepthMax = 64

// linearMax is up to how many keys of one object are compared one by one. A Mastodon context has
// about 30; beyond, keys go into a set, so that a body full of keys costs linear time.
const linearMax = 32

// Check reads body once and returns nil if it is one unambiguous JSON object of at most limit
// bytes. The error is fault.TooLarge for the size and fault.Invalid for everything else.
func Check(body []byte, limit int) error {
	if len(body) > limit {
		return fault.New(fault.TooLarge, "the body is longer than %d bytes", limit)
	}
	// Names are compared here, with case folded, which includes equal ones.
	d := jsontext.NewDecoder(bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true))
	if d.PeekKind() != '{' {
		return fault.New(fault.Invalid, "the body is not a JSON object")
	}
	c := checker{body: body, decoder: d}
	if err := c.object(); err != nil {
		return err
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return fault.New(fault.Invalid, "the body goes on after the JSON object")
	}
	return nil
}

// checker holds the keys of the objects that are open: the innermost object's are the last.
type checker struct {
	body    []byte
	decoder *jsontext.Decoder
	names   [][]byte
	depth   int
	context int // how many @context are open
}

// object reads one object whose opening brace comes next.
func (c *checker) object() error {
	if err := c.open(); err != nil {
		return err
	}
	base := len(c.names)
	var set map[string]bool
	for c.decoder.PeekKind() == '"' {
		name, err := c.name()
		if err != nil {
			return err
		}
		if set == nil && len(c.names)-base >= linearMax {
			set = map[string]bool{}
			for _, earlier := range c.names[base:] {
				set[c.fold(earlier)] = true
			}
		}
		if c.repeated(name, base, set) {
			return fault.New(fault.Invalid, "the key %q is there twice, or twice but for case", clip(name))
		}
		if set != nil {
			set[c.fold(name)] = true
		} else {
			c.names = append(c.names, name)
		}
		if err := c.member(name); err != nil {
			return err
		}
	}
	c.names = c.names[:base]
	return c.close()
}

// member reads the value of a key.
func (c *checker) member(name []byte) error {
	if string(name) != "@context" {
		return c.value()
	}
	c.context++
	err := c.value()
	c.context--
	return err
}

func (c *checker) repeated(name []byte, base int, set map[string]bool) bool {
	if set != nil {
		return set[c.fold(name)]
	}
	for _, earlier := range c.names[base:] {
		if bytes.Equal(earlier, name) || c.context == 0 && bytes.EqualFold(earlier, name) {
			return true
		}
	}
	return false
}

// array reads one array whose opening bracket comes next.
func (c *checker) array() error {
	if err := c.open(); err != nil {
		return err
	}
	for {
		switch c.decoder.PeekKind() {
		case ']', 0:
			return c.close()
		}
		if err := c.value(); err != nil {
			return err
		}
	}
}

func (c *checker) open() error {
	if c.depth++; c.depth > DepthMax {
		return fault.New(fault.Invalid, "the body is nested deeper than %d", DepthMax)
	}
	_, err := c.decoder.ReadToken()
	return notJSON(err)
}

func (c *checker) close() error {
	c.depth--
	_, err := c.decoder.ReadToken()
	return notJSON(err)
}

func (c *checker) value() error {
	switch c.decoder.PeekKind() {
	case '{':
		return c.object()
	case '[':
		return c.array()
	}
	raw, err := c.decoder.ReadValue()
	if err != nil {
		return notJSON(err)
	}
	switch raw.Kind() {
	case '"':
		return checkString(raw)
	case '0':
		return checkNumber(raw)
	}
	return nil
}

// name reads a key and returns it unescaped, a part of the body where it can be.
func (c *checker) name() ([]byte, error) {
	raw, err := c.decoder.ReadValue()
	if err != nil {
		return nil, notJSON(err)
	}
	if err := checkString(raw); err != nil {
		return nil, err
	}
	end := int(c.decoder.InputOffset()) // raw is the decoder's, and dies with its next step
	name := c.body[end-len(raw)+1 : end-1]
	if bytes.IndexByte(name, '\\') >= 0 {
		if name, err = jsontext.AppendUnquote(nil, raw); err != nil {
			return nil, notJSON(err)
		}
	}
	switch string(name) {
	case "@graph", "@included", "@reverse", "@nest":
		return nil, fault.New(fault.Invalid, "the JSON-LD keyword %s is not accepted", name)
	}
	return name, nil
}

// checkString refuses NUL, which many C libraries and PostgreSQL take for the end of a text. The
// decoder has refused raw control characters, broken UTF-8 and lone surrogates.
func checkString(raw []byte) error {
	for rest := raw; ; {
		i := bytes.IndexByte(rest, '\\')
		if i < 0 {
			return nil
		}
		if bytes.HasPrefix(rest[i+1:], []byte("u0000")) {
			return fault.New(fault.Invalid, "the body contains a NUL character")
		}
		rest = rest[i+2:] // a backslash is never the last byte of a valid string
	}
}

// digitsSafe is how many bytes a number without exponent can have and still fit into a float64.
const digitsSafe = 300

func checkNumber(raw []byte) error {
	if len(raw) <= digitsSafe && bytes.IndexByte(raw, 'e') < 0 && bytes.IndexByte(raw, 'E') < 0 {
		return nil
	}
	if _, err := strconv.ParseFloat(string(raw), 64); err != nil {
		return fault.New(fault.Invalid, "the body contains a number that no float64 can hold")
	}
	return nil
}

// fold returns the key under which names that are the same meet, as repeated does it.
func (c *checker) fold(name []byte) string {
	if c.context > 0 {
		return string(name)
	}
	return string(bytes.Map(func(r rune) rune {
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		return least
	}, name))
}

func notJSON(err error) error {
	if err == nil {
		return nil
	}
	return fault.Wrap(err, fault.Invalid, "the body is not valid JSON")
}

func clip(name []byte) string {
	if len(name) > 40 {
		name = bytes.ToValidUTF8(name[:40], nil)
	}
	return string(name)
}
