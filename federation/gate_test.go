package federation

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
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
	"tulou/node/nodetest/peer"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
	"tulou/storage/storagetest"
)

// network routes host names to servers on loopback, for the engine's client and for peers.
type network struct {
	mu    sync.Mutex
	hosts map[string]string
}

func (n *network) dial(ctx context.Context, _, addr string) (net.Conn, error) {
	n.mu.Lock()
	to := n.hosts[strings.TrimSuffix(addr, ":80")]
	n.mu.Unlock()
	if to == "" {
		return nil, fmt.Errorf("no host %s", addr)
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", to)
}

func (n *network) serve(t testing.TB, host string, h http.Handler) {
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hosts[host] = server.Listener.Addr().String()
}

// station is an engine behind real HTTP whose handlers record what reaches them.
type station struct {
	engine *Engine
	store  *storage.Store
	net    *network
	client *http.Client
	evil   *peer.Peer // https is not needed to be hostile
	good   *peer.Peer
	ana    storage.Account

	mu    sync.Mutex
	seen  []In
	fails map[string]error // by activity id
}

func newStation(t testing.TB) *station {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	store, err := storage.Open(t.Context(), storagetest.SQLite(t), log)
	if err != nil {
		t.Fatal(err)
	}
	s := &station{store: store, net: &network{hosts: map[string]string{}}, fails: map[string]error{},
		evil: peer.New("http://evil.example"), good: peer.New("http://good.example")}
	transport := &http.Transport{DialContext: s.net.dial}
	s.client = &http.Client{Transport: transport}
	fetcher := fetch.New(fetch.Config{UserAgent: "test", AllowPrivate: true, DialContext: s.net.dial})
	paths := ids.Paths{Base: "http://harbor.example"}
	s.engine, err = New(Config{Paths: paths, AccountHost: "harbor.example", AllowPrivate: true}, store, fetcher, nil, log)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []Key{{"Create", "Note"}, {"Update", "Note"}, {"Update", "Actor"}, {"Delete", "Object"}, {"Delete", "Actor"},
		{"Follow", "Actor"}, {"Accept", "Follow"}, {"Undo", "Follow"}, {"Undo", "Like"}, {"Like", "Object"}, {"Announce", "Object"}, {"Block", "Actor"}} {
		if err := s.engine.Handle(key.Activity, key.Object, s); err != nil {
			t.Fatal(err)
		}
	}
	router := chi.NewRouter()
	s.engine.InboxRoutes(router)
	s.net.serve(t, "harbor.example", router)
	s.net.serve(t, "evil.example", s.evil)
	s.net.serve(t, "good.example", s.good)
	s.ana = s.local(t, "ana")
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { s.engine.runInbox(ctx) })
	t.Cleanup(func() {
		stop()
		running.Wait()
		transport.CloseIdleConnections()
		fetcher.Close()
		store.Close()
	})
	return s
}

