package nodetest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"tulou/node/nodetest/peer"
)

// stamp makes a QuoteAuthorization that a peer serves at a path.
func stamp(at *peerHost, path string, by *peer.Actor, quoting, quoted string) string {
	return at.Put(map[string]any{"@context": "https://www.w3.org/ns/activitystreams", "id": at.Base + path, "type": "QuoteAuthorization",
		"attributedTo": by.ID, "interactingObject": quoting, "interactionTarget": quoted})
}

// quoting makes a post of an actor that quotes another, naming a consent, and sends it to ana's
// inbox, where everything concerns somebody.
func (s *stage) quoting(a *peer.Actor, key, quoted, consent string) *post {
	note := a.Note(key, "<p>look at this</p>", map[string]string{s.ana.actor(): "@ana@harbor.example", s.ben.actor(): "@ben@harbor.example"})
	note["quote"] = quoted
	if consent != "" {
		note["quoteAuthorization"] = consent
	}
	a.Peer.Put(note)
	s.both(a, a.Create(note))
	return &post{uri: note["id"].(string), create: note}
}

// seesQuote fails unless somebody sees a quote in a state, with what it quotes if that is not "".
func (s *stage) seesQuote(p *person, q *post, state, of string) {
	s.t.Helper()
	s.settle()
	got := p.sees(q.uri)
	shown := ""
	if got.Quote != nil && got.Quote.Status != nil {
		shown = got.Quote.Status.URI
	}
	if got.Quote == nil || got.Quote.State != state || shown != of {
		s.t.Errorf("%s sees %s quote %+v of %q, want %s of %q", p, q.uri, got.Quote, shown, state, of)
	}
}

// If this failed, a hostile server could show a post in a quote that its author never agreed to
// (A102), or keep one from being shown to which they did.
func TestA102NobodyConsentsInAnothersName(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		open, uri := s.open.uri, func(key string) string { return s.mallory.ID + "/statuses/" + key }
		forged := map[string]string{
			"none":      "",
			"here":      stamp(s.evil, "/stamps/here", s.victim, uri("here"), open),
			"other":     stamp(s.good, "/stamps/other", s.victim, uri("another"), open),
			"target":    stamp(s.good, "/stamps/target", s.victim, uri("target"), s.followersOnly.uri),
			"neighbour": stamp(s.good, "/stamps/neighbour", s.other, uri("neighbour"), open),
			"post":      open,
			"missing":   s.good.Base + "/stamps/missing",
		}
		s.good.Serve("/stamps/renamed", peer.Document{Body: peer.JSON(map[string]any{"id": s.good.Base + "/stamps/else", "type": "QuoteAuthorization",
			"attributedTo": s.victim.ID, "interactingObject": uri("renamed"), "interactionTarget": open})})
		forged["renamed"] = s.good.Base + "/stamps/renamed"
		posts := map[string]*post{}
		for name, consent := range forged {
			posts[name] = s.quoting(s.mallory, name, open, consent)
			s.seesQuote(s.ana, posts[name], "pending", "")
		}
		if n := s.evil.Requests("/stamps/here"); n != 0 {
			t.Errorf("a consent of another host was asked for %d times", n)
		}
		real := s.quoting(s.mallory, "real", open, stamp(s.good, "/stamps/real", s.victim, uri("real"), open))
		s.seesQuote(s.ana, real, "accepted", open)
		// A consent that was none does not keep the one from counting that comes later.
		time.Sleep(2 * time.Second)
		later := posts["other"].create
		later["quoteAuthorization"] = stamp(s.good, "/stamps/later", s.victim, uri("other"), open)
		s.takes(s.mallory, s.mallory.Do("Update", later, map[string]any{"to": later["to"], "cc": later["cc"]}))
		s.seesQuote(s.ana, posts["other"], "accepted", open)
		// Only who gave a consent takes it back; somebody else of their server may be a moderator, so
		// that is asked.
		s.refuses(s.mallory, s.mallory.Do("Delete", s.good.Base+"/stamps/real", nil))
		s.takes(s.other, s.other.Do("Delete", s.good.Base+"/stamps/real", nil))
		s.seesQuote(s.ana, real, "accepted", open)
		s.takes(s.victim, s.victim.Do("Delete", s.good.Base+"/stamps/real", nil))
		s.seesQuote(s.ana, real, "revoked", "")
		// And not by naming the same again, nor by changing to another post what is quoted.
		time.Sleep(2 * time.Second)
		again := real.create
		s.takes(s.mallory, s.mallory.Do("Update", again, map[string]any{"to": again["to"], "cc": again["cc"]}))
		s.seesQuote(s.ana, real, "revoked", "")
		later["quote"] = s.followersOnly.uri
		s.takes(s.mallory, s.mallory.Do("Update", later, map[string]any{"to": later["to"], "cc": later["cc"]}))
		s.seesQuote(s.ana, posts["other"], "pending", "")
		// The end of a consent that was told to nobody here is found out when somebody looks, a
		// week later.
		silent := s.quoting(s.mallory, "silent", open, stamp(s.good, "/stamps/silent", s.victim, uri("silent"), open))
		s.seesQuote(s.ana, silent, "accepted", open)
		s.good.Serve("/stamps/silent", peer.Document{Status: http.StatusNotFound})
		s.ana.get("/api/v1/statuses/"+s.ana.storedID(silent.uri)+"/context", nil)
		s.seesQuote(s.ana, silent, "accepted", open)
		time.Sleep(8 * 24 * time.Hour)
		s.ana.get("/api/v1/statuses/"+s.ana.storedID(silent.uri)+"/context", nil)
		s.seesQuote(s.ana, silent, "revoked", "")
	})
}

