package nodetest

import (
	"encoding/json"
	"net/http/httptest"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"tulou/protocol/ids"
)

// modelCircle is the model of friends and Moments: who is whose friend, what they show each other,
// and what they say about it.
type modelCircle struct {
	friends  ties // both ways
	hide     ties // who does not show their Moments to whom
	tags     map[*modelPerson]string
	tagged   ties
	moments  []*modelMoment
	said     []*modelRemark
	whispers map[string]*modelPerson // words that only one person reads
}

type modelMoment struct {
	id, words string
	author    *modelPerson
	readers   map[*modelPerson]bool // until a friendship ends
}

type modelRemark struct {
	words string
	of    *modelMoment
	by    *modelPerson
}

func newModelCircle() *modelCircle {
	return &modelCircle{friends: ties{}, hide: ties{}, tagged: ties{}, tags: map[*modelPerson]string{}, whispers: map[string]*modelPerson{}}
}

// near tells whether two people are friends who can see each other.
func (s *scene) near(a, b *modelPerson) bool {
	return s.circle.friends.has(a, b) && !s.blocked(a, b) && !s.hidden(b)
}

// seesMoment: its author, and friends of theirs for whom it was, as long as they are friends.
func (s *scene) seesMoment(v *modelPerson, m *modelMoment) bool {
	return v == m.author || v != nil && m.readers[v] && s.near(v, m.author) && !s.circle.hide.has(m.author, v)
}

// hears: who sees the Moment and is a friend of who speaks.
func (s *scene) hears(v *modelPerson, c *modelRemark) bool {
	return s.seesMoment(v, c.of) && (v == c.by || s.near(v, c.by))
}

// own asks the API of friends and Moments as somebody and returns the answer.
func (s *scene) own(v *modelPerson, method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "https://harbor.example/api/tulou/v1"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+s.tokens[v])
	w := httptest.NewRecorder()
	s.lab.node.Handler().ServeHTTP(w, r)
	return w
}

// did is own for what must be done, and returns the id of what it made.
func (s *scene) did(v *modelPerson, method, path, body string) string {
	s.r.Helper()
	w := s.own(v, method, path, body)
	if w.Code >= 300 {
		s.r.Fatalf("%s %s by %s: %d %s", method, path, v.name, w.Code, w.Body)
	}
	var made struct{ ID string }
	_ = json.Unmarshal(w.Body.Bytes(), &made) // nothing, of what has no body
	return made.ID
}

// gather gives those who look a circle, and makes two of them friends, so that every round has
// some.
func (s *scene) gather() {
	for _, v := range s.people[:viewers] {
		s.circle.tags[v] = s.did(v, "POST", "/circles", `{"name":"near"}`)
	}
	s.befriend(s.people[0], s.people[1])
}

func (s *scene) befriend(a, b *modelPerson) {
	s.did(a, "POST", "/friends/requests", `{"account_id":"`+ids.Format(b.id)+`"}`)
	s.did(b, "POST", "/friends/requests/"+ids.Format(a.id)+"/accept", "")
	s.circle.friends.put(a, b)
	s.circle.friends.put(b, a)
	if s.circle.tags[a] != "" && rapid.Bool().Draw(s.r, "tag") {
		s.did(a, "PUT", "/circles/"+s.circle.tags[a]+"/friends/"+ids.Format(b.id), "")
		s.circle.tagged.put(a, b)
	}
}

