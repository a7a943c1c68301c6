package node

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tulou/apps/people"
	"tulou/protocol/fault"
	"tulou/storage"
	"tulou/storage/storagetest"
)

// newNode makes a node with its own database that is not running.
func newNode(t *testing.T, config Config) *Node {
	t.Helper()
	if config.DataDir == "" {
		config.DataDir = t.TempDir()
		storagetest.SQLiteIn(t, config.DataDir)
	}
	if config.AdminListen == "" {
		config.AdminListen = Off
	}
	n, err := New(t.Context(), config, Deps{Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	return n
}

// ask sends one request to a node's handler.
func ask(n *Node, method, target string, change func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	n.Handler().ServeHTTP(w, r)
	return w
}

// If this failed, metrics, profiles or memory of the node could be read from outside (A164).
func TestPublicListenerHidesWhatIsForTheOperator(t *testing.T) {
	n := newNode(t, Config{})
	for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/cmdline", "/debug/vars"} {
		if w := ask(n, "GET", path, nil); w.Code != http.StatusNotFound {
			t.Errorf("%s answers %d to strangers", path, w.Code)
		}
	}
	for path, says := range map[string]string{"/metrics": "tulou_queue_jobs", "/debug/pprof/cmdline": "test", "/livez": "ok", "/readyz": "ok"} {
		w := httptest.NewRecorder()
		n.AdminHandler().ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), says) {
			t.Errorf("%s answers the operator %d %.200s", path, w.Code, w.Body)
		}
	}
}

// If this failed, load balancers would send requests to a node that cannot answer them.
func TestReadinessFollowsTheState(t *testing.T) {
	n := newNode(t, Config{})
	if w := ask(n, "GET", "/readyz", nil); w.Code != http.StatusOK {
		t.Errorf("a new node is not ready: %d %s", w.Code, w.Body)
	}
	late := storage.Job{Queue: QueueWork, Lane: "l", Kind: "k", Payload: []byte{}, RunAt: storage.At(time.Now().Add(-2 * readyLagMax))}
	if err := n.store.Tx(t.Context(), func(tx *storage.Tx) error { return tx.Enqueue(t.Context(), late) }); err != nil {
		t.Fatal(err)
	}
	if w := ask(n, "GET", "/readyz", nil); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "behind") {
		t.Errorf("a node that is far behind is ready: %d %s", w.Code, w.Body)
	}
	// One peer that answers slowly must not take the node off the net.
	if lanes, err := n.store.ClaimLanes(t.Context(), QueueWork, 1); err != nil || len(lanes) != 1 {
		t.Fatal(lanes, err)
	}
	if w := ask(n, "GET", "/readyz", nil); w.Code != http.StatusOK {
		t.Errorf("a node that works at what is late is not ready: %d %s", w.Code, w.Body)
	}
	n.stopping.Store(true)
	if w := ask(n, "GET", "/readyz", nil); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "stopping") {
		t.Errorf("a node that stops is ready: %d %s", w.Code, w.Body)
	}
	if w := ask(n, "GET", "/livez", nil); w.Code != http.StatusOK {
		t.Errorf("a node that stops is dead: %d", w.Code)
	}
}

// If this failed, whoever reads the log could make the owner's account.
func TestLogDoesNotHoldTheSecretOfALink(t *testing.T) {
	n := newNode(t, Config{})
	var lines bytes.Buffer
	n.log = slog.New(slog.NewTextHandler(&lines, &slog.HandlerOptions{Level: slog.LevelDebug}))
	link, err := n.SetupLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	secret := strings.TrimPrefix(link, n.config.URL+people.InvitePath)
	if w := ask(n, "GET", people.InvitePath+secret, nil); w.Code != http.StatusOK {
		t.Fatalf("the link answers %d", w.Code)
	}
	if text := lines.String(); !strings.Contains(text, "request") || strings.Contains(text, secret) {
		t.Errorf("the log says %s", text)
	}
}

