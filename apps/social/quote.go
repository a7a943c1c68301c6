package social

import (
	"context"
	"encoding/json"
	"slices"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/markup"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// Quotes with the consent of whoever is quoted (FEP-044f). A post that quotes asks the quoted
// author with a QuoteRequest; the answer names a QuoteAuthorization, which the author's server
// serves and every other server asks for before it shows what is quoted. Who may see what is quoted
// is asked of the one predicate when it is shown, whatever was agreed.

// quotersMax bounds how many of those who quote a post are told that it was edited or deleted, for
// the reason of interactedMax.
const quotersMax = interactedMax

// withQuote makes a draft quote a post. What is for followers is quoted by its author alone, and to
// no more people than that; who is quoted in a direct post is one of those it is for. Faults:
// NotFound for what its author may not see, Forbidden for what they may not quote, Unprocessable.
func (s *Service) withQuote(ctx context.Context, d *draft, p *NewPost, id int64) error {
	if p.QuotedID == 0 {
		return nil
	}
	quoted, author, err := s.target(ctx, d.author, p.QuotedID)
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.NotFound, "The post you are trying to quote does not exist")
	}
	if err != nil {
		return err
	}
	verdict, err := s.mayQuote(ctx, s.Store.Reader, d.author.ID, quoted)
	if err != nil {
		return err
	}
	if verdict != storage.MayQuote && verdict != storage.MayAskQuote {
		return fault.New(fault.Forbidden, "The author of this post does not let you quote it")
	}
	if !isOpen(quoted.Visibility) && isOpen(p.Visibility) {
		p.Visibility = storage.VisibilityPrivate
	}
	own := author.ID == d.author.ID
	named := slices.ContainsFunc(d.mentions, func(a storage.Account) bool { return a.ID == author.ID })
	if p.Visibility == storage.VisibilityDirect && !own && !named {
		return fault.New(fault.Unprocessable, "Validation failed: a direct post has to mention whom it quotes")
	}
	d.quoted, d.quotedAuthor = quoted, author
	d.Quote = &storage.Quote{StatusID: id, AccountID: d.author.ID, State: storage.QuotePending,
		QuotedID: quoted.ID, QuotedURI: quoted.URI, QuotedAccountID: author.ID}
	switch {
	case own: // needs nobody's consent, and no stamp
		d.Quote.State = storage.QuoteAccepted
	case !author.Local():
		d.Quote.RequestURI = s.Paths.Activity(d.author.Name, "quote-"+ids.Format(id))
	case verdict == storage.MayQuote:
		d.Quote.State, d.Quote.ConsentURI = storage.QuoteAccepted, s.Paths.QuoteAuthorization(author.Name, id)
	}
	return nil
}

// mayQuote returns what the policy of a post that somebody may see means for them.
func (s *Service) mayQuote(ctx context.Context, r storage.Reader, who int64, quoted storage.Status) (string, error) {
	switch {
	case quoted.Visibility == storage.VisibilityDirect || quoted.BoostOfID != 0:
		return storage.MayNotQuote, nil
	case quoted.AccountID == who:
		return storage.MayQuote, nil
	case !isOpen(quoted.Visibility):
		return storage.MayNotQuote, nil
	}
	found, err := r.Relationships(ctx, who, []int64{quoted.AccountID})
	to := found[quoted.AccountID]
	return quoted.QuotePolicy.For(to.Following, to.FollowedBy), err
}

// policyFor is the policy that somebody chose for a post; "" is everybody. Posts that are not for
// everybody are quoted by their author alone, as on Mastodon.
func policyFor(name, visibility string) (storage.QuotePolicy, error) {
	if name == "" {
		name = storage.QuotableByAll
	}
	policy, ok := storage.QuotePolicyNamed(name)
	if !ok {
		return 0, fault.New(fault.Unprocessable, "Validation failed: Quote approval policy is not one of public, followers and nobody")
	}
	if !isOpen(visibility) {
		policy = 0
	}
	return policy, nil
}

// policyOf reads the policy of another server's post.
func policyOf(note *vocab.Note, author storage.Account, visibility string) (policy storage.QuotePolicy) {
	if note.Policy == nil || !isOpen(visibility) {
		return 0
	}
	groups := func(list []string) (found storage.QuotePolicy) {
		for _, iri := range list {
			switch iri {
			case vocab.Public:
				found |= storage.QuoteByAll
			case author.Followers:
				found |= storage.QuoteByFollowers
			case author.Following:
				found |= storage.QuoteByFollowing
			case author.URI:
			default:
				found |= storage.QuoteByOthers
			}
		}
		return found
	}
	return groups(note.Policy.Automatic) | groups(note.Policy.Manual).OnAsking()
}

