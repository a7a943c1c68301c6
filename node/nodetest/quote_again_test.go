package nodetest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"tulou/node/nodetest/peer"
)

// asksFor makes ana quote the victim's open post, and returns hers and what the victim is asked.
func (s *stage) asksFor() (*post, map[string]any) {
	s.t.Helper()
	time.Sleep(2 * time.Second)
	note := s.victim.Note("open", "<p>By the victim.</p>", nil)
	note["interactionPolicy"] = map[string]any{"canQuote": map[string]any{"automaticApproval": []any{everybody}}}
	s.takes(s.victim, s.victim.Do("Update", note, map[string]any{"to": note["to"], "cc": note["cc"]}))
	s.settle()
	var made status
	s.ana.post("/api/v1/statuses", url.Values{"status": {"see"}, "quoted_status_id": {s.ana.storedID(s.open.uri)}}, &made)
	request := s.last(s.victim, "QuoteRequest")
	delete(request, "@context")
	return &post{uri: made.URI}, request
}

// came counts the activities of a kind that came to a peer.
func (s *stage) came(a *peer.Actor, kind string) (n int) {
	s.settle()
	for _, d := range a.Peer.Received() {
		if d.Activity()["type"] == kind {
			n++
		}
	}
	return n
}

// If this failed, a server could have a node send something to all followers of somebody who quoted
// a post of it, as often as it answers, or give back what it had taken back.
func TestAnAnswerAboutAQuoteCountsOnce(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		q, request := s.asksFor()
		before := s.came(s.mallory, "Update")
		consents := []string{"/stamps/1", "/stamps/1", "/stamps/2", "/stamps/3"}
		for _, path := range consents {
			s.takes(s.victim, s.victim.Do("Accept", request, map[string]any{"result": stamp(s.good, path, s.victim, q.uri, s.open.uri)}))
			s.seesQuote(s.ana, q, "accepted", s.open.uri)
		}
		if n := s.came(s.mallory, "Update") - before; n != 1 {
			t.Errorf("%d answers told a follower %d times", len(consents), n)
		}
		s.takes(s.victim, s.victim.Do("Reject", request, nil))
		s.takes(s.victim, s.victim.Do("Reject", request, nil))
		s.takes(s.victim, s.victim.Do("Accept", request, map[string]any{"result": stamp(s.good, "/stamps/4", s.victim, q.uri, s.open.uri)}))
		s.seesQuote(s.ana, q, "revoked", "")
		if n := s.came(s.mallory, "Update") - before; n != 2 {
			t.Errorf("the end of it told a follower %d times", n-1)
		}
	})
}

// edits sends a post of a peer anew, which quotes something else; "" for nothing.
func (s *stage) edits(a *peer.Actor, key, quoted string) {
	s.t.Helper()
	time.Sleep(2 * time.Second)
	note := a.Note(key, "<p>hers</p>", nil)
	if quoted != "" {
		note["quote"] = quoted
	}
	s.takes(a, a.Do("Update", note, map[string]any{"to": note["to"], "cc": note["cc"]}))
	s.settle()
}

// If this failed, somebody whose quote was taken back would have it again by changing for a moment
// what their post quotes, under the same consent, which others take for given again.
func TestARevokedQuoteIsNotForgottenByAnEdit(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		for key, detour := range map[string]string{"nothing": "", "another": s.open.uri} {
			q := &post{uri: s.victim.ID + "/statuses/" + key}
			request := s.asksToQuote(s.victim, s.public.uri, key, nil)
			s.seesQuote(s.ana, q, "accepted", s.public.uri)
			_, results := s.answers(s.victim, request)
			s.ana.post("/api/v1/statuses/"+s.ana.storedID(s.public.uri)+"/quotes/"+s.ana.storedID(q.uri)+"/revoke", nil, nil)
			s.edits(s.victim, key, detour)
			s.edits(s.victim, key, s.public.uri)
			again := s.asksToQuote(s.victim, s.public.uri, key, nil)
			if kinds, _ := s.answers(s.victim, again); !slices.Equal(kinds, []string{"Reject"}) {
				t.Errorf("after an edit to %s the answer is %v", key, kinds)
			}
			s.seesQuote(s.ana, q, "revoked", "")
			if len(results) == 1 {
				s.serves(results[0][len(harbor):], http.StatusNotFound)
			}
		}
	})
}

// If this failed, somebody who dismissed what told them of a quote would be told again, and their
// phone would ring, as often as the other server asks for the consent it has.
func TestAskingAgainToQuoteTellsNobodyAgain(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		q := &post{uri: s.victim.ID + "/statuses/kept"}
		s.asksToQuote(s.victim, s.public.uri, "kept", nil)
		if n := s.ana.told("quote", "@victim@good.example", q.uri); n != 1 {
			t.Fatalf("ana was told %d times", n)
		}
		s.ana.post("/api/v1/notifications/clear", nil, nil)
		request := s.asksToQuote(s.victim, s.public.uri, "kept", nil)
		if kinds, _ := s.answers(s.victim, request); !slices.Equal(kinds, []string{"Accept"}) {
			t.Errorf("the answer is %v", kinds)
		}
		if n := s.ana.told("quote", "@victim@good.example", q.uri); n != 0 {
			t.Errorf("ana was told again %d times", n)
		}
	})
}

// If this failed, whoever quotes somebody could keep the end of the consent from reaching their
// post, by naming it in so many others that they are not all looked at.
func TestTheEndOfAConsentReachesTheQuoteItIsFor(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		consent := stamp(s.good, "/stamps/real", s.victim, s.mallory.ID+"/statuses/real", s.open.uri)
		real := s.quoting(s.mallory, "real", s.open.uri, consent)
		s.seesQuote(s.ana, real, "accepted", s.open.uri)
		for i := range 100 { // storage.consentsMax
			note := s.mallory.Note(fmt.Sprint("decoy", i), "<p>x</p>", map[string]string{s.ana.actor(): "@ana@harbor.example"})
			note["quote"], note["quoteAuthorization"], note["published"] = s.open.uri, consent, "2020-01-01T00:00:00Z"
			s.takes(s.mallory, s.mallory.Create(note))
		}
		s.settle()
		s.takes(s.victim, s.victim.Do("Delete", consent, nil))
		s.seesQuote(s.ana, real, "revoked", "")
	})
}

// If this failed, whoever looks at a thread of posts that name consents of a server would have this
// node ask that server for all of them.
func TestLookingAtAThreadAsksForFewConsents(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		const posts, atOnce = 30, 20 // social.consentsAtOnce
		for i := range posts {
			note := s.mallory.Note(fmt.Sprint("crowd", i), "<p>x</p>", map[string]string{s.ana.actor(): "@ana@harbor.example"})
			note["quote"], note["quoteAuthorization"], note["inReplyTo"] = s.open.uri, s.good.Base+"/stamps/no", s.public.uri
			s.takes(s.mallory, s.mallory.Create(note))
		}
		s.settle()
		before := s.good.Requests("/stamps/no")
		time.Sleep(2 * time.Hour)
		s.ana.get("/api/v1/statuses/"+s.ana.storedID(s.public.uri)+"/context", nil)
		s.settle()
		if n := s.good.Requests("/stamps/no") - before; n != atOnce {
			t.Errorf("one look asked for %d consents, want %d", n, atOnce)
		}
	})
}
