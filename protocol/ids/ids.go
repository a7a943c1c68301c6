// Package ids knows how things are named: status ids, hosts and origins, handles, and the paths
// under which a node publishes its actors, objects, collections, keys and media.
//
// It is pure: the clock is passed in, nothing is looked up. Everything here is part of the address
// of something that other servers remember for ever, so it may grow but never change.
package ids

import (
	"net"
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/net/idna"

	"tulou/protocol/fault"
)

// IRIBytesMax is the longest IRI that is accepted as an id or a link to an object. Real ones are
// under 300 bytes; Mastodon indexes the first 2,048.
const IRIBytesMax = 2048

// ParseIRI parses an absolute http(s) IRI and returns it with its host normalised. It refuses user
// information, missing hosts, control characters and backslashes, which parsers disagree about. The
// code of every error is fault.Invalid.
func ParseIRI(text string) (*url.URL, error) {
	if len(text) > IRIBytesMax {
		return nil, fault.New(fault.Invalid, "an id is longer than %d bytes", IRIBytesMax)
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7f }) {
		return nil, fault.New(fault.Invalid, "an id contains spaces, control characters or backslashes")
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, fault.New(fault.Invalid, "an id is not a URL")
	}
	if u.Scheme != "https" && u.Scheme != "http" {
		return nil, fault.New(fault.Invalid, "an id is not an http or https URL")
	}
	if u.User != nil || u.Opaque != "" {
		return nil, fault.New(fault.Invalid, "an id carries user information")
	}
	host, err := NormalizeHost(u.Host)
	if err != nil {
		return nil, err
	}
	u.Host = host
	return u, nil
}

// NormalizeHost returns host[:port] in the one form in which hosts are compared: IDNA A-labels in
// lower case, no trailing dot, and no port if it is 443. Errors are fault.Invalid.
func NormalizeHost(hostport string) (string, error) {
	host, port := hostport, ""
	if h, p, err := net.SplitHostPort(hostport); err == nil {
		host, port = h, p
	}
	host = strings.TrimSuffix(host, ".")
	bare := strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if addr, err := netip.ParseAddr(bare); err == nil {
		host = addr.Unmap().String()
		if addr.Is6() && !addr.Is4In6() {
			host = "[" + host + "]"
		}
	} else {
		ascii, err := hostProfile.ToASCII(host)
		if err != nil || ascii == "" {
			return "", fault.New(fault.Invalid, "%q is not a host name", clip(hostport, 80))
		}
		host = ascii
	}
	if port == "" || port == "443" {
		return host, nil
	}
	for _, c := range port {
		if c < '0' || c > '9' {
			return "", fault.New(fault.Invalid, "%q has a bad port", clip(hostport, 80))
		}
	}
	return host + ":" + port, nil
}

// hostProfile maps to lower case A-labels and checks DNS lengths, as browsers do (UTS 46).
var hostProfile = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.VerifyDNSLength(true),
	idna.StrictDomainName(true))

// Origin returns scheme://host[:port] of an IRI with the host normalised and default ports left
// out: the unit of trust of FEP-fe34.
func Origin(iri string) (string, error) {
	u, err := ParseIRI(iri)
	if err != nil {
		return "", err
	}
	host := u.Host
	if u.Scheme == "http" {
		host = strings.TrimSuffix(host, ":80")
	}
	return u.Scheme + "://" + host, nil
}

// SameOrigin tells whether two IRIs share an origin. Two broken IRIs never do.
func SameOrigin(a, b string) bool {
	x, err := Origin(a)
	if err != nil {
		return false
	}
	y, err := Origin(b)
	return err == nil && x == y
}

// Host returns the normalised host[:port] of an IRI, or "" if it is not one.
func Host(iri string) string {
	u, err := ParseIRI(iri)
	if err != nil {
		return ""
	}
	return u.Host
}

// WithoutFragment cuts the fragment off an IRI, which HTTP never sends.
func WithoutFragment(iri string) string {
	iri, _, _ = strings.Cut(iri, "#")
	return iri
}

func clip(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}