// If this failed, a post for followers would be shown to others through a quote to which its author
// agreed (A102).
func TestAQuoteShowsNobodyWhatIsNotForThem(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		closed := s.followersOnly.uri
		q := s.quoting(s.other, "leak", closed, stamp(s.good, "/stamps/leak", s.victim, s.other.ID+"/statuses/leak", closed))
		s.seesQuote(s.ana, q, "accepted", closed) // who follows victim
		s.seesQuote(s.ben, q, "unauthorized", "")
		var raw map[string]any
		s.ben.get("/api/v1/statuses/"+s.ben.storedID(q.uri), &raw)
		if text := string(peer.JSON(raw)); strings.Contains(text, "For the victim") || strings.Contains(text, s.ana.storedID(closed)) {
			t.Errorf("ben reads %s", text)
		}
	})
}

// asksToQuote asks ana whether a post of an actor may quote one of hers, and returns the id of the
// request.
func (s *stage) asksToQuote(a *peer.Actor, quoted, key string, change func(request, note map[string]any)) string {
	note := a.Note(key, "<p>hers</p>", nil)
	note["quote"] = quoted
	request := a.Do("QuoteRequest", quoted, map[string]any{"instrument": note, "to": []any{s.ana.actor()}})
	if change != nil {
		change(request, note)
	}
	s.takes(a, request)
	s.settle()
	return request["id"].(string)
}

// answers are what an actor was told about a request to quote, oldest first.
func (s *stage) answers(a *peer.Actor, request string) (kinds, results []string) {
	for _, d := range a.Peer.Received() {
		activity := d.Activity()
		if asked, ok := activity["object"].(map[string]any); ok && asked["id"] == request {
			result, _ := activity["result"].(string)
			kinds, results = append(kinds, activity["type"].(string)), append(results, result)
		}
	}
	return kinds, results
}

