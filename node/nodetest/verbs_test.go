package nodetest

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	gocmp "github.com/google/go-cmp/cmp"

	"tulou/node/nodetest/peer"
	"tulou/protocol/markup"
)

// personVerbs is what people do and see in stories, all of it through the API.
var personVerbs = map[string]func(*story, *person, sentence){
	"follows":   relate("follow"),
	"unfollows": relate("unfollow"),
	"blocks":    relate("block"),
	"unblocks":  relate("unblock"),
	"mutes":     relate("mute"),
	"unmutes":   relate("unmute"),
	"removes":   relate("remove_from_followers"),
	"accepts":   answer("authorize"), // follow requests
	"rejects":   answer("reject"),
	"likes":     react("favourite"),
	"unlikes":   react("unfavourite"),
	"boosts":    react("reblog"),
	"unboosts":  react("unreblog"),
	"bookmarks": react("bookmark"),
	"asks":      asks,       // ana asks q1 "Which?" tea mate lasts=1h multiple=true secret=true
	"votes":     votes,      // bob votes q1 tea refused=true
	"tally":     tally,      // bob tally q1 tea=2 mate=secret voters=2 voted=true ended=false alone=true
	"posts":     posts,      // ana posts p1 "text" visibility=private cw="…" language=de
	"replies":   replies,    // bob replies r1 to p1 "text"
	"edits":     edits,      // ana edits p1 "text" cw="…"
	"deletes":   deletes,    // ana deletes p1
	"sets":      sets,       // ana sets name="…" bio="…" locked=true
	"sees":      sees,       // bob sees p1 "text" in home; sees thread of p1: p0 p1 r1; sees history of p1 "a" "b"
	"does":      doesNot,    // bob does not see p1 in home; does not find ana
	"cannot":    cannot,     // bob cannot boost p1; cannot follow ana
	"home":      home,       // bob home is p3 p2 p1, newest first
	"is":        isNotified, // bob is notified of follow from ana; is not notified of mention from ana about p1
	"relation":  relationTo, // ana relation to bob following=true
	"talk":      talk,       // bob talk with ana ends with m3 unread=true; talk with ana is none
	"guesses":   guesses,    // carl guesses p1: tries everything with the id of a post that is not for them
	"pins":      pins,       // ana pins p1 refused=true
	"complains": complains,  // ana complains of @bob@orchard about q1 "text" forward=true
	"schedules": schedules,  // ana schedules "text" in 2h
	"scheduled": scheduled,  // ana scheduled p1 "text"; scheduled nothing "text"
	"quotes":    quotes,     // bob quotes p1 as q1 "text" visibility=private
	"quote":     quoteIs,    // iris quote q1 is accepted of p1; iris quote q1 is pending; iris quote q1 is none
	"quoted":    quotedBy,   // ana quoted p1 by q2 q1
	"revokes":   revokes,    // ana revokes q1 of p1 refused=true
	"lets":      lets,       // ana lets followers quote p1
	"prefers":   prefers,    // ana prefers nobody
	"may":       mayQuote,   // bob may quote p1 automatic
	"unpins":    react("unpin"),
	"pinned":    pinned,           // bob pinned of ana is p2 p1
	"tracks":    tracks("follow"), // ben tracks #garden
	"untracks":  tracks("unfollow"),
	"confirms":  confirms, // zoe confirms; signs_in phone password="…"; resets "…"; ends phone; leaves password="…"
	"signs_in":  signsIn,
	"visits":    visits, // zoe visits iris with phone, and follows
	"resets":    resets,
	"ends":      ends,
	"leaves":    leaves,
	"seeks":     seeks,         // bob seeks p2 p1 by "tea in:library", which finds these, newest first
	"ignores":   ignoresDomain, // ana ignores orchard, what clients call to block a domain
}

func relate(what string) func(*story, *person, sentence) {
	return func(s *story, p *person, in sentence) {
		p.post("/api/v1/accounts/"+p.knows(s.handle(in.words[0])).ID+"/"+what, nil, nil)
	}
}

