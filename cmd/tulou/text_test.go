package main

import (
	"strings"
	"testing"
)

// If this failed, an operator could not say what the node is, or what its rules are.
func TestOperatorsSayWhatTheNodeIs(t *testing.T) {
	dir := t.TempDir()
	must(t, "", "user", "create", "--data-dir", dir, "--handle", "ana", "--email", "ana@example.org")
	run := func(stdin string, args ...string) string {
		t.Helper()
		return must(t, stdin, append(args, "--data-dir", dir)...)
	}
	run("", "text", "set", "title", "--text", "The harbor")
	run("", "text", "set", "contact", "--text", "ana")
	run("**Boats** and more\n", "text", "set", "about", "--file", "-")
	run("Be kind.", "text", "set", "terms", "--file", "-", "--from", "2027-01-01")
	list := run("", "text", "list")
	for _, want := range []string{"title", "The harbor", "**Boats** and more", "2027-01-01"} {
		if !strings.Contains(list, want) {
			t.Errorf("no %q in %s", want, list)
		}
	}
	run("", "text", "set", "about", "--text", "")
	if list := run("", "text", "list", "--json"); strings.Contains(list, "Boats") || object(t, strings.Split(list, "\n")[0])["name"] != "contact" {
		t.Errorf("after it was taken back: %s", list)
	}
	for _, wrong := range [][]string{{"motto", "--text", "x"}, {"title", "--file", "/nowhere"}, {"title", "--text", "x", "--from", "2027-01-01"}} {
		if code, _, _ := tulou(t, "", append([]string{"text", "set", "--data-dir", dir}, wrong...)...); code != exitNotUnderstood {
			t.Errorf("%v: exit code %d", wrong, code)
		}
	}
	rule := object(t, run("", "rule", "add", "Be kind.", "--hint", "always", "--json"))["id"].(string)
	if list := run("", "rule", "list"); !strings.Contains(list, rule+"  Be kind.") {
		t.Errorf("rules %s", list)
	}
	run("", "rule", "remove", rule)
	if code, _, stderr := tulou(t, "", "rule", "remove", rule, "--data-dir", dir); code != exitNotDone || !strings.Contains(stderr, "there is no rule") {
		t.Errorf("removed twice: %d %s", code, stderr)
	}
	announced := object(t, run("", "announce", "add", "--text", "We **move**", "--for", "72h", "--json"))
	made := announced["id"].(string)
	if listed := object(t, run("", "announce", "list", "--json")); announced["ends_at"] == nil || announced["ends_at"] != listed["ends_at"] {
		t.Errorf("announced %v, listed %v", announced, listed)
	}
	if list := run("", "announce", "list"); !strings.Contains(list, made) || !strings.Contains(list, "We **move**") {
		t.Errorf("announcements %s", list)
	}
	run("", "announce", "remove", made)
	if list := run("", "announce", "list", "--json"); list != "" {
		t.Errorf("announcements %s", list)
	}
	if list := run("", "report", "list", "--all"); list != "" {
		t.Errorf("reports %s", list)
	}
	if code, _, stderr := tulou(t, "", "report", "resolve", "4711", "--data-dir", dir); code != exitNotDone || !strings.Contains(stderr, "there is no report 4711") {
		t.Errorf("resolved nothing: %d %s", code, stderr)
	}
}
