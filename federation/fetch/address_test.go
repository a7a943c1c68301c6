package fetch

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"tulou/protocol/fault"
)

// If this fails, a stranger can make the node connect to its own machine or network, or the node
// cannot reach an ordinary server.
func TestA045A046OnlyPublicAddressesAreDialled(t *testing.T) {
	refused := []string{
		"0.0.0.0", "0.0.0.1", "0.255.255.255", "10.0.0.0", "10.0.0.1", "10.255.255.255", "100.64.0.0", "100.100.100.200",
		"100.127.255.255", "127.0.0.0", "127.0.0.1", "127.1.2.3", "127.255.255.255", "169.254.0.1", "169.254.169.254",
		"169.254.170.2", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.9", "192.0.0.170", "192.0.2.1",
		"192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.0.1", "192.168.255.255", "192.175.48.1", "198.18.0.1",
		"198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::7f00:1", "::ffff:0:0", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
		"64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b:1::", "64:ff9b:1::8.8.8.8",
		"100::1", "100:0:0:1::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:10::1", "2001:20::1",
		"2001:db8::1", "2002::1", "2002:7f00:1::", "2002:a00:1::1", "2620:4f:8000::1", "3fff::1", "3fff:fff::1", "4000::1",
		"5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "2606:4700::1%eth0", "fec0::1", "ff02::1",
		"ff0e::1",
	}
	for _, text := range refused {
		if isPublic(netip.MustParseAddr(text)) {
			t.Errorf("%s counts as public", text)
		}
	}
	public := []string{
		"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1",
		"169.253.255.255", "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.1", "192.167.255.255", "192.169.0.1",
		"198.17.255.255", "198.20.0.0", "223.255.255.255", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2001:200::1",
		"2001:4860:4860::8888", "2003::1", "2606:4700:4700::1111", "2a01:4f8::1", "3ffe::1",
	}
	for _, text := range public {
		if !isPublic(netip.MustParseAddr(text)) {
			t.Errorf("%s counts as special", text)
		}
	}
	if count := len(refused) + len(public); count < 60 {
		t.Errorf("only %d addresses in the table", count)
	}
	if isPublic(netip.Addr{}) {
		t.Error("no address at all counts as public")
	}
}

// If this fails, test peers cannot meet, or allowing them opens cloud metadata as well.
func TestPrivatePeersMayUseLoopbackButNotLinkLocal(t *testing.T) {
	for text, want := range map[string]bool{
		"127.0.0.1": true, "::1": true, "10.1.2.3": true, "192.168.1.1": true, "172.17.0.2": true, "fd00::1": true,
		"::ffff:127.0.0.1": true, "8.8.8.8": true, "169.254.169.254": false, "0.0.0.0": false, "224.0.0.1": false, "fe80::1": false,
	} {
		if got := isPublicOrPrivate(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

// If this fails, a name that resolves to a private address reaches a server on the inner network.
func TestA042A048NamesWithPrivateAddressesAreRefusedAtDialling(t *testing.T) {
	for _, answer := range [][4]byte{{127, 0, 0, 1}, {10, 0, 0, 1}, {169, 254, 169, 254}, {0, 0, 0, 0}} {
		d := newDialer(false)
		d.net.Resolver = resolver(answer)
		c := New(Config{DialContext: d.DialContext})
		_, err := c.Get(t.Context(), "https://inner.example.com/", "*/*")
		if !fault.Is(err, fault.Forbidden) || Temporary(err) {
			t.Errorf("%v: %v", answer, err)
		}
		if detail := fault.DetailOf(err); detail != "inner.example.com has no public address" {
			t.Errorf("%v: the detail is %q", answer, detail)
		}
	}
}

// If this fails, a name server can answer with a public address for the check and a private one for
// the connection. 127.0.0.1 plays the public address, since the test may not leave the machine.
func TestA049RebindingIsRefusedAtDialling(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	d := newDialer(false)
	d.net.Resolver = resolver([4]byte{127, 0, 0, 1}, [4]byte{127, 0, 0, 2})
	d.net.Control = control(func(a netip.Addr) bool { return a == netip.MustParseAddr("127.0.0.1") })
	conn, err := d.DialContext(t.Context(), "tcp", "rebind.example.com:"+port)
	if err != nil {
		t.Fatalf("the first answer: %v", err)
	}
	conn.Close()
	if conn, err := d.DialContext(t.Context(), "tcp", "rebind.example.com:"+port); !errors.Is(err, errAddress) {
		t.Errorf("the second answer: %v, %v", conn, err)
	}
}

// If this fails, two nodes on one machine cannot find one another by the names that browsers use.
func TestLocalhostNamesAreLoopbackAmongPrivatePeersOnly(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(r.Host))
	}))
	defer server.Close()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	host := "harbor.localhost:" + port
	c := New(Config{AllowPrivate: true})
	defer c.Close()
	doc, err := c.Get(t.Context(), "http://"+host+"/", "*/*")
	if err != nil || string(doc.Body) != host {
		t.Errorf("%q, %v", doc.Body, err)
	}
	if _, err := New(Config{}).Get(t.Context(), "https://harbor.localhost/", "*/*"); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a public node: %v", err)
	}
}

