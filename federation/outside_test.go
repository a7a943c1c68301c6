package federation

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	_ "embed"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"tulou/federation/fetch"
	"tulou/protocol/ids"
	"tulou/protocol/keys"
	"tulou/storage"
	"tulou/storage/storagetest"
)

// A key for tests; making one takes a tenth of a second.
//
//go:embed testdata/rsa.pem
var testRSA string

var parsedRSA = sync.OnceValues(func() (*rsa.PrivateKey, string) {
	block, _ := pem.Decode([]byte(testRSA))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKIXPublicKey(key.(*rsa.PrivateKey).Public())
	if err != nil {
		panic(err)
	}
	return key.(*rsa.PrivateKey), string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
})

func rsaKey() *rsa.PrivateKey { key, _ := parsedRSA(); return key }

func rsaPublicPEM() string { _, text := parsedRSA(); return text }

// seed makes the Ed25519 keys of tests, a different one for each n.
func seed(n byte) []byte { return bytes.Repeat([]byte{n}, ed25519.SeedSize) }

// memnet is a network in memory with host names. Hosts that are not on it refuse connections.
type memnet struct {
	mu    sync.Mutex
	hosts map[string]*memHost
	dials int
}

type memHost struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newMemnet() *memnet { return &memnet{hosts: map[string]*memHost{}} }

func (n *memnet) dial(ctx context.Context, _, addr string) (net.Conn, error) {
	name, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	n.dials++
	host := n.hosts[name]
	n.mu.Unlock()
	if host == nil {
		return nil, errors.New("connection refused")
	}
	here, there := net.Pipe()
	select {
	case host.conns <- there:
		return here, nil
	case <-host.done:
	case <-ctx.Done():
	}
	here.Close()
	there.Close()
	return nil, errors.New("connection refused")
}

// serve puts a host on the network until the test ends or it is taken off.
func (n *memnet) serve(t testing.TB, name string, handler http.Handler) (stop func()) {
	host := &memHost{conns: make(chan net.Conn), done: make(chan struct{})}
	n.mu.Lock()
	n.hosts[name] = host
	n.mu.Unlock()
	server := &http.Server{Handler: handler}
	var running sync.WaitGroup
	running.Go(func() { server.Serve(host) })
	stop = func() {
		n.mu.Lock()
		if n.hosts[name] == host {
			delete(n.hosts, name)
		}
		n.mu.Unlock()
		server.Close()
		running.Wait()
	}
	t.Cleanup(stop)
	return stop
}

// Accept, Close and Addr make a memHost a net.Listener.
func (h *memHost) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.done:
		return nil, net.ErrClosed
	}
}

func (h *memHost) Close() error {
	h.once.Do(func() { close(h.done) })
	return nil
}

func (h *memHost) Addr() net.Addr { return &net.IPAddr{} }

// outNode is a node at harbor.example whose outgoing side is under test.
type outNode struct {
	*Engine
	net *memnet
	ana storage.Account
}

func newOutNode(t testing.TB, change ...func(*Config)) *outNode {
	t.Helper()
	ctx := context.Background()
	log := slog.New(slog.DiscardHandler)
	store, err := storage.Open(ctx, storagetest.SQLite(t), log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	n := &outNode{net: newMemnet()}
	client := fetch.New(fetch.Config{UserAgent: "test", AllowPrivate: true, DialContext: n.net.dial})
	t.Cleanup(client.Close)
	config := Config{Paths: ids.Paths{Base: "http://harbor.example"}, AccountHost: "harbor.example", AllowPrivate: true}
	for _, f := range change {
		f(&config)
	}
	if n.Engine, err = New(config, store, client, nil, log); err != nil {
		t.Fatal(err)
	}
	n.ana = n.person(t, "ana", 1)
	return n
}

// tx runs a transaction that has to work.
func (n *outNode) tx(t testing.TB, fn func(ctx context.Context, tx *storage.Tx) error) {
	t.Helper()
	ctx := context.Background()
	if err := n.store.Tx(ctx, func(tx *storage.Tx) error { return fn(ctx, tx) }); err != nil {
		t.Fatal(err)
	}
}

// person makes somebody of this node with both kinds of keys.
func (n *outNode) person(t testing.TB, name string, key byte) (account storage.Account) {
	t.Helper()
	id := n.config.Paths.Actor(name)
	n.tx(t, func(ctx context.Context, tx *storage.Tx) (err error) {
		account, err = tx.CreateAccount(ctx, storage.Account{
			URI: id, Name: name, DisplayName: strings.ToUpper(name), URL: n.config.Paths.Profile(name),
			Inbox: id + ids.Inbox, SharedInbox: n.config.Paths.SharedInbox(), Followers: id + ids.Followers,
			CreatedAt: storage.At(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)),
		})
		if err != nil {
			return err
		}
		return tx.PutKeys(ctx, account.ID, localKeys(t, id, account.ID, key))
	})
	return account
}

