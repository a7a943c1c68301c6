package nodetest

import (
	"slices"
	"strings"

	"tulou/storage"
)

// The model of who may see what, written from the rules and not from the code: it knows people,
// what they are to each other and what they posted, and nothing of databases or HTTP.

// actor is somebody of the model.
type modelPerson struct {
	id        int64
	name      string
	host      string // "" for people of the node
	uri       string // of people of other servers
	viewer    bool   // has a token: a person of the node who is never suspended
	suspended bool
	limited   bool // by a moderator
	indexable bool // lets public posts be found by everybody
	secretive bool // hides who follows them, and whom they follow
}

type modelPost struct {
	id, uri    string
	author     *modelPerson
	visibility string
	mentions   []*modelPerson
	tagged     bool
	words      []string // that no other post has: one for each version
	polled     bool     // asks something
	linked     bool     // to a page, with a picture
	reported   bool     // to the moderators
	boostOf    *modelPost
	parent     *modelPost
	answered   *modelPost   // the parent, also when it is gone
	answers    *modelPerson // whom it answers
	quotes     *modelPost
	deleted    bool
}

type modelList struct {
	id        string
	owner     *modelPerson
	policy    string
	exclusive bool
	members   map[*modelPerson]bool
	shows     map[*modelPost]bool
}

// ties are pairs: who, whom.
type ties map[[2]*modelPerson]bool

func (t ties) has(a, b *modelPerson) bool { return t[[2]*modelPerson{a, b}] }
func (t ties) put(a, b *modelPerson)      { t[[2]*modelPerson{a, b}] = true }
func (t ties) drop(a, b *modelPerson)     { delete(t, [2]*modelPerson{a, b}) }

type model struct {
	people                          []*modelPerson
	posts                           []*modelPost
	follows, blocks, mutes, endorse ties
	domainMutes                     map[*modelPerson]map[string]bool
	policies                        map[string]string // what the node does with hosts
	likes, bookmarks                map[*modelPerson]map[*modelPost]bool
	home                            map[*modelPerson]map[*modelPost]bool
	pins                            map[*modelPost]bool
	tracks                          map[*modelPerson]bool // follow the hashtag
	lists                           []*modelList
	ever                            map[*modelPerson]map[string]bool // posts that were once visible; nil for strangers
}

func newModel() *model {
	return &model{follows: ties{}, blocks: ties{}, mutes: ties{}, endorse: ties{}, domainMutes: map[*modelPerson]map[string]bool{}, policies: map[string]string{},
		likes: map[*modelPerson]map[*modelPost]bool{}, bookmarks: map[*modelPerson]map[*modelPost]bool{},
		home: map[*modelPerson]map[*modelPost]bool{}, pins: map[*modelPost]bool{}, tracks: map[*modelPerson]bool{},
		ever: map[*modelPerson]map[string]bool{}}
}

func (m *model) blocked(a, b *modelPerson) bool { return m.blocks.has(a, b) || m.blocks.has(b, a) }

// hidden tells whether somebody is shown to nobody: suspended, or of a server that is kept out.
func (m *model) hidden(p *modelPerson) bool {
	return p.suspended || m.policies[p.host] == storage.DomainBlock
}

// limited tells whether somebody is shown to those alone who follow them or look for them.
func (m *model) limited(p *modelPerson) bool {
	return p.limited || m.policies[p.host] == storage.DomainLimit
}

func open(p *modelPost) bool { return p.visibility == "public" || p.visibility == "unlisted" }

// sees tells whether somebody, nil for a stranger, may see a post at all.
func (m *model) sees(v *modelPerson, p *modelPost) bool {
	return m.seesOne(v, p) && (p.boostOf == nil || m.seesOne(v, p.boostOf))
}

func (m *model) seesOne(v *modelPerson, p *modelPost) bool {
	switch {
	case p.deleted || m.hidden(p.author):
		return false
	case v == p.author:
		return true
	case v != nil && m.blocked(v, p.author):
		return false
	case open(p):
		return true
	case v == nil:
		return false
	case slices.Contains(p.mentions, v):
		return true
	case p.quotes != nil && v == p.quotes.author: // who has to agree
		return true
	}
	return p.visibility == "private" && m.follows.has(v, p.author)
}

// wants tells whether timelines show somebody what they may see.
func (m *model) wants(v *modelPerson, p *modelPost) bool {
	for _, q := range []*modelPost{p, p.boostOf} {
		if v != nil && q != nil && (m.mutes.has(v, q.author) || m.domainMutes[v][q.author.host]) {
			return false
		}
	}
	return true
}

func (p *modelPost) answersOther() bool { return p.answers != nil && p.answers != p.author }

