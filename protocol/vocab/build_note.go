package vocab

import (
	gofed "github.com/go-fed/activity/streams/vocab"
)

// BuildNote makes the typed post for a plain one; an empty Type is a Note. Content goes out as it
// is: the caller has sanitised it.
func BuildNote(n *Note) (gofed.Type, error) {
	name := n.Type
	if name == "" {
		name = "Note"
	}
	b := begin(name, n.ID)
	b.refs("attributedTo", n.AttributedTo)
	b.refs("url", n.URL)
	b.refs("inReplyTo", n.InReplyTo)
	b.refs("to", n.To...)
	b.refs("cc", n.Cc...)
	b.refs("audience", n.Audience...)
	b.replies(n)
	b.refs("likes", n.Likes)
	b.refs("shares", n.Shares)
	b.refs("context", n.Context)
	b.put("name", n.Name)
	b.put("summary", n.Summary)
	b.put("content", n.Content)
	b.put("contentMap", contentMap(n))
	b.put("mediaType", n.MediaType)
	b.put("sensitive", n.Sensitive)
	b.put("conversation", n.Conversation)
	b.time("published", n.Published)
	b.time("updated", n.Updated)
	if n.Source != nil {
		b.put("source", map[string]any{"content": n.Source.Content, "mediaType": n.Source.MediaType})
	}
	b.tags(n.Tags)
	b.attachments(n.Attachments)
	b.poll(n.Poll)
	b.quote(n)
	return b.end()
}

// replies embeds the collection with an empty page that leads to the first one, as Mastodon does:
// GoToSocial 0.20 looks for replies nowhere else.
func (b *builder) replies(n *Note) {
	if n.RepliesPage == "" {
		b.refs("replies", n.Replies)
		return
	}
	page := &Collection{Type: "CollectionPage", PartOf: n.Replies, Next: n.RepliesPage, TotalItems: -1}
	b.embed("replies")(BuildCollection(&Collection{Type: "Collection", ID: n.Replies, FirstPage: page, TotalItems: -1}))
}

// contentMap is what Mastodon reads the language from; it is nil if the language is not known.
func contentMap(n *Note) any {
	texts := map[string]any{}
	for tag, text := range n.ContentMap {
		texts[tag] = text
	}
	if len(texts) == 0 && n.Language != "" && n.Content != "" {
		texts[n.Language] = n.Content
	}
	if len(texts) == 0 {
		return nil
	}
	return texts
}

func (b *builder) attachments(files []Attachment) { b.list("attachment", attachmentBuilders(files)) }

func attachmentBuilders(files []Attachment) (list []*builder) {
	for _, file := range files {
		name := file.Type
		if name == "" {
			name = "Document"
		}
		child := begin(name, "")
		child.refs("url", file.URL)
		child.put("mediaType", file.MediaType)
		child.put("name", file.Name)
		child.put("blurhash", file.Blurhash)
		if file.Width > 0 && file.Height > 0 {
			child.put("width", file.Width)
			child.put("height", file.Height)
		}
		if file.Focus != nil {
			child.put("focalPoint", []any{file.Focus[0], file.Focus[1]})
		}
		if file.Thumbnail != "" {
			child.picture("icon", &Picture{URL: file.Thumbnail})
		}
		list = append(list, child)
	}
	return list
}

func (b *builder) poll(p *Poll) {
	if p == nil {
		return
	}
	var options []*builder
	for _, o := range p.Options {
		option := begin("Note", "")
		option.put("name", o.Name)
		option.embed("replies")(BuildCollection(&Collection{Type: "Collection", TotalItems: o.Votes}))
		options = append(options, option)
	}
	if p.Multiple {
		b.list("anyOf", options)
	} else {
		b.list("oneOf", options)
	}
	b.time("endTime", p.EndTime)
	b.time("closed", p.Closed)
	b.put("votersCount", p.Voters)
}

// quote writes the consented form of FEP-044f and the two names that older software reads.
func (b *builder) quote(n *Note) {
	for _, name := range []string{"quote", "quoteUri", "_misskey_quote"} {
		b.put(name, n.Quote)
	}
	b.put("quoteAuthorization", n.QuoteConsent)
	if n.Policy == nil {
		return
	}
	who := map[string]any{}
	for name, list := range map[string][]string{"automaticApproval": n.Policy.Automatic, "manualApproval": n.Policy.Manual} {
		if len(list) > 0 {
			who[name] = anyList(list)
		}
	}
	if len(who) > 0 {
		b.put("interactionPolicy", map[string]any{"canQuote": who})
	}
}
