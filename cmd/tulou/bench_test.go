package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"tulou/node/bench"
)

// serving runs a node to be measured, with somebody on it.
func serving(t *testing.T) (at, token string) {
	dir, at := t.TempDir(), fmt.Sprintf("http://localhost:%d", freePort(t, 1))
	must(t, "", "user", "create", "--data-dir", dir, "--url", at, "--handle", "ana", "--email", "ana@example.org")
	token = strings.TrimSpace(must(t, "", "user", "token", "--data-dir", dir, "--handle", "ana", "--scopes", "read write follow tulou:read tulou:write"))
	lines, _ := background(t, "serve", "--data-dir", dir, "--url", at, "--allow-private-peers", "--rate-limit", "0", "--admin-listen", "off", "--log-level", "error")
	go func() {
		for range lines {
		}
	}()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		res, err := http.Get(at + "/livez")
		if err == nil {
			res.Body.Close()
			return at, token
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// If this failed, nobody could repeat what docs/measured.md says.
func TestBenchMeasuresANode(t *testing.T) {
	at, token := serving(t)
	other, there := serving(t)
	var out, errs bytes.Buffer
	p := &program{start: time.Now(), stdin: strings.NewReader(""), stdout: &out, stderr: &errs,
		environ: append(os.Environ(), envBenchToken+"="+token, envBenchOtherToken+"="+there)}
	args := []string{"bench", "--url", at, "--pid", fmt.Sprint(os.Getpid()), "--notes", "45", "--hosts", "3", "--delay", "1ms",
		"--reads", "5", "--posts", "22", "--clients", "3", "--other-url", other, "--json"}
	if code := p.run(t.Context(), args); code != exitDone {
		t.Fatalf("exit code %d: %s", code, &errs)
	}
	counts := map[string]int{"post": 22, "home": 5, "public": 5, "inbox": 45, "fanout": 3, "fanout-ed25519": 3, "visible": 22, "search": 5, "notifications": 5, "moments": 5}
	for i, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		var r bench.Result
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		if r.Run != bench.Runs()[i] || r.Count != counts[r.Run] || r.Errors != 0 || r.P50 <= 0 || r.P99 < r.P50 || r.Took < r.P50 || r.Memory == 0 {
			t.Errorf("run %d: %s", i, line)
		}
		delete(counts, r.Run)
	}
	if len(counts) > 0 {
		t.Errorf("not measured: %v", counts)
	}
	for says, args := range map[string][]string{
		"a second server":             {"bench", "--url", at, "--token", token, "--only", "visible"},
		"there is no token":           {"bench", "--url", at},
		"there is no run \"sleep\"":   {"bench", "--url", at, "--token", token, "--only", "sleep"},
		"does not take the token":     {"bench", "--url", at, "--token", "wrong"},
		"does not answer":             {"bench", "--url", "http://localhost:1", "--token", "x"},
		"is missing or not a URL":     {"bench", "--url", "", "--token", "x"},
		"--hosts has to be above 0":   {"bench", "--url", at, "--token", token, "--only", "fanout", "--hosts", "0"},
		"--clients has to be above 0": {"bench", "--url", at, "--token", token, "--clients=-1"},
	} {
		if code, _, stderr := tulou(t, "", args...); code == exitDone || !strings.Contains(stderr, says) {
			t.Errorf("%q: exit code %d, %s, want %s", args, code, stderr, says)
		}
	}
}

// If this failed, the meter could not be used with other servers that speak Mastodon's API, or
// would say that one has Moments which has none.
func TestBenchMeasuresAServerWithMastodonsAPIAlone(t *testing.T) {
	at, token := serving(t)
	home, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	forward := httputil.NewSingleHostReverseProxy(home)
	asked := 0
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/tulou/") {
			asked++
			http.NotFound(w, r)
			return
		}
		r.Host = home.Host
		forward.ServeHTTP(w, r)
	}))
	defer other.Close()
	counts := []string{"--url", other.URL, "--token", token, "--notes", "3", "--hosts", "2", "--reads", "3", "--posts", "20", "--clients", "2", "--json"}
	code, out, stderr := tulou(t, "", append([]string{"bench"}, counts...)...)
	if code != exitDone {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	var runs []string
	for line := range strings.Lines(out) {
		var r bench.Result
		if err := json.Unmarshal([]byte(line), &r); err != nil || r.Errors != 0 {
			t.Errorf("%s: %v", line, err)
		}
		runs = append(runs, r.Run)
	}
	if want := "post home public search inbox fanout fanout-ed25519 notifications"; strings.Join(runs, " ") != want || asked != 1 {
		t.Errorf("measured %v; asked for Moments %d times", runs, asked)
	}
	code, _, stderr = tulou(t, "", append([]string{"bench", "--only", "moments"}, counts...)...)
	if code == exitDone || !strings.Contains(stderr, "no Moments") {
		t.Errorf("asked for Moments alone: exit code %d, %s", code, stderr)
	}
}
