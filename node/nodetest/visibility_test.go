package nodetest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tulou/apps/people"
	"tulou/node"
	"tulou/protocol/ids"
	"tulou/protocol/keys"
	"tulou/storage"
	"tulou/storage/storagetest"
)

// If this failed, some read path of a node would show somebody a post that is not for them, or keep
// one from them that is, or tell by an answer that there is something they may not see.
func TestEveryReadPathOfANodeShowsWhatTheModelAllows(t *testing.T) {
	for engine, database := range map[string]func(testing.TB) string{"sqlite": storagetest.SQLite, "postgres": storagetest.Postgres} {
		t.Run(engine, func(t *testing.T) {
			l := newLab(t, database)
			rapid.Check(t, func(r *rapid.T) {
				if l.round++; l.round > rounds(engine) && !l.failed {
					return
				}
				defer func() { l.failed = l.failed || r.Failed() }()
				s := &scene{lab: l, model: newModel(), r: r, tag: fmt.Sprintf("topic%d", l.round),
					missing: map[string]*httptest.ResponseRecorder{}}
				s.cast()
				for range rapid.IntRange(30, 70).Draw(r, "steps") {
					s.step()
					s.remember(s.viewers)
				}
				for _, v := range s.viewers {
					s.compare(v)
				}
				s.comparePages()
				s.compareStreams()
			})
			if l.heard == 0 {
				t.Error("the streams showed nothing at all")
			}
		})
	}
}

// rounds is how many histories there are on each engine: some seconds. What fails is made smaller
// in as many as that takes.
func rounds(engine string) int {
	if engine == "postgres" || testing.Short() {
		return 5
	}
	return 25
}

// lab is one node, on one engine, for many rounds.
type lab struct {
	t      *testing.T
	node   *node.Node
	round  int
	failed bool
	heard  int // posts that streams showed
}

func newLab(t *testing.T, database func(testing.TB) string) *lab {
	c := node.Config{Place: node.Place{DataDir: t.TempDir(), DatabaseURL: database(t)}, URL: "https://harbor.example", AdminListen: node.Off, LogLevel: "error"}
	n := must(node.New(t.Context(), c, node.Deps{Log: slog.New(slog.DiscardHandler),
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, errors.New("there is nobody else")
		}}))
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx, node.Listeners{}) }()
	t.Cleanup(func() {
		stop()
		check(t, <-done)
		n.Close()
	})
	return &lab{t: t, node: n}
}

// scene is one round: the model and the node are led through the same history.
type scene struct {
	*model
	lab     *lab
	r       *rapid.T
	tag     string
	viewers []*modelPerson // nil for a stranger among them
	tokens  map[*modelPerson]string
	streams map[*modelPerson]*earshot
	missing map[string]*httptest.ResponseRecorder // what is answered for what does not exist
}

var ctx = context.Background()

func (s *scene) must(err error) {
	if err != nil {
		s.r.Helper()
		s.r.Fatalf("history: %v", err)
	}
}

func (s *scene) tx(fn func(tx *storage.Tx) error) {
	s.r.Helper()
	s.must(s.lab.node.Store().Tx(ctx, fn))
}

// viewers is how many of the people of a round look at what happens.
const viewers = 3

// cast makes new people for a round: three who look, one of the node who does not, and two of other
// servers.
func (s *scene) cast() {
	s.tokens, s.streams = map[*modelPerson]string{}, map[*modelPerson]*earshot{}
	for i, name := range []string{"ana", "ben", "cara", "dora"} {
		p := s.local(fmt.Sprintf("%s%d", name, s.lab.round))
		p.viewer = i < viewers
		s.people = append(s.people, p)
		s.home[p] = map[*modelPost]bool{}
		if p.viewer {
			s.viewers = append(s.viewers, p)
			l := &modelList{owner: p, members: map[*modelPerson]bool{}, shows: map[*modelPost]bool{},
				policy:    rapid.SampledFrom([]string{"followed", "list", "none"}).Draw(s.r, "policy"),
				exclusive: rapid.Bool().Draw(s.r, "exclusive")}
			l.id = s.object(p, "POST", "/api/v1/lists", url.Values{"title": {"x"}, "replies_policy": {l.policy},
				"exclusive": {fmt.Sprint(l.exclusive)}})["id"].(string)
			s.lists = append(s.lists, l)
		}
	}
	s.viewers = append(s.viewers, nil)
	for i, host := range []string{"orchard.example", "mill.example"} {
		s.people = append(s.people, s.remote(fmt.Sprintf("%s%d", []string{"yan", "zoe"}[i], s.lab.round), host))
	}
	for _, p := range s.people {
		s.likes[p], s.bookmarks[p], s.domainMutes[p] = map[*modelPost]bool{}, map[*modelPost]bool{}, map[string]bool{}
	}
	for _, v := range s.viewers {
		s.ever[v] = map[string]bool{}
		s.streams[v] = s.listen(v)
	}
	s.acquaint()
}

