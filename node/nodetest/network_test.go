// Package nodetest tests whole nodes: several of them in one process, with their real databases, on
// a network in memory where they have real host names and certificates.
//
// Stories (testdata/*.txt, story_test.go) are the specification of what people see of each other
// across nodes: everything in them goes through the client API with somebody's token, and whatever
// one node knows of another crossed a connection with a signature that was verified. The clock is
// that of testing/synctest, so a week passes in less than a second. Attacks (attack_test.go) come
// from nodetest/peer, a server with signing code of its own.
//
// The invariant to remember: a goroutine that waits in a real socket stops the clock of a bubble,
// so nothing in a bubble listens or dials but on Network.
package nodetest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"
)

// network is an internet of names. Every name is served on port 443 with a certificate that all who
// are on it believe; nothing else can be reached, and whoever tries is noted.
type network struct {
	mu      sync.Mutex
	hosts   map[string]*listener // by host:port
	dialled map[string][]string  // by who dialled
	next    int
}

func newNetwork() *network {
	return &network{hosts: map[string]*listener{}, dialled: map[string][]string{}}
}

// listen serves a name until the listener is closed.
func (n *network) listen(host string) net.Listener {
	n.mu.Lock()
	defer n.mu.Unlock()
	l := &listener{network: n, key: host + ":443", conns: make(chan net.Conn), closed: make(chan struct{})}
	n.hosts[l.key] = l
	return tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{authority().leaf}, NextProtos: []string{"http/1.1"}})
}

// from returns how somebody dials.
func (n *network) from(who string) func(ctx context.Context, network, address string) (net.Conn, error) {
	n.mu.Lock()
	n.next++
	at := &net.TCPAddr{IP: net.IPv4(192, 0, 2, byte(n.next)), Port: 40000}
	n.mu.Unlock()
	return func(ctx context.Context, _, address string) (net.Conn, error) {
		n.mu.Lock()
		l := n.hosts[address]
		n.dialled[who] = append(n.dialled[who], address)
		n.mu.Unlock()
		if l == nil {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: fmt.Errorf("nobody listens on %s", address)}
		}
		ours, theirs := connect(at, l.Addr())
		select {
		case l.conns <- theirs:
			return ours, nil
		case <-l.closed:
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: fmt.Errorf("%s refuses connections", address)}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// dials returns what somebody dialled so far.
func (n *network) dials(who string) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]string(nil), n.dialled[who]...)
}

type listener struct {
	network *network
	key     string
	conns   chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() {
		close(l.closed)
		l.network.mu.Lock()
		defer l.network.mu.Unlock()
		if l.network.hosts[l.key] == l {
			delete(l.network.hosts, l.key)
		}
	})
	return nil
}

func (l *listener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 255), Port: 443} }

// trust is a certificate for every name under .example and who believes it.
type trust struct {
	leaf  tls.Certificate
	roots *x509.CertPool
}

// authority is made once, outside of any bubble, since it says the same in all of them.
var authority = sync.OnceValue(func() trust {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "tests"}, DNSNames: []string{"*.example"},
		NotBefore: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2199, 1, 1, 0, 0, 0, 0, time.UTC),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, BasicConstraintsValid: true, IsCA: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return trust{tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, roots}
})

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// must returns what a call that has to work returns; its panic ends the test.
func must[T any](value T, err error) T {
	if err != nil {
		panic("must: " + err.Error())
	}
	return value
}
