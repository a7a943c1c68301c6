package nodetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tulou/node/nodetest/peer"
)

// If this failed, a signature made for one server could be replayed at another by redirecting us.
func TestA028RedirectIsSignedForItsTarget(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		far := s.peer("far")
		var seen []*http.Request
		note := far.Actor("zoe").Note("1", "<p>Here.</p>", nil)
		note["id"] = "https://far.example/notes/1"
		remember := func(status int, header http.Header, body []byte) peer.Document {
			return peer.Document{Handle: func(w http.ResponseWriter, r *http.Request) {
				seen = append(seen, r.Clone(t.Context()))
				for name, values := range header {
					w.Header()[name] = values
				}
				w.Header().Set("Content-Type", "application/activity+json")
				w.WriteHeader(status)
				_, _ = w.Write(body)
			}}
		}
		s.evil.Serve("/moved", remember(http.StatusFound, http.Header{"Location": {"https://far.example/notes/1"}}, nil))
		far.Serve("/notes/1", remember(http.StatusOK, nil, peer.JSON(note)))
		var r found
		s.ana.get("/api/v2/search?resolve=true&q=https://evil.example/moved", &r)
		if len(seen) < 2 {
			t.Fatalf("%d requests", len(seen))
		}
		var actor struct {
			PublicKey struct{ PublicKeyPem string }
		}
		_, body := s.read(s.other, harbor+"/actor")
		check(t, json.Unmarshal([]byte(body), &actor))
		signatures := map[string]bool{}
		for _, request := range seen {
			if err := peer.Verify(request, actor.PublicKey.PublicKeyPem); err != nil {
				t.Errorf("%s%s: %v", request.Host, request.URL, err)
			}
			if request.Header.Get("Authorization")+request.Header.Get("Cookie") != "" {
				t.Error("credentials were sent")
			}
			signatures[request.Header.Get("Signature")] = true
		}
		if len(signatures) != len(seen) {
			t.Error("a signature was used twice")
		}
	})
}

// If this failed, cached or remembered permissions would show private posts to those who lost them.
func TestA092A099PermissionIsAskedAtEveryRead(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		get := func() (int, string) {
			answer, _ := s.read(s.mallory, s.private.uri)
			return answer.StatusCode, answer.Header.Get("Cache-Control") + "; " + answer.Header.Get("Vary")
		}
		code, header := get()
		if code != http.StatusOK || !strings.Contains(header, "private") || !strings.Contains(header, "no-store") || !strings.Contains(header, "Signature") {
			t.Errorf("a follower gets %d, %s", code, header)
		}
		if answer, _ := s.read(s.victim, s.private.uri); answer.StatusCode != http.StatusNotFound {
			t.Errorf("who does not follow gets %d", answer.StatusCode)
		}
		s.ana.post("/api/v1/accounts/"+s.ana.knows("@mallory@evil.example").ID+"/block", nil, nil)
		s.settle()
		if code, _ := get(); code != http.StatusNotFound {
			t.Errorf("who is blocked gets %d", code)
		}
		// The other way: ana followed and is removed. What came for followers is not hers any more.
		s.ana.sees(s.followersOnly.uri)
		s.takes(s.victim, s.victim.Do("Reject", s.asked(s.victim), nil))
		s.settle()
		s.ana.cannotSee(s.followersOnly)
		// And what comes later to the node for another follower.
		s.befriend(s.ben, s.victim)
		later := s.note(s.victim, "later", "For those who are left.", []any{s.victim.ID + "/followers"}, []any{})
		s.takes(s.victim, later.create)
		s.settle()
		s.ben.sees(later.uri)
		s.ana.cannotSee(later)
	})
}

// If this failed, recipients that were to be hidden would be told to others.
func TestA101HiddenRecipientsAreNowhere(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		say := &story{village: v}
		say.do(`ana posts m "@victim@good @ben@harbor For you." visibility=direct`)
		hidden := s.victim.Note("hidden", "<p>Hidden copy.</p>", nil)
		hidden["to"], hidden["cc"] = []any{s.ana.actor()}, []any{}
		hidden["bcc"], hidden["bto"] = []any{s.ben.actor()}, []any{s.ben.actor()}
		create := s.victim.Create(hidden)
		create["bcc"] = []any{s.ben.actor()}
		for _, p := range []*person{s.ana, s.ben} {
			if code := s.sendsTo(p.actor()+"/inbox", s.victim, create); code != http.StatusAccepted {
				t.Error(code)
			}
		}
		s.settle()
		for _, p := range []*person{s.ana, s.ben} {
			if got := p.sees(hidden["id"].(string)); len(got.Mentions) > 1 || strings.Contains(fmt.Sprint(got.Mentions), "ben") {
				t.Errorf("%s sees the hidden recipient: %v", p, got.Mentions)
			}
		}
		delivered := slices.Concat(s.good.Received(), s.evil.Received())
		if len(delivered) == 0 {
			t.Error("nothing was delivered")
		}
		for _, d := range delivered {
			for _, name := range []string{`"bto"`, `"bcc"`} {
				if strings.Contains(string(d.Body), name) {
					t.Errorf("delivered: %s", d.Body)
				}
			}
		}
	})
}

