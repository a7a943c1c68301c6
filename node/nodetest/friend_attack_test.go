package nodetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"tulou/node/nodetest/peer"
)

// friendOf is the kind of relationship that is offered.
const friendOf = "http://purl.org/vocab/relationship/friendOf"

// offerOf is an Offer of friendship by an actor.
func offerOf(from *peer.Actor, to string, more map[string]any) map[string]any {
	return from.Do("Offer", bond(from.ID, to), mixed(map[string]any{"target": to, "to": []any{to}, "content": "hello"}, more))
}

func bond(subject, object string) map[string]any {
	return map[string]any{"type": "Relationship", "subject": subject, "relationship": friendOf, "object": object}
}

func mixed(maps ...map[string]any) map[string]any {
	all := map[string]any{}
	for _, m := range maps {
		for k, v := range m {
			all[k] = v
		}
	}
	return all
}

// knowing gives actors of peers the collection by which friends are known to be known.
func knowing(actors ...*peer.Actor) {
	for _, a := range actors {
		a.Edit(func(doc map[string]any) { doc["https://w3id.org/tulou/ns#friends"] = a.ID + "/friends" })
	}
}

// offered is the last activity of a kind that an actor of a peer got, without its context.
func (s *stage) got(a *peer.Actor, kind string) map[string]any {
	for _, d := range slices.Backward(a.Peer.Received()) {
		if activity := d.Activity(); activity["type"] == kind && slices.Contains(activity["to"].([]any), any(a.ID)) {
			delete(activity, "@context")
			return activity
		}
	}
	s.t.Fatalf("%s got no %s", a.ID, kind)
	return nil
}

func (s *stage) state(a *peer.Actor) string {
	host := strings.TrimPrefix(a.Peer.Base, "https://")
	return s.ana.friend("@" + a.Name + "@" + host).State
}

// If this failed, a server could make friends in the name of somebody else's people, or end what
// they have (A105, A106).
func TestNobodyMakesOrEndsFriendshipsOfOthersA105A106(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		ana, victim, mallory := s.ana.actor(), s.victim, s.mallory
		knowing(victim, mallory)
		is := func(a *peer.Actor, want string) {
			t.Helper()
			s.settle()
			if got := s.state(a); got != want {
				t.Errorf("%s is %s to ana, not %s", a.Name, got, want)
			}
		}
		// An Offer in the name of another.
		s.refuses(mallory, mixed(offerOf(mallory, ana, nil), map[string]any{"object": bond(victim.ID, ana)}))
		s.refuses(mallory, mixed(offerOf(mallory, ana, nil), map[string]any{"actor": victim.ID, "id": victim.ID + "/activities/x", "object": bond(victim.ID, ana)}))
		s.refuses(mallory, mixed(offerOf(mallory, ana, nil), map[string]any{"target": s.ben.actor()}))
		is(victim, "none")
		is(mallory, "none")
		// Answers by somebody who was not asked.
		s.ana.must200("POST", "/friends/requests", map[string]any{"address": "@victim@good.example"}, nil)
		s.settle()
		offer := s.got(victim, "Offer")
		s.refuses(mallory, mallory.Do("Accept", offer, nil))
		s.takes(mallory, mallory.Do("Accept", offer["id"], nil))
		s.takes(mallory, mallory.Do("Accept", mixed(offer, map[string]any{"target": mallory.ID, "object": bond(ana, mallory.ID)}), nil))
		s.takes(mallory, mallory.Do("Accept", map[string]any{"type": "Offer", "actor": ana, "object": bond(ana, mallory.ID)}, nil))
		s.refuses(mallory, mallory.Do("Reject", offer, nil))
		s.takes(mallory, mallory.Do("Reject", offer["id"], nil))
		is(victim, "asked")
		is(mallory, "none")
		accept := victim.Do("Accept", offer, nil)
		s.takes(victim, accept)
		is(victim, "friend")
		// Ends by somebody else.
		s.refuses(mallory, mallory.Do("Undo", bond(victim.ID, ana), nil))
		s.refuses(mallory, mallory.Do("Undo", offer, nil))
		s.takes(mallory, mallory.Do("Undo", bond(mallory.ID, ana), nil))
		s.takes(mallory, mallory.Do("Reject", offer["id"], nil))
		is(victim, "friend")
		// The one who may does, and what was said before counts no more: not the same bytes again, and
		// not in another activity.
		s.takes(victim, victim.Do("Undo", bond(victim.ID, ana), nil))
		is(victim, "none")
		s.takes(victim, accept)
		s.takes(victim, victim.Do("Accept", offer, nil))
		s.takes(victim, victim.Do("Accept", offer["id"], nil))
		is(victim, "none")
	})
}

