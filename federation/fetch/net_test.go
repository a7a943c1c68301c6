package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// network is a few servers in memory by host name. It works inside synctest bubbles.
type network struct {
	t       *testing.T
	mu      sync.Mutex
	servers map[string]*pipeListener
}

func newNetwork(t *testing.T) *network {
	return &network{t: t, servers: map[string]*pipeListener{}}
}

// serve answers http on host:80 until the test ends.
func (n *network) serve(host string, handler http.HandlerFunc) {
	listener := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	n.servers[host+":80"] = listener
	var running sync.WaitGroup
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		running.Add(1)
		defer running.Done()
		handler(w, r)
	})}
	running.Go(func() { _ = server.Serve(listener) })
	n.t.Cleanup(func() { _ = server.Close(); running.Wait() })
}

func (n *network) dial(ctx context.Context, _, addr string) (net.Conn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	listener, ok := n.servers[addr]
	if !ok {
		return nil, errors.New("connection refused by 10.9.8.7")
	}
	ours, theirs := net.Pipe()
	select {
	case listener.conns <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// client is a private one, since the network has no TLS.
func (n *network) client() *Client {
	c := New(Config{UserAgent: "tulou-test", AllowPrivate: true, DialContext: n.dial})
	n.t.Cleanup(c.Close)
	return c
}

type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { l.once.Do(func() { close(l.closed) }); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

// public starts a TLS server that any *.example.com leads to, and a strict client that trusts it.
func public(t *testing.T, handler http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.EnableHTTP2 = true
	server.TLS = &tls.Config{}
	server.StartTLS()
	t.Cleanup(server.Close)
	c := New(Config{
		UserAgent: "tulou-test",
		RootCAs:   server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, server.Listener.Addr().String())
		},
	})
	t.Cleanup(c.Close)
	return c
}

// resolver answers every question for an IPv4 address with the next of answers, the last for ever.
func resolver(answers ...[4]byte) *net.Resolver {
	var mu sync.Mutex
	next := func() [4]byte {
		mu.Lock()
		defer mu.Unlock()
		answer := answers[0]
		if len(answers) > 1 {
			answers = answers[1:]
		}
		return answer
	}
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go answerDNS(theirs, next)
		return ours, nil
	}}
}

func answerDNS(conn net.Conn, next func() [4]byte) {
	defer conn.Close()
	head := make([]byte, 2)
	for {
		if _, err := io.ReadFull(conn, head); err != nil {
			return
		}
		packet := make([]byte, int(head[0])<<8|int(head[1]))
		if _, err := io.ReadFull(conn, packet); err != nil {
			return
		}
		var m dnsmessage.Message
		if err := m.Unpack(packet); err != nil {
			return
		}
		m.Response, m.Additionals = true, nil
		if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
			m.Answers = []dnsmessage.Resource{{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
				Body:   &dnsmessage.AResource{A: next()},
			}}
		}
		packet, err := m.Pack()
		if err != nil {
			return
		}
		if _, err := conn.Write(append([]byte{byte(len(packet) >> 8), byte(len(packet))}, packet...)); err != nil {
			return
		}
	}
}
