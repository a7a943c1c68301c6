package storage

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The model of who may see what, which the property test holds against the SQL. It is written from
// the rules and shares nothing with visible.go.

type pair struct{ from, to int64 }

type person struct {
	id        int64
	host      string
	suspended bool
	deleted   bool
}

type post struct {
	id, author int64
	local      bool
	visibility string
	mentions   []int64
	boostOf    *post
	parent     *post
	tagged     bool
	answers    int64 // whom it answers, 0 if nobody
	deleted    bool
}

type world struct {
	people      map[int64]*person
	posts       []*post
	follows     map[pair]bool // accepted
	blocks      map[pair]bool
	mutes       map[pair]bool
	domainMutes map[int64]map[string]bool
	policies    map[string]string
	likes       map[pair]bool // account → status
	bookmarks   map[pair]bool
}

func newWorld() *world {
	return &world{people: map[int64]*person{}, follows: map[pair]bool{}, blocks: map[pair]bool{}, mutes: map[pair]bool{},
		domainMutes: map[int64]map[string]bool{}, policies: map[string]string{}, likes: map[pair]bool{}, bookmarks: map[pair]bool{}}
}

func (w *world) hidden(id int64) bool {
	p := w.people[id]
	return p.suspended || p.deleted || w.blockedHost(p.host)
}

// blockedHost: the nearest decision at or above a host holds, on any port.
func (w *world) blockedHost(host string) bool {
	host, _, _ = strings.Cut(host, ":")
	for host != "" {
		if action, ok := w.policies[host]; ok {
			return action == DomainBlock
		}
		_, host, _ = strings.Cut(host, ".")
	}
	return false
}

func (w *world) blocked(a, b int64) bool { return w.blocks[pair{a, b}] || w.blocks[pair{b, a}] }

func (w *world) visible(viewer int64, p *post) bool {
	return w.one(viewer, p) && (p.boostOf == nil || w.one(viewer, p.boostOf))
}

func (w *world) one(viewer int64, p *post) bool {
	switch {
	case p.deleted || w.hidden(p.author):
		return false
	case viewer == p.author:
		return true
	case w.blocked(viewer, p.author):
		return false
	case p.visibility == VisibilityPublic || p.visibility == VisibilityUnlisted:
		return true
	case slices.Contains(p.mentions, viewer):
		return true
	}
	return p.visibility == VisibilityPrivate && w.follows[pair{viewer, p.author}]
}

// wanted: whether a timeline shows what may be seen.
func (w *world) wanted(viewer int64, p *post) bool {
	for _, q := range []*post{p, p.boostOf} {
		if q != nil && (w.mutes[pair{viewer, q.author}] || w.domainMutes[viewer][w.people[q.author].host]) {
			return false
		}
	}
	return true
}

func (p *post) answersOther() bool { return p.answers != 0 && p.answers != p.author }

// public: whether a post belongs into public timelines at all.
func (w *world) public(p *post) bool {
	return p.visibility == VisibilityPublic && p.boostOf == nil && !p.answersOther()
}

// alive returns the posts that are not deleted and that a condition holds for, newest first.
func (w *world) ids(condition func(*post) bool) []int64 {
	found := []int64{}
	for _, p := range w.posts {
		if !p.deleted && condition(p) {
			found = append(found, p.id)
		}
	}
	slices.Sort(found)
	slices.Reverse(found)
	return found
}

// history makes a random history, in the model and in the database at once.
type history struct {
	*world
	r        *rapid.T
	tx       *Tx
	accounts []int64
}

func (h *history) anybody(label string) int64 { return rapid.SampledFrom(h.accounts).Draw(h.r, label) }

func (h *history) check(err error) {
	if err != nil {
		h.r.Fatalf("history: %v", err)
	}
}

var hosts = []string{"", "", "orchard.example", "sub.orchard.example", "mill.example:8443"}

func (h *history) person(n int) {
	host := hosts[n%len(hosts)]
	if n < 2 {
		host = ""
	}
	ctx := h.r.Context()
	name := fmt.Sprintf("p%d", n)
	var a Account
	var err error
	if host == "" {
		a, err = h.tx.CreateAccount(ctx, Account{URI: "https://harbor.example/users/" + name, Name: name})
		h.check(err)
		h.check(h.tx.CreateLogin(ctx, Login{AccountID: a.ID, Email: name + "@x", PasswordHash: "x"}))
	} else {
		a, err = h.tx.PutRemoteAccount(ctx, remoteAccount(name, host))
		h.check(err)
	}
	h.people[a.ID] = &person{id: a.ID, host: host}
	h.accounts = append(h.accounts, a.ID)
}