func answer(how string) func(*story, *person, sentence) {
	return func(s *story, p *person, in sentence) {
		var asking []account
		p.get("/api/v1/follow_requests", &asking)
		who := p.knows(s.handle(in.words[0]))
		if !slices.ContainsFunc(asking, func(a account) bool { return a.ID == who.ID }) {
			s.t.Fatalf("%s was not asked by %s", p, in.words[0])
		}
		p.post("/api/v1/follow_requests/"+who.ID+"/"+how, nil, nil)
	}
}

func react(how string) func(*story, *person, sentence) {
	return func(s *story, p *person, in sentence) {
		var got status
		before := p.sees(s.post(in.words[0]).uri)
		p.post("/api/v1/statuses/"+before.ID+"/"+how, nil, &got)
		if how == "reblog" && (got.Reblog == nil || got.Reblog.URI != before.URI) {
			s.t.Errorf("the boost is %+v", got)
		}
	}
}

// words is what a post says as a form.
func words(in sentence) url.Values {
	form := url.Values{"status": {strings.Join(in.texts, "\n\n")}}
	for key, name := range map[string]string{"visibility": "visibility", "cw": "spoiler_text", "language": "language"} {
		if value, ok := in.options[key]; ok {
			form.Set(name, value)
		}
	}
	return form
}

func (s *story) publish(p *person, name string, form url.Values) {
	var made status
	p.post("/api/v1/statuses", form, &made)
	s.posts[name] = &post{uri: made.URI, author: p.name, shown: made}
}

func posts(s *story, p *person, in sentence) {
	if len(in.words) == 1 {
		s.publish(p, in.words[0], words(in))
		return
	}
	// ana posts n 20 times at once "post %d" makes n1 to n20.
	count := must(strconv.Atoi(in.words[1]))
	made := make([]status, count)
	var under sync.WaitGroup
	for i := range made {
		if in.words[len(in.words)-1] == "order" { // ana posts n 20 times in order
			p.post("/api/v1/statuses", url.Values{"status": {fmt.Sprintf(in.texts[0], i+1)}}, &made[i])
			continue
		}
		under.Go(func() {
			p.post("/api/v1/statuses", url.Values{"status": {fmt.Sprintf(in.texts[0], i+1)}}, &made[i])
		})
	}
	under.Wait()
	slices.SortFunc(made, func(a, b status) int { return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID)) })
	for i, m := range made {
		s.posts[fmt.Sprint(in.words[0], i+1)] = &post{uri: m.URI, author: p.name, shown: m}
	}
}

func replies(s *story, p *person, in sentence) {
	form := words(in)
	form.Set("in_reply_to_id", p.sees(s.post(in.words[2]).uri).ID)
	s.publish(p, in.words[0], form)
}

func edits(s *story, p *person, in sentence) {
	q := s.post(in.words[0])
	if code := p.call("PUT", "/api/v1/statuses/"+p.sees(q.uri).ID, words(in), &q.shown); code != http.StatusOK {
		s.t.Errorf("editing: %d", code)
	}
}

func deletes(s *story, p *person, in sentence) {
	if code := p.call("DELETE", "/api/v1/statuses/"+p.sees(s.post(in.words[0]).uri).ID, nil, nil); code != http.StatusOK {
		s.t.Errorf("deleting: %d", code)
	}
}

func sets(s *story, p *person, in sentence) {
	form := url.Values{}
	for key, value := range in.options {
		form.Set(map[string]string{"name": "display_name", "bio": "note", "locked": "locked", "indexable": "indexable"}[key], value)
	}
	if code := p.call("PATCH", "/api/v1/accounts/update_credentials", form, nil); code != http.StatusOK {
		s.t.Errorf("setting: %d", code)
	}
}

func sees(s *story, p *person, in sentence) {
	switch {
	case in.words[0] == "thread":
		s.seesThread(p, in)
	case in.words[0] == "history":
		s.seesHistory(p, in)
	case in.words[0] == "profile":
		s.seesProfile(p, in)
	default:
		s.seesPost(p, in)
	}
}

