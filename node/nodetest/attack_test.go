package nodetest

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"tulou/node/nodetest/peer"
)

// stage is a node under attack: ana and ben of harbor; victim, other and shy of an honest server;
// mallory of a hostile one, whom ana has heard of. ana follows victim and asked shy in vain; ben
// follows shy; mallory follows ana.
type stage struct {
	*village
	ana, ben                          *person
	good, evil                        *peerHost
	victim, other, shy, mallory       *peer.Actor
	public, private, secret           *post // ana's: for everybody, for followers, for ben alone
	open, followersOnly, shyFollowers *post // victim's, victim's, shy's
}

const (
	harbor      = "https://harbor.example"
	sharedInbox = harbor + "/inbox"
	everybody   = "https://www.w3.org/ns/activitystreams#Public"
)

func newStage(v *village) *stage {
	v.start("harbor")
	s := &stage{village: v, ana: v.persons["ana"], ben: v.persons["ben"], good: v.peer("good"), evil: v.peer("evil")}
	s.victim, s.other, s.shy = s.good.Actor("victim"), s.good.Actor("other"), s.good.Actor("shy")
	s.mallory = s.evil.Actor("mallory")
	s.befriend(s.ana, s.victim)
	s.befriend(s.ben, s.shy)
	s.ana.post("/api/v1/accounts/"+s.ana.knows("@shy@good.example").ID+"/follow", nil, nil)
	s.ana.knows("@other@good.example")
	s.takes(s.mallory, s.mallory.Do("Follow", s.ana.actor(), nil))
	s.settle()
	say := &story{village: v}
	say.do(`ana posts public "For everybody."`)
	say.do(`ana posts private "For followers." visibility=private`)
	say.do(`ana posts secret "For @ben@harbor alone." visibility=direct`)
	s.public, s.private, s.secret = v.posts["public"], v.posts["private"], v.posts["secret"]
	s.open = s.note(s.victim, "open", "By the victim.", []any{everybody}, []any{s.victim.ID + "/followers"})
	s.followersOnly = s.note(s.victim, "closed", "For the victim's followers.", []any{s.victim.ID + "/followers"}, []any{})
	s.shyFollowers = s.note(s.shy, "shy", "For the shy one's followers.", []any{s.shy.ID + "/followers"}, []any{})
	for _, p := range []*post{s.open, s.followersOnly, s.shyFollowers} {
		s.takes(s.actor(p.author), p.create)
	}
	s.settle()
	return s
}

func (s *stage) actor(name string) *peer.Actor {
	user, host, _ := strings.Cut(name, "@")
	return s.peers[host].Actor(user)
}

// befriend lets somebody follow an actor of a peer, who accepts.
func (s *stage) befriend(p *person, a *peer.Actor) {
	p.post("/api/v1/accounts/"+p.knows("@"+a.Name+"@"+strings.TrimPrefix(a.Peer.Base, "https://")).ID+"/follow", nil, nil)
	s.settle()
	s.takes(a, a.Do("Accept", s.asked(a), nil))
	s.settle()
}

// asked is the last Follow that an actor of a peer got.
func (s *stage) asked(a *peer.Actor) map[string]any {
	for _, d := range slices.Backward(a.Peer.Received()) {
		if activity := d.Activity(); activity["type"] == "Follow" && activity["object"] == a.ID {
			delete(activity, "@context")
			return activity
		}
	}
	s.t.Fatalf("%s was not asked", a.ID)
	return nil
}

// note makes a post of a peer's actor, which the peer serves.
func (s *stage) note(a *peer.Actor, name, text string, to, cc []any) *post {
	note := a.Note(name, "<p>"+text+"</p>", nil)
	note["to"], note["cc"] = to, cc
	a.Peer.Put(note)
	host := strings.TrimSuffix(strings.TrimPrefix(a.Peer.Base, "https://"), ".example")
	return &post{uri: note["id"].(string), author: a.Name + "@" + host, create: a.Create(note)}
}

