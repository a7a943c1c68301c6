package nodetest

import (
	"net/http"
	"net/url"
	"slices"
)

// quotes says something about somebody's post: bob quotes p1 as q1 "text" visibility=private.
func quotes(s *story, p *person, in sentence) {
	form := words(in)
	form.Set("quoted_status_id", p.sees(s.post(in.words[0]).uri).ID)
	if policy, ok := in.options["policy"]; ok {
		form.Set("quote_approval_policy", policy)
	}
	s.publish(p, in.words[2], form)
}

// quoteIs checks what somebody sees of a quote: iris quote q1 is accepted of p1. What is not to be
// seen must not be there in any form.
func quoteIs(s *story, p *person, in sentence) {
	got := p.sees(s.post(in.words[0]).uri)
	want, of := in.words[2], ""
	if len(in.words) == 5 {
		of = s.post(in.words[4]).uri
	}
	state, shown := "none", ""
	if got.Quote != nil {
		state = got.Quote.State
		if got.Quote.Status != nil {
			shown = got.Quote.Status.URI
		}
	}
	if state != want || shown != of {
		s.t.Errorf("%s sees the quote %s of %q, want %s of %q", p, state, shown, want, of)
	}
}

// quotedBy lists the quotes of a post, newest first: ana quoted p1 by q2 q1, or by nobody.
func quotedBy(s *story, p *person, in sentence) {
	before := p.sees(s.post(in.words[0]).uri)
	var list []status
	p.get("/api/v1/statuses/"+before.ID+"/quotes", &list)
	var got []string
	for _, one := range list {
		got = append(got, one.URI)
	}
	names := in.words[2:]
	if names[0] == "nobody" {
		names = nil
	}
	s.compare(p, got, names)
	if before.Quotes < int64(len(names)) {
		s.t.Errorf("%s sees %d quotes counted and %d listed", p, before.Quotes, len(names))
	}
}

func revokes(s *story, p *person, in sentence) {
	path := "/api/v1/statuses/" + p.storedID(s.post(in.words[2]).uri) + "/quotes/" + p.storedID(s.post(in.words[0]).uri) + "/revoke"
	var after status
	code := p.call("POST", path, nil, &after)
	if refused := in.options["refused"] == "true"; refused != (code >= 400) {
		s.t.Errorf("revoking is answered %d", code)
	}
	if code == http.StatusOK && (after.Quote == nil || after.Quote.State != "revoked" || after.Quote.Status != nil) {
		s.t.Errorf("after revoking the quote is %+v", after.Quote)
	}
}

func lets(s *story, p *person, in sentence) {
	var after status
	code := p.call("PUT", "/api/v1/statuses/"+p.sees(s.post(in.words[2]).uri).ID+"/interaction_policy",
		url.Values{"quote_approval_policy": {in.words[0]}}, &after)
	want := map[string][]string{"public": {"public"}, "followers": {"followers"}, "nobody": {}}[in.words[0]]
	if code != http.StatusOK || !slices.Equal(after.Approval.Automatic, want) {
		s.t.Errorf("the policy is %d %+v", code, after.Approval)
	}
}

func prefers(s *story, p *person, in sentence) {
	var me struct {
		Source struct {
			Policy string `json:"quote_policy"`
		}
	}
	var all map[string]any
	code := p.call("PATCH", "/api/v1/accounts/update_credentials", url.Values{"source[quote_policy]": {in.words[0]}}, &me)
	p.get("/api/v1/preferences", &all)
	if code != http.StatusOK || me.Source.Policy != in.words[0] || all["posting:default:quote_policy"] != in.words[0] {
		s.t.Errorf("%s prefers %d %q %v", p, code, me.Source.Policy, all)
	}
}

// mayQuote checks what a policy means for somebody: bob may quote p1 automatic.
func mayQuote(s *story, p *person, in sentence) {
	if got := p.sees(s.post(in.words[1]).uri).Approval.User; got != in.words[2] {
		s.t.Errorf("%s may quote %s: %s, want %s", p, in.words[1], got, in.words[2])
	}
}