// seesPost checks that somebody sees a post, and that it says the same as at home: byte for byte,
// but for fractions of seconds, which nobody sends.
func (s *story) seesPost(p *person, in sentence) {
	q := s.post(in.words[0])
	got := p.sees(q.uri)
	if len(in.words) == 3 && !holds(p.list(in.words[2]), q.uri) {
		s.t.Errorf("%s does not see %s in %s", p, in.words[0], in.words[2])
	}
	if len(in.texts) > 0 {
		if text := plain(got.Content); text != strings.Join(in.texts, "\n\n") {
			s.t.Errorf("%s reads %q", p, text)
		}
	}
	for key, value := range map[string]string{"visibility": got.Visibility, "cw": got.Spoiler, "language": got.Language} {
		if want, asked := in.options[key]; asked && want != value {
			s.t.Errorf("%s sees %s %q", p, key, value)
		}
	}
	if s.persons[q.author] == nil || s.persons[q.author].home.node == nil {
		return
	}
	own := s.persons[q.author].sees(q.uri)
	if diff := gocmp.Diff(essence(own), essence(got)); diff != "" {
		s.t.Errorf("%s sees another post than %s (-own, +seen):\n%s", p, q.author, diff)
	}
}

// plain is what of HTML a reader sees.
func plain(html string) string { return markup.PlainText(html) }

// essence is what must be the same for everybody.
func essence(s status) any {
	var mentions, tags []string
	for _, m := range s.Mentions {
		mentions = append(mentions, m.URL)
	}
	for _, t := range s.Tags {
		tags = append(tags, t.Name)
	}
	slices.Sort(mentions)
	slices.Sort(tags)
	edited := ""
	if s.EditedAt != nil {
		edited = (*s.EditedAt)[:len("2006-01-02T15:04:05")]
	}
	return map[string]any{"content": s.Content, "spoiler": s.Spoiler, "sensitive": s.Sensitive, "visibility": s.Visibility,
		"language": s.Language, "created": s.CreatedAt[:len("2006-01-02T15:04:05")], "edited": edited, "mentions": mentions, "tags": tags,
		"author": s.Account.URI, "reply": s.InReplyTo != nil}
}

// seesThread checks what stands above and below a post: sees thread of p1: p0 p1 r1.
func (s *story) seesThread(p *person, in sentence) {
	self := p.sees(s.post(strings.TrimSuffix(in.words[2], ":")).uri)
	var t thread
	p.get("/api/v1/statuses/"+self.ID+"/context", &t)
	var got []string
	for _, one := range slices.Concat(t.Ancestors, []status{self}, t.Descendants) {
		got = append(got, one.URI)
	}
	s.compare(p, got, in.words[3:])
}

// compare compares posts by address with posts by name.
func (s *story) compare(p *person, uris, names []string) {
	var got []string
	for _, uri := range uris {
		name := uri
		for n, q := range s.posts {
			if q.uri == uri {
				name = n
			}
		}
		got = append(got, name)
	}
	if !slices.Equal(got, names) {
		s.t.Errorf("%s sees %v, want %v", p, got, names)
	}
}

func (s *story) seesHistory(p *person, in sentence) {
	var versions []edit
	p.get("/api/v1/statuses/"+p.sees(s.post(in.words[2]).uri).ID+"/history", &versions)
	var got []string
	for _, v := range versions {
		got = append(got, plain(v.Content))
	}
	if diff := gocmp.Diff(in.texts, got); diff != "" {
		s.t.Errorf("%s reads another history:\n%s", p, diff)
	}
}

