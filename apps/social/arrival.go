package social

import (
	"context"
	"html"
	"slices"
	"strings"
	"time"

	"tulou/federation"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/markup"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// Limits of what is kept of a stranger's post; vocab has those of what is read.
const (
	// spoilerRunesMax cuts content warnings that are none; Mastodon's are at most 500.
	spoilerRunesMax = 1000
	// tagRunesMax drops hashtags that are none.
	tagRunesMax = 100
)

// arrival is a post of another server as it is stored here.
type arrival struct {
	storage.NewStatus
	told  []storage.Account // whom it mentions, as far as they are known here
	local bool              // it mentions somebody of this node, or is addressed to them
}

// arrivalOf reads the post in an activity of its author.
func (s *Service) arrivalOf(ctx context.Context, tx *storage.Tx, note *vocab.Note, in federation.In) (arrival, error) {
	return s.arrive(ctx, tx, addressedNote(note, in), in.Actor)
}

// addressedNote is a post with those whom it is addressed to: some servers say it in the activity
// alone, which is as much the author's.
func addressedNote(note *vocab.Note, in federation.In) *vocab.Note {
	if len(note.To)+len(note.Cc) != 0 {
		return note
	}
	whole := *note
	whole.To, whole.Cc = in.Activity.To, in.Activity.Cc
	return &whole
}

// arrive reads a post of an author.
func (s *Service) arrive(ctx context.Context, tx *storage.Tx, note *vocab.Note, author storage.Account) (a arrival, err error) {
	published := instantOf(note.Published)
	spoiler := spoilerOf(note)
	a.Status = storage.Status{
		ID: tx.IDAt(published), URI: note.ID, URL: pageIn(note), AccountID: author.ID, Type: note.Type,
		Visibility: visibilityOf(note.To, note.Cc, author.Followers), ReplyToURI: note.InReplyTo,
		Content: contentOf(note), Spoiler: spoiler, Sensitive: note.Sensitive || spoiler != "",
		Language: cleanLanguage(note.Language), CreatedAt: storage.At(published),
	}
	// Of a poll it may be the time of its last count; nobody says which (FEP-9967).
	if note.Type != "Question" && note.Updated.After(published) && !note.Updated.After(time.Now().Add(ids.AheadMax)) {
		a.EditedAt = storage.At(note.Updated)
	}
	if err = s.name(ctx, tx, note, &a); err != nil {
		return a, err
	}
	a.Mentions = accountIDs(a.told)
	a.Audience = principals(a.Visibility, author.ID, a.Mentions)
	a.Tags, a.Attachments = tagsOf(note), attachmentsOf(note)
	a.QuotePolicy = policyOf(note, author, a.Visibility)
	if a.Quote, err = s.quoteIn(ctx, tx.Reader, note, author); err != nil {
		return a, err
	}
	a.Poll, a.Emojis, a.Link = pollOf(note), emojisOf(note), s.linkIn(note, a)
	return a, nil
}

// instantOf is when something of another server was published: now if it does not say, and not far
// in the future (ids.AheadMax).
func instantOf(published time.Time) time.Time {
	now := time.Now()
	if published.IsZero() {
		return now
	}
	if latest := now.Add(ids.AheadMax); published.After(latest) {
		return latest
	}
	return published
}

// naming is whom a post mentions, and whom of this node it is addressed to, as far as they are
// known.
type naming struct {
	mentions []string
	people   []storage.Account
}

// here tells whether somebody of this node is among them.
func (n naming) here() bool { return slices.ContainsFunc(n.people, storage.Account.Local) }

// named finds the people whom a post names.
func (s *Service) named(ctx context.Context, r storage.Reader, note *vocab.Note) (found naming, err error) {
	var addressed []string
	for _, t := range note.Tags {
		if t.Type == vocab.TagMention && t.Href != "" {
			found.mentions = append(found.mentions, t.Href)
		}
	}
	for _, iri := range slices.Concat(note.To, note.Cc) {
		if _, ours := s.Paths.ActorName(iri); ours {
			addressed = append(addressed, iri)
		}
	}
	everybody := slices.Compact(slices.Sorted(slices.Values(slices.Concat(found.mentions, addressed))))
	if len(everybody) == 0 {
		return found, nil
	}
	known, err := r.AccountsByURIs(ctx, everybody)
	for _, uri := range everybody {
		if account := known[uri]; account.ID != 0 && !account.Hidden {
			found.people = append(found.people, account)
		}
	}
	return found, err
}

// name finds the people whom a post mentions and, if it is not for everybody, those of this node to
// whom it is addressed without a mention.
func (s *Service) name(ctx context.Context, tx *storage.Tx, note *vocab.Note, a *arrival) error {
	named, err := s.named(ctx, tx.Reader, note)
	a.local = named.here()
	for _, account := range named.people {
		if !isOpen(a.Visibility) || slices.Contains(named.mentions, account.URI) {
			a.told = append(a.told, account)
		}
	}
	return err
}

// pageIn is the page of a post, if it is of the same server as the post: a link that says one place
// must not lead to another.
func pageIn(note *vocab.Note) string {
	if note.URL != "" && ids.SameOrigin(note.URL, note.ID) {
		return note.URL
	}
	return note.ID
}

// contentOf makes safe HTML of what a post says. Titles of articles and films stand before it, and
// a link to the original behind what has no text.
func contentOf(note *vocab.Note) string {
	content := markup.Sanitize(note.Content)
	if note.Type == "Note" || note.Type == "Question" {
		return content
	}
	if title := markup.Line(note.Name); title != "" {
		content = "<p><strong>" + html.EscapeString(title) + "</strong></p>" + content
	}
	if note.Content == "" {
		link := html.EscapeString(pageIn(note))
		content += markup.Sanitize(`<p><a href="` + link + `">` + link + `</a></p>`)
	}
	return content
}

// spoilerOf is the content warning as plain text; the summary of an article is none. Those of notes
// and questions are plain text already, as Mastodon sends them, unless they close an element.
func spoilerOf(note *vocab.Note) string {
	if note.Type == "Article" && !note.Sensitive {
		return ""
	}
	summary := note.Summary
	if note.Type != "Note" && note.Type != "Question" || strings.Contains(summary, "</") {
		summary = markup.PlainText(summary)
	}
	text := []rune(markup.Line(summary))
	return string(text[:min(len(text), spoilerRunesMax)])
}

func tagsOf(note *vocab.Note) (tags []storage.Tag) {
	for _, t := range note.Tags {
		name := markup.Line(strings.TrimLeft(t.Name, "#＃"))
		if t.Type == vocab.TagHashtag && name != "" && len([]rune(name)) <= tagRunesMax {
			tags = append(tags, storage.Tag{Tag: foldTag(name), Name: name})
		}
	}
	return tags
}

func attachmentsOf(note *vocab.Note) (attachments []storage.Attachment) {
	for _, a := range note.Attachments {
		if _, err := ids.ParseIRI(a.URL); err != nil {
			continue
		}
		focus := ""
		if a.Focus != nil {
			focus = storage.FormatFocus(a.Focus[0], a.Focus[1])
		}
		attachments = append(attachments, storage.Attachment{
			MediaType: a.MediaType, RemoteURL: a.URL, Description: strings.TrimSpace(a.Name), Blurhash: a.Blurhash,
			Width: a.Width, Height: a.Height, Focus: focus,
		})
	}
	return attachments
}

// pollOf reads the poll of a Question: the counts are those of its author's server, which alone
// counts votes (A118). Titles stay as they are, since votes name them; who shows them cleans them.
func pollOf(note *vocab.Note) *storage.Poll {
	if note.Poll == nil || len(note.Poll.Options) == 0 {
		return nil
	}
	p := &storage.Poll{Multiple: note.Poll.Multiple, Voters: int64(note.Poll.Voters), ExpiresAt: storage.At(note.Poll.EndTime),
		CountedAt: storage.Now()}
	// "closed" is an end like endTime, be it to come or past (FEP-9967).
	if closed := storage.At(note.Poll.Closed); closed != 0 && (p.ExpiresAt == 0 || closed < p.ExpiresAt) {
		p.ExpiresAt = closed
	}
	for _, o := range note.Poll.Options {
		p.Options = append(p.Options, storage.Option{Title: o.Name, Votes: int64(o.Votes)})
	}
	return p
}

// keep stores a post that was fetched from its origin. Only what everybody may see is kept: whoever
// asked for it asked in the name of the node. It is NotFound for what must not be kept.
func (s *Service) keep(ctx context.Context, tx *storage.Tx, object *vocab.Object, author storage.Account) (storage.Status, error) {
	return s.keepAt(ctx, tx, object, author, 0)
}

// keepAt is keep for a post that is quoted at a depth, 0 for one that is not.
func (s *Service) keepAt(ctx context.Context, tx *storage.Tx, object *vocab.Object, author storage.Account, depth int) (storage.Status, error) {
	none := fault.New(fault.NotFound, "Record not found")
	if object == nil || object.Note == nil || !slices.Contains(postTypes, object.Note.Type) || isVote(object.Note) {
		return storage.Status{}, none
	}
	note := object.Note
	if author.ID == 0 || author.Hidden || author.Local() || note.AttributedTo != author.URI || !ids.SameOrigin(note.ID, author.URI) {
		return storage.Status{}, none
	}
	if known, err := tx.StatusByURI(ctx, note.ID); !fault.Is(err, fault.NotFound) {
		return known, err
	}
	gone, err := s.deletedBy(ctx, tx, note.ID, author.URI)
	if err != nil {
		return storage.Status{}, err
	}
	if gone || !isOpen(visibilityOf(note.To, note.Cc, author.Followers)) {
		return storage.Status{}, none
	}
	a, err := s.arrive(ctx, tx, note, author)
	if err != nil {
		return storage.Status{}, err
	}
	kept, err := tx.CreateStatus(ctx, a.NewStatus)
	if fault.Is(err, fault.Conflict) { // it came from elsewhere just now
		return tx.StatusByURI(ctx, note.ID)
	}
	if err != nil {
		return kept, err
	}
	return kept, s.inquire(ctx, tx, kept.ID, a.Quote, depth)
}
