package nodetest

import (
	"context"
	"database/sql"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"tulou/node"
	"tulou/storage/storagetest"
)

// If this failed, two nodes as people run them, on real sockets and in real time, would not do what
// they do in stories; or not on PostgreSQL.
func TestTwoNodes(t *testing.T) {
	t.Parallel()
	for _, engine := range []struct {
		name, driver string
		database     func(testing.TB) string
	}{{"sqlite", "sqlite", storagetest.SQLite}, {"postgres", "postgres", storagetest.Postgres}} {
		t.Run(engine.name, func(t *testing.T) {
			t.Parallel()
			v := newVillage(t)
			v.real = true
			defer v.closeReal()
			var making sync.WaitGroup
			for _, name := range []string{"harbor", "orchard"} {
				l := must(net.Listen("tcp", "127.0.0.1:0"))
				_, port, _ := net.SplitHostPort(l.Addr().String())
				h := &house{village: v, name: name, base: "http://" + name + ".localhost:" + port}
				url := engine.database(t)
				v.houses[name] = h
				making.Go(func() { h.move(t, engine.driver, url); h.run(l) })
			}
			making.Wait()
			for _, h := range v.houses {
				h.people()
			}
			v.play(t, "testdata/two-nodes.txt")
			v.sweep()
		})
	}
}

// move makes a node on a fresh database, with its cast.
func (h *house) move(t *testing.T, driver, database string) {
	n, err := node.New(t.Context(), node.Config{Place: node.Place{DataDir: t.TempDir(), DatabaseURL: database}, URL: h.base, AdminListen: node.Off,
		AllowPrivatePeers: true}, node.Deps{Log: logs(t, h.name)})
	check(t, err)
	h.node = n
	source := database
	if driver == "sqlite" {
		source = "file:" + strings.TrimPrefix(database, "sqlite:") + "?mode=ro"
	}
	h.db = must(sql.Open(driver, source))
	for _, name := range casts[h.name] {
		must(n.CreateUser(t.Context(), node.NewUser{Name: name, Email: name + "@mail.example"}))
	}
}

// settleReal waits until nothing is due at any node. What one node has handed over the other has
// committed before, so two looks in a row that find nothing are enough.
func (v *village) settleReal() {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.t.Context(), time.Minute)
	defer cancel()
	look := time.NewTicker(3 * time.Millisecond)
	defer look.Stop()
	for quiet := 0; quiet < 2; quiet++ {
		due := v.due()
		if due != "" {
			quiet = -1
		}
		select {
		case <-ctx.Done():
			v.t.Fatalf("no rest: %s", due)
		case <-look.C:
		}
	}
}

// closeReal stops all nodes at once: on PostgreSQL each takes some seconds to say goodbye.
func (v *village) closeReal() {
	for _, p := range v.persons {
		p.client.CloseIdleConnections()
	}
	var stopping sync.WaitGroup
	for _, h := range v.houses {
		stopping.Go(h.down)
	}
	stopping.Wait()
}

// loopback dials *.localhost, which Go does not resolve.
func loopback(ctx context.Context, network, address string) (net.Conn, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	return (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
}
