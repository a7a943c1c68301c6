package social

import (
	"context"
	"encoding/json"
	"time"

	"tulou/federation"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/vocab"
	"tulou/storage"
)

const (
	// quotesDeep is how far quotes of quotes are fetched: one level is shown, and a server could make
	// an endless chain (A064).
	quotesDeep = 2
	// consentFresh is how old a consent may be before it is asked for again when somebody looks, as
	// FEP-044f wants ("Opportunistic re-verification"): its end may have been told to others only.
	consentFresh = 7 * 24 * time.Hour
	// consentAgain is how long after an answer that was none it is asked for again when somebody
	// looks.
	consentAgain = time.Hour
	// consentsAtOnce is how many consents are asked for again when somebody looks at a thread: each
	// is a request to a server that whoever quotes chose, and looking costs one.
	consentsAtOnce = 20
)

// quoteIn reads what a post of an author quotes. It is pending but for a quote of oneself: what the
// post says of consent is asked for at its origin (A102). Consent of another origin than the quoted
// post's is none.
func (s *Service) quoteIn(ctx context.Context, r storage.Reader, note *vocab.Note, author storage.Account) (*storage.Quote, error) {
	if note.Quote == "" || note.Quote == note.ID {
		return nil, nil
	}
	q := &storage.Quote{AccountID: author.ID, QuotedURI: note.Quote, State: storage.QuotePending}
	if ids.SameOrigin(note.QuoteConsent, note.Quote) && !s.Paths.Local(note.Quote) {
		q.ConsentURI = note.QuoteConsent
	}
	quoted, err := r.StatusByURI(ctx, note.Quote)
	if err != nil || quoted.BoostOfID != 0 {
		return q, absentIsNothing(err)
	}
	q.QuotedID, q.QuotedAccountID = quoted.ID, quoted.AccountID
	if quoted.AccountID == author.ID {
		q.State = storage.QuoteAccepted
	}
	return q, nil
}

// quotesHere tells whether a post quotes one of this node.
func (s *Service) quotesHere(ctx context.Context, r storage.Reader, note *vocab.Note) (bool, error) {
	if note.Quote == "" || !s.Paths.Local(note.Quote) {
		return false, nil
	}
	_, err := r.StatusIDByURI(ctx, note.Quote)
	return err == nil, absentIsNothing(err)
}

type quoteJob struct {
	Status int64 `json:"status"`
	Depth  int   `json:"depth"` // how many posts quote each other above it
}

// inquire has a quote looked into that is not decided here.
func (s *Service) inquire(ctx context.Context, tx *storage.Tx, status int64, q *storage.Quote, depth int) error {
	if q == nil || s.Paths.Local(q.QuotedURI) || depth > quotesDeep || q.QuotedID != 0 && (q.State != storage.QuotePending || q.ConsentURI == "") {
		return nil
	}
	return tx.Enqueue(ctx, storage.Job{Queue: QueueWork, Lane: jobQuote + " " + ids.Format(status), Kind: jobQuote,
		Payload: storage.MarshalPayload(quoteJob{status, depth})})
}

// runQuote fetches what a post quotes, if it is not known, and asks whether its author agreed.
func (s *Service) runQuote(ctx context.Context, job storage.Job) error {
	var j quoteJob
	if err := json.Unmarshal(job.Payload, &j); err != nil {
		return err
	}
	q, err := s.Store.QuoteOf(ctx, j.Status)
	if err != nil {
		return absentIsNothing(err)
	}
	if q.QuotedID == 0 && q.State == storage.QuotePending {
		if err := s.fetchQuoted(ctx, q, j.Depth); err != nil {
			return err
		}
		if q, err = s.Store.QuoteOf(ctx, j.Status); err != nil {
			return absentIsNothing(err)
		}
	}
	if q.QuotedID == 0 || q.ConsentURI == "" || q.Refused() {
		return nil
	}
	said, err := s.askConsent(ctx, q)
	if err != nil {
		return absentIsNothing(err)
	}
	return s.Store.Tx(ctx, func(tx *storage.Tx) error { return s.noteConsent(ctx, tx, q, said) })
}

// fetchQuoted brings what a post quotes. What cannot be had is no error, but for a server that does
// not answer just now.
func (s *Service) fetchQuoted(ctx context.Context, q storage.Quote, depth int) error {
	object, err := s.Finder.Object(ctx, q.QuotedURI)
	if err == nil {
		_, err = s.keepQuoted(ctx, object, depth+1)
	}
	if fault.Is(err, fault.Unavailable) {
		return err
	}
	if err != nil {
		s.Log.Debug("what a post quotes is not to be had", "err", err)
	}
	return nil
}

