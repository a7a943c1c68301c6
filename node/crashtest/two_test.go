package crashtest

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tulou/storage/storagetest"
)

// Whoever outgrows one process would get everything twice from two, or wait for the one that died.
func TestTwoProcessesOnOneDatabase(t *testing.T) {
	posts, hosts := size(t, 6, 40), size(t, 4, 20)
	parallel(t)
	database := storagetest.Postgres(t)
	first, second := twoProcesses(t, database)
	ana := first.person("ana")
	at := func(n *node) *person { p := *ana; p.node = n; return &p }
	readers := followers(t, ana, hosts, nil)
	processes := []*node{first, second}
	var written []status
	for i := range posts {
		written = append(written, must(at(processes[i%2]).post(fmt.Sprintf("deed %d.", i)))(t))
	}
	everywhere(t, ana, readers, written, 30*time.Second)
	for _, s := range written {
		for _, o := range readers {
			if got := len(o.times(ana.actor, s.URI)); got != 1 {
				t.Errorf("%s got %s %d times", o.Peer.Base, s.URI, got)
			}
		}
	}
	if t.Failed() {
		return
	}
	// One dies with deliveries of its own under way; the other has them when it knows that.
	for _, o := range readers {
		o.slow = thinks(300 * time.Millisecond)
	}
	for i := range 10 {
		written = append(written, must(at(second).post(fmt.Sprintf("deed %d.", posts+i)))(t))
	}
	second.kill()
	written = append(written, must(at(first).post("deed: alone now"))(t))
	start := time.Now()
	everywhere(t, ana, readers, written, 30*time.Second)
	for _, o := range readers {
		if got := o.count("Create"); got != len(written) {
			t.Errorf("%s got %d different posts, want %d", o.Peer.Base, got, len(written))
		}
	}
	t.Logf("%d posts through two processes came to %d hosts once; after one was killed the other had delivered everything in %s",
		posts, hosts, time.Since(start).Round(100*time.Millisecond))
}

// twoProcesses starts two processes of one node behind a balancer, which has the node's address.
func twoProcesses(t *testing.T, database string) (first, second *node) {
	t.Helper()
	address := newNode(t, database).URL
	secrets := t.TempDir() + "/secrets.key" // which both need
	var up []*node
	for range 2 {
		n := newNode(t, database)
		n.args = []string{"--listen", strings.Replace(strings.TrimPrefix(n.URL, "http://"), "localhost", "127.0.0.1", 1), "--admin-listen", "off", "--secrets-file", secrets}
		n.URL = address
		n.start()
		up = append(up, n)
	}
	balance(t, address, up)
	return up[0], up[1]
}

// balance listens at an address and passes requests on to processes in turn, to another one if the
// first is gone.
func balance(t *testing.T, address string, to []*node) {
	var turn atomic.Int64
	pass := func(n *node, failed http.Handler) http.Handler {
		target, err := url.Parse(n.base())
		if err != nil {
			t.Fatal(err)
		}
		return &httputil.ReverseProxy{
			Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host },
			ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
				if failed == nil || r.Method != http.MethodGet {
					w.WriteHeader(http.StatusBadGateway)
					return
				}
				failed.ServeHTTP(w, r)
			},
		}
	}
	ways := []http.Handler{pass(to[0], pass(to[1], nil)), pass(to[1], pass(to[0], nil))}
	listener, err := net.Listen("tcp", strings.TrimPrefix(address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ways[turn.Add(1)%2].ServeHTTP(w, r)
	})}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
}

// everywhere waits until readers have all posts.
func everywhere(t *testing.T, who *person, readers []*outsider, posts []status, within time.Duration) {
	t.Helper()
	eventually(t, within, "every host has every post", func() error {
		for _, o := range readers {
			for _, s := range posts {
				if len(o.times(who.actor, s.URI)) == 0 {
					return fmt.Errorf("%s lacks %s", o.Peer.Base, s.URI)
				}
			}
		}
		return nil
	})
}

// must returns what there was no error for.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
