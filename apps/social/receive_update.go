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
// one that is not newer than what is here changes nothing but the counts of a poll.
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
	at := instantOfEdit(note.Updated, known)
	if same || at <= max(known.EditedAt, known.CreatedAt) {
		return s.recount(ctx, tx, known.ID, a.Poll)
	}
	return s.rewrite(ctx, tx, known, a, at)
}

// instantOfEdit is when a post was edited by another server's clock, clamped as what it edits was,
// or an edit right after it would seem no newer. Mastodon and GoToSocial tell no less than a
// second: an edit in the second of what is here came after it, so it is taken for newer.
func instantOfEdit(updated time.Time, known storage.Status) storage.Millis {
	at, before := min(storage.At(updated), storage.At(time.Now().Add(ids.AheadMax))), max(known.EditedAt, known.CreatedAt)
	if at%1000 == 0 && at == before-before%1000 {
		return before + 1
	}
	return at
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

// endAnew has voters of this node told of the end of a poll whose end another server changed.
func (s *Service) endAnew(ctx context.Context, tx *storage.Tx, status int64, p storage.Poll) error {
	voters, err := tx.VotersHere(ctx, status, 0, 1)
	if err != nil || len(voters) == 0 {
		return err
	}
	return s.endLater(ctx, tx, status, p)
}

// rewrite edits a stored post. Who may see it is decided by its first form: an edit adds those it
// mentions and never opens it.
func (s *Service) rewrite(ctx context.Context, tx *storage.Tx, known storage.Status, a arrival, at storage.Millis) error {
	before, err := mentioned(ctx, tx.Reader, known.ID)
	if err != nil {
		return err
	}
	_, err = s.change(ctx, tx, storage.Edit{
		StatusID: known.ID, Type: a.Type, URL: a.URL, Content: a.Content, Spoiler: a.Spoiler, Sensitive: a.Sensitive,
		Language: a.Language, At: at, Audience: principals(known.Visibility, known.AccountID, accountIDs(a.told)),
		Mentions: a.Mentions, Tags: a.Tags, Attachments: a.Attachments, Poll: a.Poll,
		Emojis: a.Emojis, Link: a.Link,
	}, a.told, before)
	if fault.Is(err, fault.Conflict) {
		return nil // something newer came between
	}
	if err != nil || a.Poll == nil {
		return err
	}
	return s.endAnew(ctx, tx, known.ID, *a.Poll)
}
