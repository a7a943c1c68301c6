package nodetest

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

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
	sameHistoriesInCI(t)
	for engine, database := range map[string]func(testing.TB) string{"sqlite": storagetest.SQLite, "postgres": storagetest.Postgres} {
		t.Run(engine, func(t *testing.T) {
			l := newLab(t, database)
			rapid.Check(t, func(r *rapid.T) {
				if l.round++; l.round > rounds(engine) && !l.failed {
					return
				}
				defer func() { l.failed = l.failed || r.Failed() }()
				s := &scene{lab: l, model: newModel(), r: r, tag: fmt.Sprintf("topic%d", l.round),
					missing: map[string]*httptest.ResponseRecorder{}, circle: newModelCircle()}
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
				if l.round%sweepEvery == 1 || l.failed {
					s.sweep()
				}
			})
			l.placed()
			if l.heard == 0 {
				t.Error("the streams showed nothing at all")
			}
		})
	}
}

// sameHistoriesInCI has rapid draw the same histories in every run of CI, unless it is given a
// seed: whether a change lands must not hang on chance. Elsewhere each run tries new ones, as the
// long checks do.
func sameHistoriesInCI(t *testing.T) {
	if seed := flag.Lookup("rapid.seed"); os.Getenv("CI") == "true" && seed.Value.String() == "0" {
		check(t, seed.Value.Set("1"))
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
	heard  int             // posts that streams showed
	shown  map[string]bool // routes that showed posts or Moments
	judge  *modelPerson    // who moderates, and follows nobody
	token  string          // of the judge
	key    *rsa.PrivateKey // with which people of other servers sign
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
	l := &lab{t: t, node: n, shown: map[string]bool{}, key: must(rsa.GenerateKey(rand.Reader, 2048))}
	return l
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
	circle  *modelCircle
	written int // words that nothing else has
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
		s.enter(name, i < viewers)
		if i < viewers {
			s.viewers = append(s.viewers, s.people[i])
		}
	}
	s.viewers = append(s.viewers, nil)
	for i, host := range []string{"orchard.example", "mill.example"} {
		host = fmt.Sprintf("%d.%s", s.lab.round, host)
		s.people = append(s.people, s.remote(fmt.Sprintf("%s%d", []string{"yan", "zoe"}[i], s.lab.round), host))
	}
	for _, p := range s.people {
		s.likes[p], s.bookmarks[p], s.domainMutes[p] = map[*modelPost]bool{}, map[*modelPost]bool{}, map[string]bool{}
	}
	for _, v := range s.viewers {
		s.ever[v] = map[string]bool{}
		s.streams[v] = s.listen(v)
	}
	if s.lab.judge == nil {
		s.appoint()
	}
	s.acquaint()
	s.gather()
}

