package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestPlaceholdersAreFound(t *testing.T) {
	// If this failed, a translation with a name that does not exist would show its braces to people.
	for message, want := range map[string][]string{
		"plain":               nil,
		"{b} and {a} and {b}": {"a", "b"},
		"{n, plural, one {# of {who}} other {# of {whom}}}": {"n", "who", "whom"},
		"{k, select, a {x} other {}}":                       {"k"},
	} {
		if got, err := placeholders(message); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q has %q, %v", message, got, err)
		}
	}
	for _, wrong := range []string{"{a", "a}", "{n, plural, one {x}}", "{n, ordinal, other {x}}", "{n, plural, other x}"} {
		if got, err := placeholders(wrong); err == nil {
			t.Errorf("%q is taken, with %q", wrong, got)
		}
	}
}

func TestLocalesAreHeldAgainstEachOther(t *testing.T) {
	// If this failed, people would read English, or the names of messages, in the middle of their own
	// language.
	english := locale{"en", map[string]string{"a.b": "{x}", "a.c": "c", "a.d": "d"}}
	other := locale{"es", map[string]string{"a.b": "{y}", "a.c": "c", "a.e": "e"}}
	wrong := against(english, other)
	if len(wrong) != 3 {
		t.Fatalf("%d mistakes: %v", len(wrong), wrong)
	}
	for i, want := range []string{"placeholders", "a.d is missing", "in no other language"} {
		if !strings.Contains(wrong[i].Error(), want) {
			t.Errorf("mistake %d: %v", i, wrong[i])
		}
	}
}

func TestMessagesThatAreUsedNowhereOrMissingAreFound(t *testing.T) {
	// If this failed, translators would work on what nobody reads, or a screen would show a name.
	client := t.TempDir()
	if err := os.MkdirAll(filepath.Join(client, "src"), 0o755); err != nil {
		t.Fatal(err)
	}
	source := "t('a.used', {n: 1}); <T k=\"a.missing\" x={1} />; const label = cond ? 'a.chosen' : 'a.other-one';"
	if err := os.WriteFile(filepath.Join(client, "src", "x.tsx"), []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	b := builder{client: client}
	err := b.checkLocales([]locale{{"en", map[string]string{"a.used": "", "a.chosen": "", "a.other-one": "", "a.unused": ""}}})
	if err == nil || !strings.Contains(err.Error(), "no message a.missing") || !strings.Contains(err.Error(), "a.unused is used nowhere") ||
		strings.Contains(err.Error(), "chosen") || strings.Contains(err.Error(), "other-one") {
		t.Errorf("found: %v", err)
	}
}

func TestThePseudoLocaleKeepsPlaceholders(t *testing.T) {
	// If this failed, screens in it would lack what they show in every language.
	got := pseudoOf("Say {name}, {n, plural, one {one} other {#}}")
	if !strings.HasPrefix(got, "[Sáy {name}, {n, plural, one {one} other {#}}") || !strings.HasSuffix(got, "]") {
		t.Errorf("got %q", got)
	}
}

func TestTheSameSourcesMakeTheSameBytes(t *testing.T) {
	// If this failed, nobody could tell whether what is committed is what the sources make.
	client, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	if !exists(filepath.Join(client, "node_modules")) {
		absent := t.Skip
		if os.Getenv("CI") == "true" {
			absent = t.Fatal
		}
		absent("SKIP: npm ci --prefix node/web/client was not run")
	}
	var made [2]map[string][]byte
	for i := range made {
		b := builder{client: client, draft: true}
		if made[i], err = b.build(); err != nil {
			t.Fatal(err)
		}
		compress(made[i])
	}
	if !slices.Equal(names(made[0]), names(made[1])) {
		t.Fatalf("other files: %q, %q", names(made[0]), names(made[1]))
	}
	for name, body := range made[0] {
		if !bytes.Equal(body, made[1][name]) {
			t.Errorf("%s differs", name)
		}
	}
}