func localKeys(t testing.TB, id string, account int64, key byte) []storage.ActorKey {
	t.Helper()
	ed := keys.Ed25519FromSeed(seed(key))
	private, err := ed.PEM()
	if err != nil {
		t.Fatal(err)
	}
	return []storage.ActorKey{
		{ID: id + ids.MainKey, AccountID: account, Kind: storage.KeyRSA, PublicKey: rsaPublicPEM(), PrivateKey: testRSA},
		{ID: id + ids.Ed25519Key, AccountID: account, Kind: storage.KeyEd25519, PublicKey: ed.Public().Multikey(), PrivateKey: private},
	}
}

// stranger makes somebody of another server; change may alter what is known of them. Its key is
// that of the tests.
func (n *outNode) stranger(t testing.TB, name, host string, change ...func(*storage.Account)) (account storage.Account) {
	t.Helper()
	n.tx(t, func(ctx context.Context, tx *storage.Tx) (err error) {
		account, err = putStranger(ctx, tx, name, host, change...)
		return err
	})
	return account
}

// strangers makes one person at each of h0.example, h1.example, ….
func (n *outNode) strangers(t testing.TB, count int) (list []storage.Account) {
	t.Helper()
	n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
		list = nil
		for i := range count {
			account, err := putStranger(ctx, tx, "bob", fmt.Sprintf("h%d.example", i))
			if err != nil {
				return err
			}
			list = append(list, account)
		}
		return nil
	})
	return list
}

func putStranger(ctx context.Context, tx *storage.Tx, name, host string, change ...func(*storage.Account)) (storage.Account, error) {
	id := "http://" + host + "/users/" + name
	account := storage.Account{
		URI: id, Name: name, Host: host, Type: "Person", Inbox: id + "/inbox",
		SharedInbox: "http://" + host + "/inbox", Followers: id + "/followers",
	}
	for _, f := range change {
		f(&account)
	}
	account, err := tx.PutRemoteAccount(ctx, account)
	if err != nil {
		return account, err
	}
	return account, tx.PutKeys(ctx, account.ID, []storage.ActorKey{
		{ID: id + "#main-key", Kind: storage.KeyRSA, PublicKey: rsaPublicPEM()},
	})
}

// follows makes somebody a follower.
func (n *outNode) follows(t testing.TB, who, whom storage.Account) {
	t.Helper()
	n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.PutFollow(ctx, storage.Follow{AccountID: who.ID, TargetID: whom.ID, URI: who.URI + "#follow", Accepted: true})
		return err
	})
}

// waiting takes what is queued and returns how much there was for every inbox.
func (n *outNode) waiting(t testing.TB) map[string]int {
	t.Helper()
	found := map[string]int{}
	for {
		hosts, err := n.store.ClaimDestinations(context.Background(), 1000)
		if err != nil {
			t.Fatal(err)
		}
		if len(hosts) == 0 {
			return found
		}
		for _, host := range hosts {
			var outcome storage.Outcome
			for _, d := range host.Deliveries {
				found[d.Inbox]++
				outcome.Delivered = append(outcome.Delivered, d.ID)
			}
			if err := n.store.ReleaseDestination(context.Background(), host, outcome); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// web serves the node over real HTTP; requests go to http://harbor.example.
func (n *outNode) web(t testing.TB) *http.Client {
	t.Helper()
	router := chi.NewRouter()
	n.Routes(router)
	n.InboxRoutes(router)
	server := httptest.NewServer(router)
	t.Cleanup(server.Close)
	transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
}

// signDraftGET signs a GET as draft-cavage-http-signatures-12 says, without the node's own code.
func signDraftGET(t testing.TB, r *http.Request, keyID string, key *rsa.PrivateKey) {
	t.Helper()
	r.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	text := fmt.Sprintf("(request-target): get %s\nhost: %s\ndate: %s", r.URL.RequestURI(), r.URL.Host, r.Header.Get("Date"))
	sum := sha256.Sum256([]byte(text))
	value, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Signature", fmt.Sprintf(`keyId="%s",algorithm="rsa-sha256",headers="(request-target) host date",signature="%s"`,
		keyID, base64.StdEncoding.EncodeToString(value)))
}

// sign9421GET signs a GET as RFC 9421 says, without the node's own code.
func sign9421GET(t testing.TB, r *http.Request, keyID string, key *rsa.PrivateKey) {
	t.Helper()
	params := fmt.Sprintf(`("@method" "@target-uri");created=%d;keyid="%s";alg="rsa-v1_5-sha256"`, time.Now().Unix(), keyID)
	text := fmt.Sprintf("\"@method\": GET\n\"@target-uri\": %s\n\"@signature-params\": %s", r.URL, params)
	sum := sha256.Sum256([]byte(text))
	value, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Signature-Input", "sig1="+params)
	r.Header.Set("Signature", "sig1=:"+base64.StdEncoding.EncodeToString(value)+":")
}

// readsEd25519 makes the host of somebody known to read RFC 9421 and Ed25519.
func (n *outNode) readsEd25519(t testing.TB, who storage.Account) {
	t.Helper()
	n.tx(t, func(ctx context.Context, tx *storage.Tx) error { return tx.NoteRFC9421(ctx, who.Host) })
	if err := n.store.ReleaseDestination(t.Context(), storage.Destination{Host: who.Host}, storage.Outcome{Ed25519: true}); err != nil {
		t.Fatal(err)
	}
}
