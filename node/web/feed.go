package web

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"html"
	"net/http"
	"strings"
	"time"

	"tulou/node/edge"
	"tulou/protocol/ids"
	"tulou/storage"
)

// feedSuffix makes the address of a feed from that of a page.
const feedSuffix = ".atom"

// feedAge is how long readers of feeds may show the same again; most ask once in a quarter of an
// hour.
const feedAge = "public, max-age=300"

// titleMax is how long the title of an entry may be, in characters. Posts have none, so it is how
// they begin.
const titleMax = 80

// feed is an Atom feed (RFC 4287), paged as in RFC 5005.
type feed struct {
	XMLName   xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	ID        string      `xml:"id"`
	Title     string      `xml:"title"`
	Subtitle  string      `xml:"subtitle,omitempty"`
	Updated   string      `xml:"updated"`
	Icon      string      `xml:"icon,omitempty"`
	Author    *feedAuthor `xml:"author"`
	Links     []feedLink  `xml:"link"`
	Generator string      `xml:"generator"`
	Entries   []entry     `xml:"entry"`
}

type feedAuthor struct {
	Name string `xml:"name"`
	URI  string `xml:"uri,omitempty"`
}

type feedLink struct {
	Rel   string `xml:"rel,attr"`
	Type  string `xml:"type,attr,omitempty"`
	Href  string `xml:"href,attr"`
	Title string `xml:"title,attr,omitempty"`
}

type feedCategory struct {
	Term string `xml:"term,attr"`
}

type feedText struct {
	Type string `xml:"type,attr"`
	Lang string `xml:"xml:lang,attr,omitempty"`
	Text string `xml:",chardata"`
}

type entry struct {
	ID         string         `xml:"id"`
	Title      string         `xml:"title"`
	Updated    string         `xml:"updated"`
	Published  string         `xml:"published"`
	Author     feedAuthor     `xml:"author"`
	Links      []feedLink     `xml:"link"`
	Categories []feedCategory `xml:"category"`
	Content    feedText       `xml:"content"`
}

// profileFeed is what somebody posted, without answers to others and without boosts, which are
// other people's words.
func (s *Site) profileFeed(w http.ResponseWriter, r *http.Request) error {
	account, err := s.local(r)
	if err != nil {
		return err
	}
	named, err := s.named(r.Context(), []storage.Account{account})
	if err != nil {
		return err
	}
	p := named[account.ID]
	page := s.Paths.Profile(account.Name)
	f := feed{ID: page + feedSuffix, Title: p.Display + " (@" + p.Handle + ")", Icon: p.Avatar, Author: &feedAuthor{p.Display, p.URL},
		Updated: stampOf(account.CreatedAt.Time()), Links: []feedLink{{Rel: "alternate", Type: "text/html", Href: page}}}
	return s.feed(w, r, f, s.postsOf(account, storage.AccountFilter{ExcludeReplies: true, ExcludeBoosts: true}))
}

func (s *Site) tagFeed(w http.ResponseWriter, r *http.Request, name string, read reader) error {
	page := s.Paths.Tag(name)
	f := feed{ID: page + feedSuffix, Title: "#" + name + " · " + s.Title(r.Context()), Updated: stampOf(time.Unix(0, 0)),
		Links: []feedLink{{Rel: "alternate", Type: "text/html", Href: page}}}
	return s.feed(w, r, f, read)
}

// feed answers with a feed and a page of posts in it.
func (s *Site) feed(w http.ResponseWriter, r *http.Request, f feed, read reader) error {
	at, ok := pageFrom(r)
	if !ok {
		return errNothing
	}
	posts, older, err := s.timeline(r, at, read)
	if err != nil {
		return err
	}
	f.Generator = "Tulou"
	self := f.ID
	if at.MaxID != 0 {
		self += "?max_id=" + ids.Format(at.MaxID)
	}
	f.Links = append(f.Links, feedLink{Rel: "self", Type: "application/atom+xml", Href: self})
	if older != "" {
		f.Links = append(f.Links, feedLink{Rel: "next", Type: "application/atom+xml", Href: s.Paths.Base + older})
	}
	words := edge.WordsOf(r)
	for _, p := range posts {
		e := s.entry(words, p)
		f.Updated = max(f.Updated, e.Updated) // both are of one form, so that later is greater
		f.Entries = append(f.Entries, e)
	}
	body, err := xml.Marshal(f)
	if err != nil {
		return err
	}
	return writeFeed(w, r, append([]byte(xml.Header), body...))
}

func stampOf(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func (s *Site) entry(words *edge.Words, p post) entry {
	e := entry{ID: p.URI, Title: shorten(p.Plain, titleMax), Published: stampOf(p.At), Updated: stampOf(p.At),
		Author: feedAuthor{p.By.Display, p.By.URL}, Links: []feedLink{{Rel: "alternate", Type: "text/html", Href: p.URL}}}
	if !p.Edited.IsZero() {
		e.Updated = stampOf(p.Edited)
	}
	var content strings.Builder
	if p.SpoilerText != "" {
		e.Title = shorten(p.SpoilerText, titleMax)
		content.WriteString("<p><strong>" + html.EscapeString(p.SpoilerText) + "</strong></p><hr>")
	}
	content.WriteString(string(p.Content))
	for _, m := range p.Media {
		if m.Image() && m.URL != "" && !p.Sensitive {
			content.WriteString(`<p><img src="` + html.EscapeString(m.URL) + `" alt="` + html.EscapeString(m.Description) + `"></p>`)
		}
		e.Links = append(e.Links, feedLink{Rel: "enclosure", Type: m.Type, Href: m.URL, Title: m.Description})
	}
	if e.Title == "" {
		e.Title = words.T("page.post-title", p.By.Display)
	}
	for _, tag := range p.Tags {
		e.Categories = append(e.Categories, feedCategory{tag.Name})
	}
	e.Content = feedText{Type: "html", Lang: p.Language, Text: content.String()}
	return e
}

// writeFeed answers with a feed, or that it did not change.
func writeFeed(w http.ResponseWriter, r *http.Request, body []byte) error {
	sum := sha256.Sum256(body)
	tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	h := w.Header()
	h.Set("Content-Type", "application/atom+xml; charset=utf-8")
	h.Set("Cache-Control", feedAge)
	h.Add("Vary", "Accept-Language, Cookie")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("ETag", tag)
	if strings.Contains(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	_, err := w.Write(body)
	return err
}
