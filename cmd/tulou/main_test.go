package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tulou runs the program and returns its exit code and what it printed.
func tulou(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	p := &program{start: time.Now(), stdin: strings.NewReader(stdin), stdout: &out, stderr: &errs, environ: os.Environ()}
	code = p.run(t.Context(), args)
	return code, out.String(), errs.String()
}

// must runs the program, expects it to do what it was told, and returns its output.
func must(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	code, stdout, stderr := tulou(t, stdin, args...)
	if code != exitDone {
		t.Fatalf("tulou %s: exit code %d: %s", strings.Join(args, " "), code, stderr)
	}
	return stdout
}

// object reads one line of JSON.
func object(t *testing.T, line string) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(line), &v); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	return v
}

// background runs the program until the test ends, and returns the lines it prints.
func background(t *testing.T, args ...string) (lines <-chan string, stop func() int) {
	t.Helper()
	reader, writer := io.Pipe()
	var errs bytes.Buffer
	ctx, cancel := context.WithCancel(context.Background())
	p := &program{start: time.Now(), stdin: strings.NewReader(""), stdout: writer, stderr: &errs, environ: os.Environ()}
	code := make(chan int, 1)
	go func() {
		code <- p.run(ctx, args)
		writer.Close()
	}()
	found := make(chan string)
	go func() {
		defer close(found)
		for scanner := bufio.NewScanner(reader); scanner.Scan(); {
			found <- scanner.Text()
		}
	}()
	stop = sync.OnceValue(func() int {
		cancel()
		for range found {
		}
		got := <-code
		if t.Failed() {
			t.Log(errs.String())
		}
		return got
	})
	t.Cleanup(func() { stop() })
	return found, stop
}

// freePort returns the first of n neighbouring ports that nobody listens on just now.
func freePort(t *testing.T, n int) int {
	t.Helper()
	for range 100 {
		var held []net.Listener
		port := 0
		for i := range n {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", max(0, port+min(i, port))))
			if err != nil {
				break
			}
			if i == 0 {
				port = l.Addr().(*net.TCPAddr).Port
			}
			held = append(held, l)
		}
		for _, l := range held {
			l.Close()
		}
		if len(held) == n {
			return port
		}
	}
	t.Fatal("no free ports")
	return 0
}

// toLoopback is a client for nodes on this machine, whatever they are called.
func toLoopback() *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			_, port, _ := net.SplitHostPort(address)
			return (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
		},
	}}
}

// api calls Mastodon's API and decodes the answer.
func api(t *testing.T, c *http.Client, method, address, token string, form url.Values, into any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %d %s %v", method, address, res.StatusCode, body, err)
	}
	if err := json.Unmarshal(body, into); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
}