// sends posts an activity to an inbox and returns the status.
func (s *stage) sendsTo(inbox string, a *peer.Actor, activity any) int {
	host := strings.TrimSuffix(strings.TrimPrefix(a.Peer.Base, "https://"), ".example")
	code, err := a.Send(s.t.Context(), s.peers[host].client, inbox, activity)
	check(s.t, err)
	return code
}

// takes posts an activity that has to be accepted, whatever becomes of it.
func (s *stage) takes(a *peer.Actor, activity any) {
	s.t.Helper()
	if code := s.sendsTo(sharedInbox, a, activity); code != http.StatusAccepted {
		s.t.Errorf("%v was answered %d", activity.(map[string]any)["type"], code)
	}
}

// refuses posts an activity that has to be refused.
func (s *stage) refuses(a *peer.Actor, activity any) {
	s.t.Helper()
	if code := s.sendsTo(sharedInbox, a, activity); code != http.StatusUnauthorized && code != http.StatusForbidden && code != http.StatusBadRequest {
		s.t.Errorf("%v was answered %d", activity.(map[string]any)["type"], code)
	}
}

// both posts an activity to the shared inbox and to ana's own, where everything concerns somebody.
func (s *stage) both(a *peer.Actor, activity map[string]any) {
	s.t.Helper()
	s.takes(a, activity)
	if code := s.sendsTo(s.ana.actor()+"/inbox", a, activity); code != http.StatusAccepted {
		s.t.Errorf("ana's inbox answered %d", code)
	}
}

// world is what can be seen of the world through the API, by ana, by ben, and by a stranger.
func (s *stage) world() map[string]any {
	seen := map[string]any{}
	stranger := &person{village: s.village, name: "stranger", home: s.houses["harbor"], client: s.client("stranger", "")}
	defer stranger.client.CloseIdleConnections()
	look := func(p *person, path string) {
		var answer any
		code := p.call("GET", path, nil, &answer)
		seen[p.name+" "+path] = []any{code, answer}
	}
	for _, p := range []*person{s.ana, s.ben, stranger} {
		paths := []string{"/api/v1/timelines/public?limit=40"}
		if p != stranger {
			paths = append(paths, "/api/v1/timelines/home?limit=40", "/api/v1/notifications?limit=40", "/api/v1/conversations",
				"/api/v1/follow_requests", "/api/v1/blocks", "/api/v1/accounts/verify_credentials")
		}
		for _, who := range []string{s.victim.ID, s.other.ID, s.shy.ID, s.mallory.ID, s.ana.actor(), s.ben.actor()} {
			account, err := s.ana.home.node.Store().AccountByURI(s.t.Context(), who)
			if err != nil {
				continue
			}
			id := fmt.Sprint(account.ID)
			paths = append(paths, "/api/v1/accounts/"+id, "/api/v1/accounts/"+id+"/statuses?limit=40", "/api/v1/accounts/"+id+"/followers")
			if p != stranger {
				paths = append(paths, "/api/v1/accounts/relationships?id[]="+id)
			}
		}
		for _, q := range []*post{s.public, s.private, s.secret, s.open, s.followersOnly, s.shyFollowers} {
			id := s.ana.storedID(q.uri)
			if id == "" {
				s.t.Errorf("%s is not there", q.uri)
			}
			paths = append(paths, "/api/v1/statuses/"+id, "/api/v1/statuses/"+id+"/context", "/api/v1/statuses/"+id+"/history",
				"/api/v1/statuses/"+id+"/favourited_by", "/api/v1/statuses/"+id+"/reblogged_by")
		}
		for _, path := range paths {
			look(p, path)
		}
	}
	return seen
}

// attack is something that must change nothing.
type attack struct {
	name string // begins with the id of its row
	do   func(s *stage)
}

