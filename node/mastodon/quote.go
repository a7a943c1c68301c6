package mastodon

import (
	"context"
	"encoding/json"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// What a post quotes, and who may quote it (Mastodon 4.5, API version 7). Whether a viewer is shown
// what was agreed to be quoted is asked of the one predicate of who sees what, each time.

// quoteRoutes are about quotes.
func (a *API) quoteRoutes(r routes) {
	r.person(get, "/api/v1/statuses/{id}/quotes", a.quotes, "read:statuses")
	r.person(post, "/api/v1/statuses/{id}/quotes/{quoting}/revoke", a.revokeQuote, "write:statuses")
	r.person(put, "/api/v1/statuses/{id}/interaction_policy", a.setInteractionPolicy, "write:statuses")
}

// The states that a quote has for a viewer, beside those of storage.
const (
	quoteUnauthorized   = "unauthorized"
	quoteBlockedAccount = "blocked_account"
	quoteBlockedDomain  = "blocked_domain"
	quoteMutedAccount   = "muted_account"
)

// shownQuote is how a quote looks to a viewer.
type shownQuote struct {
	state string
	shown int64 // the quoted status, 0 if it is not shown
}

// quoteFor says how a quote looks to somebody who may see what is quoted or not, and has to do with
// its author. Of somebody whom they block nothing is shown, as everywhere here; those whom they
// mute, or whose server they hide, are there to be shown on demand. Who is limited is shown through
// a quote to their followers alone, as on Mastodon: else timelines of everybody would offer them.
func quoteFor(q storage.Quote, visible, limited bool, author storage.Relationship) shownQuote {
	switch {
	case q.State != storage.QuoteAccepted:
		return shownQuote{state: q.State}
	case author.Blocking:
		return shownQuote{state: quoteBlockedAccount}
	case !visible || limited && !author.Following:
		return shownQuote{state: quoteUnauthorized}
	case author.DomainBlocking:
		return shownQuote{quoteBlockedDomain, q.QuotedID}
	case author.Muting:
		return shownQuote{quoteMutedAccount, q.QuotedID}
	}
	return shownQuote{q.State, q.QuotedID}
}

// quotations is what the statuses of a page quote, as the viewer sees it, and what their policies
// mean for the viewer.
type quotations struct {
	quotes  map[int64]shownQuote // by the status that quotes
	stamps  map[int64]storage.Stamp
	inner   *pieces // of what is quoted; nil where only ids are told
	verdict map[int64]string
}

// addQuotations finds out what the bodies of a page quote. In a page of what is quoted itself only
// ids are told of what that quotes: shown within each other without end, posts would be a circle.
func (a *API) addQuotations(ctx context.Context, p *pieces, stamps []storage.Stamp, known material) error {
	p.quotations = quotations{quotes: map[int64]shownQuote{}, stamps: map[int64]storage.Stamp{}, verdict: map[int64]string{}}
	var quoted, people []int64
	for _, body := range p.bodies {
		if q := body.quote; q != nil && q.QuotedID != 0 {
			quoted, people = append(quoted, q.QuotedID), append(people, q.QuotedAccountID)
		}
	}
	authors := authorsIn(stamps)
	for id, body := range p.bodies {
		if p.viewer != 0 && body.policy.dependsOn() {
			people = append(people, authors[id])
		}
	}
	visible, to, by := map[int64]bool{}, map[int64]storage.Relationship{}, map[int64]storage.Account{}
	var err error
	if len(quoted) > 0 {
		if visible, err = a.Store.Visible(ctx, p.viewer, distinct(quoted)); err != nil {
			return err
		}
		if by, err = a.Store.AccountsByIDs(ctx, distinct(people)); err != nil {
			return err
		}
	}
	if len(people) > 0 && p.viewer != 0 {
		if to, err = a.Store.Relationships(ctx, p.viewer, distinct(people)); err != nil {
			return err
		}
	}
	var shown []int64
	for id, body := range p.bodies {
		p.verdict[id] = body.policy.verdict(p.viewer, authors[id], to[authors[id]])
		if body.quote == nil {
			continue
		}
		author := body.quote.QuotedAccountID
		q := quoteFor(*body.quote, visible[body.quote.QuotedID], by[author].Limited && author != p.viewer, to[author])
		if known.redrafted && visible[body.quote.QuotedID] {
			q.shown = body.quote.QuotedID
		}
		p.quotes[id] = q
		if q.shown != 0 {
			shown = append(shown, q.shown)
		}
	}
	if known.quoted || len(shown) == 0 {
		return nil
	}
	return a.gatherQuoted(ctx, p, distinct(shown))
}

// gatherQuoted finds the pieces of what is quoted.
func (a *API) gatherQuoted(ctx context.Context, p *pieces, shown []int64) error {
	byID, err := a.Store.StatusesByIDs(ctx, shown)
	if err != nil {
		return err
	}
	stamps, known, err := a.stamps(ctx, chosen(byID, shown))
	if err != nil {
		return err
	}
	for _, s := range stamps {
		p.stamps[s.ID] = s
	}
	known.quoted = true
	inner, err := a.gather(ctx, p.viewer, stamps, known)
	p.inner = &inner
	return err
}

// authorsIn is who wrote what a page shows.
func authorsIn(stamps []storage.Stamp) map[int64]int64 {
	authors := make(map[int64]int64, len(stamps))
	for _, s := range stamps {
		authors[s.ID] = s.AccountID
		if s.BoostOfID != 0 {
			authors[s.BoostOfID] = s.BoostAccountID
		}
	}
	return authors
}

// quotability is who may quote a status.
type quotability struct {
	storage.QuotePolicy
	visibility string
	boost      bool
}

// dependsOn tells whether the answer depends on who follows whom.
func (q quotability) dependsOn() bool {
	groups := q.Automatic() | q.Manual()
	return groups&(storage.QuoteByFollowers|storage.QuoteByFollowing) != 0
}

// verdict is what a policy means for a viewer, to whom the author is something.
func (q quotability) verdict(viewer, author int64, to storage.Relationship) string {
	switch {
	case viewer == 0 || q.boost || q.visibility == storage.VisibilityDirect:
		return storage.MayNotQuote
	case viewer == author:
		return storage.MayQuote
	}
	return q.For(to.Following, to.FollowedBy)
}

// groupNames are the groups of a policy by the names that clients know.
func groupNames(groups storage.QuotePolicy) []string {
	names := []string{}
	for _, group := range []struct {
		is   storage.QuotePolicy
		name string
	}{
		{storage.QuoteByOthers, "unsupported_policy"}, {storage.QuoteByAll, "public"},
		{storage.QuoteByFollowers, "followers"}, {storage.QuoteByFollowing, "following"},
	} {
		if groups&group.is != 0 {
			names = append(names, group.name)
		}
	}
	return names
}

// appendQuote adds what a status quotes: null, or whole on a page, and by its id within a quote.
func (p *pieces) appendQuote(to []byte, id int64) []byte {
	q, quotes := p.quotes[id]
	if !quotes {
		return append(to, "null"...)
	}
	to = append(to, `{"state":"`+q.state+`"`...)
	stamp, found := p.stamps[q.shown]
	switch {
	case p.shallow && q.shown != 0:
		to = append(to, `,"quoted_status_id":"`+ids.Format(q.shown)+`"`...)
	case p.shallow:
		to = append(to, `,"quoted_status_id":null`...)
	case found && p.inner.complete(stamp):
		to = p.inner.append(append(to, `,"quoted_status":`...), stamp, "")
	default:
		to = append(to, `,"quoted_status":null`...)
	}
	return append(to, '}')
}

// appendApproval adds who may quote a status.
func (p *pieces) appendApproval(to []byte, id int64) []byte {
	to = append(to, p.bodies[id].approval...)
	return append(to, p.verdict[id]+`"}`...)
}

// approvalHead is the part of a quote_approval that is the same for everybody: what the policy
// means for the viewer, and the end of the object, come after it.
func approvalHead(policy storage.QuotePolicy) ([]byte, error) {
	head, err := marshal(map[string][]string{"automatic": groupNames(policy.Automatic()), "manual": groupNames(policy.Manual())})
	if err != nil {
		return nil, err
	}
	return append(head[:len(head)-1], `,"current_user":"`...), nil
}

// quotes lists the posts that quote one, as far as the viewer may see them.
func (a *API) quotes(q *query) (any, error) {
	s, err := a.visible(q)
	if err != nil {
		return nil, err
	}
	page := q.page(statusesDefault, statusesMax)
	stamps, err := a.Store.Quotes(q.Context(), q.viewer(), s.ID, page)
	if err != nil {
		return nil, err
	}
	if len(stamps) > 0 {
		a.link(q, len(stamps) >= page.Limit, stamps[0].Key, stamps[len(stamps)-1].Key)
	}
	return a.statuses(q.Context(), q.viewer(), stamps, material{})
}

func (a *API) revokeQuote(q *query) (any, error) {
	id, err := q.id()
	if err != nil {
		return nil, err
	}
	quoting, err := q.idAt("quoting")
	if err != nil {
		return nil, err
	}
	after, err := a.Social.RevokeQuote(q.Context(), q.who.Account, id, quoting)
	if err != nil {
		return nil, err
	}
	return a.status(q.Context(), q.viewer(), after)
}

func (a *API) setInteractionPolicy(q *query) (any, error) {
	id, err := q.id()
	if err != nil {
		return nil, err
	}
	name := q.text("quote_approval_policy")
	if name == "" {
		return nil, fault.New(fault.Unprocessable, "Validation failed: Quote approval policy can't be blank")
	}
	s, err := a.Social.SetQuotePolicy(q.Context(), q.who.Account, id, name)
	if err != nil {
		return nil, err
	}
	return a.status(q.Context(), q.viewer(), s)
}

// sameQuote refuses an edit that quotes something else: a client must not believe that it happened.
func (a *API) sameQuote(q *query, status int64) error {
	id, err := q.about("quoted_status_id")
	if err != nil || id == 0 {
		return err
	}
	quotes, err := a.Store.QuotesBy(q.Context(), []int64{status})
	if err == nil && quotes[status].QuotedID != id {
		err = fault.New(fault.Unprocessable, "Validation failed: an edit cannot change what a post quotes")
	}
	return err
}

// quoteOf is what one status quotes, by its id.
func (a *API) quoteOf(ctx context.Context, viewer int64, s storage.Status) (json.RawMessage, error) {
	stamps, known, err := a.stamps(ctx, []storage.Status{s})
	if err != nil {
		return nil, err
	}
	known.quoted = true
	p, err := a.gather(ctx, viewer, stamps, known)
	return p.appendQuote(nil, s.ID), err
}
