package social

import (
	"context"
	"slices"
	"time"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// Changes are the new words of a post. Who may see it stays, but for those newly mentioned.
type Changes struct {
	Text      string
	Spoiler   string
	Sensitive bool
	Language  string
	// QuotePolicy is who may quote it from now on; "" leaves it.
	QuotePolicy string
	Poll        *NewPoll       // nil: it asks nothing any more
	Media       *[]MediaChoice // nil: those it has
}

// Edit changes a post of one's own and returns it; what it said before is kept. Everybody who got
// the post or did something with it is told. The same words change nothing. Another question, or
// other options, begin without votes. Faults: NotFound for posts of others, Unprocessable for
// boosts and with a sentence for the author, Conflict if it is being edited at the same time.
func (s *Service) Edit(ctx context.Context, author storage.Account, id int64, c Changes) (storage.Status, error) {
	before, err := s.own(ctx, author, id)
	if err != nil {
		return before, err
	}
	if before.BoostOfID != 0 {
		return before, fault.New(fault.Unprocessable, "Validation failed: a boost cannot be edited")
	}
	poll, err := pollAt(ctx, s.Store.Reader, id)
	if err != nil {
		return before, err
	}
	d, edit, err := s.redraft(ctx, author, before, c)
	if err == nil && c.QuotePolicy != "" {
		before, err = s.SetQuotePolicy(ctx, author, id, c.QuotePolicy)
		d.QuotePolicy = before.QuotePolicy
	}
	if err != nil || unchanged(before, edit) && sameMedia(d.had, edit.Attachments) && samePoll(poll, edit.Poll) {
		return before, err
	}
	if poll != nil && edit.Poll != nil && poll.SameQuestion(*edit.Poll) {
		d.Poll.Options, d.Poll.Voters = poll.Options, poll.Voters
	}
	known, err := mentioned(ctx, s.Store.Reader, id)
	if err != nil {
		return before, err
	}
	people, err := readers(ctx, s.Store.Reader, before)
	if err != nil {
		return before, err
	}
	out, err := s.Sender.Prepare(ctx, author, s.update(d, edit.At.Time()), oneEachServer(append(people, known...))...)
	if err != nil {
		return before, err
	}
	after := before
	err = s.Store.Tx(ctx, func(tx *storage.Tx) (err error) {
		if after, err = s.change(ctx, tx, edit, d.mentions, known); err != nil {
			return err
		}
		if edit.Poll != nil {
			if err := s.endLater(ctx, tx, id, *edit.Poll); err != nil {
				return err
			}
		}
		return out.Send(ctx, tx)
	})
	return after, err
}

// redraft makes the new form of a post.
func (s *Service) redraft(ctx context.Context, author storage.Account, before storage.Status, c Changes) (d draft, e storage.Edit, err error) {
	had, has, err := s.rechoose(ctx, before, c)
	if err != nil {
		return d, e, err
	}
	w, err := words{c.Text, c.Spoiler, len(has) > 0}.cleaned()
	if err != nil {
		return d, e, err
	}
	text, err := s.compose(ctx, w.text)
	if err != nil {
		return d, e, err
	}
	d = draft{author: author, mentions: text.mentions, NewStatus: storage.NewStatus{Status: before, Tags: text.tags}}
	if err := s.storedQuote(ctx, &d); err != nil {
		return d, e, err
	}
	_, at := s.Store.NewID()
	if e.Poll, err = c.Poll.poll(at); err != nil {
		return d, e, err
	}
	e.StatusID, e.At, e.Type = before.ID, storage.At(at), typeOf(e.Poll)
	e.Content, e.Source, e.Spoiler = quoting(text.html, d.quoted), w.text, w.spoiler
	e.Sensitive, e.Language = c.Sensitive || w.spoiler != "" || author.SensitizedAt != 0 && len(has) > 0, cleanLanguage(c.Language)
	e.Mentions, e.Tags = accountIDs(text.mentions), text.tags
	e.Audience = d.readers(before.Visibility)
	d.Content, d.Source, d.Spoiler, d.Sensitive, d.Language = e.Content, e.Source, e.Spoiler, e.Sensitive, e.Language
	d.EditedAt, d.Type, d.Poll = e.At, e.Type, e.Poll
	e.Attachments, d.Attachments, d.had = has, has, had
	e.Link = s.linkOf(before.Visibility, e.Content, pagesOf(text.mentions)...)
	d, err = s.withEmojis(ctx, d)
	return d, e, err
}

// unchanged tells whether an edit says what the post said.
func unchanged(before storage.Status, e storage.Edit) bool {
	return before.Content == e.Content && before.Source == e.Source && before.Spoiler == e.Spoiler &&
		before.Sensitive == e.Sensitive && before.Language == e.Language
}

// update is the activity that tells how a post of ours is now.
func (s *Service) update(d draft, at time.Time) vocab.Activity {
	note := s.note(d)
	key, _ := s.Store.NewID()
	return vocab.Activity{
		ID: s.Paths.Activity(d.author.Name, "update-"+ids.Format(key)), Type: "Update", Actor: d.author.URI,
		Object: &vocab.Object{ID: note.ID, Type: note.Type, Note: &note, AttributedTo: d.author.URI},
		To:     note.To, Cc: note.Cc, Updated: at,
	}
}

// change edits a post of anybody and tells those of this node whom it mentions now, and those who
// liked, boosted or answered what it was.
func (s *Service) change(ctx context.Context, tx *storage.Tx, e storage.Edit, mentioned, before []storage.Account) (storage.Status, error) {
	after, err := tx.EditStatus(ctx, e)
	if err != nil {
		return after, err
	}
	fresh := slices.DeleteFunc(slices.Clone(mentioned), func(a storage.Account) bool {
		return slices.ContainsFunc(before, func(b storage.Account) bool { return b.ID == a.ID })
	})
	if err := s.notifyMentioned(ctx, tx, after, fresh); err != nil {
		return after, err
	}
	if after.Visibility == storage.VisibilityDirect {
		if _, err := tx.PutConversation(ctx, after, accountIDs(fresh)); err != nil {
			return after, err
		}
	}
	people, err := interacted(ctx, tx.Reader, after)
	if err != nil {
		return after, err
	}
	for _, a := range people {
		if err := s.notify(ctx, tx, a, storage.NotifyUpdate, after.AccountID, after.ID); err != nil {
			return after, err
		}
	}
	return after, s.tellQuoters(ctx, tx, after)
}
