package social

import (
	"context"

	"tulou/federation"
	"tulou/protocol/ids"
	"tulou/protocol/markup"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// linkMax bounds the address of a page that is shown with a post.
const linkMax = 2048

// withEmojis finds the emoji of this node that a draft names, so that other servers are told.
func (s *Service) withEmojis(ctx context.Context, d draft) (draft, error) {
	texts := []string{d.Content, d.Spoiler}
	if d.Poll != nil {
		for _, o := range d.Poll.Options {
			texts = append(texts, o.Title)
		}
	}
	var err error
	d.own, err = s.Store.EmojisNamed(ctx, "", markup.Shortcodes(texts...))
	return d, err
}

// emojisOf reads the emoji of another server that a post tells of.
func emojisOf(note *vocab.Note) []storage.Emoji { return federation.EmojisOf(note.Tags) }

// linkOf is the page that a post leads to and that may be shown with it: the first link that is
// neither a mention nor a hashtag nor one of its files, to a page that is not of this node. Only
// posts that everybody may see have one: a link that was sent to some must not be opened by
// another than those.
func (s *Service) linkOf(visibility, content string, besides ...string) string {
	if !isOpen(visibility) {
		return ""
	}
	known := make(map[string]bool, len(besides))
	for _, address := range besides {
		known[address] = true
	}
	for _, href := range markup.Hrefs(content) {
		if _, err := ids.ParseIRI(ids.WithoutFragment(href)); err == nil && len(href) <= linkMax && !known[href] && !s.Paths.Local(href) {
			return href
		}
	}
	return ""
}

// linkIn is linkOf for a post of another server, some of which do not mark their mentions.
func (s *Service) linkIn(note *vocab.Note, a arrival) string {
	var besides []string
	for _, t := range note.Tags {
		besides = append(besides, t.Href)
	}
	for _, m := range note.Attachments {
		besides = append(besides, m.URL)
	}
	return s.linkOf(a.Visibility, a.Content, append(besides, pagesOf(a.told)...)...)
}

// pagesOf returns where mentions of people lead.
func pagesOf(people []storage.Account) (urls []string) {
	for _, a := range people {
		urls = append(urls, pageOf(a))
	}
	return urls
}
