package social

import (
	"time"

	"tulou/federation"
	"tulou/protocol/ids"
	"tulou/protocol/markup"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// create is the activity that publishes a draft.
func (s *Service) create(d draft) vocab.Activity {
	note := s.note(d)
	return vocab.Activity{
		ID: s.Paths.StatusActivity(d.author.Name, d.ID), Type: "Create", Actor: d.author.URI,
		Object: &vocab.Object{ID: note.ID, Type: note.Type, Note: &note, AttributedTo: d.author.URI},
		To:     note.To, Cc: note.Cc, Published: note.Published,
	}
}

// note is how other servers see a post of ours.
func (s *Service) note(d draft) vocab.Note {
	note := vocab.Note{
		ID: d.URI, Type: d.Type, URL: d.URL, AttributedTo: d.author.URI,
		Content: d.Content, Language: d.Language, Summary: d.Spoiler, Sensitive: d.Sensitive,
		InReplyTo: d.ReplyToURI, Published: d.CreatedAt.Time(), Updated: d.EditedAt.Time(),
		Source: &vocab.Source{Content: d.Source, MediaType: string(markup.Markdown)},
	}
	note.Policy = policyNote(d.QuotePolicy, d.author)
	if d.Quote != nil {
		note.Quote = d.Quote.QuotedURI
		if d.Quote.State == storage.QuoteAccepted {
			note.QuoteConsent = d.Quote.ConsentURI
		}
	}
	note.Poll = questionOf(d.Poll, time.Now())
	note.Attachments = s.mediaOf(d.Attachments)
	note.To, note.Cc = addressed(d.Visibility, d.author.Followers, accountURIs(d.mentions))
	if d.Language != "" {
		note.ContentMap = map[string]string{d.Language: d.Content}
	}
	if isOpen(d.Visibility) {
		note.Replies = s.Paths.Replies(d.author.Name, d.ID)
		note.RepliesPage = ids.FirstPage(note.Replies)
	}
	for _, a := range d.mentions {
		note.Tags = append(note.Tags, vocab.Tag{Type: vocab.TagMention, Name: "@" + s.fullHandle(a).String(), Href: a.URI})
	}
	for _, t := range d.Tags {
		note.Tags = append(note.Tags, vocab.Tag{Type: vocab.TagHashtag, Name: "#" + t.Name, Href: s.Paths.Tag(t.Name)})
	}
	for _, e := range d.own {
		note.Tags = append(note.Tags, federation.EmojiTag(s.Paths, e))
	}
	return note
}

// fullHandle is a handle as it is written on other servers.
func (s *Service) fullHandle(a storage.Account) ids.Handle {
	handle := a.Handle()
	if handle.Host == "" {
		handle.Host = s.AccountHost
	}
	return handle
}