// brings tells whether following its author brings a post.
func (m *model) brings(v *modelPerson, p *modelPost) bool {
	if !m.follows.has(v, p.author) {
		return false
	}
	if p.answersOther() && p.answers != v && !m.follows.has(v, p.answers) {
		return false
	}
	return open(p) || p.visibility == "private" || slices.Contains(p.mentions, v)
}

// elsewhere tells whether somebody's posts are left to an exclusive list.
func (m *model) elsewhere(v, author *modelPerson) bool {
	return slices.ContainsFunc(m.lists, func(l *modelList) bool { return l.owner == v && l.exclusive && l.members[author] })
}

func (m *model) fits(l *modelList, p *modelPost) bool {
	if !l.members[p.author] || !m.brings(l.owner, p) {
		return false
	}
	return !p.answersOther() || p.answers == l.owner || l.policy == storage.RepliesToFollowed ||
		l.policy == storage.RepliesToList && l.members[p.answers]
}

// comesByTag tells whether a post comes to those who follow the hashtag.
func (p *modelPost) comesByTag() bool {
	return p.tagged && p.visibility == "public" && p.boostOf == nil && !p.deleted
}

// added gives a new post its places.
func (m *model) added(p *modelPost) {
	m.posts = append(m.posts, p)
	for _, v := range m.people {
		if v.host != "" {
			continue
		}
		byFollow := m.brings(v, p) && !m.elsewhere(v, p.author)
		byTag := m.tracks[v] && p.comesByTag() && !m.elsewhere(v, p.author)
		if v == p.author || byFollow || byTag {
			m.home[v][p] = true
		}
	}
	for _, l := range m.lists {
		if m.fits(l, p) {
			l.shows[p] = true
		}
	}
}

// alive returns the posts that a condition holds for, newest first.
func (m *model) alive(condition func(*modelPost) bool) (found []*modelPost) {
	for _, p := range slices.Backward(m.posts) {
		if !p.deleted && condition(p) {
			found = append(found, p)
		}
	}
	return found
}

func (m *model) followed(v, a *modelPerson) {
	if m.follows.has(v, a) {
		return
	}
	m.follows.put(v, a)
	if v.host != "" {
		return
	}
	m.fillHome(v, a)
}

func (m *model) fillHome(v, a *modelPerson) {
	for _, p := range m.alive(func(p *modelPost) bool { return p.author == a && m.brings(v, p) && !m.elsewhere(v, a) }) {
		m.home[v][p] = true
	}
}

func (m *model) unfollowed(v, a *modelPerson) {
	if !m.follows.has(v, a) {
		return
	}
	m.follows.drop(v, a)
	m.endorse.drop(v, a)
	for _, p := range m.posts {
		if p.author == a {
			delete(m.home[v], p)
		}
	}
	for _, l := range m.lists {
		if l.owner == v {
			m.left(l, a)
		}
	}
}

func (m *model) left(l *modelList, a *modelPerson) {
	delete(l.members, a)
	for _, p := range m.posts {
		if p.author == a {
			delete(l.shows, p)
		}
	}
}

func (m *model) joined(l *modelList, a *modelPerson) {
	l.members[a] = true
	for _, p := range m.posts {
		if l.exclusive && p.author == a {
			delete(m.home[l.owner], p)
		}
		if p.author == a && !p.deleted && m.fits(l, p) {
			l.shows[p] = true
		}
	}
}

func (m *model) tracked(v *modelPerson) {
	m.tracks[v] = true
	for _, p := range m.posts {
		if p.comesByTag() && !m.elsewhere(v, p.author) {
			m.home[v][p] = true
		}
	}
}

func (m *model) untracked(v *modelPerson) {
	delete(m.tracks, v)
	for p := range m.home[v] {
		if p.tagged && p.author != v && !m.follows.has(v, p.author) {
			delete(m.home[v], p)
		}
	}
}

func (m *model) gone(p *modelPost) {
	p.deleted = true
	for _, q := range m.posts {
		if q.boostOf == p {
			q.deleted = true
		}
		if q.parent == p {
			q.parent = nil
		}
	}
}

// remember notes what each viewer may see now.
func (m *model) remember(viewers []*modelPerson) {
	for _, v := range viewers {
		for _, p := range m.posts {
			if m.sees(v, p) {
				m.ever[v][p.id] = true
			}
		}
	}
}

// texts names posts for failures.
func (p *modelPost) String() string {
	what := p.visibility
	if p.boostOf != nil {
		what = "boost"
	}
	return strings.Join([]string{p.id, what, "of", p.author.name}, " ")
}