// If one of these failed, a stranger could change or read what is not theirs.
func TestAttackChangesNothing(t *testing.T) {
	for _, a := range slices.Concat(forgeries, leaks, diversions) {
		t.Run(strings.ReplaceAll(a.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T, v *village) {
				s := newStage(v)
				before := s.world()
				a.do(s)
				s.settle()
				time.Sleep(time.Minute)
				s.settle()
				after := s.world()
				for _, path := range slices.Sorted(maps.Keys(after)) {
					if diff := gocmp.Diff(before[path], after[path]); diff != "" {
						t.Errorf("changed (-before, +after): %s\n%.2000s", path, diff)
					}
				}
				for _, address := range v.network.dials("harbor") {
					if !strings.HasSuffix(address, ".example:443") {
						t.Errorf("the node dialled %s", address)
					}
				}
			})
		})
	}
}

// forgeries speak in the name of others, or about what is theirs.
var forgeries = []attack{
	{"A010 host that looks like another", func(s *stage) {
		for _, host := range []string{"GOOD.example", "good.example.", "good.example:443", "good。example", "ｇood.example", "xn--god-sna.example", "goоd.example"} {
			victim := "https://" + host + "/users/victim"
			forged := s.mallory.Note("lookalike", "<p>Forged.</p>", nil)
			forged["attributedTo"] = victim
			code := s.sendsTo(sharedInbox, s.mallory, s.mallory.Do("Create", forged, nil))
			if code != http.StatusForbidden && code != http.StatusBadRequest {
				s.t.Errorf("attributed to %s: %d", victim, code)
			}
			code = s.sendsTo(sharedInbox, s.mallory, s.mallory.Do("Delete", victim+"/statuses/open", nil))
			if code != http.StatusForbidden && code != http.StatusBadRequest {
				s.t.Errorf("deleting at %s: %d", host, code)
			}
		}
		if a, ok := s.ana.finds("@victim@GOOD.Example"); !ok || a.URI != s.victim.ID {
			s.t.Errorf("the victim is not found in capitals: %v", a)
		}
	}},
	{"A033 context of one's own", func(s *stage) {
		for _, context := range []any{"https://evil.example/context", []any{"https://www.w3.org/ns/activitystreams", "https://evil.example/context"},
			map[string]any{"@import": "https://evil.example/context"}} {
			create := s.mallory.Create(s.mallory.Note("context", "<p>x</p>", nil))
			create["@context"], create["to"], create["cc"] = context, []any{s.mallory.ID}, []any{}
			s.sendsTo(sharedInbox, s.mallory, create)
		}
		s.settle()
		if s.evil.Requests("/context") != 0 {
			s.t.Error("the context was fetched")
		}
	}},
	{"A013 Update of another's post", func(s *stage) {
		edited := s.mallory.Note("x", "<p>Forged.</p>", nil)
		edited["id"], edited["updated"] = s.open.uri, time.Now().UTC().Format(time.RFC3339)
		s.refuses(s.mallory, s.mallory.Do("Update", edited, nil))
		edited["attributedTo"] = s.victim.ID
		s.refuses(s.mallory, s.mallory.Do("Update", edited, nil))
		s.refuses(s.mallory, s.mallory.Do("Update", edited, map[string]any{"id": s.victim.ID + "/activities/1"}))
		// Of the same server, by somebody else.
		s.refuses(s.other, s.other.Do("Update", edited, nil))
		edited["attributedTo"] = s.other.ID
		s.takes(s.other, s.other.Do("Update", edited, nil))
	}},
	{"A013 Delete of another's post", func(s *stage) {
		s.refuses(s.mallory, s.mallory.Do("Delete", s.open.uri, nil))
		s.refuses(s.mallory, s.mallory.Do("Delete", map[string]any{"id": s.open.uri, "type": "Tombstone"}, nil))
		s.refuses(s.mallory, s.mallory.Do("Delete", s.public.uri, nil))
		s.refuses(s.mallory, s.mallory.Do("Delete", s.ana.actor(), nil))
		s.refuses(s.mallory, s.mallory.Do("Delete", s.victim.ID, nil))
	}},
	{"A014 Delete by a neighbour of the author", func(s *stage) {
		s.takes(s.other, s.other.Do("Delete", s.open.uri, nil))
		s.takes(s.other, s.other.Do("Delete", s.victim.ID, nil))
	}},
	{"A105 Undo of another's follow by id", func(s *stage) {
		follow := s.victim.Do("Follow", s.ben.actor(), nil)
		s.refuses(s.mallory, s.mallory.Do("Undo", s.asked(s.shy)["id"], nil))
		s.refuses(s.mallory, s.mallory.Do("Undo", follow, nil))
		s.takes(s.other, s.other.Do("Undo", follow["id"], nil))
		s.takes(s.mallory, s.mallory.Do("Undo", s.mallory.ID+"/activities/never", nil))
	}},
	{"A106 Accept by whom nobody asked", func(s *stage) {
		asked := s.asked(s.shy)
		s.takes(s.other, s.other.Do("Accept", asked["id"], nil))
		s.refuses(s.other, s.other.Do("Accept", asked, nil))
		asked["object"] = s.other.ID
		s.takes(s.other, s.other.Do("Accept", asked, nil))
		s.takes(s.mallory, s.mallory.Do("Accept", map[string]any{"id": s.ana.actor() + "/activities/never", "type": "Follow",
			"actor": s.ana.actor(), "object": s.mallory.ID}, nil))
		s.takes(s.mallory, s.mallory.Do("Reject", s.asked(s.victim)["id"], nil))
	}},
	{"A109 Add to what is another's", func(s *stage) {
		for _, kind := range []string{"Add", "Remove"} {
			s.sendsTo(sharedInbox, s.mallory, s.mallory.Do(kind, s.mallory.ID+"/statuses/1", map[string]any{"target": s.ana.actor() + "/collections/featured"}))
			s.sendsTo(sharedInbox, s.mallory, s.mallory.Do(kind, s.open.uri, map[string]any{"target": s.victim.ID + "/collections/featured"}))
		}
	}},
	{"A111 Block in another's name", func(s *stage) {
		s.refuses(s.mallory, s.victim.Do("Block", s.ana.actor(), nil))
		s.refuses(s.mallory, s.mallory.Do("Block", s.ana.actor(), map[string]any{"actor": s.victim.ID}))
		block := s.victim.Do("Block", s.ana.actor(), nil)
		s.refuses(s.mallory, s.mallory.Do("Undo", block, nil))
	}},
	{"A112 Update that makes something else of a post", func(s *stage) {
		late := map[string]any{"updated": time.Now().Add(time.Second).UTC().Format(time.RFC3339)}
		change := func(how map[string]any) map[string]any {
			note := s.victim.Note("open", "<p>Changed.</p>", nil)
			for k, v := range how {
				note[k] = v
			}
			note["updated"] = late["updated"]
			return note
		}
		s.refuses(s.victim, s.victim.Do("Update", change(map[string]any{"attributedTo": s.other.ID}), nil))
		s.refuses(s.victim, s.victim.Do("Update", change(map[string]any{"attributedTo": s.mallory.ID}), nil))
		actor := change(map[string]any{"type": "Person", "preferredUsername": "open", "inbox": s.victim.ID + "/inbox"})
		delete(actor, "attributedTo")
		s.refuses(s.victim, s.victim.Do("Update", actor, nil))
		s.sendsTo(sharedInbox, s.victim, s.victim.Do("Update", change(map[string]any{"id": s.victim.ID, "attributedTo": s.victim.ID}), nil))
		s.sendsTo(sharedInbox, s.victim, s.victim.Do("Update", change(map[string]any{"type": "Tombstone"}), nil))
	}},
	{"A114 Create after Delete", func(s *stage) {
		gone := s.note(s.victim, "gone", "Too late.", []any{everybody}, []any{s.victim.ID + "/followers"})
		s.takes(s.victim, s.victim.Do("Delete", gone.uri, nil))
		s.settle()
		s.both(s.victim, gone.create)
		s.both(s.victim, s.victim.Do("Update", gone.create["object"], nil))
		s.both(s.victim, s.victim.Do("Announce", gone.uri, map[string]any{"to": []any{everybody}}))
		s.settle()
		if s.ana.storedID(gone.uri) != "" {
			s.t.Error("it is back")
		}
	}},
	{"A117 handle that leads to another server", func(s *stage) {
		bob := s.evil.Actor("bob")
		s.good.Serve("/.well-known/webfinger", finger("acct:bob@good.example", bob.ID))
		for _, handle := range []string{"@bob@good.example", "@bob@evil.example"} {
			if a, ok := s.ana.finds(handle); ok && strings.HasSuffix(a.Acct, "@good.example") {
				s.t.Errorf("%s is known as %s", bob.ID, a.Acct)
			}
		}
	}},
	{"A117 actor that claims the name of a neighbour", func(s *stage) {
		imposter := s.evil.Actor("imposter")
		imposter.Edit(func(doc map[string]any) { doc["preferredUsername"] = "mallory" })
		var r found
		s.ana.get("/api/v2/search?resolve=true&q="+imposter.ID, &r)
		if len(r.Accounts) > 0 {
			s.t.Errorf("%s is known as %s", imposter.ID, r.Accounts[0].Acct)
		}
	}},
	{"A117 actor that claims a name of another server", func(s *stage) {
		carol := s.evil.Actor("victim") // of the same name
		s.evil.Serve("/.well-known/webfinger", finger("acct:victim@good.example", carol.ID))
		if a, ok := s.ana.finds("@victim@evil.example"); ok && a.Acct == "victim@good.example" {
			s.t.Errorf("%s is known as %s", carol.ID, a.Acct)
		}
		if a := s.ana.knows("@victim@good.example"); a.URI != s.victim.ID {
			s.t.Errorf("the victim's name leads to %s", a.URI)
		}
	}},
}