// amongFriends does one thing that friends do, among those who look.
func (s *scene) amongFriends(kind string) {
	a, b := rapid.SampledFrom(s.people[:viewers]).Draw(s.r, "a friend"), rapid.SampledFrom(s.people[:viewers]).Draw(s.r, "another")
	c := s.circle
	switch {
	case kind == "share":
		s.share(a)
	case kind == "say":
		s.say(a)
	case a == b || s.blocked(a, b):
	case kind == "befriend" && !c.friends.has(a, b):
		s.befriend(a, b)
	case kind == "hide mine" && c.friends.has(a, b):
		s.did(a, "PATCH", "/friends/"+ids.Format(b.id), `{"hide_mine":true}`)
		c.hide.put(a, b)
	case kind == "part" && c.friends.has(a, b):
		s.did(a, "DELETE", "/friends/"+ids.Format(b.id), "")
		for _, pair := range [][2]*modelPerson{{a, b}, {b, a}} {
			for _, t := range []ties{c.friends, c.hide, c.tagged} {
				t.drop(pair[0], pair[1])
			}
			for _, m := range c.moments {
				if m.author == pair[0] {
					delete(m.readers, pair[1])
				}
			}
		}
	}
}

// share publishes a Moment for some of its author's friends.
func (s *scene) share(a *modelPerson) {
	c := s.circle
	m := &modelMoment{author: a, words: s.word(), readers: map[*modelPerson]bool{}}
	kind := rapid.SampledFrom([]string{"friends", "friends", "circles", "except", "myself"}).Draw(s.r, "audience")
	for _, b := range s.people[:viewers] {
		chosen := map[string]bool{"friends": true, "circles": c.tagged.has(a, b), "except": !c.tagged.has(a, b)}[kind]
		m.readers[b] = c.friends.has(a, b) && !c.hide.has(a, b) && chosen
	}
	s.publish(m, kind)
}

func (s *scene) publish(m *modelMoment, kind string) {
	more := ""
	if kind == "circles" || kind == "except" {
		more = `,"circles":["` + s.circle.tags[m.author] + `"]`
	}
	m.id = s.did(m.author, "POST", "/moments", `{"text":"`+m.words+`","audience":{"kind":"`+kind+`"`+more+`}}`)
	s.circle.moments = append(s.circle.moments, m)
}

// say has somebody comment on a Moment; what they may not see is missing.
func (s *scene) say(a *modelPerson) {
	c := s.circle
	if len(c.moments) == 0 {
		return
	}
	s.sayOf(a, rapid.SampledFrom(c.moments).Draw(s.r, "moment"))
}

func (s *scene) sayOf(a *modelPerson, m *modelMoment) {
	said := &modelRemark{words: s.word(), of: m, by: a}
	text := `{"text":"` + said.words + `"}`
	if !s.seesMoment(a, m) {
		s.same(s.own(a, "POST", "/moments/"+m.id+"/comments", text), s.own(a, "POST", "/moments/123456789/comments", text), "a comment of "+m.words)
		return
	}
	s.did(a, "POST", "/moments/"+m.id+"/comments", text)
	s.circle.said = append(s.circle.said, said)
}

// compareMoments compares what somebody reads of Moments with the model: exactly, in order.
func (s *scene) compareMoments(v *modelPerson) {
	paths := map[string]func(*modelMoment) bool{"/moments?limit=40": func(*modelMoment) bool { return true }}
	for _, a := range s.people[:viewers] {
		paths["/accounts/"+ids.Format(a.id)+"/moments?limit=40"] = func(m *modelMoment) bool { return m.author == a }
	}
	for path, among := range paths {
		var page struct {
			Items []struct {
				ID       string
				Comments []struct{ Text string }
			}
		}
		w := s.own(v, "GET", path, "")
		if w.Code == 404 {
			continue // of somebody who is no friend
		}
		s.must(json.Unmarshal(w.Body.Bytes(), &page))
		var got, want []string
		for _, one := range page.Items {
			got = append(got, one.ID)
			for _, said := range one.Comments {
				got = append(got, said.Text)
			}
		}
		for _, m := range slices.Backward(s.circle.moments) {
			if !among(m) || !s.seesMoment(v, m) {
				continue
			}
			want = append(want, m.id)
			for _, said := range s.circle.said {
				if said.of == m && s.hears(v, said) {
					want = append(want, said.words)
				}
			}
		}
		if !slices.Equal(got, want) {
			s.r.Fatalf("%s for %s: %v, want %v: %s", path, v.name, got, want, w.Body)
		}
	}
}