// step does one random thing.
func (h *history) step() {
	ctx, r := h.r.Context(), h.r
	a, b := h.anybody("a"), h.anybody("b")
	kind := rapid.SampledFrom([]string{"post", "post", "post", "post", "boost", "boost", "follow", "follow", "follow",
		"unfollow", "block", "unblock", "mute", "domain mute", "suspend", "policy", "delete", "like", "bookmark", "delete account"}).Draw(r, "kind")
	if h.people[a].deleted || h.people[b].deleted {
		return
	}
	switch kind {
	case "post":
		h.post(a)
	case "boost":
		h.boost(a)
	case "follow":
		if a != b && !h.blocked(a, b) {
			accepted := rapid.Bool().Draw(r, "accepted")
			_, err := h.tx.PutFollow(ctx, Follow{AccountID: a, TargetID: b, Accepted: accepted, Boosts: true})
			h.check(err)
			h.follows[pair{a, b}] = h.follows[pair{a, b}] || accepted
		}
	case "unfollow":
		if _, err := h.tx.DeleteFollow(ctx, a, b); err == nil {
			delete(h.follows, pair{a, b})
		}
	case "block":
		if a != b {
			_, err := h.tx.PutBlock(ctx, a, b, "")
			h.check(err)
			h.blocks[pair{a, b}] = true
			delete(h.follows, pair{a, b})
			delete(h.follows, pair{b, a})
		}
	case "unblock":
		if _, err := h.tx.DeleteBlock(ctx, a, b); err == nil {
			delete(h.blocks, pair{a, b})
		}
	case "mute":
		if a != b {
			h.check(h.tx.PutMute(ctx, Mute{AccountID: a, TargetID: b}))
			h.mutes[pair{a, b}] = true
		}
	case "domain mute":
		if host := h.people[b].host; host != "" {
			h.check(h.tx.PutDomainMute(ctx, a, host))
			if h.domainMutes[a] == nil {
				h.domainMutes[a] = map[string]bool{}
			}
			h.domainMutes[a][host] = true
		}
	case "suspend":
		suspended := rapid.Bool().Draw(r, "suspended")
		h.check(h.tx.SetSuspended(ctx, a, suspended))
		h.people[a].suspended = suspended
	case "policy":
		h.policy()
	case "delete":
		if p := h.somePost(); p != nil {
			h.deletePost(p)
		}
	case "like", "bookmark":
		h.react(kind, a)
	case "delete account":
		if rapid.IntRange(0, 3).Draw(r, "really") == 0 {
			h.deleteAccount(a)
		}
	}
}

func (h *history) policy() {
	domain := rapid.SampledFrom([]string{"orchard.example", "sub.orchard.example", "mill.example", "example"}).Draw(h.r, "domain")
	action := rapid.SampledFrom([]string{DomainBlock, DomainAllow, ""}).Draw(h.r, "action")
	if action == "" {
		if h.tx.DeleteDomainPolicy(h.r.Context(), domain) == nil {
			delete(h.policies, domain)
		}
		return
	}
	h.check(h.tx.PutDomainPolicy(h.r.Context(), DomainPolicy{Domain: domain, Action: action}))
	h.policies[domain] = action
}

func (h *history) somePost() *post {
	var living []*post
	for _, p := range h.posts {
		if !p.deleted {
			living = append(living, p)
		}
	}
	if len(living) == 0 {
		return nil
	}
	return rapid.SampledFrom(living).Draw(h.r, "post")
}

