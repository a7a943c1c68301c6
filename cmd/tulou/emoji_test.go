package main

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// An operator could not add, see or remove custom emoji, or would not be told why.
func TestEmojiCommandsDoWhatTheySay(t *testing.T) {
	dir := t.TempDir()
	must(t, "", "user", "create", "--handle", "ana", "--email", "ana@example.org", "--data-dir", dir)
	file := filepath.Join(t.TempDir(), "wave.png")
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(out, image.NewNRGBA(image.Rect(0, 0, 32, 32))); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	emoji := func(args ...string) []string { return append(append([]string{"emoji"}, args...), "--data-dir", dir) }
	made := object(t, must(t, "", emoji("add", "--shortcode", "wave", "--file", file, "--category", "Hello", "--json")...))
	if made["shortcode"] != "wave" || made["category"] != "Hello" || !strings.HasPrefix(made["url"].(string), "http://localhost:8420/media/") {
		t.Errorf("made %v", made)
	}
	if said := must(t, "", emoji("add", "--shortcode", "other", "--file", file)...); said != ":other: is there.\n" {
		t.Errorf("said %q", said)
	}
	if listed := must(t, "", emoji("list")...); !strings.Contains(listed, ":other:") || !strings.Contains(listed, ":wave:") || !strings.Contains(listed, "Hello") {
		t.Errorf("listed %q", listed)
	}
	if lines := strings.Count(must(t, "", emoji("list", "--json")...), "\n"); lines != 2 {
		t.Errorf("%d lines", lines)
	}
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{emoji("add", "--shortcode", "wave", "--file", file), exitNotDone, "there is an emoji :wave: already"},
		{emoji("add", "--shortcode", "a-b", "--file", file), exitNotDone, "letters, digits and _"},
		{emoji("add", "--shortcode", "none", "--file", file+".gone"), exitNotUnderstood, "cannot be read"},
		{emoji("remove", "--shortcode", "none"), exitNotDone, "there is no emoji :none:"},
	} {
		if code, _, stderr := tulou(t, "", c.args...); code != c.code || !strings.Contains(stderr, c.says) {
			t.Errorf("%v: %d, %q", c.args, code, stderr)
		}
	}
	if said := must(t, "", emoji("remove", "--shortcode", ":wave:")...); said != ":wave: is gone.\n" {
		t.Errorf("said %q", said)
	}
	if listed := must(t, "", emoji("list")...); strings.Contains(listed, "wave:") {
		t.Errorf("listed %q", listed)
	}
}
