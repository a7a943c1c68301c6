package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// If this failed, an operator who forgets where the text is would take back what people agreed to.
func TestATextIsTakenBackOnlyByName(t *testing.T) {
	dir := t.TempDir()
	must(t, "", "user", "create", "--data-dir", dir, "--handle", "ana", "--email", "ana@example.org")
	must(t, "", "text", "set", "about", "--text", "Boats", "--data-dir", dir)
	code, _, said := tulou(t, "", "text", "set", "about", "--data-dir", dir)
	if code != exitNotUnderstood || !strings.Contains(said, "--file") || !strings.Contains(said, `--text ""`) {
		t.Errorf("neither text nor file: %d %s", code, said)
	}
	if list := must(t, "", "text", "list", "--data-dir", dir); !strings.Contains(list, "Boats") {
		t.Errorf("taken back: %s", list)
	}
	must(t, "", "text", "set", "about", "--text", "", "--data-dir", dir)
	if list := must(t, "", "text", "list", "--data-dir", dir); strings.Contains(list, "Boats") {
		t.Errorf("still said: %s", list)
	}
}

// If this failed, an operator could not keep addresses for ten minutes out.
func TestOperatorBlocksMailDomains(t *testing.T) {
	dir := t.TempDir()
	run := func(args ...string) string { return must(t, "", append(args, "--data-dir", dir)...) }
	run("user", "create", "--handle", "ana", "--email", "ana@example.org")
	run("mail-domain", "block", "b.example", "A.example", "--reason", "ten minutes")
	if list := run("mail-domain", "list"); list != "a.example  ten minutes\nb.example  ten minutes\n" {
		t.Errorf("listed %q", list)
	}
	if line := object(t, run("mail-domain", "forget", "a.example", "--json")); line["domain"] != "a.example" || line["action"] != "none" {
		t.Errorf("forgotten: %v", line)
	}
	if line := object(t, run("mail-domain", "list", "--json")); line["domain"] != "b.example" || line["action"] != "block" {
		t.Errorf("left: %v", line)
	}
	for _, wrong := range []struct {
		args []string
		want int
	}{{[]string{"forget", "a.example"}, exitNotDone}, {[]string{"block", "ana@a.example"}, exitNotUnderstood}, {[]string{"block"}, exitNotUnderstood}} {
		if code, _, _ := tulou(t, "", append(append([]string{"mail-domain"}, wrong.args...), "--data-dir", dir)...); code != wrong.want {
			t.Errorf("%v: exit code %d", wrong.args, code)
		}
	}
}

// If this failed, the key of the secrets would be where others read it, or its loss would end a
// node for good.
func TestKeyOfTheSecretsIsMadeAndForgotten(t *testing.T) {
	dir := t.TempDir()
	must(t, "", "user", "create", "--data-dir", dir, "--handle", "ana", "--email", "ana@example.org")
	info, err := os.Stat(filepath.Join(dir, "secrets.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the file: %v %v", info, err)
	}
	if code, _, said := tulou(t, "", "secrets", "forget", "--data-dir", dir); code != exitNotUnderstood || !strings.Contains(said, "--yes") {
		t.Errorf("without a word: %d %s", code, said)
	}
	if said := must(t, "", "secrets", "forget", "--yes", "--data-dir", dir); !strings.Contains(said, "codes: 0") {
		t.Errorf("forgotten: %s", said)
	}
}
