package nodetest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// question is what somebody sees of a poll.
type question struct {
	Expired, Multiple, Voted bool
	Voters                   *int  `json:"voters_count"`
	OwnVotes                 []int `json:"own_votes"`
	Options                  []struct {
		Title string
		Votes *int `json:"votes_count"`
	}
}

// asks makes a poll: ana asks q1 "Which?" tea mate lasts=1h multiple=true secret=true.
func asks(s *story, p *person, in sentence) {
	form := words(in)
	form["poll[options][]"] = in.words[1:]
	form.Set("poll[expires_in]", strconv.Itoa(int(s.duration(in.options["lasts"]).Seconds())))
	form.Set("poll[multiple]", in.options["multiple"])
	form.Set("poll[hide_totals]", in.options["secret"])
	s.publish(p, in.words[0], form)
}

// pollOf reads a poll as a part of its post, or by itself, for which its server is asked if what is
// known is old.
func (p *person) pollOf(uri string, alone bool) (id string, found question) {
	p.village.t.Helper()
	id = p.sees(uri).ID
	if alone {
		p.get("/api/v1/polls/"+id, &found)
		return id, found
	}
	var s struct{ Poll *question }
	p.get("/api/v1/statuses/"+id, &s)
	if s.Poll == nil {
		p.village.t.Fatalf("%s sees no poll in %s", p, uri)
	}
	return id, *s.Poll
}

// votes chooses options: bob votes q1 tea; bob votes q1 tea refused=true.
func votes(s *story, p *person, in sentence) {
	id, q := p.pollOf(s.post(in.words[0]).uri, false)
	form, want := url.Values{}, http.StatusOK
	for i, o := range q.Options {
		if slices.Contains(in.words[1:], o.Title) {
			form.Add("choices[]", strconv.Itoa(i))
		}
	}
	if in.options["refused"] == "true" {
		want = http.StatusUnprocessableEntity
	}
	if code := p.call("POST", "/api/v1/polls/"+id+"/votes", form, nil); code != want {
		s.t.Errorf("%s votes: %d, want %d", p, code, want)
	}
}

// tally checks what somebody sees: bob tally q1 tea=2 mate=secret voters=2 voted=true ended=false.
func tally(s *story, p *person, in sentence) {
	_, q := p.pollOf(s.post(in.words[0]).uri, in.options["alone"] == "true")
	delete(in.options, "alone")
	got := map[string]string{"voted": fmt.Sprint(q.Voted), "ended": fmt.Sprint(q.Expired)}
	number := func(n *int) string {
		if n == nil {
			return "secret"
		}
		return strconv.Itoa(*n)
	}
	got["voters"] = number(q.Voters)
	for _, o := range q.Options {
		got[o.Title] = number(o.Votes)
	}
	for key, want := range in.options {
		if got[key] != want {
			s.t.Errorf("%s sees %s=%s, want %s", p, key, got[key], want)
		}
	}
}
