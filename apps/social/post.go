package social

import (
	"context"
	"slices"

	"tulou/federation"
	"tulou/protocol/fault"
	"tulou/protocol/markup"
	"tulou/storage"
)

// NewPost is what somebody wants to say.
type NewPost struct {
	Text        string
	Spoiler     string // content warning
	Sensitive   bool
	Visibility  string // one of storage's; "" is public
	Language    string // BCP 47; what is none is left out
	InReplyToID int64  // 0: answers nothing
	QuotedID    int64  // 0: quotes nothing
	QuotePolicy string // who may quote it: one of storage's names, "" is everybody
	// IdempotencyKey makes a repeated call return the first one's post; "" for none.
	IdempotencyKey string
	Poll           *NewPoll // nil: it asks nothing
	Media          []MediaChoice
	AppName        string
	AppWebsite     string

	scheduled int64 // the post for later that it was, which holds its media
}

// draft is a post that is ready but for its transaction.
type draft struct {
	storage.NewStatus
	author       storage.Account
	mentions     []storage.Account
	parent       storage.Status // zero: none
	quoted       storage.Status // what Quote is about, zero: nothing, or not known any more
	quotedAuthor storage.Account
	own          []storage.Emoji      // of this node, that it names
	had          []storage.Attachment // before this edit
}

// Post publishes a post and returns it. The person who is answered is not mentioned unless the text
// does, and the visibility is what the author says, as on Mastodon. Faults: Unprocessable with a
// sentence for the author; NotFound if what is answered does not exist or is not for the author to
// see, which is the same answer (A089).
func (s *Service) Post(ctx context.Context, author storage.Account, p NewPost) (storage.Status, error) {
	if p.IdempotencyKey != "" {
		first, err := s.Store.IdempotentStatus(ctx, author.ID, p.IdempotencyKey)
		if err == nil {
			return s.Store.StatusByID(ctx, first)
		}
		if !fault.Is(err, fault.NotFound) {
			return storage.Status{}, err
		}
	}
	d, err := s.draft(ctx, author, p)
	if err != nil {
		return storage.Status{}, err
	}
	return s.publish(ctx, d, func(tx *storage.Tx) (int64, error) {
		if p.IdempotencyKey == "" {
			return d.ID, nil
		}
		return tx.ClaimIdempotency(ctx, author.ID, p.IdempotencyKey, d.ID)
	})
}

// publish stores and sends a draft if the transaction may: claim returns the id of the post that is
// made, which is another one if somebody was faster.
func (s *Service) publish(ctx context.Context, d draft, claim func(tx *storage.Tx) (int64, error)) (posted storage.Status, err error) {
	out, err := s.Sender.Prepare(ctx, d.author, s.create(d), s.alsoTold(ctx, d)...)
	if err != nil {
		return storage.Status{}, err
	}
	var request *federation.Outgoing
	if d.asksToQuote() {
		if request, err = s.Sender.Prepare(ctx, d.author, s.quoteRequest(d)); err != nil {
			return storage.Status{}, err
		}
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) (err error) {
		first, err := claim(tx)
		if err != nil {
			return err
		}
		if first != d.ID {
			posted, err = tx.StatusByID(ctx, first)
			return err
		}
		if posted, err = s.store(ctx, tx, d.NewStatus, d.mentions); err != nil {
			return err
		}
		if d.Poll != nil {
			if err := s.endLater(ctx, tx, d.ID, *d.Poll); err != nil {
				return err
			}
		}
		if d.Quote != nil {
			if err := s.notify(ctx, tx, d.quotedAuthor, storage.NotifyQuote, d.author.ID, d.ID); err != nil {
				return err
			}
		}
		if err := out.Send(ctx, tx); err != nil || request == nil {
			return err
		}
		return request.Send(ctx, tx)
	})
	return posted, err
}

// draft checks a post, finds whom it names and gives it its id and instant.
func (s *Service) draft(ctx context.Context, author storage.Account, p NewPost) (draft, error) {
	d := draft{author: author}
	if p.Visibility == "" {
		p.Visibility = storage.VisibilityPublic
	}
	if !isVisibility(p.Visibility) {
		return d, fault.New(fault.Unprocessable, "Validation failed: Visibility is not one of public, unlisted, private and direct")
	}
	w, err := words{p.Text, p.Spoiler, len(p.Media) > 0}.cleaned()
	if err != nil {
		return d, err
	}
	if p.InReplyToID != 0 {
		if d.parent, err = s.parentOf(ctx, author, p.InReplyToID); err != nil {
			return d, err
		}
	}
	c, err := s.compose(ctx, w.text)
	if err != nil {
		return d, err
	}
	id, at := s.Store.NewID()
	if d.Poll, err = p.Poll.poll(at); err != nil {
		return d, err
	}
	if d.Attachments, err = s.choose(ctx, author.ID, 0, p.scheduled, p.Media, p.Poll); err != nil {
		return d, err
	}
	d.mentions, d.Mentions, d.Tags = c.mentions, accountIDs(c.mentions), c.tags
	if err := s.withQuote(ctx, &d, &p, id); err != nil {
		return d, err
	}
	policy, err := policyFor(p.QuotePolicy, p.Visibility)
	if err != nil {
		return d, err
	}
	d.Audience = d.readers(p.Visibility)
	d.Status = storage.Status{
		ID: id, URI: s.Paths.Status(author.Name, id), URL: s.Paths.StatusPage(author.Name, id),
		AccountID: author.ID, Local: true, Type: typeOf(d.Poll), Visibility: p.Visibility,
		ReplyToID: d.parent.ID, ReplyToURI: d.parent.URI,
		Content: quoting(c.html, d.quoted), QuotePolicy: policy, Source: w.text, Spoiler: w.spoiler, Sensitive: p.Sensitive || w.spoiler != "" || author.SensitizedAt != 0 && len(p.Media) > 0,
		Language: cleanLanguage(p.Language), AppName: markup.Line(p.AppName), AppWebsite: p.AppWebsite,
		CreatedAt: storage.At(at),
	}
	d.Link = s.linkOf(p.Visibility, c.html, pagesOf(d.mentions)...)
	return s.withEmojis(ctx, d)
}