// If this failed, operators could not make accounts by a script, or a password would be lost.
func TestUserCommandsDoWhatTheySay(t *testing.T) {
	dir := t.TempDir()
	ana := object(t, must(t, "", "user", "create", "--data-dir", dir, "--handle", "ana", "--email", "ana@example.org", "--json"))
	for key, want := range map[string]string{"handle": "ana@localhost:8420", "actor": "http://localhost:8420/users/ana", "email": "ana@example.org"} {
		if ana[key] != want {
			t.Errorf("%s is %v, want %s", key, ana[key], want)
		}
	}
	if password, _ := ana["password"].(string); len(password) < 20 {
		t.Errorf("made password %q", password)
	}
	ben := object(t, must(t, "correct horse\n", "user", "create", "--data-dir", dir, "--handle", "ben", "--email", "ben@example.org",
		"--admin", "--password-stdin", "--json"))
	if _, shown := ben["password"]; shown {
		t.Error("a password that was given is printed")
	}
	token := object(t, must(t, "", "user", "token", "--data-dir", dir, "--handle", "@ana@localhost:8420", "--scopes", "read write follow push", "--json"))
	if token["scopes"] != "read write follow push" || len(token["token"].(string)) < 30 {
		t.Errorf("token %v", token)
	}
	if bare := must(t, "", "user", "token", "--data-dir", dir, "--handle", "ana"); !regexp.MustCompile(`^[A-Za-z0-9_-]{30,}\n$`).MatchString(bare) {
		t.Errorf("token for a script: %q", bare)
	}
	changed := object(t, must(t, "", "user", "password", "--data-dir", dir, "--handle", "ana", "--json"))
	if changed["password"] == ana["password"] || changed["password"] == "" {
		t.Errorf("new password %v", changed)
	}
	must(t, "", "user", "suspend", "--data-dir", dir, "--handle", "ben")
	lines := strings.Split(strings.TrimSpace(must(t, "", "user", "list", "--data-dir", dir, "--json")), "\n")
	if len(lines) != 2 || object(t, lines[0])["role"] != "member" || object(t, lines[1])["role"] != "admin" || object(t, lines[1])["suspended"] != true {
		t.Errorf("list: %q", lines)
	}
	must(t, "", "user", "suspend", "--data-dir", dir, "--handle", "ben", "--undo")
	must(t, "", "user", "delete", "--data-dir", dir, "--handle", "ben")
	if list := must(t, "", "user", "list", "--data-dir", dir); strings.Contains(list, "ben") || !strings.Contains(list, "@ana@localhost:8420") {
		t.Errorf("list:\n%s", list)
	}
	code, _, stderr := tulou(t, "", "user", "create", "--data-dir", dir, "--handle", "ben", "--email", "other@example.org")
	if code != exitNotDone || !strings.Contains(stderr, "taken") {
		t.Errorf("the name of somebody who was deleted: %d %s", code, stderr)
	}
}

// If this failed, a block would not be what the operator wrote, or could not be taken back.
func TestDomainCommandsDoWhatTheySay(t *testing.T) {
	dir := t.TempDir()
	must(t, "", "user", "create", "--data-dir", dir, "--handle", "ana", "--email", "ana@example.org")
	must(t, "", "domain", "block", "Spam.Example", "--data-dir", dir, "--reason", "spam")
	must(t, "", "domain", "allow", "kind.spam.example", "--data-dir", dir)
	if said := must(t, "", "domain", "limit", "noisy.example", "--data-dir", dir); !strings.Contains(said, "noisy.example is limited") {
		t.Errorf("limited: %s", said)
	}
	want := `{"domain":"kind.spam.example","action":"allow"}` + "\n" + `{"domain":"noisy.example","action":"limit"}` + "\n" + `{"domain":"spam.example","action":"block","reason":"spam"}` + "\n"
	if diff := cmp.Diff(want, must(t, "", "domain", "list", "--data-dir", dir, "--json")); diff != "" {
		t.Error(diff)
	}
	must(t, "", "domain", "forget", "spam.example", "--data-dir", dir)
	if list := must(t, "", "domain", "list", "--data-dir", dir); strings.Contains(list, "block") {
		t.Errorf("list:\n%s", list)
	}
}