func (s *station) local(t testing.TB, name string) (account storage.Account) {
	t.Helper()
	paths := s.engine.Paths()
	err := s.store.Tx(t.Context(), func(tx *storage.Tx) (err error) {
		account, err = tx.CreateAccount(t.Context(), storage.Account{URI: paths.Actor(name), Name: name, Type: "Person",
			Inbox: paths.Actor(name) + ids.Inbox, CreatedAt: storage.Now()})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return account
}

// Need asks for nothing: these tests are about who may speak.
func (s *station) Need(In) []Ref { return nil }

// Apply records the activity.
func (s *station) Apply(_ context.Context, _ *storage.Tx, in In, _ Fetched) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.fails[in.Activity.ID]; err != nil {
		return err
	}
	s.seen = append(s.seen, in)
	return nil
}

// applied waits until the inbox is empty and returns the ids of the activities that had effects.
func (s *station) applied(t testing.TB) (list []string) {
	t.Helper()
	for {
		_, waiting, err := s.store.NextLane(t.Context(), QueueInbox)
		if err != nil {
			t.Fatal(err)
		}
		if !waiting {
			break
		}
		select {
		case <-t.Context().Done():
			t.Fatal("the inbox does not get empty")
		case <-time.After(time.Millisecond):
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, in := range s.seen {
		list = append(list, in.Activity.ID)
	}
	return list
}

func (s *station) do(t testing.TB, r *http.Request) (status int, text string) {
	t.Helper()
	res, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(body)
}

const inbox = "http://harbor.example/inbox"

// send signs and sends with the honest defaults.
func (s *station) send(t testing.TB, a *peer.Actor, activity any) (int, string) {
	t.Helper()
	return s.do(t, a.Request(t.Context(), peer.Message{URL: inbox, Body: peer.JSON(activity)}))
}

// If this failed, honest servers could not reach us, in either dialect, or things would happen
// twice.
func TestGateAcceptsWhatIsHonestOnce(t *testing.T) {
	s := newStation(t)
	mallory := s.evil.Actor("mallory")
	for i, rfc := range []bool{false, true} {
		create := mallory.Create(mallory.Note(fmt.Sprint(i), "<p>hi</p>", nil))
		for range 2 {
			if status, text := s.do(t, mallory.Request(t.Context(), peer.Message{URL: inbox, Body: peer.JSON(create), RFC9421: rfc})); status != 202 {
				t.Fatalf("rfc9421=%v: %d %s", rfc, status, text)
			}
		}
	}
	if got := s.applied(t); len(got) != 2 {
		t.Errorf("applied %d activities, want 2: %v", len(got), got)
	}
}

// If this failed, a person whose server has no shared inbox here would miss what a neighbour got.
func TestSameActivityReachesEachPersonalInbox(t *testing.T) {
	s := newStation(t)
	s.local(t, "bob")
	mallory := s.evil.Actor("mallory")
	body := peer.JSON(mallory.Create(mallory.Note("1", "hi", nil)))
	for _, name := range []string{"ana", "bob", "ana"} {
		if status, text := s.do(t, mallory.Request(t.Context(), peer.Message{URL: "http://harbor.example/users/" + name + "/inbox", Body: body})); status != 202 {
			t.Fatal(status, text)
		}
		s.applied(t)
	}
	var recipients []int64
	for _, in := range s.seen {
		recipients = append(recipients, in.Recipient)
	}
	if len(recipients) != 2 || recipients[0] == recipients[1] || !s.seen[1].Again {
		t.Errorf("recipients %v, again %v", recipients, s.seen[len(s.seen)-1].Again)
	}
}

// attack is one row of what a hostile peer tries. Nothing may come of any of them.
type attack struct {
	name   string
	status int
	says   string // a part of the error that the peer reads
	build  func(s *station) *http.Request
}

// message makes an attack that differs from an honest request in its Message only.
func message(edit func(s *station, m *peer.Message)) func(*station) *http.Request {
	return func(s *station) *http.Request {
		mallory := s.evil.Actor("mallory")
		m := peer.Message{URL: inbox, Body: peer.JSON(mallory.Create(mallory.Note("1", "hi", nil)))}
		edit(s, &m)
		return mallory.Request(context.Background(), m)
	}
}

// activity makes an attack that is signed correctly by mallory of evil.example.
func activity(make func(s *station, mallory, victim *peer.Actor) any) func(*station) *http.Request {
	return message(func(s *station, m *peer.Message) {
		m.Body = peer.JSON(make(s, s.evil.Actor("mallory"), s.good.Actor("victim")))
	})
}

// raw is activity with bytes that JSON encoders do not write.
func raw(body string) func(*station) *http.Request {
	return message(func(s *station, m *peer.Message) {
		m.Body = []byte(strings.ReplaceAll(body, "ME", s.evil.Actor("mallory").ID))
	})
}

var attacks = []attack{
	{"A001 embedded object of another origin", 403, "origin", activity(func(s *station, m, v *peer.Actor) any {
		note := v.Note("1", "forged", nil)
		return m.Create(note)
	})},
	{"A001 own id, embedded object of another origin", 403, "origin", activity(func(s *station, m, v *peer.Actor) any {
		return m.Do("Create", v.Note("1", "forged", nil), nil)
	})},
	{"A001 embedded actor of another origin", 403, "origin", activity(func(s *station, m, v *peer.Actor) any {
		var doc map[string]any
		json.Unmarshal(v.Document(), &doc)
		return m.Do("Update", doc, nil)
	})},
	{"A002 signed by one, done by another", 401, "another actor", activity(func(s *station, m, v *peer.Actor) any {
		return v.Create(v.Note("1", "forged", nil))
	})},
	{"A002 signed by one, done by a neighbour", 401, "another actor", activity(func(s *station, m, v *peer.Actor) any {
		bob := s.evil.Actor("bob")
		return bob.Create(bob.Note("1", "forged", nil))
	})},
	{"A004 object attributed to another", 403, "attributed", activity(func(s *station, m, v *peer.Actor) any {
		note := m.Note("1", "forged", nil)
		note["attributedTo"] = s.evil.Actor("bob").ID
		return m.Create(note)
	})},
	{"A004 object attributed to nobody", 403, "attributed", activity(func(s *station, m, v *peer.Actor) any {
		note := m.Note("1", "forged", nil)
		delete(note, "attributedTo")
		return m.Create(note)
	})},
	{"A004 post of another under the actor's own id", 403, "attributed", activity(func(s *station, m, v *peer.Actor) any {
		note := m.Note("1", "x", nil)
		note["id"], note["attributedTo"] = m.ID, v.ID
		return m.Do("Create", note, nil)
	})},
	{"A004 two actors", 400, "", activity(func(s *station, m, v *peer.Actor) any {
		return m.Do("Create", m.Note("1", "x", nil), map[string]any{"actor": []any{m.ID, v.ID}})
	})},
	{"A005 prefixed terms hide another actor", 400, "", activity(func(s *station, m, v *peer.Actor) any {
		create := m.Create(m.Note("1", "x", nil))
		create["as:actor"] = v.ID
		return create
	})},
	{"A007 object id under our media", 403, "origin", activity(func(s *station, m, v *peer.Actor) any {
		note := m.Note("1", "x", nil)
		note["id"] = "http://harbor.example/media/abc"
		return m.Do("Create", note, nil)
	})},
	{"A008 inbox of another origin", 403, "inbox", activity(func(s *station, m, v *peer.Actor) any {
		m.Edit(func(doc map[string]any) { doc["inbox"] = v.ID + "/inbox" })
		return m.Create(m.Note("1", "x", nil))
	})},
	{"A013 update across origins", 403, "origin", activity(func(s *station, m, v *peer.Actor) any {
		return m.Do("Update", v.Note("1", "x", nil), nil)
	})},
	{"A013 delete across origins", 403, "origin", activity(func(s *station, m, v *peer.Actor) any {
		return m.Do("Delete", v.ID+"/statuses/1", nil)
	})},
	{"A013 activity id of another origin", 403, "origin", activity(func(s *station, m, v *peer.Actor) any {
		return m.Do("Create", m.Note("1", "x", nil), map[string]any{"id": v.ID + "/activities/1"})
	})},
	{"A013 same host, other port", 403, "origin", activity(func(s *station, m, v *peer.Actor) any {
		return m.Do("Create", m.Note("1", "x", nil), map[string]any{"id": "http://evil.example:8080/activities/1"})
	})},
	{"A016 host not covered", 401, "host", message(func(s *station, m *peer.Message) {
		m.Covered = []string{"(request-target)", "date", "digest"}
	})},
	{"A016 target not covered", 401, "request-target", message(func(s *station, m *peer.Message) { m.Covered = []string{"host", "date", "digest"} })},
	{"A016 digest not covered", 401, "digest", message(func(s *station, m *peer.Message) {
		m.Covered = []string{"(request-target)", "host", "date"}
	})},
	{"A016 date not covered", 401, "", message(func(s *station, m *peer.Message) {
		m.Covered = []string{"(request-target)", "host", "digest"}
	})},
	{"A016 RFC 9421 without target", 401, "", message(func(s *station, m *peer.Message) {
		m.RFC9421, m.Covered = true, []string{"@method", "content-digest"}
	})},
	{"A017 no digest", 401, "", message(func(s *station, m *peer.Message) { m.Digest = "-" })},
	{"A017 digest of another body", 401, "", message(func(s *station, m *peer.Message) {
		m.Edit = func(r *http.Request) {
			body := bytes.ReplaceAll(m.Body, []byte("hi"), []byte("ho"))
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
	})},
	{"A017 two digests", 401, "", message(func(s *station, m *peer.Message) {
		m.Edit = func(r *http.Request) { r.Header.Add("Digest", r.Header.Get("Digest")) }
	})},
	{"A019 hmac with the public key", 401, "", message(func(s *station, m *peer.Message) { m.Algorithm = "hmac-sha256" })},
	{"A019 no algorithm", 401, "", message(func(s *station, m *peer.Message) { m.Algorithm = "none" })},
	{"A020 thirteen hours old", 401, "", message(func(s *station, m *peer.Message) { m.Date = time.Now().Add(-13 * time.Hour) })},
	{"A020 from the future", 401, "", message(func(s *station, m *peer.Message) { m.Date = time.Now().Add(10 * time.Minute) })},
	{"A020 RFC 9421 thirteen hours old", 401, "", message(func(s *station, m *peer.Message) {
		m.RFC9421, m.Date = true, time.Now().Add(-13*time.Hour)
	})},
	{"A022 weak key", 401, "", func(s *station) *http.Request {
		weak, err := rsa.GenerateKey(rand.Reader, 1024)
		if err != nil {
			panic(err)
		}
		m := s.evil.Actor("mallory")
		m.Rotate(weak)
		return m.Request(context.Background(), peer.Message{URL: inbox, Body: peer.JSON(m.Create(m.Note("1", "x", nil)))})
	}},
	{"A025 key host away", 503, "", message(func(s *station, m *peer.Message) { m.KeyID = "http://away.example/users/x#main-key" })},
	{"A026 proof by another origin", 401, "", func(s *station) *http.Request {
		m, v := s.evil.Actor("mallory"), s.good.Actor("victim")
		body := proofed(m.ID+"#ed", ed25519Key(m), v.Create(v.Note("1", "forged", nil)))
		return m.Request(context.Background(), peer.Message{URL: inbox, Body: body})
	}},
	{"A026 proof over a part", 401, "", func(s *station) *http.Request {
		m, v := s.evil.Actor("mallory"), s.good.Actor("victim")
		body := proofed(v.ID+"#ed", ed25519Key(v), v.Create(v.Note("1", "real", nil)))
		return m.Request(context.Background(), peer.Message{URL: inbox, Body: bytes.Replace(body, []byte("real"), []byte("fake"), 1)})
	}},
	{"A029 LD signature", 401, "another actor", activity(func(s *station, m, v *peer.Actor) any {
		create := v.Create(v.Note("1", "forged", nil))
		create["signature"] = map[string]any{"type": "RsaSignature2017", "creator": v.KeyID, "signatureValue": "abc"}
		return create
	})},
	{"A030 @graph", 400, "", raw(`{"id":"ME/a","type":"Create","actor":"ME","object":"ME/o","@graph":[]}`)},
	{"A030 @included deep", 400, "", raw(`{"id":"ME/a","type":"Create","actor":"ME","object":{"id":"ME/o","x":{"@included":[]}}}`)},
	{"A030 @reverse", 400, "", raw(`{"id":"ME/a","type":"Create","actor":"ME","object":"ME/o","@reverse":{}}`)},
	{"A035 duplicate key", 400, "", raw(`{"id":"ME/a","type":"Like","actor":"http://good.example/users/victim","actor":"ME","object":"http://harbor.example/x"}`)},
	{"A035 keys that differ by case", 400, "", raw(`{"id":"ME/a","type":"Like","actor":"ME","Actor":"http://good.example/users/victim","object":"http://harbor.example/x"}`)},
	{"A035 NUL", 400, "", raw("{\"id\":\"ME/a\",\"type\":\"Like\",\"actor\":\"ME\",\"object\":\"http://harbor.example/\\u0000\"}")},
	{"A035 lone surrogate", 400, "", raw(`{"id":"ME/a","type":"Like","actor":"ME","object":"http://harbor.example/x","content":"\ud800"}`)},
	{"A035 number out of range", 400, "", raw(`{"id":"ME/a","type":"Like","actor":"ME","object":"http://harbor.example/x","n":1e400}`)},
	{"A035 too deep", 400, "", raw(`{"id":"ME/a","type":"Like","actor":"ME","object":"http://harbor.example/x","n":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`)},
	{"A035 invalid UTF-8", 400, "", raw("{\"id\":\"ME/a\",\"type\":\"Like\",\"actor\":\"ME\",\"object\":\"http://harbor.example/\xff\"}")},
	{"A035 not an object", 400, "", raw(`[]`)},
	{"A036 Follow without object", 400, "", raw(`{"id":"ME/a","type":"Follow","actor":"ME"}`)},
	{"A036 no actor", 400, "", raw(`{"id":"ME/a","type":"Follow","object":"http://harbor.example/users/ana"}`)},
	{"A036 no id", 400, "", raw(`{"type":"Follow","actor":"ME","object":"http://harbor.example/users/ana"}`)},
	{"A055 actor with user information", 403, "", raw(`{"id":"http://a@evil.example/a","type":"Follow","actor":"ME","object":"http://harbor.example/users/ana"}`)},
	{"A058 too many recipients", 400, "entries", activity(func(s *station, m, v *peer.Actor) any {
		to := make([]any, 3000)
		for i := range to {
			to[i] = fmt.Sprintf("http://x.example/%d", i)
		}
		return m.Do("Create", m.Note("1", "x", nil), map[string]any{"to": to})
	})},
	{"A105 undo of another's follow", 403, "", activity(func(s *station, m, v *peer.Actor) any {
		return m.Do("Undo", map[string]any{"id": v.ID + "/f/1", "type": "Follow", "actor": v.ID, "object": s.ana.URI}, nil)
	})},
	{"A105 undo by id of another origin", 403, "", activity(func(s *station, m, v *peer.Actor) any { return m.Do("Undo", v.ID+"/f/1", nil) })},
	{"A106 accept for somebody else", 403, "", activity(func(s *station, m, v *peer.Actor) any {
		return m.Do("Accept", map[string]any{"id": s.ana.URI + "/f", "type": "Follow", "actor": s.ana.URI, "object": v.ID}, nil)
	})},
	{"A112 update of the actor into another", 403, "", activity(func(s *station, m, v *peer.Actor) any {
		bob := s.evil.Actor("bob")
		var doc map[string]any
		json.Unmarshal(bob.Document(), &doc)
		return m.Do("Update", doc, nil)
	})},
	{"claims to come from this node", 401, "", activity(func(s *station, m, v *peer.Actor) any {
		return m.Do("Create", m.Note("1", "x", nil), map[string]any{"actor": s.ana.URI, "id": s.ana.URI + "/x"})
	})},
	{"key of this node", 401, "", message(func(s *station, m *peer.Message) { m.KeyID = s.ana.URI + "#main-key" })},
	{"unsigned", 401, "not signed", message(func(s *station, m *peer.Message) { m.Unsigned = true })},
	{"made for another host", 401, "", message(func(s *station, m *peer.Message) {
		m.URL = "http://orchard.example/inbox"
		m.Edit = func(r *http.Request) { r.URL.Host, r.Host = "harbor.example", "harbor.example" }
	})},
	{"Host of another", 421, "", message(func(s *station, m *peer.Message) { m.Edit = func(r *http.Request) { r.Host = "orchard.example" } })},
	{"compressed", 415, "", message(func(s *station, m *peer.Message) {
		m.Edit = func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }
	})},
	{"another type", 415, "", message(func(s *station, m *peer.Message) { m.Type = "text/plain" })},
	{"too large", 413, "", message(func(s *station, m *peer.Message) { m.Body = append(m.Body, bytes.Repeat([]byte(" "), BodyBytesMax)...) })},
	{"too large without a length", 413, "", message(func(s *station, m *peer.Message) {
		m.Body = append(m.Body, bytes.Repeat([]byte(" "), BodyBytesMax)...)
		m.Edit = func(r *http.Request) { r.ContentLength = -1; r.Body = struct{ io.ReadCloser }{r.Body} }
	})},
}

// If one of these failed, a stranger could speak in somebody's name or break what others send.
func TestHostilePeerIsRefused(t *testing.T) {
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			s := newStation(t)
			status, text := s.do(t, a.build(s))
			if status != a.status || !strings.Contains(text, a.says) {
				t.Errorf("answered %d %s, want %d with %q", status, text, a.status, a.says)
			}
			if got := s.applied(t); len(got) != 0 {
				t.Errorf("it had effects: %v", got)
			}
			honest := s.good.Actor("honest")
			if status, text := s.send(t, honest, honest.Create(honest.Note("after", "x", nil))); status != 202 {
				t.Errorf("afterwards an honest peer is answered %d %s", status, text)
			}
		})
	}
}