// acquaint has those who look follow some of the others, and put some of these into their lists.
func (s *scene) acquaint() {
	for _, l := range s.lists {
		for _, p := range s.people {
			if p != l.owner && rapid.Bool().Draw(s.r, "follows") {
				s.follow(l.owner, p)
				if rapid.Bool().Draw(s.r, "lists") {
					s.object(l.owner, "POST", "/api/v1/lists/"+l.id+"/accounts", url.Values{"account_ids[]": {ids.Format(p.id)}})
					s.joined(l, p)
				}
			}
		}
	}
}

func (s *scene) follow(a, b *modelPerson) {
	s.tx(func(tx *storage.Tx) error {
		_, err := tx.PutFollow(ctx, storage.Follow{AccountID: a.id, TargetID: b.id, Accepted: true, Boosts: true, URI: fmt.Sprintf("https://x.example/%d/%d", a.id, b.id)})
		return err
	})
	s.followed(a, b)
}

func (s *scene) local(name string) *modelPerson {
	paths := s.lab.node.Engine().Paths()
	key := keys.Ed25519FromSeed([]byte(name + strings.Repeat(".", 32))[:32])
	uri, secret := paths.Actor(name), ""
	var a storage.Account
	s.tx(func(tx *storage.Tx) (err error) {
		if a, err = tx.CreateAccount(ctx, storage.Account{URI: uri, Name: name, URL: paths.Profile(name), Inbox: uri + ids.Inbox,
			SharedInbox: paths.SharedInbox(), Outbox: uri + ids.Outbox, Followers: uri + ids.Followers, Following: uri + ids.Following,
			Featured: uri + ids.Featured, Discoverable: true}); err != nil {
			return err
		}
		return tx.CreateLogin(ctx, storage.Login{AccountID: a.ID, Email: name + "@mail.example", PasswordHash: "x", ConfirmedAt: storage.Now()})
	})
	s.tx(func(tx *storage.Tx) error {
		return tx.PutKeys(ctx, a.ID, []storage.ActorKey{{ID: uri + ids.Ed25519Key, Kind: storage.KeyEd25519,
			PublicKey: key.Public().Multikey(), PrivateKey: must(key.PEM())}})
	})
	secret, hash := people.NewSecret()
	s.tx(func(tx *storage.Tx) error {
		app, err := tx.CreateApp(ctx, storage.App{ClientID: "toot " + name, Name: "Toot", RedirectURIs: "urn:ietf:wg:oauth:2.0:oob", Scopes: "read write follow"})
		if err != nil {
			return err
		}
		_, err = tx.CreateToken(ctx, storage.Token{Hash: hash, AppID: app.ID, AccountID: a.ID, Scopes: "read write follow"})
		return err
	})
	p := &modelPerson{id: a.ID, name: name}
	s.tokens[p] = secret
	return p
}

func (s *scene) remote(name, host string) *modelPerson {
	uri := "https://" + host + "/users/" + name
	var a storage.Account
	s.tx(func(tx *storage.Tx) (err error) {
		a, err = tx.PutRemoteAccount(ctx, storage.Account{URI: uri, Name: name, Host: host, Type: "Person", Inbox: uri + "/inbox",
			SharedInbox: "https://" + host + "/inbox", Followers: uri + "/followers"})
		return err
	})
	return &modelPerson{id: a.ID, name: name, host: host}
}

