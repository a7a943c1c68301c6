package fetch

import (
	"context"
	"net"
	"time"
)

// operatorDialTimeout is how long a server of the operator's may take to answer a connection.
const operatorDialTimeout = 15 * time.Second

// OperatorDialer returns how hosts are dialled that the operator has named, such as the mail
// server, which may well be on a private network. It checks no address, so it is never for one that
// came from somebody else; cmd/tidy lists who may use it.
func OperatorDialer() func(ctx context.Context, network, address string) (net.Conn, error) {
	return (&net.Dialer{Timeout: operatorDialTimeout}).DialContext
}