// readers returns who may see a draft with a visibility: also whom it quotes, who may have to
// agree.
func (d draft) readers(visibility string) []int64 {
	who := principals(visibility, d.author.ID, accountIDs(d.mentions))
	if d.Quote != nil && !isOpen(visibility) && d.quotedAuthor.ID != 0 && d.quotedAuthor.ID != d.author.ID {
		who = append(slices.Clip(who), d.quotedAuthor.ID)
	}
	return who
}

// parentOf returns the post that a reply is to; a boost stands for what it boosts.
func (s *Service) parentOf(ctx context.Context, author storage.Account, id int64) (storage.Status, error) {
	parent, err := s.Status(ctx, author.ID, id)
	if err == nil && parent.BoostOfID != 0 {
		parent, err = s.Status(ctx, author.ID, parent.BoostOfID)
	}
	if fault.Is(err, fault.NotFound) {
		return parent, fault.New(fault.NotFound, "The post you are trying to reply to does not exist")
	}
	return parent, err
}

// alsoTold returns who gets a post without being addressed: whoever is answered in the open, so
// that the reply is in the thread at home, too.
func (s *Service) alsoTold(ctx context.Context, d draft) []string {
	if d.parent.ID == 0 || d.parent.Local || !isOpen(d.Visibility) {
		return nil
	}
	answered, err := s.Store.AccountByID(ctx, d.parent.AccountID)
	if err != nil {
		return nil // the reply is no less a reply
	}
	return []string{answered.URI}
}

// store adds a post of anybody, puts it into home timelines and conversations, and tells those of
// this node whom it mentions.
func (s *Service) store(ctx context.Context, tx *storage.Tx, n storage.NewStatus, mentioned []storage.Account) (storage.Status, error) {
	posted, err := tx.CreateStatus(ctx, n)
	if err != nil {
		return posted, err
	}
	return posted, s.spread(ctx, tx, posted, mentioned)
}

// spread shows a post of anybody to those of this node whom it concerns. Doing it again does
// nothing.
func (s *Service) spread(ctx context.Context, tx *storage.Tx, posted storage.Status, mentioned []storage.Account) error {
	if _, err := tx.FanOut(ctx, posted); err != nil {
		return err
	}
	if posted.Visibility == storage.VisibilityDirect {
		if _, err := tx.PutConversation(ctx, posted, append(accountIDs(mentioned), posted.AccountID)); err != nil {
			return err
		}
	}
	if err := s.notifyMentioned(ctx, tx, posted, mentioned); err != nil {
		return err
	}
	return s.notifyFollowers(ctx, tx, posted, mentioned)
}

// notifyFollowers tells those who want to be told of every post of its author, but for those whom
// it mentions; answers to others and direct posts are not meant, as on Mastodon.
func (s *Service) notifyFollowers(ctx context.Context, tx *storage.Tx, posted storage.Status, mentioned []storage.Account) error {
	answer := posted.ReplyToURI != "" && posted.ReplyToAccount != posted.AccountID
	if answer || posted.Visibility == storage.VisibilityDirect {
		return nil
	}
	followers, err := tx.NotifiedFollowers(ctx, posted.AccountID)
	if err != nil {
		return err
	}
	told := accountIDs(mentioned)
	for _, id := range followers {
		if slices.Contains(told, id) {
			continue
		}
		note := storage.Notification{AccountID: id, Type: storage.NotifyStatus, FromID: posted.AccountID, StatusID: posted.ID}
		if err := s.Notifier.Notify(ctx, tx, note); err != nil {
			return err
		}
	}
	return nil
}

// notifyMentioned tells those of this node whom a post mentions.
func (s *Service) notifyMentioned(ctx context.Context, tx *storage.Tx, posted storage.Status, mentioned []storage.Account) error {
	for _, a := range mentioned {
		if err := s.notify(ctx, tx, a, storage.NotifyMention, posted.AccountID, posted.ID); err != nil {
			return err
		}
	}
	return nil
}

// notify tells somebody of this node something; of others it does nothing.
func (s *Service) notify(ctx context.Context, tx *storage.Tx, to storage.Account, kind string, from, status int64) error {
	if !to.Local() {
		return nil
	}
	return s.Notifier.Notify(ctx, tx, storage.Notification{AccountID: to.ID, Type: kind, FromID: from, StatusID: status})
}