// If this failed, a server could keep us reading a thread that never ends, or a circle.
func TestA064EndlessThreadsEnd(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		asked := 0
		link := func(n, to int) map[string]any {
			note := s.mallory.Note(fmt.Sprint("chain", n), fmt.Sprintf("<p>%d</p>", n), nil)
			note["inReplyTo"] = s.mallory.ID + fmt.Sprint("/statuses/chain", to)
			return note
		}
		for n := range 200 {
			s.evil.Serve(fmt.Sprint("/users/mallory/statuses/chain", n), peer.Document{Handle: func(w http.ResponseWriter, _ *http.Request) {
				asked++
				w.Header().Set("Content-Type", "application/activity+json")
				_, _ = w.Write(peer.JSON(link(n, n+1)))
			}})
		}
		first := s.mallory.Note("first", "<p>First.</p>", map[string]string{s.ana.actor(): "@ana@harbor.example"})
		first["inReplyTo"] = s.mallory.ID + "/statuses/chain0"
		s.takes(s.mallory, s.mallory.Create(first))
		s.settle()
		time.Sleep(time.Hour)
		s.settle()
		if asked > 52 || asked < 10 {
			t.Errorf("%d posts were asked for", asked)
		}
		s.ana.sees(first["id"].(string))

		for n, to := range map[int]int{300: 301, 301: 302, 302: 300} {
			s.evil.Put(link(n, to))
		}
		circle := s.mallory.Note("circle", "<p>Round.</p>", map[string]string{s.ana.actor(): "@ana@harbor.example"})
		circle["inReplyTo"] = s.mallory.ID + "/statuses/chain300"
		s.takes(s.mallory, s.mallory.Create(circle))
		s.settle()
		time.Sleep(time.Hour)
		s.settle()
		var around thread
		s.ana.get("/api/v1/statuses/"+s.ana.sees(circle["id"].(string)).ID+"/context", &around)
		// The third says that it answers the first, and so stands below it.
		if len(around.Ancestors) != 2 {
			t.Errorf("%d posts above", len(around.Ancestors))
		}
		if again := s.evil.Requests("/users/mallory/statuses/chain300"); again > 2 {
			t.Errorf("a post of the circle was asked for %d times", again)
		}
	})
}

// strange are notes that no sane server writes; each must be dropped or made harmless.
var strange = []string{
	`"content":null`, `"content":7`, `"content":{"en":"x"}`, `"content":["a","b"]`, `"contentMap":"x"`, `"contentMap":{"en":null}`,
	`"tag":"#x"`, `"tag":[null,7,{},[],{"type":"Mention"},{"type":"Hashtag","name":7}]`, `"tag":[{"type":"Mention","href":"https://harbor.example/users/ana/../ben","name":"@x"}]`,
	`"published":"yesterday"`, `"published":-1`, `"published":"9999-12-31T23:59:59Z"`, `"published":"0000-01-01T00:00:00Z"`,
	`"updated":"0001-01-01T00:00:00Z"`, `"inReplyTo":{}`, `"inReplyTo":[null]`, `"inReplyTo":"not a url"`, `"inReplyTo":"SELF"`,
	`"attachment":[{"type":"Document","url":"javascript:alert(1)"},{"type":"Document","url":[[]]}]`, `"attachment":{"type":"Image"}`,
	`"summary":["x"]`, `"summary":"` + strings.Repeat("x", 20000) + `"`, `"sensitive":"maybe"`, `"url":"javascript:alert(1)"`, `"url":[{"type":"Link"}]`,
	`"name":"Vote?"`, `"replies":{"type":"Collection","first":{"type":"CollectionPage","next":"SELF"}}`, `"cc":[{},{"id":7}]`,
	`"to":{"id":"https://www.w3.org/ns/activitystreams#Public"}`, `"content":"` + strings.Repeat("<b>", 5000) + `"`, `"content":"<svg onload=alert(1)>"`,
	`"language":"xx-` + strings.Repeat("y", 3000) + `"`, `"oneOf":[{"name":null}]`, `"endTime":"never","oneOf":[]`,
}