// seesProfile checks somebody's profile: sees profile of ana name="…" followers=1.
func (s *story) seesProfile(p *person, in sentence) {
	a := p.knows(s.handle(in.words[2]))
	for key, value := range map[string]string{"name": a.DisplayName, "bio": plain(a.Note), "locked": fmt.Sprint(a.Locked),
		"followers": fmt.Sprint(a.Followers), "following": fmt.Sprint(a.Following), "posts": fmt.Sprint(a.Statuses)} {
		if want, asked := in.options[key]; asked && want != value {
			s.t.Errorf("%s sees %s %q, want %q", p, key, value, want)
		}
	}
}

// doesNot checks that somebody does not see a post anywhere, or only not in one place, or does not
// find somebody.
func doesNot(s *story, p *person, in sentence) {
	switch what := in.words[2]; {
	case in.words[1] == "find":
		if a, ok := p.finds(s.handle(what)); ok {
			s.t.Errorf("%s finds %s", p, a.Acct)
		}
	case len(in.words) == 5:
		p.notIn(in.words[4], s.post(what).uri)
	default:
		p.cannotSee(s.post(what))
	}
}

// cannot checks that the API refuses, as if there was nothing to refuse, what is asked of it.
func cannot(s *story, p *person, in sentence) {
	verb, what := in.words[0], in.words[1]
	code := 0
	switch verb {
	case "follow":
		code = p.call("POST", "/api/v1/accounts/"+p.knows(s.handle(what)).ID+"/follow", nil, nil)
	case "quote":
		code = p.call("POST", "/api/v1/statuses", url.Values{"status": {"x"}, "quoted_status_id": {p.storedID(s.post(what).uri)}}, nil)
	case "boost", "like", "edit", "delete":
		method, path := "POST", map[string]string{"boost": "/reblog", "like": "/favourite"}[verb]
		if path == "" {
			method = map[string]string{"edit": "PUT", "delete": "DELETE"}[verb]
		}
		code = p.call(method, "/api/v1/statuses/"+p.storedID(s.post(what).uri)+path, url.Values{"status": {"x"}}, nil)
	default:
		s.t.Fatalf("%s: cannot what?", s.at)
	}
	if code < 400 || code > 499 {
		s.t.Errorf("%s can %s %s: %d", p, verb, what, code)
	}
}

func guesses(s *story, p *person, in sentence) { p.guess(p.storedID(s.post(in.words[0]).uri)) }

func home(s *story, p *person, in sentence) {
	var got []string
	for _, one := range p.list("home") {
		if one.Reblog != nil {
			one = *one.Reblog
		}
		got = append(got, one.URI)
	}
	var want []string
	for _, word := range in.words[1:] {
		want = append(want, series(word)...)
	}
	if len(want) == 1 && want[0] == "empty" {
		want = nil
	}
	s.compare(p, got, want)
}

// series spells n20..n1 out.
func series(word string) (names []string) {
	from, to, ok := strings.Cut(word, "..")
	if !ok {
		return []string{word}
	}
	name := strings.TrimRight(from, "0123456789")
	for i := must(strconv.Atoi(from[len(name):])); i >= must(strconv.Atoi(to[len(name):])); i-- {
		names = append(names, fmt.Sprint(name, i))
	}
	return names
}

// isNotified checks that somebody was told of something, once, or never.
func isNotified(s *story, p *person, in sentence) {
	want := 1
	if in.words[0] == "not" {
		want, in.words = 0, in.words[1:]
	}
	kind, from, about := in.words[2], s.handle(in.words[4]), ""
	if len(in.words) == 7 {
		about = s.post(in.words[6]).uri
	}
	if got := p.told(kind, from, about); got != want {
		s.t.Errorf("%s was told %d times, want %d", p, got, want)
	}
}

func relationTo(s *story, p *person, in sentence) {
	r := p.relation(s.handle(in.words[1]))
	for key, value := range map[string]bool{"following": r.Following, "requested": r.Requested, "blocking": r.Blocking,
		"muting": r.Muting, "followed_by": r.FollowedBy, "requested_by": r.RequestedBy, "blocked_by": r.BlockedBy} {
		if want, asked := in.options[key]; asked && want != fmt.Sprint(value) {
			s.t.Errorf("%s: %s is %v, want %s", p, key, value, want)
		}
	}
}