// If this fails, an odd spelling of an address passes the check of its text, and all safety hangs
// on the dialler alone.
func TestA042A055OddAddressesAreRefusedBeforeDialling(t *testing.T) {
	c := New(Config{DialContext: func(_ context.Context, _, addr string) (net.Conn, error) {
		t.Errorf("%s was dialled", addr)
		return nil, errors.New("no")
	}})
	for iri, code := range map[string]fault.Code{
		"":                                    fault.Invalid,
		"harbor.example":                      fault.Invalid,
		"/users/ana":                          fault.Invalid,
		"file:///etc/passwd":                  fault.Invalid,
		"data:application/json,{}":            fault.Invalid,
		"ftp://harbor.example/x":              fault.Invalid,
		"gopher://harbor.example:6379/_x":     fault.Invalid,
		"https://":                            fault.Invalid,
		"https:///x":                          fault.Invalid,
		"https:harbor.example/x":              fault.Invalid,
		"https://ana@harbor.example/":         fault.Invalid,
		"https://ana:pw@harbor.example/":      fault.Invalid,
		"https://good.example\\@bad.example/": fault.Invalid,
		"https://harbor.example/\tx":          fault.Invalid,
		"https://harbor.example/\r\nHost: x":  fault.Invalid,
		"https://harbor.example/\x00":         fault.Invalid,
		"https://har bor.example/":            fault.Invalid,
		"https://harbor.example:x/":           fault.Invalid,
		"https://harbor.example/" + strings.Repeat("x", 3000): fault.Invalid,
		"http://harbor.example/":                              fault.Forbidden,
		"https://harbor.example:22/":                          fault.Forbidden,
		"https://harbor.example:80/":                          fault.Forbidden,
		"https://harbor.example:6379/":                        fault.Forbidden,
		"https://127.0.0.1/":                                  fault.Forbidden,
		"https://8.8.8.8/":                                    fault.Forbidden,
		"https://[::1]/":                                      fault.Forbidden,
		"https://[::ffff:127.0.0.1]/":                         fault.Forbidden,
		"https://2130706433/":                                 fault.Forbidden,
		"https://0x7f000001/":                                 fault.Forbidden,
		"https://0x7f.1/":                                     fault.Forbidden,
		"https://0177.0.0.01/":                                fault.Forbidden,
		"https://127.1/":                                      fault.Forbidden,
		"https://127.0.0.1./":                                 fault.Forbidden,
		"https://１２７.０.０.１/":                                  fault.Forbidden,
		"https://localhost/":                                  fault.Forbidden,
		"https://localhost./":                                 fault.Forbidden,
		"https://redis/":                                      fault.Forbidden,
		"https://harbor.localhost/":                           fault.Forbidden,
		"https://127.0.0.1#.good.example/":                    fault.Forbidden,
		"https://127.0.0.1?.good.example/":                    fault.Forbidden,
	} {
		if _, err := c.Get(t.Context(), iri, "*/*"); fault.CodeOf(err) != code {
			t.Errorf("get %q: %v, want %s", iri, err, code)
		}
		if _, err := c.Post(t.Context(), iri, "text/plain", nil, nil); fault.CodeOf(err) != code {
			t.Errorf("post %q: %v, want %s", iri, err, code)
		}
	}
}

// If this fails, a proxy of the environment sees deliveries and moves the address check elsewhere.
func TestProxiesOfTheEnvironmentAreNotUsed(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	c := public(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("direct")) })
	if doc, err := c.Get(t.Context(), "https://a.example.com:8443/", "*/*"); err != nil || string(doc.Body) != "direct" {
		t.Errorf("%q, %v", doc.Body, err)
	}
}