// finger is a WebFinger answer that says the same whatever is asked.
func finger(subject, self string) peer.Document {
	return peer.Document{Type: "application/jrd+json", Body: peer.JSON(map[string]any{"subject": subject,
		"links": []any{map[string]any{"rel": "self", "type": "application/activity+json", "href": self}}})}
}

// leaks try to see, or show to others, what is not for them.
var leaks = []attack{
	{"A086 audience widened by others", func(s *stage) {
		wide := map[string]any{"to": []any{everybody}, "cc": []any{s.ben.actor(), s.mallory.ID + "/followers"}}
		s.both(s.mallory, s.mallory.Do("Announce", s.private.uri, wide))
		s.both(s.mallory, s.mallory.Do("Announce", s.followersOnly.uri, wide))
		s.both(s.mallory, s.mallory.Do("Announce", s.secret.uri, wide))
		s.refuses(s.mallory, s.mallory.Do("Update", map[string]any{"id": s.private.uri, "type": "Note", "attributedTo": s.ana.actor(),
			"content": "x", "to": []any{everybody}}, nil))
		// The author's own word, repeated by the author, does not open it either.
		opened := s.victim.Note("closed", "<p>For the victim's followers.</p>", nil)
		s.takes(s.victim, s.victim.Do("Create", opened, map[string]any{"to": []any{everybody}}))
	}},
	{"A087 follow that was not accepted", func(s *stage) {
		// It came to the node for ben, whom the author accepted. ana only asked.
		s.ana.cannotSee(s.shyFollowers)
		s.ben.sees(s.shyFollowers.uri)
		if r := s.ana.relation("@shy@good.example"); r.Following || !r.Requested {
			s.t.Errorf("ana follows: %+v", r)
		}
	}},
	{"A089 reactions to what one may not see", func(s *stage) {
		for _, q := range []*post{s.secret, s.shyFollowers} {
			s.both(s.mallory, s.mallory.Do("Like", q.uri, nil))
			s.both(s.mallory, s.mallory.Do("Announce", q.uri, map[string]any{"to": []any{everybody}}))
		}
		s.sameAnswers(s.mallory, s.secret.uri)
		s.sameAnswers(s.other, s.private.uri)
		// An answer is the peer's own post, for which nobody here asked. At a shared inbox it is dropped.
		reply := s.mallory.Note("reply", "<p>I know what you wrote.</p>", nil)
		reply["inReplyTo"] = s.shyFollowers.uri
		reply["to"], reply["cc"] = []any{s.mallory.ID}, []any{}
		s.takes(s.mallory, s.mallory.Create(reply))
	}},
	{"A090 posts that are not for a stranger", func(s *stage) {
		for _, q := range []*post{s.private, s.secret, s.followersOnly, s.shyFollowers} {
			if q.author == "ana" {
				s.sameAnswers(s.other, q.uri)
			}
		}
		s.ben.cannotSee(s.followersOnly)
		s.ana.cannotSee(s.shyFollowers)
	}},
}

