package social

import (
	"context"
	"slices"

	"tulou/federation"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// What other servers tell. The engine has checked that the actor said it and may speak about the
// origin of the object; what needs the database is checked here: whose a stored post is, who may
// see it, whether it was deleted. What fails a check has no effect and is no error, so that nobody
// learns from the answer what there is.
//
// Everything may come twice and in any order. Adding is unique by key; what is taken back before it
// came leaves a tombstone under the id of its activity, which is looked for before adding.

// postTypes are the types of objects that are posts.
var postTypes = []string{"Note", "Question", "Article", "Page", "Image", "Video", "Audio", "Event"}

// Handlers returns what gives activities their effects, for the table of the engine.
func (s *Service) Handlers() map[federation.Key]federation.Handler {
	table := map[federation.Key]federation.Handler{
		{Activity: "Delete", Object: "Object"}:   handler{nothing, s.applyDelete},
		{Activity: "Like", Object: "Object"}:     handler{nothing, s.applyLike},
		{Activity: "Undo", Object: "Like"}:       handler{nothing, s.applyUndoLike},
		{Activity: "Announce", Object: "Object"}: picky{handler{announced, s.applyAnnounce}, s.boostConcerns},
		{Activity: "Undo", Object: "Announce"}:   handler{nothing, s.applyUndoAnnounce},
		{Activity: "Add", Object: "Object"}:      picky{handler{pinned, s.applyAdd}, s.pinConcerns},
		{Activity: "Remove", Object: "Object"}:   handler{nothing, s.applyRemove},

		{Activity: "QuoteRequest", Object: "Object"}: picky{handler{instrument, s.applyQuoteRequest}, s.quoteConcerns},
		{Activity: "Accept", Object: "QuoteRequest"}: handler{nothing, s.quoteAnswered(true)},
		{Activity: "Reject", Object: "QuoteRequest"}: handler{nothing, s.quoteAnswered(false)},
	}
	for _, kind := range postTypes {
		table[federation.Key{Activity: "Create", Object: kind}] = picky{handler{parent, s.applyCreate}, s.postConcerns}
		table[federation.Key{Activity: "Update", Object: kind}] = picky{handler{parent, s.applyUpdate}, s.postConcerns}
	}
	return table
}

// handler is a federation.Handler made of two functions.
type handler struct {
	need  func(federation.In) []federation.Ref
	apply func(context.Context, *storage.Tx, federation.In, federation.Fetched) error
}

// Need names what has to be known before Apply.
func (h handler) Need(in federation.In) []federation.Ref { return h.need(in) }

// Apply gives an activity its effects.
func (h handler) Apply(ctx context.Context, tx *storage.Tx, in federation.In, got federation.Fetched) error {
	return h.apply(ctx, tx, in, got)
}

// picky is a handler for what is worth asking other servers about only if it concerns somebody of
// this node: else anybody could have us fetch whatever they name.
type picky struct {
	handler
	concerns func(context.Context, storage.Reader, federation.In) (bool, error)
}

// Concerns is what Apply will find, as far as it can be known before anything is fetched.
func (p picky) Concerns(ctx context.Context, r storage.Reader, in federation.In) (bool, error) {
	return p.concerns(ctx, r, in)
}

func nothing(federation.In) []federation.Ref { return nil }

// announced is the post that is boosted, which is read at its origin: what the booster says about
// it counts for nothing (A108).
func announced(in federation.In) []federation.Ref {
	return []federation.Ref{{IRI: in.Activity.ObjectID, Kind: federation.RefStatus}}
}

// parent is the post that is answered, if any.
func parent(in federation.In) []federation.Ref {
	if o := in.Activity.Object; o != nil && o.Note != nil && o.Note.InReplyTo != "" && !isVote(o.Note) {
		return []federation.Ref{{IRI: o.Note.InReplyTo, Kind: federation.RefStatus}}
	}
	return nil
}

// isVote tells whether a note is a vote in a poll: a name and nothing else (Mastodon, FEP-9967).
func isVote(n *vocab.Note) bool {
	return n.Name != "" && n.Content == "" && n.InReplyTo != "" && n.Type == "Note"
}

// ownNote returns the post in an activity if it is the actor's own, at the actor's origin.
func (s *Service) ownNote(in federation.In) (*vocab.Note, bool) {
	o := in.Activity.Object
	if o == nil || o.Note == nil || !slices.Contains(postTypes, o.Note.Type) {
		return nil, false
	}
	own := o.Note.ID != "" && o.Note.AttributedTo == in.Actor.URI && ids.SameOrigin(o.Note.ID, in.Actor.URI) && !s.Paths.Local(o.Note.ID)
	return o.Note, own
}

// applyCreate takes a post in.
func (s *Service) applyCreate(ctx context.Context, tx *storage.Tx, in federation.In, got federation.Fetched) error {
	note, own := s.ownNote(in)
	if !own {
		return nil
	}
	if isVote(note) {
		return s.applyVote(ctx, tx, in, note)
	}
	known, err := tx.StatusByURI(ctx, note.ID)
	if err == nil {
		return s.takeAgain(ctx, tx, in, known)
	}
	if !fault.Is(err, fault.NotFound) {
		return err
	}
	return s.take(ctx, tx, in, note, got)
}

// take stores a post that is new here, if it concerns anybody of this node, and what it answers.
func (s *Service) take(ctx context.Context, tx *storage.Tx, in federation.In, note *vocab.Note, got federation.Fetched) error {
	if gone, err := s.deletedBy(ctx, tx, note.ID, in.Actor.URI); err != nil || gone {
		return err
	}
	a, err := s.arrivalOf(ctx, tx, note, in)
	if err != nil {
		return err
	}
	if concerns, err := s.concerns(ctx, tx.Reader, a.local, note, in); err != nil || !concerns {
		return err
	}
	if err := s.takeParent(ctx, tx, note, got); err != nil {
		return err
	}
	posted, err := s.store(ctx, tx, a.NewStatus, a.told)
	if fault.Is(err, fault.Conflict) { // somebody else's activity had it fetched just now
		if posted, err = tx.StatusByURI(ctx, note.ID); err == nil {
			return s.takeAgain(ctx, tx, in, posted)
		}
	}
	if err != nil {
		return err
	}
	if err := s.inquire(ctx, tx, posted.ID, a.Quote, 0); err != nil {
		return err
	}
	return s.admit(ctx, tx, posted, in.Recipient)
}

// admit lets the owner of the personal inbox that a direct post came to see it, who may be
// addressed in bto or bcc, which nobody else sees.
func (s *Service) admit(ctx context.Context, tx *storage.Tx, posted storage.Status, recipient int64) error {
	if recipient == 0 || posted.Visibility != storage.VisibilityDirect {
		return nil
	}
	if err := tx.AddAudience(ctx, posted.ID, recipient); err != nil {
		return err
	}
	_, err := tx.PutConversation(ctx, posted, []int64{recipient})
	return err
}

// takeAgain is for a post that is known: because it was fetched before its Create came, or because
// it comes to another personal inbox, whose owner then sees it, too.
func (s *Service) takeAgain(ctx context.Context, tx *storage.Tx, in federation.In, known storage.Status) error {
	if known.AccountID != in.Actor.ID {
		return nil
	}
	if err := s.admit(ctx, tx, known, in.Recipient); err != nil || in.Again {
		return err
	}
	mentioned, err := mentioned(ctx, tx.Reader, known.ID)
	if err != nil {
		return err
	}
	return s.spread(ctx, tx, known, mentioned)
}

// concerns tells whether a post that came unasked is for somebody of this node: it came to a
// personal inbox, names one of our people, answers something known here, quotes something of this
// node, or is by somebody whom one of us follows. Anything else is what relays and spammers send to
// shared inboxes.
func (s *Service) concerns(ctx context.Context, r storage.Reader, names bool, note *vocab.Note, in federation.In) (bool, error) {
	if in.Recipient != 0 || names {
		return true, nil
	}
	if note.InReplyTo != "" {
		if _, err := r.StatusIDByURI(ctx, note.InReplyTo); !fault.Is(err, fault.NotFound) {
			return err == nil, err
		}
	}
	if quotes, err := s.quotesHere(ctx, r, note); err != nil || quotes {
		return quotes, err
	}
	return r.FollowedHere(ctx, in.Actor.ID)
}

// postConcerns is concerns for a Create or Update before what it needs is there. One that only
// names its post is judged by whom it is addressed to. An edit of a known post is worth fetching,
// and nothing else is if it came whole.
func (s *Service) postConcerns(ctx context.Context, r storage.Reader, in federation.In) (bool, error) {
	note := &vocab.Note{To: in.Activity.To, Cc: in.Activity.Cc}
	if o := in.Activity.Object; o != nil && o.Note != nil {
		note = addressedNote(o.Note, in)
	}
	named, err := s.named(ctx, r, note)
	if err != nil {
		return false, err
	}
	if in.Activity.Type == "Update" {
		if _, err := r.StatusIDByURI(ctx, in.Activity.ObjectID); !fault.Is(err, fault.NotFound) {
			return err == nil && in.Activity.Object == nil, err
		}
	}
	return s.concerns(ctx, r, named.here(), note, in)
}

// deletedBy tells whether something was deleted, or taken back before it came, by an actor (A114).
// The word of another actor of the same server does not count: it could be used to keep posts out.
func (s *Service) deletedBy(ctx context.Context, tx *storage.Tx, uri, actor string) (bool, error) {
	t, err := tx.Tombstone(ctx, uri)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return t.AccountURI == actor, err
}
