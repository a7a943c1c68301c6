package storage

import (
	"context"

	"tulou/protocol/fault"
)

// Quote says that a post quotes another, and what the author of that one says to it (FEP-044f).
type Quote struct {
	StatusID        int64  `db:"status_id"`         // the post that quotes
	AccountID       int64  `db:"account_id"`        // its author
	QuotedID        int64  `db:"quoted_id"`         // 0 if it is not known here, or gone
	QuotedURI       string `db:"quoted_uri"`        // kept when it is not known here
	QuotedAccountID int64  `db:"quoted_account_id"` // 0 if it never was known
	State           string // one of Quote…
	ConsentURI      string `db:"consent_uri"` // of the QuoteAuthorization, "" for none
	RequestURI      string `db:"request_uri"` // of the QuoteRequest, "" for none
	CheckedAt       Millis `db:"checked_at"`  // when the consent was last asked for, 0 for never
}

// The states of a quote, by the names that clients know. Only an accepted one shows what it quotes.
const (
	QuotePending  = "pending"
	QuoteAccepted = "accepted"
	QuoteRejected = "rejected"
	QuoteRevoked  = "revoked" // accepted before
	QuoteDeleted  = "deleted" // what it quotes is gone
)

// Refused tells whether the quoted author said no. It stays so: whoever asks again gets the same
// answer.
func (q Quote) Refused() bool { return q.State == QuoteRejected || q.State == QuoteRevoked }

// counts tells whether the quoted post counts a quote.
func (q Quote) counts() bool { return q.State == QuoteAccepted && q.QuotedID != 0 }

const quoteColumns = `status_id, account_id, quoted_id, quoted_uri, quoted_account_id, state, consent_uri, request_uri, checked_at`

// QuotePolicy is who may quote a post, as its author says (interactionPolicy.canQuote): the lower
// byte is whose quotes are accepted at once, the next one whose the author looks at first. The
// author is always meant. It is a hint for who writes; what counts is the consent.
type QuotePolicy int64

// The groups in a QuotePolicy.
const (
	QuoteByAll       QuotePolicy = 1 << iota
	QuoteByFollowers             // of the author
	QuoteByFollowing             // whom the author follows
	QuoteByOthers                // people or collections that this node does not look into
)

const quoteAskShift = 8

// quotePolicyOnFollows are the groups of a policy that are a matter of who follows whom, in SQL:
// QuoteByFollowers and QuoteByFollowing, and both on asking.
const quotePolicyOnFollows = `1542`

// OnAsking makes of the groups whose quotes are accepted at once those whose the author looks at
// first.
func (p QuotePolicy) OnAsking() QuotePolicy { return p << quoteAskShift }

// Automatic returns the groups whose quotes are accepted at once.
func (p QuotePolicy) Automatic() QuotePolicy { return p & (1<<quoteAskShift - 1) }

// Manual returns the groups whose quotes the author looks at first.
func (p QuotePolicy) Manual() QuotePolicy { return p >> quoteAskShift & (1<<quoteAskShift - 1) }

// The answers of QuotePolicy.For, by the names that clients know.
const (
	MayQuote     = "automatic"
	MayAskQuote  = "manual"
	MayNotQuote  = "denied"
	MaybeMyQuote = "unknown" // the policy names people of whom this node cannot tell
)

// For returns what a policy means for somebody else than the author: whether they follow the author
// and are followed by them is all it takes.
func (p QuotePolicy) For(follower, followed bool) string {
	among := func(groups QuotePolicy) bool {
		return groups&QuoteByAll != 0 || follower && groups&QuoteByFollowers != 0 || followed && groups&QuoteByFollowing != 0
	}
	switch {
	case among(p.Automatic()):
		return MayQuote
	case among(p.Manual()):
		return MayAskQuote
	case (p.Automatic()|p.Manual())&QuoteByOthers != 0:
		return MaybeMyQuote
	}
	return MayNotQuote
}

// Who may quote a post, as people of this node choose it; the names are Mastodon's.
const (
	QuotableByAll       = "public"
	QuotableByFollowers = "followers"
	QuotableByNobody    = "nobody"
)

// QuotePolicyNamed returns the policy of a name; ok is false if there is none.
func QuotePolicyNamed(name string) (p QuotePolicy, ok bool) {
	switch name {
	case QuotableByAll:
		return QuoteByAll, true
	case QuotableByFollowers:
		return QuoteByFollowers, true
	case QuotableByNobody:
		return 0, true
	}
	return 0, false
}

// QuoteOf returns what a status quotes; fault.NotFound if it quotes nothing.
func (r Reader) QuoteOf(ctx context.Context, status int64) (q Quote, err error) {
	err = r.get(ctx, &q, `SELECT `+quoteColumns+` FROM quote WHERE status_id = ?`, status)
	return q, err
}

