package account

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"tulou/apps/people"
	"tulou/apps/social"
	"tulou/node/edge"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// Following whom a page of another server shows: that page leads here (WebFinger, rel subscribe),
// and here somebody is asked whether they want to. Opening the page follows nobody, since any page
// can lead here; what it may cause is one look-up, of the kind that searching makes.

// Finder finds people and posts by handle and address.
type Finder interface {
	// Search asks other servers for what nobody here knows, if Resolve says so. What is not found is
	// no error.
	Search(ctx context.Context, viewer storage.Account, q social.Query) (social.Results, error)
}

// followAddress is the page that asks whether somebody wants to follow whom uri is about.
func followAddress(uri string) string {
	return ids.InteractionPath + "?" + url.Values{"uri": {uri}}.Encode()
}

// meant is whom an address is about.
type meant struct {
	Account storage.Account
	Wrote   bool // the address is that of a post of theirs
}

// whom finds out whom an address or a handle is about. Faults: Invalid for what is neither,
// NotFound if there is nobody, or their server does not say.
func (p *Pages) whom(ctx context.Context, viewer storage.Account, uri string) (m meant, err error) {
	q := social.Query{Text: strings.TrimSpace(uri), Resolve: true, Limit: 1}
	if address, err := ids.ParseIRI(q.Text); err == nil {
		q.Text = address.String()
	} else {
		handle, err := ids.ParseHandle(q.Text)
		if err != nil || handle.Host == "" {
			return m, edge.Tell(err, fault.Invalid, "account.follow-what")
		}
		q.Text, q.Type = handle.String(), "accounts"
	}
	found, err := p.Finder.Search(ctx, viewer, q)
	switch {
	case err != nil:
		return m, err
	case len(found.Accounts) == 1:
		m.Account = found.Accounts[0]
	case len(found.Statuses) == 1:
		m.Wrote = true
		if m.Account, err = p.Store.AccountByID(ctx, found.Statuses[0].AccountID); err != nil {
			return m, err
		}
	}
	if m.Account.ID == 0 || m.Account.Hidden {
		return m, edge.Tell(nil, fault.NotFound, "account.follow-nobody")
	}
	return m, nil
}

// showFollow asks whether somebody wants to follow, or says what they are to each other already.
func (p *Pages) showFollow(w http.ResponseWriter, r *http.Request, b edge.Browser) error {
	words, uri := edge.WordsOf(r), r.URL.Query().Get("uri")
	m, err := p.whom(r.Context(), b.Account, uri)
	if err != nil {
		return err
	}
	name := p.called(words, m.Account)
	if m.Account.ID == b.Account.ID {
		return p.say(w, r, name, words.T("account.follow-self"), link{})
	}
	relations, err := p.People.Relationships(r.Context(), b.Account, []int64{m.Account.ID})
	if err != nil {
		return err
	}
	if len(relations) == 1 && (relations[0].Following || relations[0].Requested) {
		return p.sayFollowed(w, r, m.Account, relations[0])
	}
	f := form{Heading: words.T("account.follow-title", name), Action: ids.InteractionPath, Button: words.T("account.follow-button"),
		Hidden: map[string]string{"account": ids.Format(m.Account.ID), "uri": uri},
		Links:  []link{{p.pageOf(m.Account), words.T("account.follow-look")}}}
	if shown := m.Account.DisplayName; shown != "" {
		f.Intro = append(f.Intro, words.Isolate(shown))
	}
	if m.Wrote {
		f.Intro = append(f.Intro, words.T("account.follow-wrote"))
	}
	f.Intro = append(f.Intro, words.T("account.follow-as", p.handle(words, b.Account.Name)))
	return p.show(w, r, http.StatusOK, f)
}

// follow follows who was shown: their number comes with the form, so that nobody else can take
// their place between the page and the button.
func (p *Pages) follow(w http.ResponseWriter, r *http.Request, b edge.Browser) error {
	target, ok := ids.Parse(r.PostFormValue("account"))
	if !ok {
		return edge.Tell(nil, fault.Invalid, "account.follow-what")
	}
	relation, err := p.People.Follow(r.Context(), b.Account, target, people.FollowOptions{Boosts: true})
	switch {
	case fault.Is(err, fault.NotFound):
		return edge.Tell(err, fault.NotFound, "account.follow-nobody")
	case fault.Is(err, fault.Forbidden):
		return edge.Tell(err, fault.Forbidden, "account.follow-cannot")
	case fault.Is(err, fault.Unprocessable):
		return edge.Tell(err, fault.Unprocessable, "account.follow-self")
	case err != nil:
		return err
	}
	them, err := p.Store.AccountByID(r.Context(), target)
	if err != nil {
		return err
	}
	return p.sayFollowed(w, r, them, relation)
}

// sayFollowed says what came of it.
func (p *Pages) sayFollowed(w http.ResponseWriter, r *http.Request, them storage.Account, relation storage.Relationship) error {
	words, name := edge.WordsOf(r), p.called(edge.WordsOf(r), them)
	heading, text := words.T("account.follow-asked", name), words.T("account.follow-asked-text")
	if relation.Following {
		heading, text = words.T("account.follow-done", name), words.T("account.follow-done-text")
	}
	return p.say(w, r, heading, text, link{p.pageOf(them), words.T("account.follow-look")})
}

// called is the whole handle of somebody, as a part of a sentence.
func (p *Pages) called(words *edge.Words, a storage.Account) string {
	if a.Local() {
		return p.handle(words, a.Name)
	}
	return words.Isolate("@" + a.Handle().String())
}

// pageOf is where somebody shows themselves.
func (p *Pages) pageOf(a storage.Account) string {
	switch {
	case a.Local():
		return p.Paths.Profile(a.Name)
	case a.URL != "":
		return a.URL
	}
	return a.URI
}