// If this failed, somebody could quote a post of this node against its author's will, by asking for
// another, asking again, or asking for what is not theirs (A102).
func TestA102AskingToQuoteGetsNoMoreThanTheAuthorSays(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		want := func(a *peer.Actor, request string, kinds ...string) {
			t.Helper()
			if got, _ := s.answers(a, request); !slices.Equal(got, kinds) {
				t.Errorf("the answer is %v, want %v", got, kinds)
			}
		}
		// About what is not for everybody nothing is said, also to a follower.
		for _, q := range []*post{s.private, s.secret} {
			want(s.mallory, s.asksToQuote(s.mallory, q.uri, "hidden", nil))
		}
		if s.ana.storedID(s.mallory.ID+"/statuses/hidden") != "" {
			t.Error("what wants to quote a hidden post was taken in")
		}
		// Only a post of one's own that quotes what is asked for.
		theirs := s.victim.Note("theirs", "<p>mine</p>", nil)
		theirs["quote"] = s.public.uri
		s.refuses(s.mallory, s.mallory.Do("QuoteRequest", s.public.uri, map[string]any{"instrument": theirs}))
		s.refuses(s.mallory, s.mallory.Do("QuoteRequest", s.public.uri, map[string]any{"instrument": s.open.uri}))
		want(s.mallory, s.asksToQuote(s.mallory, s.public.uri, "swapped", func(_, note map[string]any) { note["quote"] = s.private.uri }))
		// What is right is accepted, with a consent that everybody can read, as often as asked.
		key := "kept"
		request := s.asksToQuote(s.victim, s.public.uri, key, nil)
		want(s.victim, request, "Accept")
		again := s.asksToQuote(s.victim, s.public.uri, key, nil)
		_, results := s.answers(s.victim, again)
		if len(results) != 1 || !strings.HasPrefix(results[0], harbor+"/users/ana/quote_authorizations/") {
			t.Fatalf("the second answer names %v", results)
		}
		q := &post{uri: s.victim.ID + "/statuses/" + key}
		s.seesQuote(s.ana, q, "accepted", s.public.uri)
		if n := s.ana.told("quote", "@victim@good.example", q.uri); n != 1 {
			t.Errorf("ana was told %d times", n)
		}
		path := strings.TrimPrefix(results[0], harbor)
		consent := s.serves(path, http.StatusOK)
		if consent["type"] != "QuoteAuthorization" || consent["id"] != results[0] || consent["attributedTo"] != s.ana.actor() ||
			consent["interactingObject"] != q.uri || consent["interactionTarget"] != s.public.uri {
			t.Errorf("the consent is %v", consent)
		}
		s.serves(strings.Replace(path, "/ana/", "/ben/", 1), http.StatusNotFound)
		// Taken back, it is over, however often somebody asks, and in whatever order things come.
		s.ana.post("/api/v1/statuses/"+s.ana.storedID(s.public.uri)+"/quotes/"+s.ana.storedID(q.uri)+"/revoke", nil, nil)
		s.serves(path, http.StatusNotFound)
		if gone := s.last(s.victim, "Delete"); gone["object"] != results[0] {
			t.Errorf("the deletion is of %v", gone["object"])
		}
		want(s.victim, s.asksToQuote(s.victim, s.public.uri, key, nil), "Reject")
		s.seesQuote(s.ana, q, "revoked", "")
		// Whom ana blocks, and whom her policy leaves out, are refused, and what they wrote stays out.
		s.ana.post("/api/v1/accounts/"+s.ana.knows("@mallory@evil.example").ID+"/block", nil, nil)
		want(s.mallory, s.asksToQuote(s.mallory, s.public.uri, "blocked", nil), "Reject")
		if code := s.ana.call("PUT", "/api/v1/statuses/"+s.ana.storedID(s.public.uri)+"/interaction_policy",
			url.Values{"quote_approval_policy": {"followers"}}, nil); code != http.StatusOK {
			t.Errorf("the policy: %d", code)
		}
		want(s.other, s.asksToQuote(s.other, s.public.uri, "stranger", nil), "Reject")
		if s.ana.storedID(s.other.ID+"/statuses/stranger") != "" {
			t.Error("a post that may not quote was taken in")
		}
	})
}