// If this failed, a server that changed its key would be locked out, or a forger could make us ask
// for keys without end.
func TestA023RotatedKeyIsFetchedOnceInFiveMinutes(t *testing.T) {
	s := newStation(t)
	m := s.evil.Actor("mallory")
	post := func(n int) int {
		status, _ := s.send(t, m, m.Create(m.Note(fmt.Sprint(n), "x", nil)))
		return status
	}
	if status := post(1); status != 202 {
		t.Fatal(status)
	}
	m.Rotate(peer.NewKey(3))
	if status := post(2); status != 202 {
		t.Errorf("after rotation: %d", status)
	}
	before := s.evil.Requests("/users/mallory")
	m.Key = peer.NewKey(2) // signs with a key that the document does not list
	for n := range 5 {
		if status := post(10 + n); status != 401 {
			t.Errorf("wrong key: %d", status)
		}
	}
	if asked := s.evil.Requests("/users/mallory") - before; asked > 0 {
		t.Errorf("wrong signatures made us fetch the actor %d times within five minutes", asked)
	}
}

// If this failed, every account that ends anywhere would cost us a fetch.
func TestA066DeleteOfUnknownActorCostsNothing(t *testing.T) {
	s := newStation(t)
	m := s.evil.Actor("mallory")
	if status, text := s.send(t, m, m.Do("Delete", m.ID, nil)); status != 202 {
		t.Error(status, text)
	}
	if n := s.evil.Requests("/users/mallory"); n != 0 {
		t.Errorf("the actor was fetched %d times", n)
	}
}

