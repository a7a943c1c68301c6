package node

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// If this failed, a node would listen where nobody looks for it, or call itself by a wrong address.
func TestCompleteDerivesWhatFollowsFromTheAddress(t *testing.T) {
	for _, c := range []struct {
		name        string
		in          Config
		url, handle string
		listen      []string
		admin       string
	}{
		{"nothing said", Config{}, "http://localhost:8420", "localhost:8420", []string{"127.0.0.1:8420", "[::1]:8420"}, "127.0.0.1:8430"},
		{"a second node here", Config{URL: "http://orchard.localhost:8421/"}, "http://orchard.localhost:8421", "orchard.localhost:8421",
			[]string{"127.0.0.1:8421", "[::1]:8421"}, "127.0.0.1:8431"},
		{"own certificate", Config{Domain: "Example.ORG"}, "https://example.org", "example.org", []string{":443"}, "127.0.0.1:8430"},
		{"behind a proxy", Config{URL: "https://example.org"}, "https://example.org", "example.org", []string{"127.0.0.1:8420"}, "127.0.0.1:8430"},
		{"certificate from a file", Config{URL: "https://example.org:8443", TLSCert: "c", TLSKey: "k", AccountDomain: "example.org"}, "https://example.org:8443", "example.org",
			[]string{":8443"}, "127.0.0.1:8430"},
		{"handles of another domain", Config{URL: "https://social.example.org", AccountDomain: "example.org"}, "https://social.example.org", "example.org",
			[]string{"127.0.0.1:8420"}, "127.0.0.1:8430"},
		{"told where to listen", Config{URL: "https://example.org", Listen: []string{"10.0.0.1:80"}, AdminListen: "off"}, "https://example.org", "example.org",
			[]string{"10.0.0.1:80"}, "off"},
		{"a test CA", Config{URL: "https://localhost:9443", TLSCert: "c", TLSKey: "k", AllowPrivatePeers: true}, "https://localhost:9443", "localhost:9443",
			[]string{"127.0.0.1:9443", "[::1]:9443"}, "127.0.0.1:9453"},
		{"in a container network", Config{URL: "http://harbor", AllowPrivatePeers: true}, "http://harbor", "harbor", []string{":80"}, "127.0.0.1:8430"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.in.Complete()
			if err != nil {
				t.Fatal(err)
			}
			if got.URL != c.url || got.AccountDomain != c.handle || got.AdminListen != c.admin {
				t.Errorf("url %s, handles %s, admin %s; want %s, %s, %s", got.URL, got.AccountDomain, got.AdminListen, c.url, c.handle, c.admin)
			}
			if diff := cmp.Diff(c.listen, got.Listen); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// If this failed, a node would start that cannot federate, or that opens its network to strangers.
func TestCompleteRefusesWhatDoesNotFit(t *testing.T) {
	for _, c := range []struct {
		name string
		in   Config
		says string
	}{
		{"private peers of a public host", Config{URL: "https://example.org", AllowPrivatePeers: true}, "--allow-private-peers"},
		{"private peers of a domain", Config{Domain: "example.org", AllowPrivatePeers: true}, "--allow-private-peers"},
		{"public host over http", Config{URL: "http://example.org"}, "--domain example.org"},
		{"a domain that is local", Config{Domain: "localhost"}, "not a public name"},
		{"a domain with a port", Config{Domain: "example.org:8443"}, "not a public name"},
		{"domain and url", Config{Domain: "example.org", URL: "https://example.org"}, "one of the two"},
		{"domain and certificate", Config{Domain: "example.org", TLSCert: "c", TLSKey: "k"}, "--url https://example.org"},
		{"half a certificate", Config{URL: "https://example.org", TLSCert: "c"}, "go together"},
		{"certificate over http", Config{TLSCert: "c", TLSKey: "k"}, "https address"},
		{"a path", Config{URL: "https://example.org/social"}, "looks like"},
		{"no scheme", Config{URL: "example.org"}, "looks like"},
		{"a bad proxy", Config{TrustedProxy: []string{"proxy.example"}}, "--trusted-proxy"},
		{"every proxy", Config{TrustedProxy: []string{"0.0.0.0/0"}}, "believe everybody"},
		{"a negative limit", Config{RateLimit: -1}, "--rate-limit"},
		{"a bad listener", Config{Listen: []string{"8420"}}, "HOST:PORT"},
		{"a bad account domain", Config{AccountDomain: "not a host"}, "--account-domain"},
		{"a port in public handles", Config{URL: "https://example.org:8443"}, "--account-domain"},
		{"a directory for nothing", Config{ACMEDirectory: "https://ca.example"}, "--domain"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := c.in.Complete()
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want something about %q", err, c.says)
			}
		})
	}
}
