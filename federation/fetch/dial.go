package fetch

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"syscall"
)

// errAddress is what the dialler says of an address that is not to be reached.
var errAddress = errors.New("the address is not public")

// dialer connects to public addresses only. The check sits in Control, which the net package calls
// with the address of the very connection that it is about to make, after all name resolution.
type dialer struct {
	net     net.Dialer
	private bool
}

func newDialer(private bool) *dialer {
	d := &dialer{private: private}
	allowed := isPublic
	if private {
		allowed = isPublicOrPrivate
	}
	d.net = net.Dialer{Timeout: dialTimeout, Control: control(allowed)}
	return d
}

// control makes a net.Dialer.Control of a judgement about addresses.
func control(allowed func(netip.Addr) bool) func(network, address string, _ syscall.RawConn) error {
	return func(network, address string, _ syscall.RawConn) error {
		if network != "tcp4" && network != "tcp6" {
			return errAddress
		}
		at, err := netip.ParseAddrPort(address)
		if err != nil || !allowed(at.Addr()) {
			return errAddress
		}
		return nil
	}
}

// DialContext connects to host:port. Among private peers *.localhost is loopback, as it is in
// browsers; Go's resolver does not know it.
func (d *dialer) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	if d.private && (host == "localhost" || strings.HasSuffix(host, ".localhost")) {
		conn, err := d.net.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
		if err == nil {
			return conn, nil
		}
		return d.net.DialContext(ctx, network, net.JoinHostPort("::1", port))
	}
	return d.net.DialContext(ctx, network, addr)
}