// read gets something signed by an actor of a peer.
func (s *stage) read(a *peer.Actor, address string) (*http.Response, string) {
	host := strings.TrimSuffix(strings.TrimPrefix(a.Peer.Base, "https://"), ".example")
	r := must(s.peers[host].client.Do(a.Request(s.t.Context(), peer.Message{Method: http.MethodGet, URL: address})))
	defer r.Body.Close()
	return r, string(must(io.ReadAll(r.Body)))
}

// sameAnswers checks that a post looks to an actor like one that does not exist.
func (s *stage) sameAnswers(a *peer.Actor, uri string) {
	s.t.Helper()
	nothing := uri[:strings.LastIndexByte(uri, '/')+1] + "7500000000000000000"
	for _, path := range []string{"", "/activity", "/replies", "/replies?page=true"} {
		there, body := s.read(a, uri+path)
		absent, empty := s.read(a, nothing+path)
		for _, header := range []string{"Cache-Control", "Vary", "Content-Type", "Content-Length"} {
			if got, want := there.Header.Get(header), absent.Header.Get(header); got != want {
				s.t.Errorf("%s: %s is %q, for nothing %q", path, header, got, want)
			}
		}
		if there.StatusCode != absent.StatusCode || there.StatusCode != http.StatusNotFound || body != empty {
			s.t.Errorf("%s is answered %d %s, nothing %d %s", path, there.StatusCode, body, absent.StatusCode, empty)
		}
	}
}