// If this failed, one post could stop all that come after it, or break the page it is shown on.
func TestA070StrangePostsHarmNobody(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		var want []string
		for i, odd := range strange {
			id := fmt.Sprint(s.victim.ID, "/statuses/odd", i)
			body := fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":"%s/activity","type":"Create","actor":%q,"to":[%q],
				"object":{"id":%q,"type":"Note","attributedTo":%q,"to":[%q],"content":"<p>odd</p>",%s}}`,
				id, s.victim.ID, everybody, id, s.victim.ID, everybody, strings.ReplaceAll(odd, "SELF", id))
			// A name that is given twice would be refused at the gate: the odd one stands alone.
			if name := odd[:strings.IndexByte(odd, ':')]; strings.Count(body, name+":") > 1 {
				body = strings.Replace(body, map[string]string{`"content"`: `"content":"<p>odd</p>",`, `"to"`: fmt.Sprintf(`"to":[%q],"content"`, everybody)}[name],
					map[string]string{`"to"`: `"content"`}[name], 1)
			}
			r := must(s.good.client.Do(s.victim.Request(t.Context(), peer.Message{URL: sharedInbox, Body: []byte(body)})))
			r.Body.Close()
			if r.StatusCode != http.StatusAccepted && (r.StatusCode < 400 || r.StatusCode > 499) {
				t.Errorf("%s: %d", odd[:min(80, len(odd))], r.StatusCode)
			}
			good := s.note(s.victim, fmt.Sprint("good", i), fmt.Sprint("Good ", i), []any{everybody}, []any{})
			s.takes(s.victim, good.create)
			want = append(want, good.uri)
		}
		s.settle()
		seen := map[string]bool{}
		for page := "/api/v1/timelines/home?limit=40"; page != ""; {
			var list []status
			s.ana.get(page, &list)
			page = ""
			for _, one := range list {
				seen[one.URI] = true
				page = "/api/v1/timelines/home?limit=40&max_id=" + one.ID
				if strings.Contains(one.Content, "<svg") || strings.Contains(one.Content, "javascript:") {
					t.Errorf("shown: %s", one.Content)
				}
			}
		}
		for _, uri := range want {
			if !seen[uri] {
				t.Errorf("%s did not arrive", uri)
			}
		}
	})
}

// If this failed, activities that come at the same moment would be lost or doubled, or break a
// handler that is not made for it.
func TestA041ActivitiesAtTheSameMomentAllCount(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		const many = 12
		var sending sync.WaitGroup
		for i := range many {
			a := s.good.Actor(fmt.Sprint("fan", i))
			like, reply := a.Do("Like", s.public.uri, nil), a.Note("r", "<p>Yes.</p>", map[string]string{s.ana.actor(): "@ana@harbor.example"})
			reply["inReplyTo"] = s.public.uri
			boost := a.Do("Announce", s.public.uri, map[string]any{"to": []any{everybody}})
			follow := a.Do("Follow", s.ben.actor(), nil)
			for _, activity := range []any{like, boost, follow, a.Create(reply), like, boost} {
				sending.Go(func() { s.takes(a, activity) })
			}
		}
		sending.Wait()
		s.settle()
		got := s.ana.sees(s.public.uri)
		if got.Likes != many || got.Boosts != many || got.Replies != many {
			t.Errorf("%d likes, %d boosts, %d replies of %d each", got.Likes, got.Boosts, got.Replies, many)
		}
		if a := s.ana.knows(s.ben.handle()); a.Followers != many {
			t.Errorf("%d followers of %d", a.Followers, many)
		}
	})
}

// If this failed, a moderator of another server could not delete, and what is gone at its origin
// would stay here.
func TestA014DeleteByAModeratorIsBelievedIfTheOriginSaysSo(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		s.good.Serve(strings.TrimPrefix(s.open.uri, "https://good.example"), peer.Document{Status: http.StatusGone})
		s.takes(s.other, s.other.Do("Delete", s.open.uri, nil))
		s.settle()
		s.ana.cannotSee(s.open)
	})
}

// If this failed, a boost would show what the booster says that somebody wrote.
func TestA108BoostShowsThePostOfItsOrigin(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		real := s.note(s.other, "real", "As it was written.", []any{everybody}, []any{})
		forged := s.other.Note("real", "<p>As it was not.</p>", nil)
		boost := s.mallory.Do("Announce", forged, map[string]any{"to": []any{everybody}})
		if code := s.sendsTo(s.ana.actor()+"/inbox", s.mallory, boost); code != http.StatusAccepted {
			t.Error(code)
		}
		s.settle()
		if got := s.ana.sees(real.uri); plain(got.Content) != "As it was written." || got.Account.URI != s.other.ID {
			t.Errorf("%s is said to have written %s", got.Account.URI, got.Content)
		}
	})
}

// If this failed, lists that everybody may read would name what only some may see.
func TestA098CollectionsNameOnlyWhatIsPublic(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, v *village) {
		s := newStage(v)
		say := &story{village: v}
		say.do(`ben replies whisper to public "@ana@harbor Between us." visibility=direct`)
		say.do(`ben replies aloud to public "Aloud."`)
		s.settle()
		for _, path := range []string{"/outbox?page=true", "/outbox", "/followers", "/followers?page=true", "/following?page=true", "/collections/featured"} {
			_, body := s.read(s.other, s.ana.actor()+path)
			for _, q := range []*post{s.private, s.secret} {
				if strings.Contains(body, q.uri) {
					t.Errorf("%s names %s", path, q.uri)
				}
			}
			if path == "/outbox?page=true" && !strings.Contains(body, s.public.uri) {
				t.Errorf("%s does not name what is public: %s", path, body)
			}
		}
		_, body := s.read(s.other, s.public.uri+"/replies?page=true")
		if strings.Contains(body, v.posts["whisper"].uri) || !strings.Contains(body, v.posts["aloud"].uri) {
			t.Errorf("replies are %s", body)
		}
	})
}