// ask sends a request to the node as somebody, or as a stranger.
func (s *scene) ask(v *modelPerson, method, path string, form url.Values, header ...string) *httptest.ResponseRecorder {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, "https://harbor.example"+path, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if v != nil {
		r.Header.Set("Authorization", "Bearer "+s.tokens[v])
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.lab.node.Handler().ServeHTTP(w, r)
	return w
}

// absent is ask for what does not exist; it is the same each time.
func (s *scene) absent(v *modelPerson, method, path string, form url.Values, header ...string) *httptest.ResponseRecorder {
	key := name(v) + " " + method + " " + path
	if s.missing[key] == nil {
		s.missing[key] = s.ask(v, method, path, form, header...)
	}
	return s.missing[key]
}

func (s *scene) object(v *modelPerson, method, path string, form url.Values) map[string]any {
	s.r.Helper()
	w := s.ask(v, method, path, form)
	if w.Code != 200 {
		s.r.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	var o map[string]any
	s.must(json.Unmarshal(w.Body.Bytes(), &o))
	return o
}

func (s *scene) draw(label string) *modelPerson {
	return rapid.SampledFrom(s.people).Draw(s.r, label)
}

func (s *scene) somePost(label string) *modelPost {
	all := s.alive(func(*modelPost) bool { return true })
	if len(all) == 0 {
		return nil
	}
	return rapid.SampledFrom(all).Draw(s.r, label)
}

// step does one random thing, at the node and in the model.
func (s *scene) step() {
	kind := rapid.SampledFrom([]string{"post", "post", "post", "post", "boost", "boost", "follow", "follow", "follow", "unfollow", "block",
		"unblock", "mute", "unmute", "domain", "suspend", "delete", "like", "bookmark", "list", "list", "list", "unlist", "pin", "track", "untrack"}).Draw(s.r, "kind")
	a, b := s.draw("a"), s.draw("b")
	if arranging := []string{"mute", "unmute", "domain", "like", "bookmark", "list", "unlist", "pin", "track", "untrack"}; slices.Contains(arranging, kind) {
		a = rapid.SampledFrom(s.people[:viewers]).Draw(s.r, "viewer")
	}
	id := ids.Format(b.id)
	between := func(what string) { s.object(a, "POST", "/api/v1/accounts/"+id+"/"+what, nil) }
	if len(s.posts) == storage.StatusPageMax && (kind == "post" || kind == "boost") {
		return // everything fits on one page
	}
	switch kind {
	case "post":
		s.post(a)
	case "boost":
		s.boost(a)
	case "follow":
		if a != b && !s.blocked(a, b) {
			s.follow(a, b)
		}
	case "unfollow":
		if s.follows.has(a, b) {
			s.tx(func(tx *storage.Tx) error { _, err := tx.DeleteFollow(ctx, a.id, b.id); return err })
			s.unfollowed(a, b)
		}
	case "block":
		if a != b {
			s.tx(func(tx *storage.Tx) error {
				_, err := tx.PutBlock(ctx, a.id, b.id, fmt.Sprintf("https://x.example/b/%d/%d", a.id, b.id))
				return err
			})
			s.blocks.put(a, b)
			s.unfollowed(a, b)
			s.unfollowed(b, a)
		}
	case "unblock":
		if s.blocks.has(a, b) {
			s.tx(func(tx *storage.Tx) error { _, err := tx.DeleteBlock(ctx, a.id, b.id); return err })
			s.blocks.drop(a, b)
		}
	case "mute":
		if a.viewer && a != b && !b.suspended {
			between("mute")
			s.mutes.put(a, b)
		}
	case "unmute":
		if a.viewer && s.mutes.has(a, b) {
			between("unmute")
			s.mutes.drop(a, b)
		}
	case "domain":
		if a.viewer && b.host != "" { // without the job that ends follows, which would run at its own time
			s.tx(func(tx *storage.Tx) error { return tx.PutDomainMute(ctx, a.id, b.host) })
			s.domainMutes[a][b.host] = true
		}
	case "suspend":
		if !a.viewer {
			a.suspended = !a.suspended
			s.tx(func(tx *storage.Tx) error { return tx.SetSuspended(ctx, a.id, a.suspended) })
		}
	case "delete":
		if p := s.somePost("deleted"); p != nil {
			number, _ := ids.Parse(p.id)
			s.tx(func(tx *storage.Tx) error { _, err := tx.DeleteStatus(ctx, number); return err })
			s.gone(p)
		}
	default:
		s.arrange(kind, a, b)
	}
}

// arrange does what only people of the node do.
func (s *scene) arrange(kind string, a, b *modelPerson) {
	if !a.viewer {
		return
	}
	list := s.lists[slices.IndexFunc(s.lists, func(l *modelList) bool { return l.owner == a })]
	members := url.Values{"account_ids[]": {ids.Format(b.id)}}
	switch kind {
	case "like", "bookmark":
		p := s.somePost("liked")
		if p == nil || !s.sees(a, p) {
			return
		}
		s.object(a, "POST", "/api/v1/statuses/"+p.id+"/"+map[string]string{"like": "favourite", "bookmark": "bookmark"}[kind], nil)
		if p.boostOf != nil {
			p = p.boostOf
		}
		map[string]map[*modelPerson]map[*modelPost]bool{"like": s.likes, "bookmark": s.bookmarks}[kind][a][p] = true
	case "list":
		var candidates []*modelPerson
		for _, p := range s.people {
			if s.follows.has(a, p) && !list.members[p] {
				candidates = append(candidates, p)
			}
		}
		if len(candidates) > 0 {
			b = rapid.SampledFrom(candidates).Draw(s.r, "member")
			members.Set("account_ids[]", ids.Format(b.id))
			s.object(a, "POST", "/api/v1/lists/"+list.id+"/accounts", members)
			s.joined(list, b)
		}
	case "unlist":
		if list.members[b] {
			s.object(a, "DELETE", "/api/v1/lists/"+list.id+"/accounts?"+members.Encode(), nil)
			s.left(list, b)
			if list.exclusive {
				s.fillHome(a, b)
			}
		}
	case "pin":
		p := s.somePost("pinned")
		pinned := 0
		for q := range s.pins {
			if !q.deleted && q.author == a {
				pinned++
			}
		}
		if p != nil && p.author == a && p.boostOf == nil && p.visibility != "direct" && pinned < storage.PinsMax {
			s.object(a, "POST", "/api/v1/statuses/"+p.id+"/pin", nil)
			s.pins[p] = true
		}
	case "track":
		s.object(a, "POST", "/api/v1/tags/"+s.tag+"/follow", nil)
		if !s.tracks[a] {
			s.tracked(a)
		}
	case "untrack":
		s.object(a, "POST", "/api/v1/tags/"+s.tag+"/unfollow", nil)
		if s.tracks[a] {
			s.untracked(a)
		}
	}
}

func (s *scene) post(author *modelPerson) {
	p := &modelPost{author: author, visibility: rapid.SampledFrom([]string{"public", "public", "unlisted", "private", "direct"}).Draw(s.r, "visibility"),
		tagged: rapid.Bool().Draw(s.r, "tagged")}
	if rapid.Bool().Draw(s.r, "mentions") {
		p.mentions = []*modelPerson{s.draw("mentioned")}
	}
	if parent := s.somePost("parent"); parent != nil && parent.boostOf == nil && rapid.Bool().Draw(s.r, "reply") {
		p.parent, p.answered, p.answers = parent, parent, parent.author
	}
	if author.viewer {
		s.postHere(p)
	} else {
		s.arrive(p)
	}
}

// postHere has somebody post through the API. Answering what they may not see is refused.
func (s *scene) postHere(p *modelPost) {
	text := "words "
	for _, m := range p.mentions {
		text += "@" + m.name
		if m.host != "" {
			text += "@" + m.host
		}
	}
	if p.tagged {
		text += " #" + s.tag
	}
	form := url.Values{"status": {text}, "visibility": {p.visibility}}
	if p.parent != nil {
		form.Set("in_reply_to_id", p.parent.id)
		if !s.sees(p.author, p.parent) {
			missing := maps.Clone(form)
			missing.Set("in_reply_to_id", "123456789")
			s.same(s.ask(p.author, "POST", "/api/v1/statuses", form), s.ask(p.author, "POST", "/api/v1/statuses", missing), "an answer to "+p.parent.String())
			return
		}
	}
	made := s.object(p.author, "POST", "/api/v1/statuses", form)
	p.id, p.uri = made["id"].(string), made["uri"].(string)
	mentioned := p.mentions
	p.mentions = nil
	for _, m := range made["mentions"].([]any) { // somebody suspended is not found
		for _, who := range mentioned {
			if m.(map[string]any)["id"] == ids.Format(who.id) {
				p.mentions = append(p.mentions, who)
			}
		}
	}
	s.added(p)
}

// arrive has a post come as a handler would store it.
func (s *scene) arrive(p *modelPost) {
	store := s.lab.node.Store()
	id, at := store.NewID()
	n := storage.NewStatus{Status: storage.Status{ID: id, AccountID: p.author.id, Local: p.author.host == "", Type: "Note",
		URI: fmt.Sprintf("https://%s.example/%s/%d", p.author.name, p.author.name, id), Visibility: p.visibility, Content: "<p>words</p>",
		CreatedAt: storage.At(at)}}
	if p.author.host == "" {
		n.URI = s.lab.node.Engine().Paths().Status(p.author.name, id)
	}
	for _, m := range p.mentions {
		n.Mentions = append(n.Mentions, m.id)
	}
	n.Audience = slices.Clone(n.Mentions)
	switch p.visibility {
	case "public", "unlisted":
		n.Audience = []int64{storage.Everybody}
	case "private":
		n.Audience = append(n.Audience, storage.FollowersOf(p.author.id))
	}
	if p.tagged {
		n.Tags = []storage.Tag{{Tag: s.tag, Name: s.tag}}
	}
	if p.parent != nil {
		n.ReplyToID, _ = ids.Parse(p.parent.id)
	}
	s.store(p, n)
}

func (s *scene) store(p *modelPost, n storage.NewStatus) {
	var made storage.Status
	s.tx(func(tx *storage.Tx) (err error) {
		if made, err = tx.CreateStatus(ctx, n); err != nil {
			return err
		}
		if _, err = tx.FanOut(ctx, made); err != nil {
			return err
		}
		for _, m := range p.mentions {
			if _, _, err := tx.CreateNotification(ctx, storage.Notification{AccountID: m.id, Type: storage.NotifyMention, FromID: p.author.id, StatusID: made.ID}); err != nil {
				return err
			}
		}
		if p.visibility == "direct" {
			_, err = tx.PutConversation(ctx, made, append([]int64{p.author.id}, n.Mentions...))
		}
		return err
	})
	p.id, p.uri = ids.Format(made.ID), made.URI
	s.added(p)
}

func (s *scene) boost(a *modelPerson) {
	of := s.somePost("boosted")
	if of == nil || of.boostOf != nil || slices.ContainsFunc(s.posts, func(p *modelPost) bool { return !p.deleted && p.boostOf == of && p.author == a }) {
		return
	}
	p := &modelPost{author: a, visibility: "public", boostOf: of}
	may := s.sees(a, of) && (open(of) || of.visibility == "private" && of.author == a)
	if of.visibility == "private" {
		p.visibility = "private"
	}
	switch {
	case a.viewer && !may:
		s.same(s.ask(a, "POST", "/api/v1/statuses/"+of.id+"/reblog", nil), s.absent(a, "POST", "/api/v1/statuses/123456789/reblog", nil), "a boost of "+of.String())
	case a.viewer:
		made := s.object(a, "POST", "/api/v1/statuses/"+of.id+"/reblog", nil)
		p.id, p.uri = made["id"].(string), made["uri"].(string)
		s.added(p)
	case open(of):
		id, at := s.lab.node.Store().NewID()
		number, _ := ids.Parse(of.id)
		s.store(p, storage.NewStatus{Status: storage.Status{ID: id, URI: fmt.Sprintf("https://%s.example/boost/%d", a.name, id), AccountID: a.id, Type: "Announce",
			Visibility: "public", BoostOfID: number, CreatedAt: storage.At(at), Local: a.host == ""}, Audience: []int64{storage.Everybody}})
	}
}

// changing are headers that say nothing about what was asked for.
var changing = []string{"Date", "X-Request-Id", "X-Ratelimit-Remaining", "X-Ratelimit-Reset"}

// same demands that two answers are the same bytes, and no success.
func (s *scene) same(got, missing *httptest.ResponseRecorder, what string) {
	s.r.Helper()
	for _, name := range changing {
		got.Header().Del(name)
		missing.Header().Del(name)
	}
	body := numbers.ReplaceAllString(got.Body.String(), "0") // a page tells what it was asked for
	if got.Code != missing.Code || got.Code < 400 || body != numbers.ReplaceAllString(missing.Body.String(), "0") || fmt.Sprint(got.Header()) != fmt.Sprint(missing.Header()) {
		s.r.Fatalf("%s: %d %s %v, and what is missing %d %s %v", what, got.Code, got.Body, got.Header(), missing.Code, missing.Body, missing.Header())
	}
}

// entries asks for a list and returns the ids of this round's posts in it, and checks that what a
// boost shows is what was boosted.
func (s *scene) entries(v *modelPerson, path string) []string {
	s.r.Helper()
	w := s.ask(v, "GET", path, nil)
	if w.Code != 200 {
		s.r.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	var list []struct {
		ID     string
		Reblog *struct{ ID string }
	}
	s.must(json.Unmarshal(w.Body.Bytes(), &list))
	found := []string{}
	for _, one := range list {
		for _, p := range s.posts {
			if p.id != one.ID {
				continue
			}
			found = append(found, one.ID)
			if (p.boostOf == nil) != (one.Reblog == nil) || p.boostOf != nil && p.boostOf.id != one.Reblog.ID {
				s.r.Fatalf("%s: %s shows %v", path, p, one.Reblog)
			}
		}
	}
	return found
}

func (s *scene) shows(v *modelPerson, path string, want func(*modelPost) bool) {
	s.r.Helper()
	expected := []string{}
	for _, p := range s.alive(want) {
		expected = append(expected, p.id)
	}
	if diff := gocmp.Diff(expected, s.entries(v, path)); diff != "" {
		s.r.Fatalf("%s for %s (-want +got): %s", path, name(v), diff)
	}
}

func (s *scene) showsSet(v *modelPerson, path string, want func(*modelPost) bool) {
	s.r.Helper()
	expected, got := []string{}, s.entries(v, path)
	for _, p := range s.alive(want) {
		expected = append(expected, p.id)
	}
	slices.Sort(expected)
	slices.Sort(got)
	if diff := gocmp.Diff(expected, got); diff != "" {
		s.r.Fatalf("%s for %s (-want +got): %s", path, name(v), diff)
	}
}

func name(v *modelPerson) string {
	if v == nil {
		return "a stranger"
	}
	return v.name
}

// compare compares everything that the API shows to somebody with the model.
func (s *scene) compare(v *modelPerson) {
	wanted := func(p *modelPost) bool { return s.sees(v, p) && s.wants(v, p) }
	public := func(p *modelPost) bool {
		return p.visibility == "public" && p.boostOf == nil && !p.answersOther() && wanted(p)
	}
	s.shows(v, "/api/v1/timelines/public?limit=40", public)
	s.shows(v, "/api/v1/timelines/public?limit=40&local=true", func(p *modelPost) bool { return public(p) && p.author.host == "" })
	s.shows(v, "/api/v1/timelines/public?limit=40&remote=true", func(p *modelPost) bool { return public(p) && p.author.host != "" })
	s.shows(v, "/api/v1/timelines/tag/"+s.tag+"?limit=40", func(p *modelPost) bool {
		return p.tagged && p.visibility == "public" && wanted(p)
	})
	for _, a := range s.people {
		path := "/api/v1/accounts/" + ids.Format(a.id) + "/statuses?limit=40"
		if a.suspended {
			missing := strings.Replace(path, ids.Format(a.id), "123456789", 1)
			for _, more := range []string{"", "&pinned=true"} {
				s.same(s.ask(v, "GET", path+more, nil), s.absent(v, "GET", missing+more, nil), "posts of somebody suspended")
			}
			continue
		}
		s.shows(v, path, func(p *modelPost) bool { return p.author == a && s.sees(v, p) })
		s.showsSet(v, path+"&pinned=true", func(p *modelPost) bool { return s.pins[p] && p.author == a && s.sees(v, p) })
	}
	var all []string
	for _, p := range s.posts {
		all = append(all, "id[]="+p.id)
		s.compareOne(v, p)
	}
	if len(all) > 0 {
		s.showsSet(v, "/api/v1/statuses?"+strings.Join(all[:min(40, len(all))], "&"), func(p *modelPost) bool { return s.sees(v, p) && slices.Contains(all[:min(40, len(all))], "id[]="+p.id) })
	}
	if v != nil {
		s.compareOwn(v)
	}
}

// compareOwn compares what only somebody signed in has.
func (s *scene) compareOwn(v *modelPerson) {
	wanted := func(p *modelPost) bool { return s.sees(v, p) && s.wants(v, p) }
	s.shows(v, "/api/v1/timelines/home?limit=40", func(p *modelPost) bool { return s.home[v][p] && wanted(p) })
	s.showsSet(v, "/api/v1/favourites?limit=40", func(p *modelPost) bool { return s.likes[v][p] && s.sees(v, p) })
	s.showsSet(v, "/api/v1/bookmarks?limit=40", func(p *modelPost) bool { return s.bookmarks[v][p] && s.sees(v, p) })
	for _, l := range s.lists {
		path := "/api/v1/timelines/list/" + l.id
		if l.owner != v {
			s.same(s.ask(v, "GET", path, nil), s.absent(v, "GET", "/api/v1/timelines/list/123456789", nil), "a list of another")
			continue
		}
		s.shows(v, path+"?limit=40", func(p *modelPost) bool { return l.shows[p] && wanted(p) })
	}
	byID := map[string]*modelPost{}
	for _, p := range s.posts {
		byID[p.id] = p
	}
	for _, path := range []string{"/api/v1/notifications?limit=40", "/api/v1/conversations?limit=40", "/api/v2/notifications?limit=40"} {
		w := s.ask(v, "GET", path, nil)
		if w.Code != 200 {
			s.r.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
		for id := range idsIn(w.Body.String()) {
			if p := byID[id]; p != nil && !s.sees(v, p) {
				s.r.Fatalf("%s shows %s to %s: %s", path, p, v.name, w.Body)
			}
		}
	}
}

// numbers are ids of posts as they stand in JSON, addresses and pages. That there is something
// which a post answers is told to whoever may see the answer, as in Mastodon, and conversations go
// by the first post of their thread.
var (
	numbers = regexp.MustCompile(`\d{15,}`)
	told    = regexp.MustCompile(`"in_reply_to_id":"\d+"|"id":"\d+","unread"`)
)

func idsIn(text string) map[string]bool {
	found := map[string]bool{}
	for _, id := range numbers.FindAllString(told.ReplaceAllString(text, ""), -1) {
		found[id] = true
	}
	return found
}

// compareOne tries everything that can be done with the id of a post.
func (s *scene) compareOne(v *modelPerson, p *modelPost) {
	sees := s.sees(v, p)
	for _, row := range []string{"GET ", "GET /context", "GET /history", "GET /favourited_by", "GET /reblogged_by"} {
		method, rest, _ := strings.Cut(row, " ")
		got := s.ask(v, method, "/api/v1/statuses/"+p.id+rest, nil)
		if sees != (got.Code == 200) {
			s.r.Fatalf("%s %s for %s: %d, sees it %v", rest, p, name(v), got.Code, sees)
		}
		if !sees {
			s.same(got, s.absent(v, method, "/api/v1/statuses/123456789"+rest, nil), p.String()+rest)
		}
	}
	if sees && p.boostOf == nil {
		s.compareThread(v, p)
	}
	if v == nil {
		return
	}
	if !sees {
		for _, row := range []string{"GET /source", "POST /favourite", "POST /unfavourite", "POST /reblog", "POST /unreblog", "POST /bookmark",
			"POST /unbookmark", "POST /pin", "POST /unpin", "POST /mute", "POST /unmute", "PUT ", "DELETE "} {
			method, rest, _ := strings.Cut(row, " ")
			s.same(s.ask(v, method, "/api/v1/statuses/"+p.id+rest, url.Values{"status": {"x"}}),
				s.absent(v, method, "/api/v1/statuses/123456789"+rest, url.Values{"status": {"x"}}), p.String()+rest)
		}
		s.same(s.ask(v, "GET", "/api/v1/polls/"+p.id, nil), s.absent(v, "GET", "/api/v1/polls/123456789", nil), p.String()+" as a poll")
	}
	if p.boostOf == nil {
		var found struct{ Statuses []struct{ ID string } }
		w := s.ask(v, "GET", "/api/v2/search?type=statuses&q="+url.QueryEscape(p.uri), nil)
		s.must(json.Unmarshal(w.Body.Bytes(), &found))
		if (len(found.Statuses) == 1) != sees {
			s.r.Fatalf("search of %s for %s: %s, sees it %v", p, v.name, w.Body, sees)
		}
	}
}

// compareThread compares what is around a post, and who reacted to it.
func (s *scene) compareThread(v *modelPerson, p *modelPost) {
	var around struct{ Ancestors, Descendants []struct{ ID string } }
	s.must(json.Unmarshal(s.ask(v, "GET", "/api/v1/statuses/"+p.id+"/context", nil).Body.Bytes(), &around))
	var up, down, wantUp []string
	for q := p.parent; q != nil; q = q.parent {
		if s.sees(v, q) {
			wantUp = append([]string{q.id}, wantUp...)
		}
	}
	wantDown := []string{}
	for _, q := range s.alive(func(q *modelPost) bool { return s.sees(v, q) }) {
		for a := q.parent; a != nil; a = a.parent {
			if a == p {
				wantDown = append(wantDown, q.id)
			}
		}
	}
	for _, a := range around.Ancestors {
		up = append(up, a.ID)
	}
	for _, d := range around.Descendants {
		down = append(down, d.ID)
	}
	slices.Sort(wantDown)
	slices.Sort(down)
	if !slices.Equal(up, wantUp) || !slices.Equal(down, wantDown) {
		s.r.Fatalf("context of %s for %s: %v %v, want %v %v", p, name(v), up, down, wantUp, wantDown)
	}
	var likers, boosters []string
	for _, a := range s.people {
		if s.likes[a][p] && !a.suspended && (v == nil || !s.blocked(v, a)) {
			likers = append(likers, ids.Format(a.id))
		}
	}
	for _, q := range s.alive(func(q *modelPost) bool { return q.boostOf == p && s.sees(v, q) }) {
		boosters = append(boosters, ids.Format(q.author.id))
	}
	for path, want := range map[string][]string{"/favourited_by": likers, "/reblogged_by": boosters} {
		var list []struct{ ID string }
		s.must(json.Unmarshal(s.ask(v, "GET", "/api/v1/statuses/"+p.id+path, nil).Body.Bytes(), &list))
		got := []string{}
		for _, a := range list {
			got = append(got, a.ID)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			s.r.Fatalf("%s of %s for %s: %v, want %v", path, p, name(v), got, want)
		}
	}
}

// comparePages compares what strangers read in other forms: pages, feeds, and what other servers
// read.
func (s *scene) comparePages() {
	byID := map[string]*modelPost{}
	for _, p := range s.posts {
		byID[p.id] = p
	}
	var paths []string
	for _, a := range s.people {
		if a.host == "" {
			for _, rest := range []string{"", "/with_replies", "/media", ".atom", "/feed.atom"} {
				paths = append(paths, "/@"+a.name+rest)
			}
			for _, rest := range []string{"", "/outbox", "/outbox?page=true", "/collections/featured", "/followers?page=true", "/following?page=true"} {
				paths = append(paths, "/users/"+a.name+rest)
			}
		}
	}
	paths = append(paths, "/tags/"+s.tag, "/tags/"+s.tag+".atom")
	for _, p := range s.posts {
		if p.author.host == "" {
			paths = append(paths, "/@"+p.author.name+"/"+p.id)
			for _, rest := range []string{"", "/activity", "/replies", "/replies?page=true"} {
				paths = append(paths, "/users/"+p.author.name+"/statuses/"+p.id+rest)
			}
		}
	}
	for _, path := range paths {
		for _, accept := range []string{"text/html", "application/activity+json"} {
			if strings.HasPrefix(path, "/users/") == (accept == "text/html") {
				continue
			}
			w := s.ask(nil, "GET", path, nil, "Accept", accept)
			if w.Code != 200 {
				continue
			}
			for id := range idsIn(w.Body.String()) {
				// An answer names the address of what it answers, even of what is gone.
				if p := byID[id]; p != nil && !s.sees(nil, p) && !answered(s.posts, p) {
					s.r.Fatalf("%s (%s) shows strangers %s: %s", path, accept, p, w.Body)
				}
			}
		}
	}
	for _, p := range s.posts {
		if p.author.host != "" || p.deleted || p.boostOf != nil || s.sees(nil, p) || p.author.suspended {
			continue
		}
		path, missing := "/users/"+p.author.name+"/statuses/"+p.id, "/users/"+p.author.name+"/statuses/123456789123456789"
		for _, rest := range []string{"", "/activity", "/replies"} {
			s.same(s.ask(nil, "GET", path+rest, nil, "Accept", "application/activity+json"),
				s.absent(nil, "GET", missing+rest, nil, "Accept", "application/activity+json"), p.String()+rest+" for servers")
		}
		s.same(s.ask(nil, "GET", "/@"+p.author.name+"/"+p.id, nil, "Accept", "text/html"),
			s.absent(nil, "GET", "/@"+p.author.name+"/123456789123456789", nil, "Accept", "text/html"), p.String()+" as a page")
	}
}

// answered tells whether a post answers p, whose address it names then.
func answered(posts []*modelPost, p *modelPost) bool {
	return slices.ContainsFunc(posts, func(q *modelPost) bool { return q.answered == p })
}

// earshot notes what a stream shows.
type earshot struct {
	stop func()
	mu   sync.Mutex
	ids  map[string]bool
	over chan struct{}
}

// listen opens the streams of a viewer: their own, and the public one.
func (s *scene) listen(v *modelPerson) *earshot {
	streaming, stop := context.WithCancel(context.Background())
	l := &earshot{stop: stop, ids: map[string]bool{}, over: make(chan struct{})}
	paths := []string{"public"}
	if v != nil {
		paths = append(paths, "user", "direct", "hashtag?tag="+s.tag)
		for _, list := range s.lists {
			if list.owner == v {
				paths = append(paths, "list?list="+list.id)
			}
		}
	}
	var reading sync.WaitGroup
	for _, path := range paths {
		r := httptest.NewRequestWithContext(streaming, "GET", "https://harbor.example/api/v1/streaming/"+path, nil)
		if v != nil {
			r.Header.Set("Authorization", "Bearer "+s.tokens[v])
		}
		from, to := io.Pipe()
		w := &pipeWriter{header: http.Header{}, to: to, begun: make(chan struct{})}
		go func() {
			s.lab.node.Handler().ServeHTTP(w, r)
			to.Close()
		}()
		reading.Go(func() {
			lines := bufio.NewScanner(from)
			lines.Buffer(nil, 1<<20)
			for event := ""; lines.Scan(); {
				if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
					event = name
				}
				if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && event != "delete" {
					l.mu.Lock()
					maps.Copy(l.ids, idsIn(data))
					l.mu.Unlock()
				}
			}
		})
		select {
		case <-w.begun:
		case <-time.After(10 * time.Second):
			s.r.Fatalf("the stream %s does not begin", path)
		}
	}
	go func() {
		reading.Wait()
		close(l.over)
	}()
	return l
}

// pipeWriter is a response that is read while it is written.
type pipeWriter struct {
	header http.Header
	to     *io.PipeWriter
	begun  chan struct{}
	once   sync.Once
}

func (w *pipeWriter) Header() http.Header              { return w.header }
func (w *pipeWriter) WriteHeader(int)                  { w.once.Do(func() { close(w.begun) }) }
func (w *pipeWriter) Flush()                           { w.WriteHeader(200) }
func (w *pipeWriter) Write(b []byte) (int, error)      { w.WriteHeader(200); return w.to.Write(b) }
func (w *pipeWriter) SetWriteDeadline(time.Time) error { return nil }
func (w *pipeWriter) SetReadDeadline(time.Time) error  { return nil }
func (w *pipeWriter) EnableFullDuplex() error          { return nil }

// compareStreams checks that no stream showed what its owner was never allowed to see.
func (s *scene) compareStreams() {
	byID := map[string]*modelPost{}
	for _, p := range s.posts {
		byID[p.id] = p
	}
	for v, l := range s.streams {
		l.stop()
		<-l.over
		for id := range l.ids {
			p := byID[id]
			if p != nil {
				s.lab.heard++
			}
			if p != nil && !s.ever[v][id] {
				s.r.Fatalf("a stream showed %s to %s", p, name(v))
			}
		}
	}
}
