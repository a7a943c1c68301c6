package markup

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Emoji would not be shown, or times of day would be looked up as emoji in every post.
func TestShortcodesAreFoundBetweenColons(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                nil,
		":":                               nil,
		"::":                              nil,
		":a:":                             nil,
		":blob:":                          {"blob"},
		"Hello :blob_cat: and :Party1:!":  {"blob_cat", "Party1"},
		":one::two:":                      {"one"},
		":one: :one: :two:":               {"one", "two"},
		"at 10:30:15 or std::vector::at":  nil,
		"你好:blob:吗":                       {"blob"},
		"<p>:blob:</p><a href=\"x:80:\">": {"blob"},
		": blob:":                         nil, ":blob :": nil, ":bl-ob:": nil, ":blób:": nil,
		"a:blob:": nil, "_:blob:": {"blob"},
		":no :yes:": {"yes"},
		":" + strings.Repeat("x", ShortcodeMax) + ":":   {strings.Repeat("x", ShortcodeMax)},
		":" + strings.Repeat("x", ShortcodeMax+1) + ":": nil,
	} {
		if got := Shortcodes(text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := Shortcodes(":one:", "x", ":two: :one:"); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("of several texts: %q", got)
	}
}

// One post could make us look for any number of emoji.
func TestShortcodesAreBounded(t *testing.T) {
	var many strings.Builder
	for i := range ShortcodesMax + 10 {
		fmt.Fprintf(&many, ":code%d: ", i)
	}
	if got := Shortcodes(many.String()); len(got) != ShortcodesMax {
		t.Errorf("%d codes", len(got))
	}
}

// Some text would crash the node, or what is found would be no shortcode.
func FuzzShortcodes(f *testing.F) {
	f.Add(":blob: 10:30:15 ::x:: :é:")
	f.Fuzz(func(t *testing.T, text string) {
		for _, code := range Shortcodes(text) {
			if !ValidShortcode(code) || !strings.Contains(text, ":"+code+":") {
				t.Errorf("%q in %q", code, text)
			}
		}
	})
}