// If this failed, an operator would be left alone with a mistake, or a script would not notice it.
func TestMistakesAreExplained(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "tulou.conf")
	write := func(text string) { os.WriteFile(file, []byte(text), 0o600) }
	for _, c := range []struct {
		name, file string
		args       []string
		code       int
		says       string
	}{
		{"an unknown flag", "", []string{"serve", "--rate-limt", "3"}, 2, "--rate-limit"},
		{"an unknown command", "", []string{"user", "creat"}, 2, `"create"`},
		{"an unknown key", "listen = 127.0.0.1:0\nrate-limt = 3\n", []string{"serve", "--config", file}, 2, "tulou.conf:2: there is no setting \"rate-limt\"; did you mean rate-limit?"},
		{"a key that is like nothing", "colour = blue\n", []string{"serve", "--config", file}, 2, `there is no setting "colour"`},
		{"a key twice", "url = http://a.test\nurl = http://b.test\n", []string{"serve", "--config", file}, 2, "set twice"},
		{"no key", "hello\n", []string{"serve", "--config", file}, 2, "'key = value'"},
		{"no file", "", []string{"serve", "--config", filepath.Join(dir, "none")}, 2, "cannot be read"},
		{"a bad value", "rate-limit = many\n", []string{"serve", "--config", file}, 2, "rate-limit"},
		{"a bad combination", "", []string{"serve", "--data-dir", dir, "--domain", "example.org", "--allow-private-peers"}, 2, "--allow-private-peers"},
		{"no node", "", []string{"user", "list", "--data-dir", filepath.Join(dir, "nothing")}, 1, "there is no node in"},
		{"nobody", "", []string{"demo", "--nodes", "1"}, 2, "2 to 6"},
		{"a password as an argument", "", []string{"user", "create", "--handle", "a", "--email", "a@b.org", "--password", "x"}, 2, "--password"},
		{"no handle", "", []string{"user", "token", "--data-dir", dir}, 2, "--handle"},
	} {
		t.Run(c.name, func(t *testing.T) {
			write(c.file)
			code, stdout, stderr := tulou(t, "", c.args...)
			if code != c.code || !strings.Contains(stderr, c.says) || stdout != "" {
				t.Errorf("exit code %d, printed %q and %q; want %d and %q", code, stdout, stderr, c.code, c.says)
			}
		})
	}
	t.Run("an unknown variable", func(t *testing.T) {
		t.Setenv("TULOU_RATELIMIT", "3")
		code, _, stderr := tulou(t, "", "version")
		if code != 2 || !strings.Contains(stderr, "TULOU_RATELIMIT; did you mean TULOU_RATE_LIMIT?") {
			t.Errorf("%d %s", code, stderr)
		}
	})
	t.Run("a variable of the tests", func(t *testing.T) {
		t.Setenv("TULOU_TEST_POSTGRES", "x")
		must(t, "", "version")
	})
}

// If this failed, a setting would come from another place than the manual says.
func TestFlagGoesBeforeVariableBeforeFileBeforeDefault(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "tulou.conf")
	// The address shows which setting counted: an account's actor has it.
	actor := func(args ...string) string {
		args = append([]string{"user", "create", "--data-dir", t.TempDir(), "--handle", "ana", "--email", "ana@example.org", "--json"}, args...)
		return object(t, must(t, "", args...))["actor"].(string)
	}
	if got := actor(); got != "http://localhost:8420/users/ana" {
		t.Errorf("by default: %s", got)
	}
	os.WriteFile(file, []byte("# a comment\n\n url = http://file.test \nrate-limit=5\nlisten = 127.0.0.1:1\nlisten = 127.0.0.1:2\n"), 0o600)
	if got := actor("--config", file); got != "http://file.test/users/ana" {
		t.Errorf("with a file: %s", got)
	}
	t.Setenv("TULOU_CONFIG", file)
	if got := actor(); got != "http://file.test/users/ana" {
		t.Errorf("with a file that a variable names: %s", got)
	}
	t.Setenv("TULOU_URL", "http://variable.test")
	if got := actor(); got != "http://variable.test/users/ana" {
		t.Errorf("with a variable: %s", got)
	}
	if got := actor("--url", "http://flag.test"); got != "http://flag.test/users/ana" {
		t.Errorf("with a flag: %s", got)
	}
}