// serves asks ana's node for a document, as another server does without a signature.
func (s *stage) serves(path string, want int) (document map[string]any) {
	s.t.Helper()
	stranger := &person{village: s.village, name: "stranger", home: s.houses["harbor"], client: s.client("stranger", "")}
	defer stranger.client.CloseIdleConnections()
	if code := stranger.call("GET", path, nil, &document); code != want {
		s.t.Errorf("%s is answered %d", path, code)
	}
	return document
}

// last is the last activity of a kind that came to a peer.
func (s *stage) last(a *peer.Actor, kind string) map[string]any {
	s.settle()
	for _, d := range slices.Backward(a.Peer.Received()) {
		if activity := d.Activity(); activity["type"] == kind {
			return activity
		}
	}
	s.t.Fatalf("no %s came", kind)
	return nil
}

// If this failed, somebody else than the quoted author could make a quote of this node pass for
// agreed to, or it would go on being shown after they took that back (A102).
func TestA102OnlyTheQuotedAuthorAnswers(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		var made status
		// The policy of the open post says nothing yet: nobody may quote it.
		form := url.Values{"status": {"see"}, "quoted_status_id": {s.ana.storedID(s.open.uri)}}
		if code := s.ana.call("POST", "/api/v1/statuses", form, nil); code != http.StatusForbidden {
			t.Errorf("quoting without leave: %d", code)
		}
		time.Sleep(2 * time.Second)
		note := s.victim.Note("open", "<p>By the victim.</p>", nil)
		note["interactionPolicy"] = map[string]any{"canQuote": map[string]any{"automaticApproval": []any{}, "manualApproval": []any{everybody}}}
		s.takes(s.victim, s.victim.Do("Update", note, map[string]any{"to": note["to"], "cc": note["cc"]}))
		s.settle()
		if got := s.ana.sees(s.open.uri).Approval; got.User != "manual" || !slices.Equal(got.Manual, []string{"public"}) {
			t.Errorf("ana may quote %+v", got)
		}
		s.ana.post("/api/v1/statuses", form, &made)
		q := &post{uri: made.URI}
		s.seesQuote(s.ana, q, "pending", "")
		request := s.last(s.victim, "QuoteRequest")
		delete(request, "@context")
		if request["object"] != s.open.uri || request["instrument"].(map[string]any)["id"] != made.URI {
			t.Errorf("the request is %v", request)
		}
		real := stamp(s.good, "/stamps/1", s.victim, made.URI, s.open.uri)
		accept := func(a *peer.Actor, consent string) map[string]any {
			return a.Do("Accept", request, map[string]any{"result": consent})
		}
		s.refuses(s.mallory, accept(s.mallory, real))
		s.takes(s.other, accept(s.other, real))
		s.takes(s.victim, accept(s.victim, stamp(s.evil, "/stamps/1", s.victim, made.URI, s.open.uri)))
		s.takes(s.victim, s.victim.Do("Accept", request, nil))
		s.seesQuote(s.ana, q, "pending", "")
		s.takes(s.victim, accept(s.victim, real))
		s.seesQuote(s.ana, q, "accepted", s.open.uri)
		if update := s.last(s.mallory, "Update"); update["object"].(map[string]any)["quoteAuthorization"] != real {
			t.Errorf("followers are told %v", update["object"])
		}
		s.takes(s.victim, s.victim.Do("Delete", real, map[string]any{"to": []any{everybody}}))
		s.seesQuote(s.ana, q, "revoked", "")
		if update := s.last(s.mallory, "Update"); update["object"].(map[string]any)["quoteAuthorization"] != nil {
			t.Errorf("followers are told %v", update["object"])
		}
		if gone := s.last(s.mallory, "Delete"); gone["object"] != real || gone["actor"] != s.victim.ID {
			t.Errorf("the deletion was passed on as %v", gone)
		}
		s.takes(s.victim, accept(s.victim, real))
		s.seesQuote(s.ana, q, "revoked", "")
	})
}