// answer is what came of asking for consent.
type answer int

const (
	silent answer = iota // whether there is consent did not become known
	agreed
	denied
)

// askConsent asks the quoted author's server whether what a post names as their consent is that:
// served under its own id by the origin of the quoted post, said by its author, about these two
// posts. The fault is Unavailable if the server does not answer just now.
func (s *Service) askConsent(ctx context.Context, q storage.Quote) (answer, error) {
	quoting, err := s.Store.StatusByID(ctx, q.StatusID)
	if err != nil {
		return silent, err
	}
	author, err := s.Store.AccountByID(ctx, q.QuotedAccountID)
	if err != nil {
		return silent, err
	}
	object, err := s.Finder.Object(ctx, q.ConsentURI)
	switch {
	case fault.Is(err, fault.NotFound) || fault.Is(err, fault.Gone):
		return denied, nil
	case fault.Is(err, fault.Unavailable):
		return silent, err
	case err != nil:
		return silent, nil
	case object.Consent == nil:
		return denied, nil
	}
	c := object.Consent
	if c.ID == q.ConsentURI && ids.SameOrigin(c.ID, author.URI) && c.AttributedTo == author.URI && c.Quoting == quoting.URI && c.Quoted == q.QuotedURI {
		return agreed, nil
	}
	return denied, nil
}

// noteConsent writes down what became of asking. A first answer that is no consent leaves the quote
// pending, so that a later one counts; one that was consent before is revoked.
func (s *Service) noteConsent(ctx context.Context, tx *storage.Tx, asked storage.Quote, said answer) error {
	q, err := tx.LockQuote(ctx, asked.StatusID)
	if err != nil || q.ConsentURI != asked.ConsentURI || q.QuotedID != asked.QuotedID || q.Refused() {
		return absentIsNothing(err)
	}
	switch {
	case said == agreed:
		q.State = storage.QuoteAccepted
	case said == denied && q.State == storage.QuoteAccepted:
		q.State = storage.QuoteRevoked
	}
	q.CheckedAt = storage.Now()
	_, err = tx.PutQuote(ctx, q)
	return err
}

// refreshQuotes has the consent asked for again of posts that somebody looks at, if it is old.
func (s *Service) refreshQuotes(ctx context.Context, posts []storage.Status) error {
	seen := make([]int64, len(posts))
	for i, p := range posts {
		seen[i] = p.ID
	}
	quotes, err := s.Store.QuotesBy(ctx, seen)
	if err != nil || len(quotes) == 0 {
		return err
	}
	now, asked := time.Now(), 0
	for _, q := range quotes {
		after := consentAgain
		if q.State == storage.QuoteAccepted {
			after = consentFresh
		}
		undecided := q.State == storage.QuotePending || q.State == storage.QuoteAccepted
		if !undecided || q.ConsentURI == "" || s.Paths.Local(q.QuotedURI) || q.CheckedAt > storage.At(now.Add(-after)) {
			continue
		}
		if asked++; asked > consentsAtOnce {
			return nil // the others another time
		}
		if err := s.Store.Tx(ctx, func(tx *storage.Tx) error {
			return tx.Schedule(ctx, storage.Job{Queue: QueueWork, Lane: jobQuote + " " + ids.Format(q.StatusID), Kind: jobQuote,
				Payload: storage.MarshalPayload(quoteJob{q.StatusID, quotesDeep})})
		}); err != nil {
			return err
		}
	}
	return nil
}

