package node

import (
	"net"
	"net/netip"
	"sync"

	"tulou/node/edge"
)

// How many connections may be open at once. One that says nothing is closed after headerTimeout or
// idleTimeout, but whoever opens them faster than that would use up the descriptors of the process,
// without a request that the limits on requests could count (A073).
const (
	// connectionsPerAddress is more than a large server's delivery threads, or the people behind
	// one address of a provider, have open at the same time.
	connectionsPerAddress = 256
	// connectionsMax is 16,384, some hundreds of megabytes with TLS, and well below the descriptors
	// that systemd and container engines give (524,288 and more). It takes 64 addresses to fill it.
	connectionsMax = 64 * connectionsPerAddress
)

// connections counts what is open, by address as limits do: itself in IPv4, its /64 in IPv6. An
// address is forgotten with its last connection. A nil *connections limits nothing. It is safe for
// concurrent use.
type connections struct {
	exempt  func(netip.Addr) bool // proxies, who speak for everybody
	refused func()

	mu    sync.Mutex
	open  map[string]int
	total int
}

func newConnections(exempt func(netip.Addr) bool, refused func()) *connections {
	return &connections{exempt: exempt, refused: refused, open: map[string]int{}}
}

// around returns a listener whose connections are counted. Those beyond a limit are closed at once:
// an answer would cost what the limit is there to save.
func (c *connections) around(l net.Listener) net.Listener {
	if c == nil || l == nil {
		return l
	}
	return &countedListener{l, c}
}

// enter counts a connection; ok is false for one too many. leave is for when it closes.
func (c *connections) enter(remote net.Addr) (leave func(), ok bool) {
	if at, err := netip.ParseAddrPort(remote.String()); err == nil && c.exempt(at.Addr()) {
		return func() {}, true
	}
	key := edge.Network(remote.String())
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.total >= connectionsMax || c.open[key] >= connectionsPerAddress {
		return nil, false
	}
	c.total++
	c.open[key]++
	return sync.OnceFunc(func() { c.leave(key) }), true
}

func (c *connections) leave(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total--
	if c.open[key]--; c.open[key] == 0 {
		delete(c.open, key)
	}
}

type countedListener struct {
	net.Listener
	connections *connections
}

// Accept is net.Listener.
func (l *countedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if leave, ok := l.connections.enter(conn.RemoteAddr()); ok {
			return &countedConn{conn, leave}, nil
		}
		_ = conn.Close()
		l.connections.refused()
	}
}

type countedConn struct {
	net.Conn
	leave func()
}

// Close is net.Conn. Servers close more than once.
func (c *countedConn) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
