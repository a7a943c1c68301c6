package nodetest

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tulou/node"
	"tulou/node/nodetest/mailbox"
	"tulou/node/nodetest/peer"
	"tulou/storage"
	"tulou/storage/storagetest"
)

// village is nodes, their people, and servers that are no nodes, on one network.
type village struct {
	t       *testing.T
	network *network
	houses  map[string]*house
	persons map[string]*person
	peers   map[string]*peerHost
	posts   map[string]*post
	// expected are the dead deliveries that a story foresees, by node.
	expected map[string]int
	// mails are what the nodes mailed (day_test.go); nil in real villages, whose nodes print them.
	mails     *mailbox.Server
	closePost func()
	// real villages have no bubble: they listen on loopback, and time is what it is.
	real bool
}

func newVillage(t *testing.T) *village {
	return &village{t: t, network: newNetwork(), houses: map[string]*house{}, persons: map[string]*person{},
		peers: map[string]*peerHost{}, posts: map[string]*post{}, expected: map[string]int{}}
}

// house is one node with its data; it may be down.
type house struct {
	village *village
	name    string // harbor, of harbor.example
	base    string // https://harbor.example
	dir     string
	node    *node.Node // nil while it is down
	db      *sql.DB    // for looking at what no part of the node tells
	stop    context.CancelFunc
	done    chan error
}

type peerHost struct {
	*peer.Peer
	client *http.Client
	close  func()
}

// post is a post by the name that a story has for it.
type post struct {
	uri    string
	author string // person, or actor of a peer as name@host
	shown  status // as its author saw it last
	create map[string]any
}

// dawn is when every village begins. People and keys were made a day earlier (template).
var dawn = time.Date(2027, 3, 1, 8, 0, 0, 0, time.UTC)

// bubble runs a test of a village on a clock of its own, sweeps every node and takes all down.
// casts are made before.
func bubble(t *testing.T, run func(t *testing.T, v *village)) {
	t.Helper()
	authority()
	for host := range casts {
		template(t, host)
	}
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(dawn))
		v := newVillage(t)
		v.openPost()
		defer v.close()
		run(t, v)
		if !t.Failed() {
			v.sweep()
		}
	})
}

// casts are the people of each node. Making a person costs a tenth of a second for the RSA key, so
// each node's database is made once, with everybody in it, and copied for every test.
var casts = map[string][]string{
	"harbor":  {"ana", "ben"},
	"orchard": {"bob", "iris"},
	"meadow":  {"carl"},
}

var templates sync.Map // host → func() []byte

// template is the database of a node whose people have not done anything yet.
func template(t *testing.T, host string) []byte {
	t.Helper()
	made, _ := templates.LoadOrStore(host, sync.OnceValue(func() (bytes []byte) {
		dir := must(os.MkdirTemp("", "nodetest"))
		defer os.RemoveAll(dir)
		storagetest.SQLiteIn(t, dir)
		t.Run("make "+host, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(dawn.Add(-24 * time.Hour)))
				n, err := node.New(t.Context(), config(host, dir), node.Deps{Log: slog.New(slog.DiscardHandler)})
				check(t, err)
				var making sync.WaitGroup
				for _, name := range casts[host] {
					making.Go(func() {
						if _, err := n.CreateUser(t.Context(), node.NewUser{Name: name, Email: name + "@mail.example"}); err != nil {
							t.Error(err)
						}
					})
				}
				making.Wait()
				n.Close()
			})
		})
		return must(os.ReadFile(filepath.Join(dir, "tulou.db")))
	}))
	return made.(func() []byte)()
}

func config(host, dir string) node.Config {
	return node.Config{Place: node.Place{DataDir: dir}, URL: "https://" + host + ".example", AdminListen: node.Off, LogLevel: "warn"}
}

// logs shows what a node warns of only if the test fails.
func logs(t *testing.T, name string) *slog.Logger {
	handler := slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError})
	return slog.New(handler).With("node", name)
}

// start adds a node with its cast.
func (v *village) start(name string) *house {
	v.t.Helper()
	if _, known := casts[name]; !known {
		v.t.Fatalf("there is no cast for a node called %s", name)
	}
	h := &house{village: v, name: name, base: "https://" + name + ".example", dir: v.t.TempDir()}
	check(v.t, os.WriteFile(filepath.Join(h.dir, "tulou.db"), template(v.t, name), 0o600))
	v.houses[name] = h
	h.up()
	h.people()
	return h
}