// policyNote is how other servers see the policy of a post of ours. Nobody is said as the author
// alone, since an empty list is none (FEP-044f, "Advertising a quote policy").
func policyNote(policy storage.QuotePolicy, author storage.Account) *vocab.QuotePolicy {
	switch {
	case policy.Automatic()&storage.QuoteByAll != 0:
		return &vocab.QuotePolicy{Automatic: []string{vocab.Public}}
	case policy.Automatic()&storage.QuoteByFollowers != 0:
		return &vocab.QuotePolicy{Automatic: []string{author.Followers}}
	}
	return &vocab.QuotePolicy{Automatic: []string{author.URI}}
}

// quoting is the HTML of a post with the address of what it quotes before it, for programs that
// know no quotes; others leave the paragraph out by its class (FEP-044f, "Backward compatibility").
func quoting(html string, quoted storage.Status) string {
	page := quoted.URL
	if page == "" {
		page = quoted.URI
	}
	hrefs := markup.Hrefs(html)
	if quoted.ID == 0 || slices.Contains(hrefs, page) || slices.Contains(hrefs, quoted.URI) {
		return html
	}
	return markup.QuoteLink(page) + html
}

// quoteRequest asks the quoted author of another server, and shows them the post, which may not be
// for everybody.
func (s *Service) quoteRequest(d draft) vocab.Activity {
	note := s.note(d)
	return vocab.Activity{
		ID: d.Quote.RequestURI, Type: "QuoteRequest", Actor: d.author.URI, ObjectID: d.Quote.QuotedURI, Instrument: note.ID,
		Quoting:   &vocab.Object{ID: note.ID, Type: note.Type, Known: true, Note: &note, AttributedTo: d.author.URI},
		Published: note.Published, To: []string{d.quotedAuthor.URI},
	}
}

// asksToQuote tells whether somebody of another server has to be asked.
func (d draft) asksToQuote() bool {
	return d.Quote != nil && d.Quote.State == storage.QuotePending && !d.quotedAuthor.Local()
}

// SetQuotePolicy changes who may quote a post of one's own, by one of storage's names, and returns
// it. Quotes that were accepted stay. Faults: NotFound for posts of others, Unprocessable.
func (s *Service) SetQuotePolicy(ctx context.Context, author storage.Account, id int64, name string) (storage.Status, error) {
	posted, err := s.own(ctx, author, id)
	if err != nil {
		return posted, err
	}
	if posted.BoostOfID != 0 {
		return posted, fault.New(fault.Unprocessable, "Validation failed: a boost cannot be quoted")
	}
	policy, err := policyFor(name, posted.Visibility)
	if err != nil {
		return posted, err
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		changed := false
		if posted, changed, err = tx.SetQuotePolicy(ctx, id, policy); err != nil || !changed {
			return err
		}
		return s.tellPost(ctx, tx, id)
	})
	return posted, err
}

// RevokeQuote takes back that a post of one's own may be quoted by another, for good, and returns
// that one. Faults: NotFound if there is no such quote, Forbidden for quotes of others' posts.
func (s *Service) RevokeQuote(ctx context.Context, author storage.Account, quoted, quoting int64) (storage.Status, error) {
	posted, err := s.Status(ctx, author.ID, quoted)
	if err != nil {
		return posted, err
	}
	if posted.AccountID != author.ID {
		return posted, fault.New(fault.Forbidden, "This action is not allowed")
	}
	q, err := s.Store.QuoteOf(ctx, quoting)
	if err != nil || q.QuotedID != quoted {
		return posted, fault.New(fault.NotFound, "Record not found")
	}
	by, err := s.Store.AccountByID(ctx, q.AccountID)
	if err != nil {
		return posted, err
	}
	readers, err := s.quotedReaders(ctx, posted)
	if err != nil {
		return posted, err
	}
	out, err := s.Sender.Prepare(ctx, author, vocab.Activity{
		ID: s.Paths.Activity(author.Name, "revoke-"+ids.Format(quoting)), Type: "Delete", Actor: author.URI,
		ObjectID: s.Paths.QuoteAuthorization(author.Name, quoting), To: []string{vocab.Public}, Cc: []string{author.Followers, by.URI},
	}, readers...)
	if err != nil {
		return posted, err
	}
	err = s.Store.Tx(ctx, func(tx *storage.Tx) error {
		changed, err := s.endQuote(ctx, tx, quoting, quoted)
		if err != nil || !changed || by.ID == author.ID {
			return err
		}
		if err := tx.DeleteNotification(ctx, storage.Notification{
			AccountID: author.ID, Type: storage.NotifyQuote, FromID: by.ID, StatusID: quoting}); err != nil {
			return err
		}
		return out.Send(ctx, tx)
	})
	if err != nil {
		return posted, err
	}
	return s.Store.StatusByID(ctx, quoting)
}

