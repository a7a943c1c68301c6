package httpsig

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"

	"tulou/protocol/keys"
)

// draftAlgorithms says what an algorithm label permits. The draft wants hs2019, or no label, and
// the algorithm taken from the key. In practice that means PKCS #1 v1.5 with SHA-256 for RSA; the
// draft itself names SHA-512, and its registry PSS, so all three are tried.
func draftAlgorithms(label string) ([]keys.Algorithm, bool) {
	switch label {
	case "", "hs2019":
		return []keys.Algorithm{keys.RSASHA256, keys.RSASHA512, keys.RSAPSSSHA512, keys.Ed25519}, true
	case "rsa-sha256":
		return []keys.Algorithm{keys.RSASHA256}, true
	case "rsa-sha512":
		return []keys.Algorithm{keys.RSASHA512}, true
	case "ed25519":
		return []keys.Algorithm{keys.Ed25519}, true
	}
	return nil, false
}

// readDraft reads the Signature field of draft-cavage-http-signatures-12 section 4.1 and builds the
// texts that may have been signed.
func readDraft(m message) (Signature, error) {
	lines := m.header.Values("Signature")
	if len(lines) != 1 {
		return Signature{}, refuse("there is not exactly one signature")
	}
	params, err := draftParams(lines[0])
	if err != nil {
		return Signature{}, err
	}
	s := Signature{KeyID: params["keyId"], Dialect: Draft}
	if err := checkKeyID(s.KeyID); err != nil {
		return Signature{}, err
	}
	var known bool
	if s.algorithms, known = draftAlgorithms(params["algorithm"]); !known {
		return Signature{}, refuse("signatures of the algorithm %q are not accepted", clip(params["algorithm"]))
	}
	if s.value, err = base64.StdEncoding.Strict().DecodeString(params["signature"]); err != nil || len(s.value) == 0 {
		return Signature{}, refuse("the signature is not base64")
	}
	s.Covered = strings.Fields(strings.ToLower(params["headers"]))
	if s.bases, err = draftBases(m, s.Covered, params); err != nil {
		return Signature{}, err
	}
	if err := s.readDraftTimes(m, params); err != nil {
		return Signature{}, err
	}
	return s, nil
}

// readDraftTimes fills in the moments that the signature covers. Created is the Date field for a
// signature that has nothing better.
func (s *Signature) readDraftTimes(m message, params map[string]string) (err error) {
	if s.Expires, err = draftTime(params, "expires"); err != nil {
		return err
	}
	created, err := draftTime(params, "created")
	if err != nil {
		return err
	}
	if slices.Contains(s.Covered, "date") {
		if s.date, err = m.date(); err != nil {
			return err
		}
		s.Created = s.date
	}
	if slices.Contains(s.Covered, "(created)") {
		s.Created = created
	}
	return nil
}

// draftParams reads name="value" pairs, or name=number, between commas. A name that is there twice
// is refused, even an unknown one: two readers would disagree about which counts.
func draftParams(text string) (map[string]string, error) {
	if len(text) > FieldBytesMax {
		return nil, refuse("the signature field is longer than %d bytes", FieldBytesMax)
	}
	params := make(map[string]string, 8)
	for {
		name, rest, found := strings.Cut(text, "=")
		name, rest = strings.Trim(name, " \t"), strings.TrimLeft(rest, " \t")
		if !found || !isToken(name) {
			return nil, refuse("the signature field cannot be parsed")
		}
		var value string
		if quoted, ok := strings.CutPrefix(rest, `"`); ok {
			if value, rest, ok = strings.Cut(quoted, `"`); !ok {
				return nil, refuse("the signature field cannot be parsed")
			}
		} else {
			end := strings.IndexByte(rest+",", ',')
			value, rest = strings.TrimRight(rest[:end], " \t"), rest[end:]
		}
		if strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c > '~' || c == '\\' || c == '"' }) {
			return nil, refuse("the signature field contains characters that are not allowed")
		}
		for other := range params {
			if strings.EqualFold(other, name) {
				return nil, refuse("the signature field has %q twice", clip(name))
			}
		}
		params[name] = value
		if rest = strings.TrimLeft(rest, " \t"); rest == "" {
			return params, nil
		}
		if text, found = strings.CutPrefix(rest, ","); !found {
			return nil, refuse("the signature field cannot be parsed")
		}
	}
}

// draftTime reads a Unix time of the parameters, zero if it is absent. The draft permits decimals
// for expires; no server sends them.
func draftTime(params map[string]string, name string) (time.Time, error) {
	text, found := params[name]
	if !found {
		return time.Time{}, nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds < 1 || seconds > unixTimeMax {
		return time.Time{}, refuse("the parameter %q of the signature is not a Unix time", name)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// draftBases builds the signing string of section 2.3, once with the target as it was requested
// and, if that has a query, once without the query: some servers sign the path alone, so GoToSocial
// tries both, and signs only with the query itself. A path that was signed without its query grants
// a reader of the same collection another page of it at most.
func draftBases(m message, covered []string, params map[string]string) ([]string, error) {
	if len(covered) > ComponentsMax {
		return nil, refuse("the signature covers more than %d components", ComponentsMax)
	}
	targets := []string{m.target}
	if path, _, found := m.pathAndQuery(); found {
		targets = append(targets, path)
	}
	bases := make([]string, 0, len(targets))
	for _, target := range targets {
		lines := make([]string, 0, len(covered))
		for i, name := range covered {
			if slices.Contains(covered[:i], name) {
				return nil, refuse("the signature covers %q twice", clip(name))
			}
			value, err := draftComponent(m, name, target, params)
			if err != nil {
				return nil, err
			}
			lines = append(lines, name+": "+value)
		}
		bases = append(bases, strings.Join(lines, "\n"))
	}
	return bases, nil
}

func draftComponent(m message, name, target string, params map[string]string) (string, error) {
	switch name {
	case "(request-target)":
		return strings.ToLower(m.method) + " " + target, nil
	case "(created)", "(expires)":
		value := params[strings.Trim(name, "()")]
		if value == "" {
			return "", refuse("the signature covers %s, which it does not have", name)
		}
		// Section 2.3: the old labels were made for software that does not know these two.
		if label := params["algorithm"]; strings.HasPrefix(label, "rsa") {
			return "", refuse("the signature covers %s with the algorithm %s", name, label)
		}
		return value, nil
	}
	if !isToken(name) {
		return "", refuse("the signature covers %q, which is not known", clip(name))
	}
	values, err := m.field(name)
	if err != nil {
		return "", err
	}
	if len(values) == 0 {
		return "", refuse("the signature covers the header field %q, which is absent", clip(name))
	}
	return strings.Join(values, ", "), nil
}

// checkDraft holds a signature against what is required.
func checkDraft(m message, s Signature, body []byte, now time.Time) error {
	covers := func(name string) bool { return slices.Contains(s.Covered, name) }
	for _, name := range []string{"(request-target)", "host"} {
		if !covers(name) {
			return refuse("the signature does not cover %s", name)
		}
	}
	if s.Created.IsZero() {
		return refuse("the signature covers neither date nor (created)")
	}
	if err := s.checkWindow(now); err != nil {
		return err
	}
	if covers("digest") {
		return checkDigest(m.header.Values("Digest"), body)
	}
	if m.hasBody(body) {
		return refuse("the signature does not cover digest")
	}
	return nil
}

// isToken tells whether text is a header field name or parameter name (RFC 9110 section 5.6.2).
func isToken(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') &&
			!strings.ContainsRune("!#$%&'*+-.^_`|~", c)
	})
}