// If this failed, strangers could find out who is on a private node by saying that they are gone.
func TestNewsOfOurOwnLeavingTellsNothing(t *testing.T) {
	s := newStation(t)
	m := s.evil.Actor("mallory")
	var answers []string
	for _, name := range []string{s.ana.Name, "nobody"} {
		uri := s.engine.config.Paths.Actor(name)
		news := m.Do("Delete", uri, nil)
		news["actor"] = uri
		status, text := s.send(t, m, news)
		answers = append(answers, fmt.Sprint(status, text))
	}
	if answers[0] != answers[1] || strings.HasPrefix(answers[0], "202") {
		t.Error(answers)
	}
}

// If this failed, one activity that cannot be applied would hold up everybody's.
func TestA070PoisonousActivityHarmsNobodyElse(t *testing.T) {
	s := newStation(t)
	m, honest := s.evil.Actor("mallory"), s.good.Actor("honest")
	bad := m.Create(m.Note("bad", "x", nil))
	s.fails[bad["id"].(string)] = fmt.Errorf("poison")
	var want int
	for i := range 20 {
		for _, a := range []*peer.Actor{m, honest} {
			if status, _ := s.send(t, a, a.Create(a.Note(fmt.Sprint(i), "x", nil))); status == 202 {
				want++
			}
		}
		if i == 10 {
			s.send(t, m, bad)
		}
	}
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		s.mu.Lock()
		n := len(s.seen)
		s.mu.Unlock()
		if n >= want {
			break
		}
		<-time.After(5 * time.Millisecond)
	}
	distinct := map[string]bool{}
	for _, in := range s.seen {
		distinct[in.Activity.ID] = true
	}
	if len(distinct) != want || want != 40 {
		t.Errorf("%d of %d were applied", len(distinct), want)
	}
}