// host is the node's name on the network, with its port if it has one.
func (h *house) host() string { _, host, _ := strings.Cut(h.base, "://"); return host }

// people gives the node's people tokens.
func (h *house) people() {
	for _, who := range casts[h.name] {
		token := must(h.node.CreateToken(h.village.t.Context(), who, "read write follow push tulou:read tulou:write"))
		h.village.persons[who] = &person{village: h.village, name: who, home: h, client: h.village.client(who, token.Secret)}
	}
}

// up starts the node on its data.
func (h *house) up() {
	t := h.village.t
	t.Helper()
	settings := config(h.name, h.dir)
	settings.SMTPURL = postOffice
	n, err := node.New(t.Context(), settings, node.Deps{
		Log: logs(t, h.name), DialContext: h.village.network.from(h.name), RootCAs: authority().roots, Poll: poll})
	check(t, err)
	h.node = n
	h.db = must(sql.Open("sqlite", "file:"+filepath.Join(h.dir, "tulou.db")+"?mode=ro"))
	h.run(h.village.network.listen(h.host()))
	synctest.Wait()
}

// run lets the node serve and work.
func (h *house) run(l net.Listener) {
	ctx, stop := context.WithCancel(context.WithoutCancel(h.village.t.Context()))
	h.stop, h.done = stop, make(chan error, 1)
	n, done := h.node, h.done
	go func() { done <- n.Run(ctx, node.Listeners{Public: []net.Listener{l}}) }()
}

// poll is how often nodes look at their queues without a signal. There is one process for each
// database, so nothing comes without one but what became due.
const poll = 10 * time.Minute

// down stops the node in good order; nobody answers at its name any more.
func (h *house) down() {
	if h.node == nil {
		return
	}
	for _, p := range h.village.persons {
		p.client.CloseIdleConnections()
	}
	h.stop()
	if err := <-h.done; err != nil {
		h.village.t.Errorf("%s: %v", h.name, err)
	}
	check(h.village.t, h.db.Close())
	h.node.Close()
	h.node = nil
}

func (v *village) close() {
	for _, p := range v.peers {
		p.client.CloseIdleConnections()
	}
	for _, h := range v.houses {
		h.down()
	}
	for _, p := range v.peers {
		p.close()
	}
	if v.closePost != nil {
		v.closePost()
	}
}

// peer adds a server that is no node, under name.example.
func (v *village) peer(name string) *peerHost {
	v.t.Helper()
	if p := v.peers[name]; p != nil {
		return p
	}
	p := &peerHost{Peer: peer.New("https://" + name + ".example"), client: v.client(name, "")}
	server := &http.Server{Handler: p.Peer}
	listener := v.network.listen(name + ".example")
	done := make(chan struct{})
	go func() { _ = server.Serve(listener); close(done) }()
	p.close = func() { _ = server.Close(); <-done }
	v.peers[name] = p
	return p
}

// client makes requests in the name of somebody on the network.
func (v *village) client(who, token string) *http.Client {
	transport := &http.Transport{DialContext: v.network.from(who), TLSClientConfig: tlsConfig()}
	if v.real {
		transport.DialContext = loopback
	}
	return &http.Client{Transport: bearer{transport, token}, Timeout: time.Minute}
}

// settle lets everything happen that is due now at the nodes that are up, and what follows from it.
func (v *village) settle() {
	v.t.Helper()
	if v.real {
		v.settleReal()
		return
	}
	for quiet, rounds := 0, 0; quiet < 2; rounds++ {
		synctest.Wait()
		if due := v.due(); due != "" {
			quiet = -1
			switch {
			case rounds > 1010:
				v.t.Fatalf("no rest: %s", due)
			case rounds > 1000: // what is tried again is noticed at the next poll
				time.Sleep(poll)
			}
		}
		quiet++
		time.Sleep(20 * time.Millisecond)
	}
}

// due describes what nodes that are up have to do at once or are doing, "" for nothing.
func (v *village) due() string {
	var due []string
	for _, h := range v.houses {
		if h.node == nil {
			continue
		}
		var count int
		now := strconv.FormatInt(int64(storage.Now()), 10)
		check(v.t, h.db.QueryRow(`
			SELECT (SELECT COUNT(*) FROM lane WHERE holder <> '' OR next_at <= `+now+`)
				+ (SELECT COUNT(*) FROM destination WHERE holder <> '' OR next_at <= `+now+`)`).Scan(&count))
		if count > 0 {
			due = append(due, fmt.Sprintf("%s: %d", h.name, count))
		}
	}
	return strings.Join(due, ", ")
}