// If this failed, a stranger could learn who is whose friend: from a collection, a request, or an
// activity (A089).
func TestNobodyElseLearnsOfAFriendshipA089(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		knowing(s.victim, s.other)
		s.ana.must200("POST", "/friends/requests", map[string]any{"address": "@victim@good.example", "greeting": "a-secret-greeting"}, nil)
		s.settle()
		offer := s.got(s.victim, "Offer")
		s.takes(s.victim, s.victim.Do("Accept", offer, nil))
		s.settle()
		if s.state(s.victim) != "friend" {
			t.Fatal("ana and victim are no friends")
		}
		for _, d := range slices.Concat(s.evil.Received()) {
			if strings.Contains(string(d.Body), "a-secret-greeting") || strings.Contains(string(d.Body), "friendOf") {
				t.Errorf("the hostile server got %s", d.Body)
			}
		}
		look := func(path, accept string) *httptest.ResponseRecorder {
			r := httptest.NewRequestWithContext(t.Context(), "GET", harbor+path, nil)
			r.Header.Set("Accept", accept)
			w := httptest.NewRecorder()
			s.houses["harbor"].node.Handler().ServeHTTP(w, r)
			return w
		}
		id := offer["id"].(string)
		for path, like := range map[string]string{
			"/users/ana/friends": "/users/ana/nothing", "/users/ana/friends?page=true": "/users/ana/nothing?page=true",
			strings.TrimPrefix(id, harbor): "/users/ana/activities/NEVER",
		} {
			for _, kind := range []string{"application/activity+json", "text/html"} {
				got, none := look(path, kind), look(like, kind)
				page := kind == "text/html" // it says its own address
				if got.Code != none.Code || !page && (got.Body.String() != none.Body.String() || got.Code != http.StatusNotFound) {
					t.Errorf("%s as %s is answered %d, what does not exist %d", path, kind, got.Code, none.Code)
				}
			}
		}
		// Ben, of the same node, sees what he is to the two, and nothing else.
		var seen friendEntity
		s.ben.must200("GET", "/friends/"+s.ben.knows("@victim@good.example").ID, nil, &seen)
		if seen.State != "none" || seen.Greeting != "" || seen.Since != nil {
			t.Errorf("ben sees %+v", seen)
		}
		for _, of := range []string{"ana", "victim@good"} {
			for _, path := range []string{"", "/followers", "/following", "/statuses"} {
				var answer json.RawMessage
				s.ben.get("/api/v1/accounts/"+s.ben.knows(s.handle(of)).ID+path, &answer)
				if strings.Contains(string(answer), "a-secret-greeting") || strings.Contains(string(answer), `"since"`) {
					t.Errorf("ben reads %s", answer)
				}
			}
		}
		// A token for posts is not one for friends.
		narrow := must(s.houses["harbor"].node.CreateToken(t.Context(), "ana", "read write follow push"))
		r := httptest.NewRequestWithContext(t.Context(), "GET", harbor+own+"/friends", nil)
		r.Header.Set("Authorization", "Bearer "+narrow.Secret)
		w := httptest.NewRecorder()
		s.houses["harbor"].node.Handler().ServeHTTP(w, r)
		if w.Code != http.StatusForbidden || strings.Contains(w.Body.String(), "victim") {
			t.Errorf("a token for posts is answered %d %s", w.Code, w.Body)
		}
	})
}

// If this failed, a server could fill somebody's evening with requests, or keep asking who was
// refused.
func TestRequestsFromElsewhereAreLimited(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		knowing(s.mallory, s.victim)
		ana := s.ana.actor()
		greeting := strings.Repeat("好", 500) + "\u202e\x07"
		for i := range 3 {
			s.takes(s.mallory, offerOf(s.mallory, ana, map[string]any{"content": fmt.Sprint(i, greeting)}))
			s.takes(s.mallory, s.mallory.Do("Undo", bond(s.mallory.ID, ana), nil))
			s.settle()
			if got := s.state(s.mallory); got != "none" {
				t.Errorf("after an Undo mallory is %s", got)
			}
		}
		s.takes(s.mallory, offerOf(s.mallory, ana, nil)) // once too often
		s.settle()
		if got := s.state(s.mallory); got != "none" {
			t.Errorf("mallory is %s", got)
		}
		s.got(s.mallory, "Reject")
		time.Sleep(25 * time.Hour)
		s.takes(s.mallory, offerOf(s.mallory, ana, map[string]any{"content": greeting}))
		s.settle()
		f := s.ana.friend("@mallory@evil.example")
		if f.State != "asking" || f.Greeting != strings.Repeat("好", 200) {
			t.Errorf("mallory is %s and says %q", f.State, f.Greeting)
		}
		s.ana.must200("POST", "/friends/requests/"+f.Account.ID+"/decline", nil, nil)
		s.takes(s.mallory, offerOf(s.mallory, ana, nil))
		s.settle()
		if got := s.state(s.mallory); got != "none" {
			t.Errorf("right after a refusal mallory is %s", got)
		}
		// An Offer that is answered before it was asked to be, by its own server, has no effect.
		s.takes(s.victim, s.victim.Do("Accept", harbor+"/users/ana/activities/never", nil))
		s.settle()
		if got := s.state(s.victim); got != "none" {
			t.Errorf("victim is %s", got)
		}
	})
}

// If this failed, people would be told that they asked somebody whose server drops it.
func TestServersWithoutTheHandshakeAreNotAsked(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		code := s.ana.own("POST", "/friends/requests", map[string]any{"address": "@other@good.example"}, nil)
		if code != http.StatusUnprocessableEntity || s.state(s.other) != "none" {
			t.Errorf("asking was answered %d, and they are %s", code, s.state(s.other))
		}
		knowing(s.other) // it learned since
		s.ana.must200("POST", "/friends/requests", map[string]any{"address": "@other@good.example"}, nil)
		if got := s.state(s.other); got != "asked" {
			t.Errorf("other is %s", got)
		}
		s.settle()
	})
}
