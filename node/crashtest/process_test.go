package crashtest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tulou/storage/storagetest"
)

// full tells whether the tests run at the size that proves something.
func full() bool { return os.Getenv("TULOU_TEST_FULL") != "" }

// size is how much of something a test does: small, or large at full size. -short skips the test.
func size(t *testing.T, small, large int) int {
	t.Helper()
	if testing.Short() {
		t.Skip("SKIP: processes that are killed; run without -short")
	}
	if full() {
		return large
	}
	return small
}

// parallel lets small tests, which mostly wait, wait together. Large ones measure.
func parallel(t *testing.T) {
	if !full() {
		t.Parallel()
	}
}

// each runs a test on both engines.
func each(t *testing.T, test func(t *testing.T, database func(t *testing.T) string)) {
	t.Run("sqlite", func(t *testing.T) { test(t, func(t *testing.T) string { return storagetest.SQLite(t) }) })
	t.Run("postgres", func(t *testing.T) {
		test(t, func(t *testing.T) string { return storagetest.Postgres(t) })
	})
}

// program is the path of the program, built once.
var program = sync.OnceValues(func() (string, error) {
	name := filepath.Join(scratch, "tulou")
	build := exec.Command("go", "build", "-o", name, "tulou/cmd/tulou")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return name, nil
})

// scratch is a folder for the program; TestMain makes and removes it.
var scratch string

func TestMain(m *testing.M) {
	var err error
	if scratch, err = os.MkdirTemp("", "tulou-crash-"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(scratch)
	os.Exit(code)
}

// command is one run of the program without settings from the environment.
func command(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(path, args...)
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "TULOU_") {
			c.Env = append(c.Env, variable)
		}
	}
	return c
}

// node is one node: its place, and the process that serves it while it runs.
type node struct {
	t        testing.TB
	URL      string
	dir      string
	database string
	args     []string // of serve, further ones
	log      string   // where standard error goes
	killedAt time.Time
	process  *process
}

// process is a program that runs.
type process struct {
	pid    int
	signal func(os.Signal) error
	gone   chan struct{}
}

// newNode makes a place for a node on a free port of this machine and does not start it.
func newNode(t testing.TB, database string, args ...string) *node {
	t.Helper()
	n := &node{t: t, URL: "http://localhost:" + strconv.Itoa(freePort(t)), dir: t.TempDir(), database: database, args: args}
	n.log = filepath.Join(n.dir, "log")
	t.Cleanup(func() {
		n.kill()
		if text, err := os.ReadFile(n.log); err == nil && t.Failed() {
			t.Logf("the end of what %s said:\n%s", n.URL, text[max(0, len(text)-4000):])
		}
	})
	return n
}

// freePort returns a port that nobody has, below those that outgoing connections get, so that it
// stays free while a node is down. Its neighbour above by ten is for metrics.
func freePort(t testing.TB) int {
	t.Helper()
	for range 1000 {
		port := 20000 + rand.IntN(12000)
		if portFree(port) && portFree(port+10) {
			return port
		}
	}
	t.Fatal("no free port")
	return 0
}

func portFree(port int) bool {
	for _, host := range []string{"127.0.0.1", "::1"} {
		listener, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err != nil && (host == "127.0.0.1" || strings.Contains(err.Error(), "in use")) {
			return false
		}
		if err == nil {
			listener.Close()
		}
	}
	return true
}

// start serves and waits until the node answers.
func (n *node) start() {
	n.t.Helper()
	args := append([]string{"serve", "--url", n.URL, "--data-dir", n.dir, "--database-url", n.database,
		"--allow-private-peers", "--rate-limit", "0", "--log-level", "warn"}, n.args...)
	serve := command(n.t, args...)
	log, err := os.OpenFile(n.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		n.t.Fatal(err)
	}
	defer log.Close()
	serve.Stderr = log
	p := &process{gone: make(chan struct{})}
	started := make(chan error)
	go func() {
		// The thread that starts the process lives as long as the process does: see tether.
		runtime.LockOSThread()
		tether(serve)
		err := serve.Start()
		if err == nil {
			p.pid, p.signal = serve.Process.Pid, serve.Process.Signal
		}
		started <- err
		if err == nil {
			serve.Wait()
		}
		close(p.gone)
	}()
	if err := <-started; err != nil {
		n.t.Fatal(err)
	}
	n.process = p
	eventually(n.t, 30*time.Second, n.URL+" is ready", func() error { return n.ready() })
}

func (n *node) ready() error {
	select {
	case <-n.process.gone:
		text, _ := os.ReadFile(n.log)
		n.t.Fatalf("%s ended by itself:\n%s", n.URL, text[max(0, len(text)-4000):])
	default:
	}
	status, _, err := fetch(http.MethodGet, n.base()+"/livez", "", "")
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("status %d", status)
	}
	return err
}

// base is where the process listens, which is not the node's address if there is something between.
func (n *node) base() string {
	for i, arg := range n.args {
		if arg == "--listen" {
			return "http://" + n.args[i+1]
		}
	}
	return n.URL
}

// kill ends the process as a power failure would, and waits until it is gone.
func (n *node) kill() {
	if n.process == nil {
		return
	}
	n.killedAt = time.Now()
	_ = n.process.signal(os.Kill)
	<-n.process.gone
	n.process = nil
}

// owns tells whether an id is of this node.
func (n *node) owns(id string) bool { return strings.HasPrefix(id, n.URL+"/") }

// rss is how many bytes of memory the process has, or ok false where that is not known.
func (n *node) rss() (bytes int64, ok bool) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", n.process.pid))
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(status)) {
		if rest, found := strings.CutPrefix(line, "VmRSS:"); found {
			kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kb << 10, err == nil
		}
	}
	return 0, false
}

// beside runs a command of the operator on the node's database and reads what it prints.
func (n *node) beside(out any, args ...string) {
	n.t.Helper()
	c := command(n.t, append(args, "--json", "--data-dir", n.dir, "--database-url", n.database, "--url", n.URL)...)
	var said bytes.Buffer
	c.Stderr = &said
	text, err := c.Output()
	if err == nil {
		err = json.Unmarshal(text, out)
	}
	if err != nil {
		n.t.Fatalf("tulou %s: %v\n%s", strings.Join(args, " "), err, said.String())
	}
}

// eventually waits until a claim holds. Real processes have no clock that a test could turn.
func eventually(t testing.TB, within time.Duration, what string, claim func() error) {
	t.Helper()
	end := time.Now().Add(within)
	for {
		err := claim()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("not within %s: %s: %v", within, what, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// web is for requests of clients and of other servers. The answer to a request that a dying process
// cut off is an error, never a second try: the transport repeats nothing that has a body.
var web = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

// fetch makes a request, with a form if it is not a GET; header is further names and values.
func fetch(method, url, token, form string, header ...string) (status int, answer []byte, err error) {
	var body io.Reader
	if method != http.MethodGet {
		body = strings.NewReader(form)
	}
	r, err := http.NewRequestWithContext(context.Background(), method, url, body)
	if err != nil {
		return 0, nil, err
	}
	r.GetBody = nil // what was cut off is not sent again
	if method != http.MethodGet {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := web.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	answer, err = io.ReadAll(res.Body)
	return res.StatusCode, answer, err
}
