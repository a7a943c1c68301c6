package nodetest

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"

	"pgregory.net/rapid"

	"tulou/protocol/ids"
	"tulou/storage"
)

// Quotes in the model: everybody may quote what is for everybody, authors also what they wrote for
// followers, and who is quoted always agrees. What is left is who sees what.

// quoteOf is the state of a quote as somebody sees it, and what it shows them, "" for nothing.
func (m *model) quoteOf(v *modelPerson, p *modelPost) (state, shown string) {
	q := p.quotes
	switch {
	case q == nil:
		return "", ""
	case q.deleted:
		return "deleted", ""
	case v != nil && m.blocks.has(v, q.author):
		return "blocked_account", ""
	case !m.sees(v, q), m.limited(q.author) && v != q.author && !m.follows.has(v, q.author):
		return "unauthorized", ""
	case v != nil && m.domainMutes[v][q.author.host]:
		return "blocked_domain", q.id
	case v != nil && m.mutes.has(v, q.author):
		return "muted_account", q.id
	}
	return "accepted", q.id
}

// quotable tells whether somebody who sees a post may quote it.
func quotable(who *modelPerson, p *modelPost) bool {
	return p.boostOf == nil && (open(p) || p.visibility == "private" && p.author == who)
}

// mayQuote chooses what a post quotes.
func (s *scene) mayQuote(p *modelPost) {
	q := s.somePost("quoted")
	if q == nil || q.boostOf != nil || p.visibility == "direct" || rapid.IntRange(0, 2).Draw(s.r, "quotes") > 0 {
		return
	}
	if p.author.viewer || quotable(p.author, q) && s.sees(p.author, q) {
		p.quotes = q
	}
}

// asksQuote puts into a form what a post quotes; false means that the node refused it, as it
// should.
func (s *scene) asksQuote(p *modelPost, form url.Values) bool {
	if p.quotes == nil {
		return true
	}
	form.Set("quoted_status_id", p.quotes.id)
	switch {
	case !s.sees(p.author, p.quotes):
		missing := maps.Clone(form)
		missing.Set("quoted_status_id", "123456789")
		s.same(s.ask(p.author, "POST", "/api/v1/statuses", form), s.ask(p.author, "POST", "/api/v1/statuses", missing), "a quote of "+p.quotes.String())
		return false
	case !quotable(p.author, p.quotes):
		if w := s.ask(p.author, "POST", "/api/v1/statuses", form); w.Code != http.StatusForbidden {
			s.r.Fatalf("a quote of %s by %s: %d %s", p.quotes, p.author.name, w.Code, w.Body)
		}
		return false
	case !open(p.quotes) && open(p):
		p.visibility = "private" // for no more people than that
	}
	return true
}

// agree has whoever is quoted agree, where another server would.
func (s *scene) agree(p *modelPost) {
	if p.quotes == nil || p.quotes.author.host == "" {
		return
	}
	number, _ := ids.Parse(p.id)
	s.tx(func(tx *storage.Tx) error {
		q, err := tx.LockQuote(ctx, number)
		if err != nil {
			return err
		}
		q.State, q.ConsentURI = storage.QuoteAccepted, p.quotes.uri+"/consent"
		_, err = tx.PutQuote(ctx, q)
		return err
	})
}

// quoteIn adds to a post that arrives what it quotes.
func quoteIn(p *modelPost, n *storage.NewStatus) {
	if open(p) {
		n.QuotePolicy = storage.QuoteByAll
	}
	if p.quotes == nil {
		return
	}
	quoted, _ := ids.Parse(p.quotes.id)
	n.Quote = &storage.Quote{AccountID: p.author.id, QuotedID: quoted, QuotedURI: p.quotes.uri, QuotedAccountID: p.quotes.author.id,
		State: storage.QuoteAccepted, ConsentURI: p.quotes.uri + "/consent"}
	if !open(p) {
		n.Audience = append(n.Audience, p.quotes.author.id)
	}
}

// shownQuote is a quote as it is read.
type shownQuote struct {
	State  string
	Status *struct {
		ID    string
		Quote *struct {
			State string
			ID    *string `json:"quoted_status_id"`
		}
	} `json:"quoted_status"`
}

// compareQuote compares what somebody is shown of what a post quotes, and of what that quotes.
func (s *scene) compareQuote(v *modelPerson, p *modelPost, got *shownQuote, where string) {
	s.r.Helper()
	state, shown := s.quoteOf(v, p)
	if got == nil {
		if state != "" {
			s.r.Fatalf("%s shows %s no quote in %s, want %s", where, name(v), p, state)
		}
		return
	}
	id := ""
	if got.Status != nil {
		id = got.Status.ID
	}
	if got.State != state || id != shown {
		s.r.Fatalf("%s shows %s a quote %s of %q in %s, want %s of %q", where, name(v), got.State, id, p, state, shown)
	}
	if shown == "" {
		return
	}
	state, shown = s.quoteOf(v, p.quotes)
	inner, innerID := "", ""
	if got.Status.Quote != nil {
		inner = got.Status.Quote.State
		if got.Status.Quote.ID != nil {
			innerID = *got.Status.Quote.ID
		}
	}
	if inner != state || innerID != shown {
		s.r.Fatalf("%s shows %s within a quote in %s that quotes %s %q, want %s %q", where, name(v), p, inner, innerID, state, shown)
	}
}

// compareQuotes compares one post, and who quotes it.
func (s *scene) compareQuotes(v *modelPerson, p *modelPost) {
	var one struct{ Quote *shownQuote }
	s.must(json.Unmarshal(s.ask(v, "GET", "/api/v1/statuses/"+p.id, nil).Body.Bytes(), &one))
	if p.boostOf == nil {
		s.compareQuote(v, p, one.Quote, "its address")
	}
	if v != nil && p.boostOf == nil {
		s.shows(v, "/api/v1/statuses/"+p.id+"/quotes?limit=40", func(q *modelPost) bool { return q.quotes == p && s.sees(v, q) && s.wants(v, q) })
	}
}