// If this failed, kinds of activities that are invented later would make us look broken.
func TestUnknownActivityIsKeptWithoutEffect(t *testing.T) {
	s := newStation(t)
	m := s.evil.Actor("mallory")
	unknown := m.Do("EmojiReact", "http://harbor.example/users/ana/statuses/1", map[string]any{"content": "🔥"})
	if status, text := s.send(t, m, unknown); status != 202 {
		t.Fatal(status, text)
	}
	if got := s.applied(t); len(got) != 0 {
		t.Errorf("it had effects: %v", got)
	}
	kept, err := s.store.Received(t.Context(), unknown["id"].(string))
	if err != nil || len(kept.Body) == 0 {
		t.Errorf("it was not kept: %v", err)
	}
}

// If this failed, a host that was away would wait for its next probe, up to six hours, although it
// is there again and speaks to us; or one that signs with RFC 9421 would be answered in the draft.
func TestHostThatSpeaksIsTriedAtOnceAndInItsDialect(t *testing.T) {
	s := newStation(t)
	m := s.evil.Actor("mallory")
	const host = "evil.example"
	if err := s.store.Tx(t.Context(), func(tx *storage.Tx) error {
		payload, err := tx.CreatePayload(t.Context(), []byte("{}"))
		if err != nil {
			return err
		}
		return tx.Deliver(t.Context(), payload, s.ana.ID, []storage.Inbox{{Host: host, URL: "http://evil.example/inbox"}})
	}); err != nil {
		t.Fatal(err)
	}
	leased, err := s.store.ClaimDestinations(t.Context(), 10)
	if err != nil || len(leased) != 1 {
		t.Fatal(leased, err)
	}
	if err := s.store.ReleaseDestination(t.Context(), leased[0], storage.Outcome{DownUntil: time.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if status, text := s.do(t, m.Request(t.Context(), peer.Message{URL: inbox, RFC9421: true,
		Body: peer.JSON(m.Create(m.Note("1", "back again", nil)))})); status != 202 {
		t.Fatal(status, text)
	}
	found, err := s.store.ClaimDestinations(t.Context(), 10)
	if err != nil || len(found) != 1 || found[0].Failures != 0 || found[0].RFC9421At == 0 {
		t.Errorf("destinations %+v, %v", found, err)
	}
}

// If this failed, somebody who invents names of keys could have us ask another server for the same
// actor as often as they send us something.
func TestA069InventedKeysOfAnActorCostItsServerOneFetch(t *testing.T) {
	s := newStation(t)
	m, victim := s.evil.Actor("mallory"), s.good.Actor("victim")
	forge := func(key string) int {
		status, _ := s.do(t, m.Request(t.Context(), peer.Message{URL: inbox, KeyID: key, Body: peer.JSON(victim.Create(victim.Note("1", "x", nil)))}))
		return status
	}
	for n := range 10 {
		if status := forge(fmt.Sprintf("%s#key-%d", victim.ID, n)); status != 401 {
			t.Errorf("answered %d", status)
		}
	}
	if asked := s.good.Requests("/users/victim"); asked != 1 {
		t.Errorf("the actor was fetched %d times", asked)
	}
	if status, text := s.send(t, victim, victim.Create(victim.Note("2", "x", nil))); status != 202 {
		t.Errorf("then the actor itself is answered %d %s", status, text)
	}
	victim.Rotate(peer.NewKey(3))
	if status, text := s.send(t, victim, victim.Create(victim.Note("3", "x", nil))); status != 202 {
		t.Errorf("with a new key it is answered %d %s", status, text)
	}
}

// counter is a Limiter that allows everything and counts.
type counter struct {
	mu   sync.Mutex
	seen map[string]int
}

func (c *counter) Allow(who string, cost int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[who] += cost
	return nil
}

// If this failed, anybody could use up what another server may send here, by only naming it.
func TestA069OnlyWhatAHostSignedCountsAgainstIt(t *testing.T) {
	s := newStation(t)
	count := &counter{seen: map[string]int{}}
	s.engine.config.Limiter = count
	m, victim := s.evil.Actor("mallory"), s.good.Actor("victim")
	m.Key = peer.NewKey(3) // not the victim's
	for n := range 5 {
		s.do(t, m.Request(t.Context(), peer.Message{URL: inbox, KeyID: victim.KeyID, Body: peer.JSON(victim.Create(victim.Note(fmt.Sprint(n), "x", nil)))}))
	}
	if n := count.seen["host good.example"]; n != 0 {
		t.Errorf("forgeries counted %d times against the host they name", n)
	}
	if status, text := s.send(t, victim, victim.Create(victim.Note("real", "x", nil))); status != 202 {
		t.Fatal(status, text)
	}
	if n := count.seen["host good.example"]; n != 1 {
		t.Errorf("an honest request counted %d times against its host", n)
	}
	s.do(t, m.Request(t.Context(), peer.Message{URL: "http://harbor.example/users/nobody/inbox", Body: []byte("{}")}))
	if n := count.seen["ip 127.0.0.1"]; n != 7 {
		t.Errorf("7 requests counted %d times against the address", n)
	}
	s.send(t, victim, victim.Create(victim.Note("long", strings.Repeat("x", 10*unitBytes), nil)))
	if n := count.seen["host good.example"]; n != 12 {
		t.Errorf("a small activity and one ten times as large counted %d times against their host", n)
	}
}

// If this failed, one address that sends slowly would use up the memory for bodies, and nobody else
// could send anything.
func TestA073SlowBodiesOfOneAddressStopNobodyElse(t *testing.T) {
	s := newStation(t)
	bodies := s.engine.gate.bodies
	held := int64(0)
	for bodies.take("203.0.113.7", BodyBytesMax) {
		held += BodyBytesMax
	}
	if held == 0 || held > bodyShare {
		t.Errorf("one address got %d bytes, want at most %d", held, bodyShare)
	}
	honest := s.good.Actor("honest")
	if status, text := s.send(t, honest, honest.Create(honest.Note("1", "x", nil))); status != 202 {
		t.Errorf("somebody else is answered %d %s", status, text)
	}
	for bodies.take("127.0.0.1", BodyBytesMax) {
	}
	if status, text := s.send(t, honest, honest.Create(honest.Note("2", "x", nil))); status != 503 {
		t.Errorf("an address with a used up share is answered %d %s", status, text)
	}
	bodies.give("203.0.113.7", held)
	if !bodies.take("203.0.113.7", bodyShare) {
		t.Error("what was given back cannot be taken again")
	}
	bodies.give("203.0.113.7", bodyShare)
	if _, there := bodies.held["203.0.113.7"]; there {
		t.Error("an address that holds nothing is remembered")
	}
}

// If this failed, a few large activities at a time would take all the memory, or large ones would
// be lost, or hold up small ones.
func TestA073LargeActivitiesAreReadFewAtATime(t *testing.T) {
	s := newStation(t)
	gate, honest := s.engine.gate, s.good.Actor("honest")
	long := honest.Note("long", strings.Repeat("x", largeBytes), nil)
	if status, text := s.send(t, honest, honest.Create(long)); status != 202 {
		t.Fatal(status, text)
	}
	if got := s.applied(t); len(got) != 1 || s.seen[0].Activity.Object.Note.Content != long["content"] {
		t.Errorf("applied %v", got)
	}
	for range largeAtOnce {
		if _, err := gate.begin(t.Context(), make([]byte, largeBytes)); err != nil {
			t.Fatal(err)
		}
	}
	hurried, stop := context.WithCancel(t.Context())
	stop()
	if _, err := gate.parse(hurried, make([]byte, largeBytes)); !fault.Is(err, fault.Unavailable) || fault.RetryOf(err) == 0 {
		t.Errorf("one more large activity: %v", err)
	}
	if status, text := s.send(t, honest, honest.Create(honest.Note("short", "x", nil))); status != 202 {
		t.Errorf("a small one meanwhile: %d %s", status, text)
	}
}

// If this failed, a fetched document could be read in two ways (A035).
func TestA035FetchedDocumentsAreHeldToTheSameJSON(t *testing.T) {
	s := newStation(t)
	for name, body := range map[string]string{
		"two ids":     `{"id":"http://evil.example/o","id":"http://evil.example/o","type":"Note","attributedTo":"http://evil.example/users/mallory"}`,
		"two authors": `{"id":"http://evil.example/o","type":"Note","attributedTo":"http://evil.example/users/mallory","AttributedTo":"http://evil.example/users/bob"}`,
	} {
		s.evil.Serve("/o", peer.Document{Body: []byte(body)})
		if object, err := s.engine.Object(t.Context(), "http://evil.example/o"); !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Unprocessable) {
			t.Errorf("%s: %+v %v", name, object, err)
		}
	}
}

// If this failed, what waits for a host that was away would go on waiting after it spoke, or each
// of its activities would write that it did.
func TestAHostThatSpeaksIsThereAgain(t *testing.T) {
	s := newStation(t)
	m := s.evil.Actor("mallory")
	down := func() {
		t.Helper()
		err := s.store.Tx(t.Context(), func(tx *storage.Tx) error { return tx.NoteRFC9421(t.Context(), "evil.example") })
		if err != nil {
			t.Fatal(err)
		}
		later := storage.Outcome{DownUntil: time.Now().Add(time.Hour)}
		if err := s.store.ReleaseDestination(t.Context(), storage.Destination{Host: "evil.example"}, later); err != nil {
			t.Fatal(err)
		}
	}
	for i, there := range []bool{true, false} { // the second time is a moment after the first
		down()
		if status, text := s.send(t, m, m.Create(m.Note(fmt.Sprint(i), "x", nil))); status != 202 {
			t.Fatal(status, text)
		}
		found, err := s.store.ClaimDestinations(t.Context(), 10)
		if err != nil || len(found) == 1 != there {
			t.Errorf("word %d: due are %+v, %v", i+1, found, err)
		}
	}
}

// If this failed, somebody who was suspended would go on speaking here for as long as they are
// remembered, or would never be let in again.
func TestSuspensionHoldsBeforeAndAfterTheGateHearsOfIt(t *testing.T) {
	s := newStation(t)
	mallory := s.evil.Actor("mallory")
	say := func(name string) int {
		t.Helper()
		status, _ := s.send(t, mallory, mallory.Create(mallory.Note(name, "x", nil)))
		return status
	}
	suspend := func(yes bool) {
		t.Helper()
		account, err := s.store.AccountByURI(t.Context(), mallory.ID)
		if err == nil {
			err = s.store.Tx(t.Context(), func(tx *storage.Tx) error { return tx.SetSuspended(t.Context(), account.ID, yes) })
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if status := say("before"); status != http.StatusAccepted || len(s.applied(t)) != 1 {
		t.Fatalf("an honest note was answered %d", status)
	}
	suspend(true)
	if say("unheard"); len(s.applied(t)) != 1 {
		t.Error("what a suspended actor sent had an effect while the gate remembered them")
	}
	s.engine.PolicyChanged()
	if status := say("heard"); status != http.StatusForbidden {
		t.Errorf("a suspended actor was answered %d", status)
	}
	suspend(false)
	s.engine.PolicyChanged()
	if status := say("again"); status != http.StatusAccepted || len(s.applied(t)) != 2 {
		t.Errorf("an actor who may speak again was answered %d", status)
	}
}