// talk checks somebody's conversation with somebody else.
func talk(s *story, p *person, in sentence) {
	var talks []conversation
	p.get("/api/v1/conversations", &talks)
	with := localised(s.handle(in.words[1]), p.home)[1:]
	talks = slices.DeleteFunc(talks, func(c conversation) bool {
		return !slices.ContainsFunc(c.Accounts, func(a account) bool { return a.Acct == with })
	})
	if in.words[len(in.words)-1] == "none" {
		if len(talks) > 0 {
			s.t.Errorf("%s has %d conversations with %s", p, len(talks), with)
		}
		return
	}
	if len(talks) != 1 || talks[0].Last == nil {
		s.t.Fatalf("%s has %d conversations with %s", p, len(talks), with)
	}
	s.compare(p, []string{talks[0].Last.URI}, in.words[4:])
	if want, asked := in.options["unread"]; asked && want != fmt.Sprint(talks[0].Unread) {
		s.t.Errorf("unread is %v", talks[0].Unread)
	}
}

func ignoresDomain(s *story, p *person, in sentence) {
	p.post("/api/v1/domain_blocks", url.Values{"domain": {s.host(in.words[0])}}, nil)
}

// peerVerbs is what people of servers do that are no nodes. Every request is signed by the peer.
var peerVerbs = map[string]func(*story, string, sentence){
	"sends":   sends,   // zoe@far sends z1 to ana ben "text" visibility=direct inbox=personal
	"repeats": repeats, // zoe@far repeats z1 to ana inbox=personal
	"deletes": peerDeletes,
	"follows": peerFollows, // zoe@far follows ana, at the shared inbox
}

func (s *story) actor(name string) *peer.Actor {
	user, host, _ := strings.Cut(name, "@")
	return s.peers[host].Actor(user)
}

// sends makes a note that mentions people and posts its Create to their inboxes.
func sends(s *story, from string, in sentence) {
	a := s.actor(from)
	mentions := map[string]string{}
	for _, name := range in.words[2:] {
		mentions[s.who(name).actor()] = s.handle(name)
	}
	note := a.Note(in.words[0], "<p>"+in.texts[0]+"</p>", mentions)
	if in.options["visibility"] == "direct" {
		note["to"], note["cc"] = note["cc"].([]any)[1:], []any{}
	}
	s.posts[in.words[0]] = &post{uri: note["id"].(string), author: from, create: a.Create(note)}
	repeats(s, from, in)
}

// repeats posts the Create of a note to inboxes again.
func repeats(s *story, from string, in sentence) {
	create := s.post(in.words[0]).create
	for _, name := range in.words[2:] {
		inbox := s.who(name).actor() + "/inbox"
		if in.options["inbox"] != "personal" {
			inbox = s.who(name).home.base + "/inbox"
		}
		s.post202(from, inbox, create)
	}
}

func peerDeletes(s *story, from string, in sentence) {
	uri := s.post(in.words[0]).uri
	gone := s.actor(from).Do("Delete", map[string]any{"id": uri, "type": "Tombstone"}, nil)
	for _, h := range s.houses {
		s.post202(from, h.base+"/inbox", gone)
	}
}

func peerFollows(s *story, from string, in sentence) {
	p := s.who(in.words[0])
	s.post202(from, p.home.base+"/inbox", s.actor(from).Do("Follow", p.actor(), nil))
}

// post202 posts an activity that has to be accepted.
func (s *story) post202(from, inbox string, activity any) {
	_, host, _ := strings.Cut(from, "@")
	code, err := s.actor(from).Send(s.t.Context(), s.peers[host].client, inbox, activity)
	if err != nil || code != http.StatusAccepted {
		s.t.Errorf("%s answered %d, %v", inbox, code, err)
	}
}

// actor is the id of somebody as other servers know it.
func (p *person) actor() string { return p.home.base + "/users/" + p.name }