func (h *history) post(author int64) {
	p := &post{author: author, local: h.people[author].host == "", tagged: rapid.Bool().Draw(h.r, "tagged"),
		visibility: rapid.SampledFrom([]string{VisibilityPublic, VisibilityUnlisted, VisibilityPrivate, VisibilityDirect}).Draw(h.r, "visibility")}
	if rapid.Bool().Draw(h.r, "mentions") {
		p.mentions = append(p.mentions, h.anybody("mentioned"))
	}
	id, at := h.tx.NewID()
	n := NewStatus{Status: Status{ID: id, URI: fmt.Sprintf("https://any.example/%d", id), AccountID: author, Local: p.local,
		Type: "Note", Visibility: p.visibility, CreatedAt: At(at)}, Mentions: p.mentions}
	if parent := h.somePost(); parent != nil && parent.boostOf == nil && rapid.Bool().Draw(h.r, "reply") {
		p.parent, p.answers, n.ReplyToURI = parent, parent.author, must(h.tx.StatusByID(h.r.Context(), parent.id)).URI
	}
	if p.tagged {
		n.Tags = []Tag{{Tag: "tag", Name: "Tag"}}
	}
	n.Audience = slices.Clone(p.mentions)
	switch p.visibility {
	case VisibilityPublic, VisibilityUnlisted:
		n.Audience = append(n.Audience, Everybody)
	case VisibilityPrivate:
		n.Audience = append(n.Audience, FollowersOf(author))
	}
	h.create(p, n)
}

func (h *history) boost(author int64) {
	of := h.somePost()
	if of == nil || of.boostOf != nil {
		return
	}
	for _, p := range h.posts {
		if !p.deleted && p.boostOf == of && p.author == author {
			return
		}
	}
	p := &post{author: author, local: h.people[author].host == "", visibility: VisibilityPublic, boostOf: of}
	id, at := h.tx.NewID()
	h.create(p, NewStatus{Status: Status{ID: id, URI: fmt.Sprintf("https://any.example/%d", id), AccountID: author, Local: p.local,
		Type: "Announce", Visibility: VisibilityPublic, BoostOfID: of.id, CreatedAt: At(at)}, Audience: []int64{Everybody}})
}

func (h *history) create(p *post, n NewStatus) {
	ctx := h.r.Context()
	s, err := h.tx.CreateStatus(ctx, n)
	h.check(err)
	p.id = s.ID
	h.posts = append(h.posts, p)
	told, err := h.tx.FanOut(ctx, s)
	h.check(err)
	for _, a := range told {
		_, _, err := h.tx.CreateNotification(ctx, Notification{AccountID: a, Type: NotifyStatus, FromID: p.author, StatusID: s.ID})
		h.check(err)
	}
	for _, m := range p.mentions {
		_, _, err := h.tx.CreateNotification(ctx, Notification{AccountID: m, Type: NotifyMention, FromID: p.author, StatusID: s.ID})
		h.check(err)
	}
	if p.visibility == VisibilityDirect {
		_, err := h.tx.PutConversation(ctx, s, append([]int64{p.author}, p.mentions...))
		h.check(err)
	}
}

func (h *history) deletePost(p *post) {
	_, err := h.tx.DeleteStatus(h.r.Context(), p.id)
	h.check(err)
	p.deleted = true
	for _, q := range h.posts {
		if q.boostOf == p {
			q.deleted = true
		}
		if q.parent == p {
			q.parent = nil
		}
	}
}

func (h *history) react(kind string, a int64) {
	p := h.somePost()
	if p == nil {
		return
	}
	if kind == "like" {
		_, err := h.tx.PutLike(h.r.Context(), Like{AccountID: a, StatusID: p.id})
		h.check(err)
		h.likes[pair{a, p.id}] = true
		return
	}
	h.check(h.tx.PutBookmark(h.r.Context(), a, p.id))
	h.bookmarks[pair{a, p.id}] = true
}

func (h *history) deleteAccount(a int64) {
	h.check(h.tx.MarkDeleted(h.r.Context(), a))
	h.people[a].deleted = true
	for _, set := range []map[pair]bool{h.follows, h.blocks, h.mutes} {
		for p := range set {
			if p.from == a || p.to == a {
				delete(set, p)
			}
		}
	}
	for _, set := range []map[pair]bool{h.likes, h.bookmarks} {
		for p := range set {
			if p.from == a {
				delete(set, p)
			}
		}
	}
	delete(h.domainMutes, a)
}

// histories checks what is there after random histories of random people.
func histories(t *testing.T, s *Store, check func(r *rapid.T, h *history)) {
	t.Helper()
	rapid.Check(t, func(r *rapid.T) {
		clearAll(t, s)
		h := &history{world: newWorld(), r: r}
		err := s.Tx(r.Context(), func(tx *Tx) error {
			h.tx = tx
			for n := range rapid.IntRange(3, 6).Draw(r, "people") {
				h.person(n)
			}
			for range rapid.IntRange(10, 40).Draw(r, "steps") {
				h.step()
			}
			return nil
		})
		if err != nil {
			r.Fatal(err)
		}
		check(r, h)
	})
}
