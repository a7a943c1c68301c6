package storage

import "testing"

// If this failed, the end of a consent would be noted on posts that only name it, and not on the
// one it was given to.
func TestTheQuoteThatHasAConsentIsFirst(t *testing.T) {
	each(t, func(t *testing.T, s *Store) {
		v := village{t, s}
		ana, mallory := v.local("ana"), v.remote("mallory", "evil.example")
		quoted := v.post(ana, VisibilityPublic, nil)
		const consent = "https://good.example/stamps/1"
		for i := range consentsMax + 1 {
			state := QuotePending
			if i == consentsMax {
				state = QuoteAccepted
			}
			v.post(mallory, VisibilityPublic, func(n *NewStatus) {
				n.Quote = &Quote{StatusID: n.ID, AccountID: mallory.ID, QuotedID: quoted.ID, QuotedURI: quoted.URI,
					QuotedAccountID: ana.ID, State: state, ConsentURI: consent}
			})
		}
		found := must(s.QuotesByConsent(t.Context(), consent))
		if len(found) != consentsMax || found[0].State != QuoteAccepted {
			t.Errorf("%d quotes name the consent, the first is %s", len(found), found[0].State)
		}
	})
}