// enter makes somebody new of the node; who looks has a list.
func (s *scene) enter(name string, looks bool) *modelPerson {
	p := s.local(fmt.Sprintf("%s%d", name, s.lab.round))
	p.viewer = looks
	s.people = append(s.people, p)
	s.home[p], s.likes[p], s.bookmarks[p] = map[*modelPost]bool{}, map[*modelPost]bool{}, map[*modelPost]bool{}
	s.domainMutes[p] = map[string]bool{}
	if looks {
		l := &modelList{owner: p, members: map[*modelPerson]bool{}, shows: map[*modelPost]bool{},
			policy:    rapid.SampledFrom([]string{"followed", "list", "none"}).Draw(s.r, "policy"),
			exclusive: rapid.Bool().Draw(s.r, "exclusive")}
		l.id = s.object(p, "POST", "/api/v1/lists", url.Values{"title": {"x"}, "replies_policy": {l.policy},
			"exclusive": {fmt.Sprint(l.exclusive)}})["id"].(string)
		s.lists = append(s.lists, l)
	}
	return p
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

// scopes are those of everybody's program.
const scopes = "read write follow push tulou:read tulou:write"

func (s *scene) local(name string) *modelPerson {
	paths := s.lab.node.Engine().Paths()
	key := keys.Ed25519FromSeed([]byte(name + strings.Repeat(".", 32))[:32])
	uri, secret := paths.Actor(name), ""
	var a storage.Account
	s.tx(func(tx *storage.Tx) (err error) {
		if a, err = tx.CreateAccount(ctx, storage.Account{URI: uri, Name: name, URL: paths.Profile(name), Inbox: uri + ids.Inbox,
			SharedInbox: paths.SharedInbox(), Outbox: uri + ids.Outbox, Followers: uri + ids.Followers, Following: uri + ids.Following,
			Featured: uri + ids.Featured, Discoverable: true, Friends: uri + ids.Friends}); err != nil {
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
		app, err := tx.CreateApp(ctx, storage.App{ClientID: "toot " + name, Name: "Toot", RedirectURIs: "urn:ietf:wg:oauth:2.0:oob", Scopes: scopes})
		if err != nil {
			return err
		}
		_, err = tx.CreateToken(ctx, storage.Token{Hash: hash, AppID: app.ID, AccountID: a.ID, Scopes: scopes})
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
			SharedInbox: "https://" + host + "/inbox", Followers: uri + "/followers", FetchedAt: storage.Now()})
		if err != nil {
			return err
		}
		return tx.PutKeys(ctx, a.ID, []storage.ActorKey{{ID: uri + "#main-key", Kind: storage.KeyRSA,
			PublicKey: publicPEM(s.lab.key)}})
	})
	return &modelPerson{id: a.ID, name: name, host: host, uri: uri}
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
		"unblock", "consent", "consent", "mute", "unmute", "domain", "suspend", "delete", "like", "bookmark", "list", "list", "list", "unlist", "pin", "track", "untrack",
		"limit", "policy", "policy", "secretive", "edit", "befriend", "befriend", "befriend", "part", "share", "share", "share", "say", "say", "hide mine"}).Draw(s.r, "kind")
	a, b := s.draw("a"), s.draw("b")
	if arranging := []string{"mute", "unmute", "domain", "like", "bookmark", "list", "unlist", "pin", "track", "untrack", "edit"}; slices.Contains(arranging, kind) {
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
		if a.viewer && a != b && !s.hidden(b) {
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
	case "consent":
		s.read()
		s.consent(a)
		for _, v := range s.viewers {
			s.findsNoMore(v, "words")
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
	case "limit", "policy", "secretive":
		s.decide(kind, a, b)
	case "befriend", "part", "share", "say", "hide mine":
		s.amongFriends(kind)
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
	case "edit":
		if p := s.somePost("edited"); p != nil && p.author == a && p.boostOf == nil && !p.polled {
			p.words = append(p.words, s.word())
			s.object(a, "PUT", "/api/v1/statuses/"+p.id, url.Values{"status": {s.text(p)}})
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
	s.mayQuote(p)
	if author.viewer {
		s.postHere(p)
	} else {
		s.arrive(p)
	}
}

// postHere has somebody post through the API. Answering what they may not see is refused.
func (s *scene) postHere(p *modelPost) {
	p.words = []string{s.word()}
	form := url.Values{"status": {s.text(p)}, "visibility": {p.visibility}}
	if rapid.IntRange(0, 4).Draw(s.r, "asks") == 0 {
		p.polled = true
		form["poll[options][]"], form["poll[expires_in]"] = []string{"yes " + p.words[0], "no"}, []string{"3600"}
	}
	if p.parent != nil {
		form.Set("in_reply_to_id", p.parent.id)
		if !s.sees(p.author, p.parent) {
			missing := maps.Clone(form)
			missing.Set("in_reply_to_id", "123456789")
			s.same(s.ask(p.author, "POST", "/api/v1/statuses", form), s.ask(p.author, "POST", "/api/v1/statuses", missing), "an answer to "+p.parent.String())
			return
		}
	}
	if !s.asksQuote(p, form) {
		return
	}
	made := s.object(p.author, "POST", "/api/v1/statuses", form)
	p.id, p.uri = made["id"].(string), made["uri"].(string)
	s.agree(p)
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

// text is what a post says: of its words the last.
func (s *scene) text(p *modelPost) string {
	text := "words " + p.words[len(p.words)-1] + " "
	for _, m := range p.mentions {
		text += "@" + m.name
		if m.host != "" {
			text += "@" + m.host
		}
	}
	if p.tagged {
		text += " #" + s.tag
	}
	return text
}

// arrive has a post come as a handler would store it.
func (s *scene) arrive(p *modelPost) {
	store := s.lab.node.Store()
	p.words = []string{s.word()}
	id, at := store.NewID()
	n := storage.NewStatus{Status: storage.Status{ID: id, AccountID: p.author.id, Local: p.author.host == "", Type: "Note",
		URI: fmt.Sprintf("https://%s.example/%s/%d", p.author.name, p.author.name, id), Visibility: p.visibility, Content: "<p>words " + p.words[0] + "</p>",
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
	quoteIn(p, &n)
	if p.tagged {
		n.Tags = []storage.Tag{{Tag: s.tag, Name: s.tag}}
	}
	if p.linked {
		n.Link = pageOfAll
		n.Attachments = []storage.Attachment{{AccountID: p.author.id, State: storage.MediaReady, Kind: storage.KindImage,
			RemoteURL: "https://page.example/picture", Description: p.words[0]}}
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
