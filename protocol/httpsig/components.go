package httpsig

import (
	"net/url"
	"strings"

	"github.com/dunglas/httpsfv"
)

// component returns the value of one covered component of RFC 9421 section 2. A parameter that is
// not understood is refused: it changes what the component means.
func component(m message, item httpsfv.Item) (string, error) {
	name, ok := item.Value.(string)
	if !ok || name == "" {
		return "", refuse("the signature covers something that is not a component")
	}
	params := item.Params.Names()
	if strings.HasPrefix(name, "@") {
		if name == "@query-param" {
			return queryParam(m, item.Params)
		}
		if len(params) > 0 {
			return "", refuse("the component %q has a parameter that is not known", clip(name))
		}
		return derived(m, name)
	}
	if !isToken(name) || name != strings.ToLower(name) {
		return "", refuse("the component %q is not a header field", clip(name))
	}
	values, err := m.field(name)
	if err != nil {
		return "", err
	}
	if len(values) == 0 {
		return "", refuse("the signature covers the header field %q, which is absent", clip(name))
	}
	switch {
	case len(params) == 0:
		return strings.Join(values, ", "), nil
	case len(params) > 1:
		return "", refuse("the component %q has more than one parameter", clip(name))
	}
	value, _ := item.Params.Get(params[0])
	return reencoded(name, values, params[0], value)
}

// derived returns a component of section 2.2 that is not a header field.
func derived(m message, name string) (string, error) {
	path, query, _ := m.pathAndQuery()
	switch name {
	case "@method":
		return m.method, nil
	case "@target-uri":
		return m.scheme + "://" + m.authority() + m.target, nil
	case "@authority":
		return m.authority(), nil
	case "@scheme":
		return m.scheme, nil
	case "@request-target":
		return m.target, nil
	case "@path":
		return path, nil
	case "@query":
		return "?" + query, nil
	}
	return "", refuse("the component %q is not known", clip(name))
}

// authority returns the host without the default port of the scheme (section 2.2.3).
func (m message) authority() string {
	host := strings.ToLower(m.host)
	switch m.scheme {
	case "https":
		host = strings.TrimSuffix(host, ":443")
	case "http":
		host = strings.TrimSuffix(host, ":80")
	}
	return host
}

// queryParam returns one parameter of the query (section 2.2.8), decoded and encoded again. A name
// that is there more than once has no value that both sides would agree on.
func queryParam(m message, params *httpsfv.Params) (string, error) {
	value, _ := params.Get("name")
	wanted, ok := value.(string)
	if !ok || len(params.Names()) != 1 {
		return "", refuse("the component @query-param has not exactly the parameter name")
	}
	_, query, _ := m.pathAndQuery()
	found, count := "", 0
	for pair := range strings.SplitSeq(query, "&") {
		key, text, _ := strings.Cut(pair, "=")
		key, err := formEncoded(key)
		if err != nil {
			return "", err
		}
		if key != wanted {
			continue
		}
		if found, err = formEncoded(text); err != nil {
			return "", err
		}
		count++
	}
	if count != 1 {
		return "", refuse("the signature covers a query parameter that is not there exactly once")
	}
	return found, nil
}

// formEncoded decodes a part of a query and encodes it with the percent-encode set of forms, which
// differs from Go's in three characters.
func formEncoded(text string) (string, error) {
	plain, err := url.QueryUnescape(text)
	if err != nil {
		return "", refuse("the query cannot be decoded")
	}
	return strings.NewReplacer("+", "%20", "%2A", "*", "~", "%7E").Replace(url.QueryEscape(plain)), nil
}

// reencoded returns a header field with one of the parameters of section 2.1: sf (written in the
// canonical way), key (one member of a dictionary) or bs (each value as bytes).
func reencoded(name string, values []string, param string, value any) (string, error) {
	switch {
	case param == "bs" && value == true:
		list := make(httpsfv.List, 0, len(values))
		for _, text := range values {
			list = append(list, httpsfv.NewItem([]byte(text)))
		}
		return marshal(name, list)
	case param == "sf" && value == true:
		// Canonical form depends on the type of the field; these are the ones that may be signed.
		switch name {
		case "content-digest", "want-content-digest", "accept-signature":
			parsed, err := httpsfv.UnmarshalDictionary(values)
			if err != nil {
				return "", refuse("the header field %q cannot be parsed", name)
			}
			return marshal(name, parsed)
		}
	case param == "key":
		key, _ := value.(string)
		parsed, err := httpsfv.UnmarshalDictionary(values)
		if err != nil {
			return "", refuse("the header field %q cannot be parsed", clip(name))
		}
		if member, found := parsed.Get(key); found {
			return marshal(name, member)
		}
		return "", refuse("the header field %q has not the member that the signature covers", clip(name))
	}
	return "", refuse("the component %q has a parameter that is not known", clip(name))
}

func marshal(name string, value httpsfv.StructuredFieldValue) (string, error) {
	text, err := httpsfv.Marshal(value)
	if err != nil {
		return "", refuse("the header field %q cannot be written", clip(name))
	}
	return text, nil
}