// If this failed, limits and bans could be evaded by a header that anybody can write (A126).
func TestForwardedAddressIsBelievedFromTrustedProxiesOnly(t *testing.T) {
	n := newNode(t, Config{TrustedProxy: []string{"10.0.0.0/8", "127.0.0.1", "fd00::/8"}})
	for _, c := range []struct{ name, peer, forwarded, want string }{
		{"no proxy", "203.0.113.7:4000", "198.51.100.1", "203.0.113.7:4000"},
		{"one proxy", "10.0.0.1:4000", "203.0.113.7", "203.0.113.7:0"},
		{"two proxies", "127.0.0.1:4000", "203.0.113.7, 10.9.9.9", "203.0.113.7:0"},
		{"an invented hop on the left", "10.0.0.1:4000", "192.0.2.1, 203.0.113.7", "203.0.113.7:0"},
		{"an invented trusted hop on the left", "10.0.0.1:4000", "10.0.0.2, 203.0.113.7", "203.0.113.7:0"},
		{"rubbish on the left", "10.0.0.1:4000", "unknown, 203.0.113.7", "203.0.113.7:0"},
		{"rubbish on the right", "10.0.0.1:4000", "203.0.113.7, unknown", "10.0.0.1:0"},
		{"nothing", "10.0.0.1:4000", "", "10.0.0.1:0"},
		{"only proxies", "10.0.0.1:4000", "10.0.0.3, 10.0.0.2", "10.0.0.3:0"},
		{"with a port", "10.0.0.1:4000", "203.0.113.7:5555", "203.0.113.7:0"},
		{"IPv6 in brackets", "[fd00::1]:4000", "[2001:db8::1]:443", "[2001:db8::1]:0"},
		{"IPv4 in IPv6", "[::ffff:10.0.0.1]:4000", "::ffff:203.0.113.7", "203.0.113.7:0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = c.peer
			if c.forwarded != "" {
				r.Header.Set("X-Forwarded-For", c.forwarded)
			}
			if got := n.clientAddr(r); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	split := httptest.NewRequest("GET", "/", nil)
	split.RemoteAddr = "10.0.0.1:4000"
	split.Header["X-Forwarded-For"] = []string{"192.0.2.1", "203.0.113.7"}
	if got := n.clientAddr(split); got != "203.0.113.7:0" {
		t.Errorf("with two headers: %s", got)
	}
}

// If this failed, one broken handler would take the node down, or tell strangers how.
func TestPanicIsAnsweredAndDoesNotSpread(t *testing.T) {
	n := newNode(t, Config{})
	h := n.around(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret") }))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for header, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"} {
		if got := w.Header().Get(header); got != want {
			t.Errorf("%s: %q", header, got)
		}
	}
	if w.Header().Get("X-Request-Id") == "" || !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("headers: %v", w.Header())
	}
}

// If this failed, the ids of a node's posts would change under the feet of other servers.
func TestDatabaseKeepsItsAddress(t *testing.T) {
	dir := t.TempDir()
	log := slog.New(slog.DiscardHandler)
	open := func(config Config) (Config, error) {
		config.DataDir = dir
		n, err := New(t.Context(), config, Deps{Log: log})
		if err != nil {
			return Config{}, err
		}
		defer n.Close()
		return n.Config(), nil
	}
	first, err := open(Config{URL: "https://social.example.org", AccountDomain: "example.org"})
	if err != nil {
		t.Fatal(err)
	}
	again, err := open(Config{})
	if err != nil || again.URL != first.URL || again.AccountDomain != "example.org" {
		t.Errorf("told nothing, the node is %s of %s (%v)", again.URL, again.AccountDomain, err)
	}
	if _, err := open(Config{Domain: "social.example.org", AccountDomain: "example.org"}); err != nil {
		t.Errorf("the same address in other words: %v", err)
	}
	for _, free := range []Config{{URL: "https://other.example.org"}, {URL: "https://other.example.org", AccountDomain: "example.com"}} {
		if got, err := open(free); err != nil || got.URL != "https://other.example.org" {
			t.Errorf("nobody has an account, and another address is refused: %v", err)
		}
	}
	if got, err := open(Config{}); err != nil || got.AccountDomain != "example.com" {
		t.Errorf("the last address is not kept: %+v %v", got, err)
	}
	n, err := New(t.Context(), Config{Place: Place{DataDir: dir}}, Deps{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	inhabit(t, n)
	n.Close()
	for _, other := range []Config{{URL: "https://social.example.org"}, {AccountDomain: "other.example.org"}} {
		if _, err := open(other); !fault.Is(err, fault.Conflict) {
			t.Errorf("another address is taken: %v", err)
		}
	}
}

// inhabit gives a node somebody.
func inhabit(t *testing.T, n *Node) {
	t.Helper()
	if _, err := n.CreateUser(t.Context(), NewUser{Name: "ana", Email: "ana@example.org"}); err != nil {
		t.Fatal(err)
	}
}

// If this failed, a node that was left running while it was started with its real name would make
// an owner whom no start could serve any more.
func TestNobodyIsMadeAtAnAddressThatWasGivenUp(t *testing.T) {
	dir := t.TempDir()
	former := newNode(t, Config{Place: Place{DataDir: dir}, URL: "http://localhost:8421"})
	newer := newNode(t, Config{Place: Place{DataDir: dir}, URL: "https://example.org"})
	_, err := former.CreateUser(t.Context(), NewUser{Name: "ana", Email: "ana@example.org"})
	if !fault.Is(err, fault.Unavailable) || !strings.Contains(fault.DetailOf(err), "http://localhost:8421") {
		t.Errorf("made at the former address: %v", err)
	}
	inhabit(t, newer)
}

// If this failed, somebody who tried a node at home first and then gave it its name would be told
// of a flag that they never wrote.
func TestAnotherAddressIsRefusedAsSuch(t *testing.T) {
	dir := t.TempDir()
	n := newNode(t, Config{Place: Place{DataDir: dir}, URL: "http://localhost:8421"})
	inhabit(t, n)
	n.Close()
	_, err := New(t.Context(), Config{Place: Place{DataDir: dir}, URL: "https://example.org", AdminListen: Off}, Deps{Log: slog.New(slog.DiscardHandler)})
	if !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "--url http://localhost:8421") {
		t.Errorf("refused with %v", err)
	}
}

// If this failed, anybody who finds an old link could own the node, or its owner could not get in.
func TestSetupLinkMakesOneOwnerOnce(t *testing.T) {
	n := newNode(t, Config{})
	link, err := n.SetupLink(t.Context())
	if err != nil || !strings.HasPrefix(link, "http://localhost:8420/invite/") {
		t.Fatalf("%q %v", link, err)
	}
	form := ask(n, "GET", link, nil)
	if form.Code != http.StatusOK || !strings.Contains(form.Body.String(), "<form") || strings.Contains(form.Body.String(), "<script") {
		t.Fatalf("%d %s", form.Code, form.Body)
	}
	send := func(name, password, site string) *httptest.ResponseRecorder {
		values := url.Values{"username": {name}, "email": {name + "@example.org"}, "password": {password}, "agreement": {"1"}}
		return ask(n, "POST", link, func(r *http.Request) {
			r.Body = io.NopCloser(strings.NewReader(values.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Sec-Fetch-Site", site)
		})
	}
	if w := send("ana", "correct horse", "cross-site"); w.Code != http.StatusForbidden {
		t.Errorf("a form of another site: %d", w.Code)
	}
	if w := send("ana", "short", "same-origin"); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), `value="ana"`) {
		t.Errorf("a short password: %d %s", w.Code, w.Body)
	}
	if w := send("ana", "correct horse", "same-origin"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "ana@localhost:8420") {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if w := send("eve", "correct horse", "same-origin"); w.Code != http.StatusNotFound {
		t.Errorf("the link works twice: %d", w.Code)
	}
	if w := ask(n, "GET", link, nil); w.Code != http.StatusNotFound {
		t.Errorf("a used link shows the form: %d", w.Code)
	}
	if again, err := n.SetupLink(t.Context()); again != "" || err != nil {
		t.Errorf("an owned node offers itself again: %q %v", again, err)
	}
	users, err := n.Users(t.Context())
	if err != nil || len(users) != 1 || users[0].Role != storage.RoleOwner {
		t.Errorf("%+v %v", users, err)
	}
	if w := ask(n, "GET", "/avatars/ana.png", nil); w.Code != http.StatusOK || w.Header().Get("Content-Type") != "image/png" {
		t.Errorf("avatar: %d %v", w.Code, w.Header())
	}
	if w := ask(n, "GET", "/avatars/eve.png", nil); w.Code != http.StatusNotFound {
		t.Errorf("avatar of nobody: %d", w.Code)
	}
}

// closing is a listener that tells when it was closed.
type closing struct {
	net.Listener
	once   sync.Once
	closed chan struct{}
}

func (c *closing) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Listener.Close()
}

// If this failed, stopping a node would cut off requests, or never end.
func TestRunStopsAfterRequestsUnderWay(t *testing.T) {
	n := newNode(t, Config{})
	entered, finish := make(chan struct{}), make(chan struct{})
	n.handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-finish
		io.WriteString(w, "done")
	})
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener := &closing{Listener: plain, closed: make(chan struct{})}
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error)
	go func() { stopped <- n.Run(ctx, Listeners{Public: []net.Listener{listener}}) }()
	answer := make(chan string)
	go func() {
		res, err := (&http.Client{Transport: new(http.Transport)}).Get("http://" + listener.Addr().String())
		if err != nil {
			answer <- err.Error()
			return
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		answer <- string(body)
	}()
	<-entered
	stop()
	<-listener.closed
	if !n.stopping.Load() {
		t.Error("the node stops, and says that it is ready")
	}
	close(finish)
	if got := <-answer; got != "done" {
		t.Errorf("the request under way got %q", got)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

// If this failed, a secret or a database of one user would be readable by the others.
func TestDataFolderIsForItsOwnerOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "data")
	n := newNode(t, Config{Place: Place{DataDir: dir}})
	if !strings.HasPrefix(n.Config().Database(), "sqlite:"+dir) {
		t.Errorf("database %s", n.Config().Database())
	}
	checkMode(t, dir, 0o700)
}
