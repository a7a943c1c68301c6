package node

import (
	"fmt"
	"net"
	"net/netip"
	"testing"
)

// crowd is a listener to which callers come from addresses that a test chooses.
type crowd struct{ callers chan net.Conn }

func (c crowd) Accept() (net.Conn, error) {
	if conn, ok := <-c.callers; ok {
		return conn, nil
	}
	return nil, net.ErrClosed
}

func (c crowd) Close() error   { close(c.callers); return nil }
func (c crowd) Addr() net.Addr { return &net.TCPAddr{} }

// caller is a connection from somewhere.
type caller struct {
	net.Conn
	from   string
	closed bool
}

func (c *caller) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(c.from), 5000))
}

func (c *caller) Close() error { c.closed = true; return nil }

// gate lets callers in as a node with these proxies does, and counts those who were refused.
func gate(c *connections) (call func(from string) net.Conn) {
	l := crowd{make(chan net.Conn, 2)}
	counted := c.around(l)
	return func(from string) net.Conn {
		who := &caller{from: from}
		last := &caller{from: "192.0.2.99"} // exempt, so that Accept returns if who was refused
		l.callers <- who
		l.callers <- last
		conn, _ := counted.Accept()
		if !who.closed {
			_, _ = counted.Accept()
			return conn
		}
		return nil
	}
}

func watched() (c *connections, refused *int) {
	refused = new(int)
	proxy := netip.MustParseAddr("192.0.2.99")
	return newConnections(func(a netip.Addr) bool { return a == proxy }, func() { *refused++ }), refused
}

// If this failed, one address could use up the descriptors of the process with connections that say
// nothing (A073), or would be locked out for ever.
func TestConnectionsOfOneAddressAreBounded(t *testing.T) {
	for name, from := range map[string]func(i int) string{
		"IPv4":    func(int) string { return "203.0.113.7" },
		"IPv6 64": func(i int) string { return fmt.Sprintf("2001:db8:1:2::%x", i+1) },
	} {
		c, refused := watched()
		call := gate(c)
		var open []net.Conn
		for i := range connectionsPerAddress {
			conn := call(from(i))
			if conn == nil {
				t.Fatalf("%s: connection %d is refused", name, i)
			}
			open = append(open, conn)
		}
		if call(from(1000)) != nil || *refused != 1 {
			t.Errorf("%s: one more is let in, %d were refused", name, *refused)
		}
		if other := call("203.0.113.8"); other == nil {
			t.Errorf("%s: somebody else pays for it", name)
		} else {
			other.Close()
		}
		open[0].Close()
		open[0].Close() // counts once
		if conn := call(from(0)); conn == nil {
			t.Errorf("%s: no room after one closed", name)
		} else {
			open[0] = conn
		}
		if call(from(1001)) != nil {
			t.Errorf("%s: closing twice made room for two", name)
		}
		for _, conn := range open {
			conn.Close()
		}
		if len(c.open) != 0 || c.total != 0 {
			t.Errorf("%s: %v are remembered, %d in all", name, c.open, c.total)
		}
	}
}

// If this failed, many addresses together could use up the descriptors.
func TestConnectionsAreBoundedInAll(t *testing.T) {
	c, _ := watched()
	call := gate(c)
	for i := range connectionsMax {
		if call(fmt.Sprintf("10.%d.%d.1", i>>8, i&255)) == nil {
			t.Fatalf("connection %d is refused", i)
		}
	}
	if call("203.0.113.7") != nil {
		t.Error("one too many is let in")
	}
	if call("192.0.2.99") == nil {
		t.Error("the proxy is refused")
	}
}

// If this failed, a proxy that speaks for everybody would be taken for one who asks too much, or
// the limits could not be turned off.
func TestProxiesAndNodesWithoutLimitsHaveAnyConnections(t *testing.T) {
	c, refused := watched()
	for name, c := range map[string]*connections{"proxy": c, "off": nil} {
		call := gate(c)
		for i := range 2 * connectionsPerAddress {
			if call("192.0.2.99") == nil {
				t.Fatalf("%s: connection %d is refused", name, i)
			}
		}
	}
	if *refused != 0 || c.total != 0 {
		t.Errorf("%d were refused, %d counted", *refused, c.total)
	}
	off := newNode(t, Config{Place: Place{DataDir: t.TempDir()}})
	if off.conns != nil {
		t.Error("a node without limits counts connections")
	}
	on := newNode(t, Config{Place: Place{DataDir: t.TempDir()}, RateLimit: 300, TrustedProxy: []string{"192.0.2.0/24"}})
	if on.conns == nil || !on.conns.exempt(netip.MustParseAddr("192.0.2.99")) || on.conns.exempt(netip.MustParseAddr("203.0.113.7")) {
		t.Error("a node with limits does not count connections but for those of its proxies")
	}
}