// QuotesBy returns what those of the statuses quote that quote something.
func (r Reader) QuotesBy(ctx context.Context, statuses []int64) (map[int64]Quote, error) {
	rows, err := listIn[Quote](ctx, r, `SELECT `+quoteColumns+` FROM quote WHERE status_id IN (?)`, statuses)
	found := make(map[int64]Quote, len(rows))
	for _, q := range rows {
		found[q.StatusID] = q
	}
	return found, err
}

// consentsMax is how many posts may name the same consent, which is for one: others lie.
const consentsMax = 100

// QuotesByConsent returns the quotes that name a QuoteAuthorization, first the one that it is for:
// behind posts that name it, too, its end would not reach that one.
func (r Reader) QuotesByConsent(ctx context.Context, uri string) (quotes []Quote, err error) {
	err = r.list(ctx, &quotes, `SELECT `+quoteColumns+` FROM quote WHERE consent_uri = ? AND consent_uri <> ''
		ORDER BY CASE WHEN state = 'accepted' THEN 0 ELSE 1 END, status_id LIMIT ?`, uri, consentsMax)
	return quotes, err
}

// QuoteByRequest returns the quote that a QuoteRequest asked for; fault.NotFound if there is none.
func (r Reader) QuoteByRequest(ctx context.Context, uri string) (q Quote, err error) {
	err = r.get(ctx, &q, `SELECT `+quoteColumns+` FROM quote WHERE request_uri = ? AND request_uri <> '' LIMIT 1`, uri)
	return q, err
}

// Quotes returns a page of the accepted quotes of a status that viewer may see, leaving out whom
// the viewer mutes.
func (r Reader) Quotes(ctx context.Context, viewer, status int64, p Page) ([]Stamp, error) {
	return paged[Stamp](ctx, r, p, StatusPageMax, "s.id", `
		SELECT `+stampOf("s.id")+` FROM quote q CROSS JOIN `+statusTables+`
		WHERE s.id = q.status_id AND q.quoted_id = ?3 AND q.quoted_id <> 0 AND q.state = 'accepted'
			AND `+wanted+` AND `+visible, viewer, Now(), status)
}

// QuotersHere returns the accepted quotes of a status by people of this node, the newest first.
func (r Reader) QuotersHere(ctx context.Context, status int64, limit int) (quotes []Quote, err error) {
	err = r.list(ctx, &quotes, `
		SELECT `+prefixed("q", quoteColumns)+` FROM quote q JOIN login l ON l.account_id = q.account_id
		WHERE q.quoted_id = ? AND q.quoted_id <> 0 AND q.state = 'accepted' ORDER BY q.status_id DESC LIMIT ?`, status, limit)
	return quotes, err
}

// LockQuote returns what a status quotes, and lets nobody else change it until the transaction
// ends; fault.NotFound if it quotes nothing.
func (tx *Tx) LockQuote(ctx context.Context, status int64) (q Quote, err error) {
	err = tx.get(ctx, &q, `SELECT `+quoteColumns+` FROM quote WHERE status_id = ? {{for no key update}}`, status)
	return q, err
}

// PutQuote makes q what its post quotes, in the place of what it quoted, and counts it. It tells
// whether anything is different now that people see; then those who look are shown the post anew.
func (tx *Tx) PutQuote(ctx context.Context, q Quote) (changed bool, err error) {
	if changed, err = tx.putQuote(ctx, q); err != nil || !changed {
		return changed, err
	}
	return true, tx.quoteChanged(ctx, q.StatusID)
}

// putQuote is PutQuote for a post that nobody was shown yet.
func (tx *Tx) putQuote(ctx context.Context, q Quote) (changed bool, err error) {
	if q, err = tx.holdQuoted(ctx, q); err != nil {
		return false, err
	}
	before, err := tx.LockQuote(ctx, q.StatusID)
	if err != nil && !fault.Is(err, fault.NotFound) || before == q {
		return false, err
	}
	if _, err := tx.exec(ctx, `
		INSERT INTO quote (`+quoteColumns+`) VALUES `+tuples(9, 1)+` ON CONFLICT (status_id) DO UPDATE SET
			quoted_id = excluded.quoted_id, quoted_uri = excluded.quoted_uri, quoted_account_id = excluded.quoted_account_id,
			state = excluded.state, consent_uri = excluded.consent_uri, request_uri = excluded.request_uri, checked_at = excluded.checked_at`,
		q.StatusID, q.AccountID, q.QuotedID, q.QuotedURI, q.QuotedAccountID, q.State, q.ConsentURI, q.RequestURI, q.CheckedAt); err != nil {
		return false, err
	}
	if err := tx.recountQuote(ctx, before, q); err != nil {
		return false, err
	}
	return before.State != q.State || before.QuotedID != q.QuotedID, nil
}

