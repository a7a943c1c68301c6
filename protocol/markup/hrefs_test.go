package markup

import (
	"slices"
	"testing"
)

// A post would be shown with a preview of the profile it mentions, or a link with none.
func TestHrefsAreThoseThatStandForThemselves(t *testing.T) {
	for source, want := range map[string][]string{
		"":                nil,
		"<p>a < b</p>":    nil,
		"<p><a>x</a></p>": nil,
		`<p><a href="https://a.example/?x=1&amp;y=2" rel="nofollow">x</a> <a href="https://b.example/">y</a></p>`:                                                              {"https://a.example/?x=1&y=2", "https://b.example/"},
		`<p><span class="h-card"><a href="https://a.example/@ana" class="u-url mention">@ana</a></span> <a class="mention hashtag" href="https://a.example/tags/x">#x</a></p>`: nil,
		`<p class="quote-inline">RE: <a href="https://a.example/1">x<br>y</a></p><p><a href="https://b.example/">z</a></p>`:                                                    {"https://b.example/"},
		`<span class="quote-inline"><br>RE: <a href="https://a.example/1"><span>x</span></a></span><a href="https://b.example/">z</a>`:                                         {"https://b.example/"},
	} {
		if got := Hrefs(source); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", source, got, want)
		}
	}
	typed := Render("See https://news.example/a?b=c#d and #tag", Markdown, nil, func(tag string) string { return "https://h.example/tags/" + tag })
	if got := Hrefs(typed.HTML); !slices.Equal(got, []string{"https://news.example/a?b=c#d"}) {
		t.Errorf("%s: %q", typed.HTML, got)
	}
}
