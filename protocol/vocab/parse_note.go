package vocab

import (
	"strings"

	bcp47 "golang.org/x/text/language"

	"tulou/protocol/fault"
)

func noteOf(n node) (*Note, error) {
	note := &Note{
		ID: n.id(), Type: n.GetTypeName(), URL: n.link("url", "text/html"),
		AttributedTo: attributedTo(n),
		Content:      n.text("content"), ContentMap: n.languages("contentMap"),
		MediaType: clip(n.str("mediaType"), NameBytes),
		Summary:   clip(n.text("summary"), SummaryBytes), Name: clip(n.text("name"), NameBytes),
		Sensitive: n.flag("sensitive"), InReplyTo: n.ref("inReplyTo").id,
		Published: n.time("published"), Updated: n.time("updated"),
		To: n.ids("to"), Cc: n.ids("cc"), Audience: n.ids("audience"),
		Tags: tagsOf(n), Attachments: attachmentsOf(n), Source: sourceOf(n),
		Conversation: clip(n.str("conversation"), NameBytes), Context: n.ref("context").id,
		Replies: n.ref("replies").id, Likes: n.ref("likes").id, Shares: n.ref("shares").id,
		Quote: quoteOf(n), QuoteConsent: n.web1("quoteAuthorization"), Policy: policyOf(n),
	}
	if len(note.Content) > ContentBytes {
		return nil, fault.New(fault.Invalid, "the content is longer than %d bytes", ContentBytes)
	}
	note.Language, note.Content = languageOf(n, note)
	if note.Summary == "" {
		note.Summary = clip(anyOf(n.languages("summaryMap"), note.Language), SummaryBytes)
	}
	if note.Name == "" {
		note.Name = clip(anyOf(n.languages("nameMap"), note.Language), NameBytes)
	}
	if note.Type == "Question" {
		note.Poll = pollOf(n)
	}
	return note, nil
}

// attributedTo returns the author. PeerTube names the person and the channel, which is a Group.
func attributedTo(n node) string {
	authors := n.refs("attributedTo")
	for _, a := range authors {
		if a.id != "" && (a.node.Type == nil || a.node.GetTypeName() != "Group") {
			return a.id
		}
	}
	if len(authors) > 0 {
		return authors[0].id
	}
	return ""
}

// languageOf finds the language of a post and, where only contentMap is given, its content.
func languageOf(n node, note *Note) (tag, content string) {
	if note.Content == "" {
		note.Content = anyOf(note.ContentMap, n.doc.language)
	}
	for candidate, text := range note.ContentMap {
		if (len(note.ContentMap) == 1 || text == note.Content) && (tag == "" || candidate < tag) {
			tag = candidate
		}
	}
	if v := n.object("content").str("@language"); tag == "" && v != "" {
		tag = language(v)
	}
	if tag == "" { // Lemmy, PeerTube
		tag = language(n.object("language").str("identifier"))
	}
	if tag == "" {
		tag = n.doc.language
	}
	return tag, note.Content
}

// languages reads a language map; tags that are none are dropped.
func (s source) languages(name string) map[string]string {
	texts := s.object(name).m
	if len(texts) == 0 {
		return nil
	}
	byTag := make(map[string]string, min(len(texts), LanguagesMax))
	for key, v := range texts {
		text, ok := v.(string)
		if tag := language(key); ok && tag != "" && len(byTag) < LanguagesMax && len(text) <= ContentBytes {
			byTag[tag] = text
		}
	}
	return byTag
}

// anyOf returns the text in the wanted language, or that of the first tag.
func anyOf(texts map[string]string, wanted string) string {
	first := ""
	for tag := range texts {
		if tag == wanted {
			return texts[tag]
		}
		if first == "" || tag < first {
			first = tag
		}
	}
	return texts[first]
}

// language returns a tag in its canonical form (BCP 47), "" for none and for "und".
func language(tag string) string {
	if len(tag) == 2 && tag[0] >= 'a' && tag[0] <= 'z' && tag[1] >= 'a' && tag[1] <= 'z' && tag != "iw" {
		return tag
	}
	if len(tag) > 35 { // the longest that RFC 5646 §4.4.1 asks implementations to hold
		return ""
	}
	parsed, err := bcp47.Parse(tag)
	if err != nil || parsed == bcp47.Und {
		return ""
	}
	return parsed.String()
}

// sourceOf reads what the author typed; Pleroma before 2.4 wrote a bare text.
func sourceOf(n node) *Source {
	s := n.object("source")
	source := &Source{Content: s.text("content"), MediaType: clip(s.str("mediaType"), NameBytes)}
	if s.m == nil {
		source = &Source{Content: n.text("source"), MediaType: "text/plain"}
	}
	if source.Content == "" || len(source.Content) > ContentBytes {
		return nil
	}
	return source
}