// holdQuoted lets nobody delete what q quotes until the transaction ends; if it is gone, q says so.
// It comes first, as who deletes it locks it first.
func (tx *Tx) holdQuoted(ctx context.Context, q Quote) (Quote, error) {
	if q.QuotedID == 0 {
		return q, nil
	}
	var there int64
	err := tx.get(ctx, &there, `SELECT id FROM status WHERE id = ? AND boost_of_id = 0 {{for no key update}}`, q.QuotedID)
	if !fault.Is(err, fault.NotFound) {
		return q, err
	}
	if q.QuotedID = 0; !q.Refused() {
		q.State = QuoteDeleted
	}
	return q, nil
}

// DeleteQuote makes a post quote nothing any more; nothing is no error.
func (tx *Tx) DeleteQuote(ctx context.Context, status int64) error {
	before, err := tx.LockQuote(ctx, status)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := tx.exec(ctx, `DELETE FROM quote WHERE status_id = ?`, status); err != nil {
		return err
	}
	if err := tx.recountQuote(ctx, before, Quote{}); err != nil {
		return err
	}
	return tx.quoteChanged(ctx, status)
}

// recountQuote counts a quote on what it quotes now, and no more on what it quoted.
func (tx *Tx) recountQuote(ctx context.Context, before, after Quote) error {
	if before.counts() == after.counts() && before.QuotedID == after.QuotedID {
		return nil
	}
	if before.counts() {
		if err := tx.countQuote(ctx, before.QuotedID, -1); err != nil {
			return err
		}
	}
	if after.counts() {
		return tx.countQuote(ctx, after.QuotedID, 1)
	}
	return nil
}

func (tx *Tx) countQuote(ctx context.Context, quoted int64, by int) error {
	_, err := tx.exec(ctx, `UPDATE status SET quotes_count = quotes_count + ?, version = version + 1 WHERE id = ?`, by, quoted)
	return err
}

// quoteChanged has a post rendered anew, for those who look, too.
func (tx *Tx) quoteChanged(ctx context.Context, status int64) error {
	if _, err := tx.exec(ctx, `UPDATE status SET version = version + 1 WHERE id = ?`, status); err != nil {
		return err
	}
	tx.happened(Happening{Kind: HappenedEdit, ID: status})
	return nil
}

// SetQuotePolicy changes who may quote a status and returns it; changed is false if nothing is
// different. Quotes that were accepted stay.
func (tx *Tx) SetQuotePolicy(ctx context.Context, status int64, p QuotePolicy) (s Status, changed bool, err error) {
	n, err := tx.exec(ctx, `UPDATE status SET quote_policy = ?, version = version + 1 WHERE id = ? AND quote_policy <> ?`, p, status, p)
	if err != nil {
		return s, false, err
	}
	if n > 0 {
		tx.happened(Happening{Kind: HappenedEdit, ID: status})
	}
	s, err = tx.StatusByID(ctx, status)
	return s, n > 0, err
}

// joinQuotes gives quotes that came before what they quote their quoted post. Those by its author
// need nobody's consent; whether others have it is asked later.
func (tx *Tx) joinQuotes(ctx context.Context, s Status) error {
	if s.BoostOfID != 0 {
		return nil
	}
	var waiting []Quote
	if err := tx.list(ctx, &waiting, `
		SELECT `+quoteColumns+` FROM quote WHERE quoted_uri = ? AND quoted_id = 0 AND state = 'pending' ORDER BY status_id LIMIT ?`,
		s.URI, consentsMax); err != nil {
		return err
	}
	for _, q := range waiting {
		q.QuotedID, q.QuotedAccountID = s.ID, s.AccountID
		if q.AccountID == s.AccountID {
			q.State = QuoteAccepted
		}
		if _, err := tx.PutQuote(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// goneQuotesMax is how many of those that quote a post are shown anew to those who look when it
// goes; the others are when somebody asks for them.
const goneQuotesMax = 500

// endQuotes notes that a status goes: it is counted no more on what it quotes, and those that quote
// it say that it is gone.
func (tx *Tx) endQuotes(ctx context.Context, status int64) error {
	quote, err := tx.LockQuote(ctx, status)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if quote.counts() {
		if err := tx.countQuote(ctx, quote.QuotedID, -1); err != nil {
			return err
		}
	}
	var quoting []int64
	if err := tx.list(ctx, &quoting, `
		SELECT status_id FROM quote WHERE quoted_id = ? AND quoted_id <> 0 ORDER BY status_id DESC LIMIT ?`, status, goneQuotesMax); err != nil {
		return err
	}
	if len(quoting) == 0 {
		return nil
	}
	for _, command := range []string{
		`UPDATE status SET version = version + 1 WHERE id IN (SELECT status_id FROM quote WHERE quoted_id = ? AND quoted_id <> 0)`,
		`UPDATE quote SET quoted_id = 0, state = CASE WHEN state IN ('rejected', 'revoked') THEN state ELSE 'deleted' END
			WHERE quoted_id = ? AND quoted_id <> 0`,
	} {
		if _, err := tx.exec(ctx, command, status); err != nil {
			return err
		}
	}
	for _, id := range quoting {
		tx.happened(Happening{Kind: HappenedEdit, ID: id})
	}
	return nil
}
