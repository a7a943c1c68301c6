package media

import (
	"bytes"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/language"

	"tulou/protocol/ids"
	"tulou/storage"
)

// How much of what a page says of itself is kept, in characters: what clients have room for.
const (
	titleMax       = 300
	descriptionMax = 1000
	nameMax        = 200
	// metaMax is how many of its properties are read; the longest heads have some hundred.
	metaMax = 500
	// addressMax bounds the addresses in it.
	addressMax = 2048
)

// page is what was read of one.
type page struct {
	card    storage.Card
	embed   string     // the address of its oEmbed document
	creator ids.Handle // whom it names as author (docs.joinmastodon.org/entities/PreviewCard), zero for nobody
}

// head is what stands in the head of a page.
type head struct {
	title, language, base, embed string
	meta                         map[string]string // the first of each name
}

// parsePage reads what a page says of itself: OpenGraph, then what was made for Twitter, then
// HTML's own. at is where the page is.
func parsePage(body []byte, contentType, at string) page {
	h := readHead(body, contentType)
	base := at
	if h.base != "" {
		base = resolve(at, h.base)
	}
	first := func(most int, names ...string) string {
		for _, name := range names {
			if text := words(h.meta[name], most); text != "" {
				return text
			}
		}
		return ""
	}
	c := storage.Card{
		Title:        first(titleMax, "og:title", "twitter:title"),
		Description:  first(descriptionMax, "og:description", "twitter:description", "description"),
		ProviderName: first(nameMax, "og:site_name", "application-name"),
		AuthorName:   first(nameMax, "author", "article:author", "og:article:author", "twitter:creator"),
		Language:     canonicalLanguage(h.language),
	}
	if c.Title == "" {
		c.Title = words(h.title, titleMax)
	}
	if address := resolve(base, h.meta["article:author"]); address != "" && strings.Contains(h.meta["article:author"], "://") {
		c.AuthorURL = address
		if c.AuthorName == words(h.meta["article:author"], nameMax) {
			c.AuthorName = ""
		}
	}
	for _, name := range []string{"og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src"} {
		if c.ImageURL == "" && h.meta[name] != "" {
			c.ImageURL = resolve(base, h.meta[name])
		}
	}
	if c.ImageURL != "" {
		c.ImageDescription = first(DescriptionMax, "og:image:alt", "twitter:image:alt")
	}
	c.PublishedAt = published(h.meta["article:published_time"], h.meta["og:article:published_time"])
	if u, err := url.Parse(at); err == nil {
		c.ProviderURL = u.Scheme + "://" + u.Host + "/"
	}
	creator, err := ids.ParseHandle(h.meta["fediverse:creator"])
	if err != nil || creator.Host == "" {
		creator = ids.Handle{}
	}
	return page{card: c, embed: resolve(base, h.embed), creator: creator}
}

// readHead reads a page up to its body. It never builds a tree, so that no nesting makes it slow.
func readHead(body []byte, contentType string) head {
	h := head{meta: map[string]string{}}
	reader, err := charset.NewReader(bytes.NewReader(body), contentType)
	if err != nil {
		return h
	}
	z := html.NewTokenizer(reader)
	z.SetMaxBuf(pageBytesMax)
	for inTitle := false; ; {
		switch z.Next() {
		case html.ErrorToken:
			return h
		case html.TextToken:
			if inTitle && h.title == "" {
				h.title = string(z.Text())
			}
		case html.EndTagToken:
			inTitle = false
			if name, _ := z.TagName(); atom.Lookup(name) == atom.Head {
				return h
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			inTitle = token.DataAtom == atom.Title
			if token.DataAtom == atom.Body || !h.take(token) {
				return h
			}
		}
	}
}

// take reads an element. It returns false when there were too many.
func (h *head) take(t html.Token) bool {
	a := make(map[string]string, len(t.Attr))
	for _, attribute := range t.Attr {
		a[attribute.Key] = attribute.Val
	}
	switch t.DataAtom {
	case atom.Html:
		h.language = a["lang"]
	case atom.Base:
		if h.base == "" {
			h.base = a["href"]
		}
	case atom.Link:
		if h.embed == "" && strings.EqualFold(a["rel"], "alternate") && strings.EqualFold(a["type"], "application/json+oembed") {
			h.embed = a["href"]
		}
	case atom.Meta:
		name := strings.ToLower(strings.TrimSpace(a["property"]))
		if name == "" {
			name = strings.ToLower(strings.TrimSpace(a["name"]))
		}
		if _, has := h.meta[name]; !has && name != "" {
			h.meta[name] = a["content"]
		}
	}
	return len(h.meta) < metaMax
}

// resolve makes a full address of the web of one on a page, "" if it is none.
func resolve(base, address string) string {
	address = strings.TrimSpace(address)
	if address == "" || len(address) > addressMax {
		return ""
	}
	from, err := url.Parse(base)
	if err != nil {
		return ""
	}
	to, err := from.Parse(address)
	if err != nil {
		return ""
	}
	if _, err := ids.ParseIRI(to.String()); err != nil || len(to.String()) > addressMax {
		return ""
	}
	return to.String()
}

func canonicalLanguage(tag string) string {
	if len(tag) > 35 { // the longest that RFC 5646 section 4.4.1 asks for
		return ""
	}
	parsed, err := language.Parse(tag)
	if err != nil || parsed == language.Und {
		return ""
	}
	return parsed.String()
}

// published reads when a page was, by the first text that is a time and not to come.
func published(texts ...string) storage.Millis {
	for _, text := range texts {
		for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateOnly} {
			if at, err := time.Parse(layout, strings.TrimSpace(text)); err == nil && at.Before(time.Now()) && at.Year() > 1 {
				return storage.At(at)
			}
		}
	}
	return 0
}
