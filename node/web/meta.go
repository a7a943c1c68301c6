package web

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"tulou/node/edge"
	"tulou/protocol/markup"
)

// meta is what a page says to programs that show a link to it: OpenGraph (ogp.me), and the cards of
// Twitter, which others read, too.
type meta struct {
	Kind             string // of OpenGraph: website, profile, article
	Title            string
	Description      string
	URL, Site        string
	Image, ImageText string
	Width, Height    int
	Large            bool // the picture is what the page is about
	Published        time.Time
	Username         string
	Object           string // the ActivityPub id, "" for none
}

// descriptionMax is how long what is shown below a link may be, in characters; chats cut there.
const descriptionMax = 200

// shorten cuts a text after a word.
func shorten(text string, most int) string {
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	cut := string([]rune(text)[:most-1])
	if space := strings.LastIndexByte(cut, ' '); space > len(cut)/2 {
		cut = cut[:space]
	}
	return cut + "…"
}

// Card is the kind of card on Twitter.
func (m meta) Card() string {
	if m.Large {
		return "summary_large_image"
	}
	return "summary"
}

func (s *Site) personMeta(ctx context.Context, words *edge.Words, p person) meta {
	m := meta{Kind: "profile", Title: p.Display + " (@" + p.Handle + ")", Description: shorten(markup.PlainText(string(p.Bio)), descriptionMax),
		URL: p.URL, Site: s.Title(ctx), Image: p.Avatar, ImageText: words.T("page.picture-of", p.Display), Username: p.Handle, Object: p.Actor}
	if m.Description == "" {
		m.Description = words.T("page.profile-description", p.Display, m.Site)
	}
	return m
}

// postMeta says no more than the page shows at first: behind a warning neither words nor pictures.
func (s *Site) postMeta(words *edge.Words, p post, site string) meta {
	m := meta{Kind: "article", Title: p.By.Display + " (@" + p.By.Handle + ")", Description: shorten(p.Plain, descriptionMax), URL: p.URL,
		Site: site, Image: p.By.Avatar, ImageText: words.T("page.picture-of", p.By.Display), Published: p.At, Username: p.By.Handle, Object: p.URI}
	if p.SpoilerText != "" {
		m.Description = shorten(p.SpoilerText, descriptionMax)
		return m
	}
	if p.Sensitive {
		return m
	}
	for _, picture := range p.Media {
		if picture.Image() {
			m.Image, m.ImageText, m.Width, m.Height, m.Large = picture.URL, picture.Description, picture.Width, picture.Height, true
			if m.ImageText == "" {
				m.ImageText = words.T("page.no-description")
			}
			break
		}
	}
	if m.Description == "" {
		m.Description = words.T("page.post-title", p.By.Display)
	}
	return m
}
