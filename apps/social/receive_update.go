package social

import (
	"context"
	"slices"
	"time"

	"tulou/federation"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// applyUpdate edits a post that its author changed. Owner, id and kind stay what they are (A112);
// one that is no newer than what is here changes nothing but the counts of a poll, and one that is
// older not even those.
func (s *Service) applyUpdate(ctx context.Context, tx *storage.Tx, in federation.In, got federation.Fetched) error {
	note, own := s.ownNote(in)
	if !own || isVote(note) {
		return nil
	}
	known, err := tx.StatusByURI(ctx, note.ID)
	if fault.Is(err, fault.NotFound) {
		return s.take(ctx, tx, in, note, got)
	}
	if err != nil {
		return err
	}
	if known.AccountID != in.Actor.ID || known.BoostOfID != 0 {
		return nil
	}
	a, err := s.arrivalOf(ctx, tx, note, in)
	if err != nil {
		return err
	}
	same, err := s.sameAs(ctx, tx, known, a)
	if err != nil {
		return err
	}
	at, before := instantOfEdit(note.Updated, known), lastWritten(known)
	if at < before {
		return nil
	}
	if err := s.requote(ctx, tx, known, a.Quote); err != nil {
		return err
	}
	if known.QuotePolicy != a.QuotePolicy {
		if _, _, err := tx.SetQuotePolicy(ctx, known.ID, policyOf(note, in.Actor, known.Visibility)); err != nil {
			return err
		}
	}
	if !same && at > before {
		older, err := replaced(ctx, tx, known, a, at)
		if err != nil || older {
			return err
		}
		return s.rewrite(ctx, tx, known, a, at)
	}
	return s.recountGrown(ctx, tx, known.ID, a.Poll)
}

// lastWritten is when a post got the text it has.
func lastWritten(known storage.Status) storage.Millis { return max(known.EditedAt, known.CreatedAt) }

// instantOfEdit is when a post was edited by another server's clock, clamped as what it edits was,
// or an edit right after it would seem no newer; one that does not say was never edited. Mastodon
// and GoToSocial tell no less than a second: an edit in the second of what is here came after it,
// so it is taken for newer, unless its author's server told parts of a second before.
func instantOfEdit(updated time.Time, known storage.Status) storage.Millis {
	if updated.IsZero() {
		return known.CreatedAt
	}
	at, before := min(storage.At(updated), storage.At(time.Now().Add(ids.AheadMax))), lastWritten(known)
	if wholeSeconds(at) && wholeSeconds(known.CreatedAt) && at == before-before%1000 {
		return before + 1
	}
	return at
}

func wholeSeconds(at storage.Millis) bool { return at%1000 == 0 }

// replaced tells whether an arrival of the same second as what is here says what was replaced in
// that second: the older one of two edits, for the second time.
func replaced(ctx context.Context, tx *storage.Tx, known storage.Status, a arrival, at storage.Millis) (bool, error) {
	if before := lastWritten(known); at != before+1 {
		return false, nil
	}
	versions, err := tx.Edits(ctx, known.ID)
	return slices.ContainsFunc(versions, func(v storage.Version) bool {
		return v.CreatedAt/1000 == at/1000 && v.Content == a.Content && v.Spoiler == a.Spoiler && v.Sensitive == a.Sensitive &&
			slices.EqualFunc(v.Media, a.Attachments, func(x storage.VersionMedia, y storage.Attachment) bool { return x.Description == y.Description })
	}), err
}

// sameAs tells whether an arrival says what is stored.
func (s *Service) sameAs(ctx context.Context, tx *storage.Tx, known storage.Status, a arrival) (bool, error) {
	if known.Content != a.Content || known.Spoiler != a.Spoiler || known.Sensitive != a.Sensitive ||
		known.Language != a.Language || known.Type != a.Type {
		return false, nil
	}
	poll, err := pollAt(ctx, tx.Reader, known.ID)
	if err != nil || (poll == nil) != (a.Poll == nil) || poll != nil && !poll.SameQuestion(*a.Poll) {
		return false, err
	}
	stored, err := tx.Attachments(ctx, []int64{known.ID})
	return err == nil && slices.EqualFunc(stored[known.ID], a.Attachments, func(x, y storage.Attachment) bool {
		return x.RemoteURL == y.RemoteURL && x.Description == y.Description
	}), err
}

// recount takes the counts of a poll from the author's server, if the poll is the same.
func (s *Service) recount(ctx context.Context, tx *storage.Tx, status int64, newer *storage.Poll) error {
	stored, err := tx.LockPoll(ctx, status)
	if err != nil || newer == nil || !stored.SameQuestion(*newer) {
		return absentIsNothing(err)
	}
	if err := tx.PutPoll(ctx, status, *newer); err != nil || stored.ExpiresAt == newer.ExpiresAt {
		return err
	}
	return s.endAnew(ctx, tx, status, *newer)
}

// recountGrown is recount for counts that somebody sent, in whatever order they arrive. Votes are
// only added, so what has fewer is older; if votes were taken back, asking its origin tells.
func (s *Service) recountGrown(ctx context.Context, tx *storage.Tx, status int64, newer *storage.Poll) error {
	stored, err := tx.LockPoll(ctx, status)
	if err != nil || newer == nil || !stored.SameQuestion(*newer) || newer.Voters < stored.Voters {
		return absentIsNothing(err)
	}
	for i, o := range stored.Options {
		if newer.Options[i].Votes < o.Votes {
			return nil
		}
	}
	return s.recount(ctx, tx, status, newer)
}

// endAnew has voters of this node told of the end of a poll whose end another server changed.
func (s *Service) endAnew(ctx context.Context, tx *storage.Tx, status int64, p storage.Poll) error {
	voters, err := tx.VotersHere(ctx, status, 0, 1)
	if err != nil || len(voters) == 0 {
		return err
	}
	return s.endLater(ctx, tx, status, p)
}

// rewrite edits a stored post. Who may see it is decided by its first form: an edit adds those it
// mentions and never opens it, whatever it says of itself, so the page that a post which is not
// open links to is not asked for either.
func (s *Service) rewrite(ctx context.Context, tx *storage.Tx, known storage.Status, a arrival, at storage.Millis) error {
	before, err := mentioned(ctx, tx.Reader, known.ID)
	if err != nil {
		return err
	}
	link := a.Link
	if !isOpen(known.Visibility) {
		link = ""
	}
	_, err = s.change(ctx, tx, storage.Edit{
		StatusID: known.ID, Type: a.Type, URL: a.URL, Content: a.Content, Spoiler: a.Spoiler, Sensitive: a.Sensitive,
		Language: a.Language, At: at, Audience: principals(known.Visibility, known.AccountID, accountIDs(a.told)),
		Mentions: a.Mentions, Tags: a.Tags, Attachments: a.Attachments, Poll: a.Poll,
		Emojis: a.Emojis, Link: link,
	}, a.told, before)
	if fault.Is(err, fault.Conflict) {
		return nil // something newer came between
	}
	if err != nil || a.Poll == nil {
		return err
	}
	return s.endAnew(ctx, tx, known.ID, *a.Poll)
}
