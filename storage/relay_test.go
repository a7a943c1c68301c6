package storage

import (
	"errors"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"tulou/protocol/fault"
	"tulou/storage/storagetest"
)

// relay stands between a Store and PostgreSQL and can cut every connection as a network does: with
// a reset, at a moment that neither side chose.
type relay struct {
	mu    sync.Mutex
	conns []*net.TCPConn
}

// relayed returns the URL of a database behind a relay.
func relayed(t *testing.T, database string) (*relay, string) {
	t.Helper()
	u := must(url.Parse(database))
	query := u.Query()
	server := func() (net.Conn, error) { return net.Dial("tcp", u.Host) }
	if folder := query.Get("host"); filepath.IsAbs(folder) {
		port := "5432"
		if p := query.Get("port"); p != "" {
			port = p
		}
		server = func() (net.Conn, error) { return net.Dial("unix", filepath.Join(folder, ".s.PGSQL."+port)) }
	}
	listener := must(net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}))
	t.Cleanup(func() { listener.Close() })
	r := &relay{}
	go func() {
		for {
			client, err := listener.AcceptTCP()
			if err != nil {
				return
			}
			to, err := server()
			if err != nil {
				client.Close()
				continue
			}
			r.mu.Lock()
			r.conns = append(r.conns, client)
			r.mu.Unlock()
			go func() { io.Copy(to, client); to.Close() }()
			go func() { io.Copy(client, to); client.Close() }()
		}
	}()
	query.Del("host")
	query.Del("port")
	query.Set("sslmode", "disable")
	u.Host, u.RawQuery = listener.Addr().String(), query.Encode()
	return r, u.String()
}

// cut resets every connection.
func (r *relay) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		c.SetLinger(0)
		c.Close()
	}
	r.conns = nil
}

// If this failed, an activity or a post would be answered 500 because the connection to the
// database was reset in the middle: nothing had happened, and it only has to be done again.
func TestResetConnectionIsNobodysMistake(t *testing.T) {
	r, database := relayed(t, storagetest.Postgres(t))
	s := open(t, database)
	ways := map[string]func(fn func(*Tx) error) error{
		"tx":    func(fn func(*Tx) error) error { return s.Tx(t.Context(), fn) },
		"group": func(fn func(*Tx) error) error { return s.Group(t.Context(), AboutLane("x"), fn) },
	}
	for name, write := range ways {
		attempts := 0
		err := write(func(tx *Tx) error {
			if attempts++; attempts == 1 {
				r.cut()
				return &net.OpError{Op: "read", Err: syscall.ECONNRESET} // as the driver says it at times
			}
			return put(tx, name)
		})
		if err != nil || attempts != 2 {
			t.Errorf("%s: %v after %d attempts", name, err, attempts)
		}
	}
	if got := s.keys(t); len(got) != 2 {
		t.Errorf("rows: %v", got)
	}
}

// If this failed, whoever posts would be told that something is wrong with this node, or that what
// was not kept is; an activity would be refused although it can simply be accepted once more.
func TestResetBeforeTheCommitIsSaid(t *testing.T) {
	r, database := relayed(t, storagetest.Postgres(t))
	s := open(t, database)
	accept := func(tx *Tx) error {
		_, err := tx.AcceptActivity(t.Context(), "https://orchard.example/1", "https://orchard.example/users/bo", []byte("{}"), 0)
		return err
	}
	attempts := 0
	cutOnce := func(tx *Tx) error {
		err := accept(tx)
		if attempts++; attempts == 1 {
			r.cut()
		}
		return err
	}
	if err := s.Tx(t.Context(), cutOnce); !fault.Is(err, fault.Unavailable) || !errors.Is(err, errRollback) {
		t.Errorf("a transaction of which nobody knows: %v", err)
	}
	attempts = 0
	if err := s.Group(t.Context(), AboutLane("x"), cutOnce); err != nil || attempts != 2 {
		t.Errorf("a member of a group: %v after %d attempts", err, attempts)
	}
}