// quoteOf finds the quoted post under the names that are in use, the consented one first.
func quoteOf(n node) string {
	for _, name := range []string{"quote", "_misskey_quote", "quoteUrl", "quoteUri"} {
		if id := n.web1(name); id != "" {
			return id
		}
	}
	for _, tag := range n.nodes("tag") {
		if tag.GetTypeName() == "Link" && strings.HasSuffix(tag.str("rel"), "#_misskey_quote") {
			return web(tag.str("href")) // FEP-e232
		}
	}
	return ""
}

// policyOf reads interactionPolicy.canQuote; "always" and "approvalRequired" are the older names
// that GoToSocial used until 0.19.
func policyOf(n node) *QuotePolicy {
	quote := n.object("interactionPolicy").object("canQuote")
	if quote.m == nil {
		return nil
	}
	policy := &QuotePolicy{
		Automatic: quote.webs("automaticApproval", arrayMax),
		Manual:    quote.webs("manualApproval", arrayMax),
	}
	if len(policy.Automatic)+len(policy.Manual) == 0 {
		policy.Automatic = quote.webs("always", arrayMax)
		policy.Manual = quote.webs("approvalRequired", arrayMax)
	}
	return policy
}

func tagsOf(n node) []Tag {
	var list []Tag
	mentions := 0
	for _, t := range n.nodes("tag") {
		tag := Tag{Type: t.GetTypeName(), Name: clip(t.text("name"), NameBytes), Href: web(t.str("href"))}
		switch {
		case tag.Type == TagMention && tag.Href != "" && mentions < MentionsMax:
			mentions++
		case tag.Type == TagHashtag && tag.Name != "" && len(list)-mentions < TagsMax:
		case tag.Type == TagEmoji && tag.Name != "" && len(list)-mentions < TagsMax:
			icon := t.ref("icon")
			tag.ID, tag.Icon, tag.Updated = t.id(), n.icon(icon), t.time("updated")
		default:
			continue
		}
		list = append(list, tag)
	}
	return list
}

// icon returns the address of a picture that is either an address or an object with one.
func (n node) icon(r ref) string {
	if r.node.Type == nil {
		return r.link
	}
	return r.node.address()
}

func attachmentsOf(n node) []Attachment {
	var list []Attachment
	for _, file := range n.nodes("attachment") {
		a := Attachment{
			Type: file.GetTypeName(), URL: file.address(), MediaType: mediaType(file),
			Name: clip(file.text("name"), AltBytes), Blurhash: clip(file.str("blurhash"), 200),
			Width: file.number("width", 0), Height: file.number("height", 0), Focus: focusOf(file),
			Thumbnail: n.icon(file.ref("icon")),
		}
		if a.Name == "" {
			a.Name = clip(file.text("summary"), AltBytes)
		}
		if a.URL != "" && a.Type != "PropertyValue" && len(list) < AttachmentsMax {
			list = append(list, a)
		}
	}
	return list
}

// mediaType is on the file, or on the link to it (Pleroma, Akkoma).
func mediaType(file node) string {
	if m := file.str("mediaType"); m != "" {
		return clip(m, NameBytes)
	}
	for _, link := range file.nodes("url") {
		if m := link.str("mediaType"); m != "" {
			return clip(m, NameBytes)
		}
	}
	return ""
}

func focusOf(file node) *[2]float64 {
	list, _ := file.get("focalPoint").([]any)
	if len(list) != 2 {
		return nil
	}
	var focus [2]float64
	for i, v := range list {
		f, ok := v.(float64)
		if !ok || f < -1 || f > 1 {
			return nil
		}
		focus[i] = f
	}
	return &focus
}

func pollOf(n node) *Poll {
	options := n.nodes("oneOf")
	multiple := len(options) == 0
	if multiple {
		options = n.nodes("anyOf")
	}
	if len(options) == 0 {
		return nil
	}
	poll := &Poll{Multiple: multiple, EndTime: n.time("endTime"), Closed: n.time("closed"), Voters: n.number("votersCount", 0)}
	if n.flag("closed") {
		poll.Closed = poll.EndTime
	}
	for _, o := range options {
		votes := 0
		if replies := o.ref("replies").node; replies.Type != nil {
			votes = replies.number("totalItems", 0)
		}
		poll.Options = append(poll.Options, PollOption{Name: clip(o.text("name"), NameBytes), Votes: votes})
	}
	return poll
}