// requote takes what an edited post of another server quotes now. What this node said itself about
// a quote of one of its posts stands, whatever the edit says; and where that was no, the post
// quotes nothing else any more, or the no would be gone with what it quoted.
func (s *Service) requote(ctx context.Context, tx *storage.Tx, known storage.Status, now *storage.Quote) error {
	before, err := tx.LockQuote(ctx, known.ID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	had := err == nil
	switch {
	case had && before.Refused() && s.Paths.Local(before.QuotedURI):
		return nil
	case now == nil && !had, now != nil && before.QuotedURI == now.QuotedURI && (before.ConsentURI == now.ConsentURI || s.Paths.Local(now.QuotedURI)):
		return nil
	case now == nil:
		if err := tx.DeleteQuote(ctx, known.ID); err != nil {
			return err
		}
		return tx.DeleteNotification(ctx, storage.Notification{
			AccountID: before.QuotedAccountID, Type: storage.NotifyQuote, FromID: known.AccountID, StatusID: known.ID})
	case before.QuotedURI == now.QuotedURI && before.Refused() && now.ConsentURI == "",
		before.QuotedURI == now.QuotedURI && before.QuotedAccountID == before.AccountID:
		return nil
	}
	after := *now
	after.StatusID = known.ID
	if _, err := tx.PutQuote(ctx, after); err != nil {
		return err
	}
	return s.inquire(ctx, tx, known.ID, &after, 0)
}

// instrument is the post that is to quote, if it did not come whole.
func instrument(in federation.In) []federation.Ref {
	if in.Activity.Quoting != nil {
		return nil
	}
	return []federation.Ref{{IRI: in.Activity.Instrument, Kind: federation.RefStatus}}
}

// quoteConcerns tells whether somebody asks to quote a post of this node.
func (s *Service) quoteConcerns(ctx context.Context, r storage.Reader, in federation.In) (bool, error) {
	return s.quotesHere(ctx, r, &vocab.Note{Quote: in.Activity.ObjectID})
}

// applyQuoteRequest answers whoever asks to quote a post of this node: by the author's policy, and
// again the same if they ask again. About what is not for everybody nothing is said, as if it did
// not exist.
func (s *Service) applyQuoteRequest(ctx context.Context, tx *storage.Tx, in federation.In, got federation.Fetched) error {
	quoted, err := tx.StatusByURI(ctx, in.Activity.ObjectID)
	if err != nil || !quoted.Local || quoted.BoostOfID != 0 || !isOpen(quoted.Visibility) || in.Again {
		return absentIsNothing(err)
	}
	author, err := tx.AccountByID(ctx, quoted.AccountID)
	if err != nil || author.Hidden {
		return err
	}
	accept, err := s.accepts(ctx, tx, in, quoted)
	if err != nil {
		return err
	}
	if accept {
		if err := s.takeQuoting(ctx, tx, in, got); err != nil {
			return err
		}
	}
	quoting, err := tx.StatusByURI(ctx, in.Activity.Instrument)
	if fault.Is(err, fault.NotFound) && !accept {
		return s.answerQuote(ctx, tx, in, author, "")
	}
	if err != nil || quoting.AccountID != in.Actor.ID {
		return absentIsNothing(err)
	}
	q, err := tx.LockQuote(ctx, quoting.ID)
	if err != nil || q.QuotedID != quoted.ID {
		return absentIsNothing(err)
	}
	return s.decideQuote(ctx, tx, in, quoting, q, author, accept && !q.Refused())
}

// accepts tells whether the policy of a post lets the actor quote it, who may see it.
func (s *Service) accepts(ctx context.Context, tx *storage.Tx, in federation.In, quoted storage.Status) (bool, error) {
	sees, err := tx.CanSee(ctx, in.Actor.ID, quoted.ID)
	if err != nil || !sees {
		return false, err
	}
	verdict, err := s.mayQuote(ctx, tx.Reader, in.Actor.ID, quoted)
	return verdict == storage.MayQuote, err
}

// takeQuoting stores the post that is to quote, if it is new here and says that it quotes what is
// asked for.
func (s *Service) takeQuoting(ctx context.Context, tx *storage.Tx, in federation.In, got federation.Fetched) error {
	object := in.Activity.Quoting
	if object == nil {
		object = got.Objects[in.Activity.Instrument]
	}
	if object == nil || object.Note == nil || object.Note.Quote != in.Activity.ObjectID || object.ID != in.Activity.Instrument {
		return nil
	}
	create := *in.Activity
	create.Type, create.Object, create.To, create.Cc = "Create", object, object.Note.To, object.Note.Cc
	in.Activity = &create
	note, own := s.ownNote(in)
	if !own || isVote(note) {
		return nil
	}
	if _, err := tx.StatusIDByURI(ctx, note.ID); !fault.Is(err, fault.NotFound) {
		return err
	}
	return s.take(ctx, tx, in, note, got)
}

// decideQuote writes down what the author says to a quote, tells them, and answers.
func (s *Service) decideQuote(ctx context.Context, tx *storage.Tx, in federation.In, quoting storage.Status, q storage.Quote,
	author storage.Account, accept bool,
) error {
	q.RequestURI = in.Activity.ID
	if !accept {
		if q.State == storage.QuotePending {
			q.State = storage.QuoteRejected
		}
		if q.State == storage.QuoteAccepted { // the policy is another one now; what was agreed stays
			return s.answerQuote(ctx, tx, in, author, q.ConsentURI)
		}
		if _, err := tx.PutQuote(ctx, q); err != nil {
			return err
		}
		return s.answerQuote(ctx, tx, in, author, "")
	}
	again := q.State == storage.QuoteAccepted
	q.State, q.ConsentURI = storage.QuoteAccepted, s.Paths.QuoteAuthorization(author.Name, quoting.ID)
	if _, err := tx.PutQuote(ctx, q); err != nil {
		return err
	}
	if again { // or who dismissed the notification would get it as often as somebody asks
		return s.answerQuote(ctx, tx, in, author, q.ConsentURI)
	}
	if !isOpen(quoting.Visibility) { // or its author could not see what is made of their words
		if err := tx.AddAudience(ctx, quoting.ID, author.ID); err != nil {
			return err
		}
	}
	if err := s.notify(ctx, tx, author, storage.NotifyQuote, quoting.AccountID, quoting.ID); err != nil {
		return err
	}
	return s.answerQuote(ctx, tx, in, author, q.ConsentURI)
}

// answerQuote tells who asked what the author says: Accept with the consent, or Reject.
func (s *Service) answerQuote(ctx context.Context, tx *storage.Tx, in federation.In, author storage.Account, consent string) error {
	asked := in.Activity
	answer := vocab.Activity{Type: "Reject", Actor: author.URI, To: []string{in.Actor.URI}, ResultID: consent,
		Inner: &vocab.Activity{ID: asked.ID, Type: asked.Type, Actor: in.Actor.URI, ObjectID: asked.ObjectID, Instrument: asked.Instrument}}
	if consent != "" {
		answer.Type = "Accept"
	}
	out, err := s.Sender.Prepare(ctx, author, answer)
	if err != nil {
		return err
	}
	return out.Send(ctx, tx)
}

// quoteAnswered handles Accept and Reject of a QuoteRequest that one of us sent. Yes counts once,
// and no for good: each answer that counts is told to everybody who has the post, so that a server
// could make us send to all of them as often as it likes.
func (s *Service) quoteAnswered(accept bool) func(context.Context, *storage.Tx, federation.In, federation.Fetched) error {
	return func(ctx context.Context, tx *storage.Tx, in federation.In, _ federation.Fetched) error {
		asked, err := tx.QuoteByRequest(ctx, in.Activity.ObjectID)
		if err != nil || in.Again {
			return absentIsNothing(err)
		}
		q, err := tx.LockQuote(ctx, asked.StatusID)
		if err != nil || !s.Paths.Local(q.RequestURI) || q.QuotedAccountID != in.Actor.ID {
			return absentIsNothing(err)
		}
		consent := in.Activity.ResultID
		switch {
		case accept && q.State == storage.QuotePending && ids.SameOrigin(consent, in.Actor.URI):
			q.State, q.ConsentURI, q.CheckedAt = storage.QuoteAccepted, consent, storage.Now()
		case !accept && q.State == storage.QuoteAccepted:
			q.State = storage.QuoteRevoked
		case !accept && q.State == storage.QuotePending:
			q.State = storage.QuoteRejected
		default:
			return nil // no consent that anybody could ask for, or nothing that was not answered
		}
		if _, err := tx.PutQuote(ctx, q); err != nil {
			return err
		}
		return s.tellPost(ctx, tx, q.StatusID)
	}
}

// consentDeleted takes back what the deletion of a consent by its author makes void, and passes it
// on to those who have the post (FEP-044f, "Handling a revocation"). If somebody else of their
// server deleted it, that is asked.
func (s *Service) consentDeleted(ctx context.Context, tx *storage.Tx, in federation.In) error {
	quotes, err := tx.QuotesByConsent(ctx, in.Activity.ObjectID)
	if err != nil {
		return err
	}
	for _, q := range quotes {
		if q.QuotedAccountID != in.Actor.ID {
			if err := tx.Enqueue(ctx, storage.Job{Queue: QueueWork, Lane: jobQuote + " " + ids.Format(q.StatusID), Kind: jobQuote,
				Payload: storage.MarshalPayload(quoteJob{q.StatusID, quotesDeep})}); err != nil {
				return err
			}
			continue
		}
		changed, err := s.endQuote(ctx, tx, q.StatusID, q.QuotedID)
		if err != nil {
			return err
		}
		if changed {
			if err := s.passOn(ctx, tx, q.StatusID, in); err != nil {
				return err
			}
		}
	}
	return nil
}

// passOn forwards an activity to those who got a post, if it is of somebody of this node.
func (s *Service) passOn(ctx context.Context, tx *storage.Tx, status int64, in federation.In) error {
	posted, err := tx.StatusByID(ctx, status)
	if err != nil || !posted.Local || len(in.Activity.Raw) == 0 {
		return err
	}
	author, err := tx.AccountByID(ctx, posted.AccountID)
	if err != nil {
		return err
	}
	named, err := mentioned(ctx, tx.Reader, status)
	if err != nil {
		return err
	}
	to, cc := addressed(posted.Visibility, author.Followers, accountURIs(named))
	return s.Sender.Forward(author, in.Activity.Raw, append(to, cc...)...).Send(ctx, tx)
}
