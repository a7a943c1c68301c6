package federation

import (
	"context"
	"net/http"

	"tulou/protocol/fault"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// quoteAuthorization serves what says that somebody of this node agrees to be quoted by a post
// (FEP-044f, "Approval stamps"), to those who may see what is quoted, until it is revoked.
func (s *server) quoteAuthorization(w http.ResponseWriter, r *http.Request) error {
	name, quoting, err := statusIn(r)
	if err != nil {
		return err
	}
	consent, quoted, err := s.consent(r.Context(), name, quoting)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	private, err := s.allow(r, err == nil, quoted)
	if fault.Is(err, fault.NotFound) {
		return missing()
	}
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, private)(vocab.Build(&vocab.Object{Consent: &consent}))
}

// consent finds out whether the person of a name agrees that a post quotes theirs, which is quoted.
// Neither of the two is embedded: who may read the one may not read the other. The fault is
// NotFound if they do not.
func (s *server) consent(ctx context.Context, name string, quoting int64) (consent vocab.QuoteConsent, quoted int64, err error) {
	q, err := s.store.QuoteOf(ctx, quoting)
	uri := s.config.Paths.QuoteAuthorization(name, quoting)
	if err == nil && (q.State != storage.QuoteAccepted || q.ConsentURI != uri) {
		err = missing()
	}
	if err != nil {
		return consent, 0, err
	}
	byID, err := s.store.StatusesByIDs(ctx, []int64{q.StatusID, q.QuotedID})
	if err != nil {
		return consent, 0, err
	}
	author, err := s.store.AccountByHandle(ctx, name, "")
	if err == nil && (author.Hidden || author.ID != byID[q.QuotedID].AccountID) {
		err = missing()
	}
	return vocab.QuoteConsent{ID: uri, AttributedTo: author.URI, Quoting: byID[q.StatusID].URI, Quoted: q.QuotedURI}, q.QuotedID, err
}