// inside are addresses that no node on the internet has any business with.
var inside = []string{
	"http://127.0.0.1/x", "https://127.0.0.1/x", "https://[::1]/x", "https://localhost/x", "https://169.254.169.254/latest/meta-data",
	"https://10.0.0.1/x", "https://2130706433/x", "https://0x7f000001/x", "https://evil.example:22/x", "https://evil.example:6379/x",
	"http://evil.example/x", "file:///etc/passwd", "data:application/json,{}", "ftp://evil.example/x", "gopher://evil.example/x",
	"https://evil.example@127.0.0.1/x", "https://intranet/x",
}

// diversions make the node ask where it must not, or for ever.
var diversions = []attack{
	{"A042 ids and links inside", func(s *stage) {
		for i, address := range inside {
			s.evil.Serve("/.well-known/webfinger", finger(fmt.Sprintf("acct:x%d@evil.example", i), address))
			if a, ok := s.ana.finds(fmt.Sprintf("@x%d@evil.example", i)); ok {
				s.t.Errorf("%s was found at %s", a.Acct, address)
			}
			s.sendsTo(s.ana.actor()+"/inbox", s.mallory, s.mallory.Do("Announce", address, map[string]any{"to": []any{everybody}}))
			s.sendsTo(s.ana.actor()+"/inbox", s.mallory, s.mallory.Do("Create", address, nil))
			var r found
			s.ana.get("/api/v2/search?resolve=true&q="+address, &r)
			if len(r.Accounts)+len(r.Statuses) > 0 {
				s.t.Errorf("%s was found", address)
			}
		}
	}},
	{"A042 keys inside", func(s *stage) {
		for _, address := range inside {
			message := peer.Message{URL: sharedInbox, KeyID: address + "#main-key", Body: peer.JSON(s.mallory.Do("Follow", s.ana.actor(), nil))}
			r := must(s.evil.client.Do(s.mallory.Request(s.t.Context(), message)))
			r.Body.Close()
			if r.StatusCode < 400 {
				s.t.Errorf("a key at %s: %d", address, r.StatusCode)
			}
		}
	}},
	{"A043 redirects inside", func(s *stage) {
		for i, address := range inside {
			path := fmt.Sprint("/r/", i)
			s.evil.Serve(path, peer.Document{Status: http.StatusFound, Header: http.Header{"Location": {address}}})
			s.evil.Serve("/.well-known/webfinger", peer.Document{Status: http.StatusFound, Header: http.Header{"Location": {address}}})
			s.sendsTo(s.ana.actor()+"/inbox", s.mallory, s.mallory.Do("Announce", "https://evil.example"+path, map[string]any{"to": []any{everybody}}))
			if _, ok := s.ana.finds(fmt.Sprintf("@y%d@evil.example", i)); ok {
				s.t.Errorf("found by way of %s", address)
			}
		}
	}},
	{"A011 redirect to another origin", func(s *stage) {
		forged := s.victim.Note("forged", "<p>Not by the victim.</p>", nil)
		s.evil.Serve("/forged", peer.Document{Body: peer.JSON(forged)})
		s.good.Serve("/open-redirect", peer.Document{Status: http.StatusFound, Header: http.Header{"Location": {"https://evil.example/forged"}}})
		for _, address := range []string{"https://good.example/open-redirect", "https://evil.example/forged", forged["id"].(string)} {
			s.sendsTo(s.ana.actor()+"/inbox", s.mallory, s.mallory.Do("Announce", address, map[string]any{"to": []any{everybody}}))
			s.settle()
			var r found
			s.ana.get("/api/v2/search?resolve=true&q="+address, &r)
			if len(r.Statuses) > 0 {
				s.t.Errorf("%s was believed: %s", address, r.Statuses[0].Content)
			}
		}
	}},
	{"A108 Announce of what is not for everybody", func(s *stage) {
		hidden := s.note(s.victim, "hidden", "For followers, and served by mistake.", []any{s.victim.ID + "/followers"}, []any{})
		public := map[string]any{"to": []any{everybody}}
		s.both(s.mallory, s.mallory.Do("Announce", hidden.uri, public))
		inline := s.victim.Note("inline", "<p>Never written by the victim.</p>", nil)
		s.both(s.mallory, s.mallory.Do("Announce", inline, public))
		s.both(s.mallory, s.mallory.Do("Announce", s.private.uri, public))
		s.settle()
		for _, uri := range []string{hidden.uri, inline["id"].(string)} {
			if s.ana.storedID(uri) != "" {
				s.t.Errorf("%s came in", uri)
			}
		}
	}},
	{"A115 posts of suspended people and blocked hosts", func(s *stage) {
		far := s.peer("far")
		friend := far.Actor("friend")
		bad := s.peer("bad").Actor("bad")
		check(s.t, errOf(s.houses["harbor"].node.DecideDomain(s.t.Context(), "bad.example", "block", "")))
		check(s.t, errOf(s.houses["harbor"].node.Suspend(s.t.Context(), "mallory@evil.example", true)))
		s.settle()
		defer func() {
			check(s.t, errOf(s.houses["harbor"].node.Suspend(s.t.Context(), "mallory@evil.example", false)))
		}()
		public := map[string]any{"to": []any{everybody}}
		for _, a := range []*peer.Actor{s.mallory, bad} {
			q := s.note(a, "unwanted", "Unwanted.", []any{everybody}, []any{})
			code := s.sendsTo(s.ana.actor()+"/inbox", a, q.create)
			if code != http.StatusForbidden {
				s.t.Errorf("%s was answered %d", a.ID, code)
			}
			s.sendsTo(s.ana.actor()+"/inbox", friend, friend.Do("Announce", q.uri, public))
			s.settle()
			var r found
			s.ana.get("/api/v2/search?resolve=true&q="+q.uri, &r)
			if len(r.Statuses) > 0 || s.ana.storedID(q.uri) != "" {
				s.t.Errorf("%s came in", q.uri)
			}
		}
		if far.Requests("/users/friend") == 0 {
			s.t.Error("the boost was not looked at")
		}
	}},
}

func errOf[T any](_ T, err error) error { return err }
