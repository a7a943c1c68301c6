package media

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"

	"tulou/protocol/ids"
	"tulou/storage"
)

// A link would be shown with the wrong words, or with none.
func TestPagesAreReadInTheirOwnWords(t *testing.T) {
	const at = "https://news.example/a/1"
	home := "https://news.example/"
	gbk, err := simplifiedchinese.GBK.NewEncoder().String(`<meta charset="gbk"><title>土楼</title>`)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		page string
		want storage.Card
	}{
		"plain": {`<title> A &amp;
			B </title><meta name="description" content="C">`, storage.Card{Title: "A & B", Description: "C", ProviderURL: home}},
		"all": {`<html lang="de-ch"><title>no</title><meta property="og:title" content="T"><meta name="twitter:title" content="no">
			<meta property="og:description" content="D"><meta property="og:site_name" content="S"><meta name="author" content="Zoe">
			<meta property="article:author" content="https://news.example/zoe"><meta property="og:image" content="../p.png">
			<meta property="og:image:alt" content="alt"><meta property="article:published_time" content="2026-01-02T03:04:05Z">`,
			storage.Card{Title: "T", Description: "D", ProviderName: "S", ProviderURL: home, AuthorName: "Zoe", AuthorURL: "https://news.example/zoe",
				ImageURL: "https://news.example/p.png", ImageDescription: "alt", Language: "de-CH", PublishedAt: storage.At(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))}},
		"the first counts": {`<meta property="og:title" content="T"><meta property="og:title" content="U">`, storage.Card{Title: "T", ProviderURL: home}},
		"names of any case": {`<META NAME="Twitter:Title" CONTENT="T"><META NAME="TWITTER:IMAGE" content="//cdn.example/x.png">`,
			storage.Card{Title: "T", ImageURL: "https://cdn.example/x.png", ProviderURL: home}},
		"base":           {`<base href="https://cdn.example/b/"><title>T</title><meta property="og:image" content="x.png">`, storage.Card{Title: "T", ImageURL: "https://cdn.example/b/x.png", ProviderURL: home}},
		"bodies":         {`<title>T</title><body><meta name="description" content="no"><title>no</title>`, storage.Card{Title: "T", ProviderURL: home}},
		"author is link": {`<title>T</title><meta property="article:author" content="https://news.example/zoe">`, storage.Card{Title: "T", AuthorURL: "https://news.example/zoe", ProviderURL: home}},
		"odd addresses": {`<title>T</title><meta property="og:image" content="javascript:alert(1)"><meta property="article:author" content="data:text/html://x">`,
			storage.Card{Title: "T", AuthorName: "data:text/html://x", ProviderURL: home}},
		"directions":  {"<title>a\u202ebc</title>", storage.Card{Title: "abc", ProviderURL: home}},
		"to come":     {`<title>T</title><meta property="article:published_time" content="2999-01-01T00:00:00Z">`, storage.Card{Title: "T", ProviderURL: home}},
		"an encoding": {gbk, storage.Card{Title: "土楼", ProviderURL: home}},
		"nothing":     {"", storage.Card{ProviderURL: home}},
	} {
		if diff := cmp.Diff(c.want, parsePage([]byte(c.page), "text/html", at).card); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	p := parsePage([]byte(`<link rel="alternate" type="application/json+oembed" href="/o?x=1&amp;y=2">`), "text/html", at)
	if p.embed != "https://news.example/o?x=1&y=2" {
		t.Errorf("oEmbed at %q", p.embed)
	}
	for content, want := range map[string]ids.Handle{"@Zoe@News.example": {Name: "Zoe", Host: "news.example"}, "zoe@news.example": {Name: "zoe", Host: "news.example"},
		"zoe": {}, "@zoe@": {}, "https://news.example/@zoe": {}, "": {}} {
		p := parsePage([]byte(`<meta name="fediverse:creator" content="`+content+`">`), "text/html", at)
		if p.creator != want {
			t.Errorf("%q names %+v", content, p.creator)
		}
	}
}

// What a page says could be as long as it likes.
func TestWordsOfPagesAreCut(t *testing.T) {
	long := strings.Repeat("wort ", 10_000)
	c := parsePage([]byte(`<title>`+long+`</title><meta name=description content="`+long+`"><meta name=author content="`+long+`">
		<meta property="og:image" content="https://news.example/`+strings.Repeat("x", 5000)+`">`), "text/html", "https://news.example/").card
	for what, got := range map[string][2]int{
		"title": {len([]rune(c.Title)), titleMax}, "description": {len([]rune(c.Description)), descriptionMax}, "author": {len([]rune(c.AuthorName)), nameMax},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: %d characters, want %d", what, got[0], got[1])
		}
	}
	if c.ImageURL != "" {
		t.Errorf("an address of %d bytes", len(c.ImageURL))
	}
}

// One page would keep a processor busy.
func TestA038PagesAreReadInLinearTime(t *testing.T) {
	for name, page := range map[string]func(bytes int) string{
		"nested":     func(n int) string { return strings.Repeat("<div>", n/5) },
		"attributes": func(n int) string { return "<meta " + strings.Repeat("a=b ", n/4) },
		"metas":      func(n int) string { return strings.Repeat(`<meta name="x" content="y">`, n/27) },
		"open":       func(n int) string { return strings.Repeat("<", n) },
		"comments":   func(n int) string { return strings.Repeat("<!--", n/4) },
		"entities":   func(n int) string { return "<title>" + strings.Repeat("&amp", n/4) },
		"scripts":    func(n int) string { return strings.Repeat("<script><!--<script>", n/20) },
	} {
		// Eight times as much takes eight times as long, or 64 times if each part looks at all others.
		little, much := readingTime(page(pageBytesMax/8)), readingTime(page(pageBytesMax))
		if much > 30*little && much > 50*time.Millisecond {
			t.Errorf("%s: %s for eight times what takes %s", name, much, little)
		}
	}
}

// readingTime is the least of some times that a page takes, since others use the machine, too.
func readingTime(page string) time.Duration {
	least := time.Duration(math.MaxInt64)
	for range 3 {
		start := time.Now()
		parsePage([]byte(page), "text/html", "https://news.example/")
		least = min(least, time.Since(start))
	}
	return least
}

// Some page would crash the node, or give a card something that is no text or no address of the
// web.
func FuzzParsePage(f *testing.F) {
	f.Add([]byte(`<html lang=en><title>x</title><meta property="og:image" content="/x"><link rel=alternate type="application/json+oembed" href=o>`), "text/html")
	f.Add([]byte("\xff\xfe<\x00"), "text/html; charset=utf-16")
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		p := parsePage(body, contentType, "https://news.example/")
		for _, address := range []string{p.card.ImageURL, p.card.AuthorURL, p.embed} {
			if address != "" && !strings.HasPrefix(address, "https://") && !strings.HasPrefix(address, "http://") {
				t.Errorf("address %q", address)
			}
		}
		for _, text := range []string{p.card.Title, p.card.Description, p.card.AuthorName, p.card.ProviderName, p.card.ImageDescription} {
			if strings.ContainsAny(text, "\n\x00\u202e") || text != strings.ToValidUTF8(text, "") {
				t.Errorf("text %q", text)
			}
		}
	})
}
