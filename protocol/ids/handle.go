package ids

import (
	"strings"

	"tulou/protocol/fault"
)

// Handle names a person: Name at Host. Host is empty for somebody of this node.
type Handle struct {
	Name string
	Host string
}

// NameBytesMax bounds a user name. Local names are shorter; this is for names of other servers.
const NameBytesMax = 128

// LocalNameMax is the longest name that can be registered here, as in Mastodon.
const LocalNameMax = 30

// ParseHandle reads "ana", "@ana", "ana@host", "@ana@host" and "acct:ana@host". The host is
// normalised; the case of the name is kept. Errors are fault.Invalid.
func ParseHandle(text string) (Handle, error) {
	text = strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(text), "acct:"), "@")
	name, host, found := strings.Cut(text, "@")
	if !ValidName(name) {
		return Handle{}, fault.New(fault.Invalid, "%q is not a handle like ana or @ana@example.org", clip(text, 80))
	}
	if !found {
		return Handle{Name: name}, nil
	}
	host, err := NormalizeHost(host)
	if err != nil {
		return Handle{}, err
	}
	return Handle{Name: name, Host: host}, nil
}

// ValidName tells whether name can be a user name anywhere: letters, digits, '_', and '-' or '.'
// inside. It is generous because other servers are.
func ValidName(name string) bool {
	if name == "" || len(name) > NameBytesMax {
		return false
	}
	for i, r := range name {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_':
		case (r == '-' || r == '.') && i > 0 && i < len(name)-1:
		default:
			return false
		}
	}
	return true
}

// ValidLocalName tells whether name may be registered on this node: lower case letters, digits and
// '_', at most LocalNameMax.
func ValidLocalName(name string) bool {
	if name == "" || len(name) > LocalNameMax {
		return false
	}
	for _, r := range name {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' {
			return false
		}
	}
	return true
}

// String returns name@host, or the bare name of somebody local.
func (h Handle) String() string {
	if h.Host == "" {
		return h.Name
	}
	return h.Name + "@" + h.Host
}
