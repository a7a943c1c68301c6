package main

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// If this failed, an operator could not let people in, or could not tell who waits.
func TestOperatorDecidesWhoJoins(t *testing.T) {
	dir := t.TempDir()
	must(t, "", "user", "create", "--data-dir", dir, "--handle", "ana", "--email", "ana@example.org", "--admin")
	run := func(args ...string) string { return must(t, "", append(args, "--data-dir", dir)...) }
	if said := run("registrations"); !strings.HasPrefix(said, "invite: ") {
		t.Errorf("a new node: %s", said)
	}
	if said := run("registrations", "approval", "--json"); strings.TrimSpace(said) != `{"registrations":"approval"}` {
		t.Errorf("decided: %s", said)
	}
	link := strings.TrimSpace(run("invite", "create", "--uses", "2", "--expires", "3d"))
	if !strings.HasPrefix(link, "http://localhost:8420/invite/") {
		t.Errorf("link: %s", link)
	}
	listed := object(t, run("invite", "list", "--json"))
	if listed["uses_max"] != float64(2) || listed["role"] != "member" || listed["link"] != nil {
		t.Errorf("listed: %v", listed)
	}
	run("invite", "revoke", listed["id"].(string))
	if left := run("invite", "list", "--json"); left != "" {
		t.Errorf("left: %s", left)
	}
	for mode, warned := range map[string]bool{"closed": true, "invite": false} {
		run("registrations", mode)
		for _, args := range [][]string{{}, {"--json"}, {"--admin"}} {
			code, out, note := tulou(t, "", append([]string{"invite", "create", "--data-dir", dir}, args...)...)
			want := warned && !slices.Contains(args, "--admin")
			if code != exitDone || strings.Contains(note, "nobody can use this link") != want || strings.Contains(out, "Nobody") {
				t.Errorf("an invitation while %s, %v: exit code %d, %s%s", mode, args, code, out, note)
			}
		}
	}
	if waits := run("user", "list", "--pending", "--json"); waits != "" {
		t.Errorf("waits: %s", waits)
	}
	for _, args := range [][]string{{"registrations", "maybe"}, {"invite", "create", "--expires", "soon"}, {"invite", "create", "--uses", "0"}, {"domain", "block", "https://spam.example"}, {"invite", "revoke", "x"}} {
		if code, _, _ := tulou(t, "", append(args, "--data-dir", dir)...); code != exitNotUnderstood {
			t.Errorf("%v: exit code %d", args, code)
		}
	}
	if code, _, _ := tulou(t, "", "user", "approve", "--handle", "nobody", "--data-dir", dir); code != exitNotDone {
		t.Errorf("approved nobody: exit code %d", code)
	}
	if said := run("user", "codes-off", "--handle", "ana"); !strings.Contains(said, "password alone") {
		t.Errorf("codes off: %s", said)
	}
}

// If this failed, who was approved beside a running node would have no account, or nobody would
// notice what was decided beside it.
func TestPeopleAreApprovedBesideARunningNode(t *testing.T) {
	dir, port := t.TempDir(), freePort(t, 1)
	base := "http://localhost:" + fmt.Sprint(port)
	must(t, "", "user", "create", "--data-dir", dir, "--url", base, "--handle", "ana", "--email", "ana@example.org", "--admin")
	lines, stop := background(t, "serve", "--data-dir", dir, "--url", base, "--admin-listen", "off", "--log-level", "error")
	for line := range lines {
		if strings.Contains(line, "data ") {
			break
		}
	}
	client := toLoopback()
	ask := func(name string) int {
		res, err := client.PostForm(base+"/auth/sign_up", url.Values{"username": {name}, "email": {name + "@example.org"}, "password": {"correct horse"},
			"agreement": {"1"}, "reason": {"I know ana"}})
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
	if code := ask("zoe"); code != http.StatusForbidden {
		t.Errorf("joined without an invitation: %d", code)
	}
	must(t, "", "registrations", "approval", "--data-dir", dir)
	if code := ask("zoe"); code != http.StatusOK {
		t.Fatalf("asked: %d", code)
	}
	waits := object(t, must(t, "", "user", "list", "--pending", "--json", "--data-dir", dir))
	if waits["handle"] != "zoe@localhost:"+fmt.Sprint(port) || waits["reason"] != "I know ana" || waits["confirmed"] != true {
		t.Errorf("waits: %v", waits)
	}
	if said := must(t, "", "user", "approve", "--handle", "zoe", "--data-dir", dir); !strings.Contains(said, "has an account now") {
		t.Errorf("approved: %s", said)
	}
	if code := ask("eve"); code != http.StatusOK {
		t.Errorf("asked: %d", code)
	}
	must(t, "", "user", "reject", "--handle", "eve", "--data-dir", dir)
	token := strings.TrimSpace(must(t, "", "user", "token", "--data-dir", dir, "--handle", "zoe"))
	var me struct{ Username string }
	api(t, client, "GET", base+"/api/v1/accounts/verify_credentials", token, nil, &me)
	if me.Username != "zoe" {
		t.Errorf("zoe is %+v", me)
	}
	if code := stop(); code != exitDone {
		t.Errorf("stopped with exit code %d", code)
	}
}
