package httpsig

import (
	"slices"
	"strings"
	"time"

	"github.com/dunglas/httpsfv"

	"tulou/protocol/keys"
)

// unixTimeMax is the last second of the year 9999, the last that can be written as a date.
const unixTimeMax = 253402300799

// rfcAlgorithms says what an alg parameter permits (RFC 9421 section 6.2.2). Without one the key
// decides. hmac-sha256 has no business between strangers; the elliptic curves have no keys here.
func rfcAlgorithms(label string) ([]keys.Algorithm, bool) {
	switch keys.Algorithm(label) {
	case "":
		return []keys.Algorithm{keys.RSASHA256, keys.RSAPSSSHA512, keys.Ed25519}, true
	case keys.RSASHA256, keys.RSAPSSSHA512, keys.Ed25519:
		return []keys.Algorithm{keys.Algorithm(label)}, true
	}
	return nil, false
}

// parseRFC9421 returns the first acceptable signature, or why the first one is not.
func parseRFC9421(m message, body []byte, now time.Time) (Signature, error) {
	inputs, err := dictionary("Signature-Input", m.header.Values("Signature-Input"))
	if err != nil {
		return Signature{}, err
	}
	// A sender that is unsure of its peer may sign in both dialects, which share this field.
	lines := slices.DeleteFunc(slices.Clone(m.header.Values("Signature")), func(line string) bool {
		return strings.Contains(line, "keyId=")
	})
	values, err := dictionary("Signature", lines)
	if err != nil {
		return Signature{}, err
	}
	if n := len(inputs.Names()); n == 0 || n > SignaturesMax {
		return Signature{}, refuse("there are %d signatures; 1 to %d are accepted", n, SignaturesMax)
	}
	var refusal error
	for _, label := range inputs.Names() {
		s, err := readRFC9421(m, inputs, values, label)
		if err == nil {
			err = checkRFC9421(m, s, body, now)
		}
		if err == nil {
			return s, nil
		}
		if refusal == nil {
			refusal = err
		}
	}
	return Signature{}, refusal
}

// dictionary parses a dictionary of RFC 8941 that is written in the canonical way, but for white
// space. So a member or parameter that is there twice, of which the standard silently takes the
// last, is refused, and so is base64 with two spellings of the same bytes.
func dictionary(name string, lines []string) (*httpsfv.Dictionary, error) {
	text := strings.Join(lines, ",")
	if len(text) > FieldBytesMax {
		return nil, refuse("the header field %s is longer than %d bytes", name, FieldBytesMax)
	}
	parsed, err := httpsfv.UnmarshalDictionary(lines)
	if err != nil {
		return nil, refuse("the header field %s cannot be parsed", name)
	}
	canonical, err := httpsfv.Marshal(parsed)
	if err != nil || withoutBlanks(canonical) != withoutBlanks(text) {
		return nil, refuse("the header field %s repeats something or is not canonical", name)
	}
	return parsed, nil
}

func withoutBlanks(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, " ", ""), "\t", "")
}

// readRFC9421 reads one labelled signature (section 4) and builds the base that must have been
// signed (section 2.5).
func readRFC9421(m message, inputs, values *httpsfv.Dictionary, label string) (Signature, error) {
	member, _ := inputs.Get(label)
	list, ok := member.(httpsfv.InnerList)
	if !ok {
		return Signature{}, refuse("the signature input is not a list of components")
	}
	member, _ = values.Get(label)
	item, _ := member.(httpsfv.Item)
	s := Signature{Dialect: RFC9421}
	if s.value, ok = item.Value.([]byte); !ok || len(s.value) == 0 {
		return Signature{}, refuse("there is no signature for the signature input")
	}
	if err := s.readParams(list.Params); err != nil {
		return Signature{}, err
	}
	base, covered, err := rfcBase(m, list)
	if err != nil {
		return Signature{}, err
	}
	s.bases, s.Covered = []string{base}, covered
	if slices.Contains(covered, `"date"`) {
		if s.date, err = m.date(); err != nil {
			return Signature{}, err
		}
	}
	return s, nil
}

// readParams reads the signature parameters of section 2.3. Parameters that are not known are
// covered by the signature like all others and mean nothing here.
func (s *Signature) readParams(params *httpsfv.Params) error {
	var label string
	for name, target := range map[string]*string{"keyid": &s.KeyID, "alg": &label} {
		value, found := params.Get(name)
		if !found {
			continue
		}
		text, ok := value.(string)
		if !ok {
			return refuse("the parameter %q of the signature is not a string", name)
		}
		*target = text
	}
	for name, target := range map[string]*time.Time{"created": &s.Created, "expires": &s.Expires} {
		value, found := params.Get(name)
		if !found {
			continue
		}
		seconds, ok := value.(int64)
		if !ok || seconds < 1 || seconds > unixTimeMax {
			return refuse("the parameter %q of the signature is not a Unix time", name)
		}
		*target = time.Unix(seconds, 0).UTC()
	}
	if err := checkKeyID(s.KeyID); err != nil {
		return err
	}
	var known bool
	if s.algorithms, known = rfcAlgorithms(label); !known {
		return refuse("signatures of the algorithm %q are not accepted", clip(label))
	}
	return nil
}

// rfcBase builds the signature base of section 2.5 and lists the identifiers of the components.
func rfcBase(m message, list httpsfv.InnerList) (base string, covered []string, err error) {
	if len(list.Items) > ComponentsMax {
		return "", nil, refuse("the signature covers more than %d components", ComponentsMax)
	}
	var text strings.Builder
	for _, item := range list.Items {
		identifier, err := httpsfv.Marshal(item)
		if err != nil {
			return "", nil, refuse("the signature covers something that is not a component")
		}
		if slices.Contains(covered, identifier) {
			return "", nil, refuse("the signature covers %s twice", clip(identifier))
		}
		value, err := component(m, item)
		if err != nil {
			return "", nil, err
		}
		covered = append(covered, identifier)
		text.WriteString(identifier + ": " + value + "\n")
	}
	params, err := httpsfv.Marshal(list)
	if err != nil {
		return "", nil, refuse("the signature input cannot be written")
	}
	return text.String() + `"@signature-params": ` + params, covered, nil
}

// checkRFC9421 holds a signature against what is required. The components count only in their plain
// form: one with a parameter may stand for a part of a field.
func checkRFC9421(m message, s Signature, body []byte, now time.Time) error {
	covers := func(name string) bool { return slices.Contains(s.Covered, `"`+name+`"`) }
	if !covers("@method") {
		return refuse("the signature does not cover @method")
	}
	_, _, query := m.pathAndQuery()
	target := covers("@request-target") || covers("@path") && (covers("@query") || !query)
	if !covers("@target-uri") && !(covers("@authority") && target) {
		return refuse("the signature does not cover @target-uri")
	}
	if s.Created.IsZero() {
		return refuse("the signature does not say when it was created")
	}
	if err := s.checkWindow(now); err != nil {
		return err
	}
	if covers("content-digest") {
		return checkContentDigest(m.header.Values("Content-Digest"), body)
	}
	if m.hasBody(body) {
		return refuse("the signature does not cover content-digest")
	}
	return nil
}