// If this failed, 'tulou serve' would not be enough to have a node.
func TestServeRunsANodeThatItsOwnerCanTakeOver(t *testing.T) {
	dir, port := t.TempDir(), freePort(t, 1)
	base := fmt.Sprintf("http://localhost:%d", port)
	lines, stop := background(t, "serve", "--data-dir", dir, "--url", base, "--admin-listen", "off", "--log-level", "error")
	link := ""
	for line := range lines {
		if link = strings.TrimSpace(line); strings.HasPrefix(link, base+"/invite/") {
			break
		}
	}
	client := toLoopback()
	// Beside the running node:
	must(t, "", "user", "create", "--data-dir", dir, "--handle", "ben", "--email", "ben@example.org")
	res, err := client.PostForm(link, url.Values{"username": {"ana"}, "email": {"ana@example.org"}, "password": {"correct horse"}, "agreement": {"1"}})
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("the link: %v %v", res, err)
	}
	res.Body.Close()
	token := strings.TrimSpace(must(t, "", "user", "token", "--data-dir", dir, "--handle", "ana"))
	var me struct{ Username, URL, Avatar string }
	api(t, client, "GET", base+"/api/v1/accounts/verify_credentials", token, nil, &me)
	if me.Username != "ana" || me.URL != base+"/@ana" {
		t.Errorf("ana is %+v", me)
	}
	if code := stop(); code != exitDone {
		t.Errorf("stopped with exit code %d", code)
	}
	info, err := os.Stat(filepath.Join(dir, "tulou.db"))
	if err != nil {
		t.Error(info, err)
	}
}

// If this failed, programs that start a demo could not read it, or what one node posts would not
// reach the other.
func TestDemoSpeaksJSONAndFederates(t *testing.T) {
	lines, stop := background(t, "demo", "--json", "--port", fmt.Sprint(freePort(t, 2)))
	type person struct{ handle, token, base string }
	bases, people, ready := map[string]string{}, map[string]person{}, false
	for line := range lines {
		event := object(t, line)
		text := func(key string) string { s, _ := event[key].(string); return s }
		switch text("event") {
		case "node":
			bases[text("name")] = text("url")
		case "account":
			if text("actor") == "" || text("email") == "" || text("password") == "" {
				t.Errorf("incomplete: %s", line)
			}
			name, _, _ := strings.Cut(text("handle"), "@")
			people[name] = person{text("handle"), text("access_token"), bases[text("node")]}
		case "ready":
			if ms, ok := event["startup_ms"].(float64); !ok || ms <= 0 {
				t.Errorf("ready: %s", line)
			}
			ready = true
		default:
			t.Errorf("what is %s", line)
		}
		if ready {
			break
		}
	}
	if len(bases) != 2 || len(people) != 6 {
		t.Fatalf("%d nodes, %d people", len(bases), len(people))
	}
	client, ana, iris := toLoopback(), people["ana"], people["iris"]
	text := "“你好” 🍎 & <b>quotes</b> https://example.org/?a=1&b=2"
	var posted, found struct{ ID, Content, URI string }
	api(t, client, "POST", ana.base+"/api/v1/statuses", ana.token, url.Values{"status": {text}}, &posted)
	api(t, client, "POST", iris.base+"/api/v1/statuses", iris.token, url.Values{"status": {"still here"}}, &found)
	var search struct {
		Statuses []struct{ Content, URI string }
	}
	api(t, client, "GET", iris.base+"/api/v2/search?resolve=true&q="+url.QueryEscape(posted.URI), iris.token, nil, &search)
	if len(search.Statuses) != 1 || search.Statuses[0].URI != posted.URI || search.Statuses[0].Content != posted.Content {
		t.Errorf("ana wrote %+v, iris reads %+v", posted, search)
	}
	if code := stop(); code != exitDone {
		t.Errorf("stopped with exit code %d", code)
	}
}

// If this failed, help would not teach, or print where scripts do not expect it.
func TestHelpTeachesByExample(t *testing.T) {
	for _, args := range [][]string{{}, {"--help"}, {"serve", "--help"}, {"demo", "--help"}, {"user", "--help"}, {"domain", "--help"}} {
		out := must(t, "", args...)
		if !strings.Contains(out, "    tulou ") {
			t.Errorf("%v has no example:\n%s", args, out)
		}
	}
	if out := must(t, "", "version", "--json"); object(t, out)["version"] == "" {
		t.Errorf("version: %s", out)
	}
}