// endQuote revokes the quote of a post by another, and has other servers told if that is of this
// node; changed is false if it was over before.
func (s *Service) endQuote(ctx context.Context, tx *storage.Tx, quoting, quoted int64) (changed bool, err error) {
	q, err := tx.LockQuote(ctx, quoting)
	if err != nil || q.QuotedID != quoted || q.Refused() {
		return false, absentIsNothing(err)
	}
	if q.State == storage.QuoteAccepted {
		q.State = storage.QuoteRevoked
	} else {
		q.State = storage.QuoteRejected
	}
	if changed, err = tx.PutQuote(ctx, q); err != nil {
		return changed, err
	}
	by, err := tx.AccountByID(ctx, q.AccountID)
	if err != nil || !by.Local() {
		return changed, err
	}
	return changed, s.tellPost(ctx, tx, quoting)
}

// quotedReaders returns one of each server that has to do with a quoted post: those got the quote,
// if anybody did.
func (s *Service) quotedReaders(ctx context.Context, quoted storage.Status) ([]string, error) {
	people, err := concerned(ctx, s.Store.Reader, quoted)
	return oneEachServer(people), err
}

// quoters returns who quotes a post with consent, as its author sees them.
func quoters(ctx context.Context, r storage.Reader, quoted storage.Status) ([]storage.Account, error) {
	people := map[int64]bool{}
	err := walk(func(p storage.Page) (rows []row, err error) {
		found, err := r.Quotes(ctx, quoted.AccountID, quoted.ID, p)
		for _, s := range found {
			rows = append(rows, row{s.Key, s.AccountID})
		}
		return rows, err
	}, people)
	if err != nil {
		return nil, err
	}
	return accountsOf(ctx, r, people)
}

// tellQuoters tells those of this node who quote a post that it says something else.
func (s *Service) tellQuoters(ctx context.Context, tx *storage.Tx, edited storage.Status) error {
	quotes, err := tx.QuotersHere(ctx, edited.ID, quotersMax)
	if err != nil {
		return err
	}
	for _, q := range quotes {
		if err := s.Notifier.Notify(ctx, tx, storage.Notification{
			AccountID: q.AccountID, Type: storage.NotifyQuotedUpdate, FromID: edited.AccountID, StatusID: q.StatusID}); err != nil {
			return err
		}
	}
	return nil
}

type tellJob struct {
	Status int64 `json:"status"`
}

// tellPost has other servers told how a post of this node is now, though its words are the same.
func (s *Service) tellPost(ctx context.Context, tx *storage.Tx, id int64) error {
	return tx.Enqueue(ctx, storage.Job{Queue: QueueWork, Lane: jobTellPost + " " + ids.Format(id), Kind: jobTellPost,
		Payload: storage.MarshalPayload(tellJob{id})})
}

// runTellPost sends a post as it is. If it is edited meanwhile, that has told it all.
func (s *Service) runTellPost(ctx context.Context, job storage.Job) error {
	var t tellJob
	if err := json.Unmarshal(job.Payload, &t); err != nil {
		return err
	}
	posted, err := s.Store.StatusByID(ctx, t.Status)
	if err != nil {
		return absentIsNothing(err)
	}
	d, err := s.stored(ctx, posted)
	if err != nil || d.author.Hidden {
		return err
	}
	people, err := readers(ctx, s.Store.Reader, posted)
	if err != nil {
		return err
	}
	if d.quotedAuthor.ID != 0 {
		people = append(people, d.quotedAuthor)
	}
	_, now := s.Store.NewID()
	out, err := s.Sender.Prepare(ctx, d.author, s.update(d, now), oneEachServer(people)...)
	if err != nil {
		return err
	}
	return absentIsNothing(s.Store.Tx(ctx, func(tx *storage.Tx) error {
		if err := tx.FinishJob(ctx, job.ID); err != nil {
			return err
		}
		current, err := tx.StatusByID(ctx, posted.ID)
		if err != nil || current.EditedAt != posted.EditedAt {
			return err
		}
		return out.Send(ctx, tx)
	}))
}
