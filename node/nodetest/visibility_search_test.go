package nodetest

import (
	"encoding/json"
	"net/url"
	"runtime"
	"slices"

	gocmp "github.com/google/go-cmp/cmp"

	"tulou/storage"
)

// consent has somebody change their mind about who may find their public posts.
func (s *scene) consent(a *modelPerson) {
	a.indexable = !a.indexable
	s.tx(func(tx *storage.Tx) error {
		account, err := tx.AccountByID(ctx, a.id)
		if err != nil {
			return err
		}
		account.Indexable = a.indexable
		if a.host == "" {
			_, err = tx.UpdateProfile(ctx, account)
		} else {
			_, err = tx.PutRemoteAccount(ctx, account)
		}
		return err
	})
}

// finds tells whether somebody may find a post by what it says: it is public and its author agreed,
// or it is in their library.
func (m *model) finds(v *modelPerson, p *modelPost) bool {
	if v == nil || p.boostOf != nil || !m.sees(v, p) || !m.wants(v, p) || m.limited(p.author) && v != p.author && !m.follows.has(v, p.author) {
		return false
	}
	return m.consents(p) || m.holds(v, p)
}

func (m *model) consents(p *modelPost) bool {
	return p.visibility == "public" && p.author.indexable
}

func (m *model) holds(v *modelPerson, p *modelPost) bool {
	return p.author == v || slices.Contains(p.mentions, v) || m.likes[v][p] || m.bookmarks[v][p] ||
		slices.ContainsFunc(m.posts, func(q *modelPost) bool { return q.boostOf == p && q.author == v && !q.deleted })
}

// search returns the posts of this round that are found.
func (s *scene) search(v *modelPerson, query string) []string {
	s.r.Helper()
	w := s.ask(v, "GET", "/api/v2/search?type=statuses&limit=40&q="+url.QueryEscape(query), nil)
	if w.Code != 200 {
		s.r.Fatalf("search %q: %d %s", query, w.Code, w.Body)
	}
	var found struct{ Statuses []struct{ ID string } }
	s.must(json.Unmarshal(w.Body.Bytes(), &found))
	list := []string{}
	for _, one := range found.Statuses {
		if slices.ContainsFunc(s.posts, func(p *modelPost) bool { return p.id == one.ID }) {
			list = append(list, one.ID)
		}
	}
	return list
}

// compareSearch compares what is found by words: at once nothing that must not be, and all of it as
// soon as it was read.
func (s *scene) compareSearch(v *modelPerson) {
	queries := map[string]func(*modelPost) bool{
		"words":            func(*modelPost) bool { return true },
		"#" + s.tag:        func(p *modelPost) bool { return p.tagged },
		"words -#" + s.tag: func(p *modelPost) bool { return !p.tagged },
		"words in:public":  s.consents,
		"words in:library": func(p *modelPost) bool { return v != nil && s.holds(v, p) },
		"words is:reply":   func(p *modelPost) bool { return p.answered != nil },
	}
	for _, a := range s.people {
		who := a.name
		if a.host != "" {
			who += "@" + a.host
		}
		if !s.hidden(a) { // or they are nobody
			queries["words from:"+who] = func(p *modelPost) bool { return p.author == a }
		}
	}
	for query := range queries {
		s.findsNoMore(v, query)
	}
	s.read()
	for query, want := range queries {
		expected := []string{}
		for _, p := range s.alive(func(p *modelPost) bool { return s.finds(v, p) && want(p) }) {
			expected = append(expected, p.id)
		}
		if diff := gocmp.Diff(expected, s.search(v, query)); diff != "" {
			s.r.Fatalf("%q for %s (-want +got): %s", query, name(v), diff)
		}
	}
}

// findsNoMore demands that nothing is found that must not be, whether or not all was read.
func (s *scene) findsNoMore(v *modelPerson, query string) {
	s.r.Helper()
	for _, id := range s.search(v, query) {
		i := slices.IndexFunc(s.posts, func(p *modelPost) bool { return p.id == id })
		if p := s.posts[i]; !s.finds(v, p) {
			s.r.Fatalf("%q finds %s for %s", query, p, name(v))
		}
	}
}

// read waits until all posts were read, by the node or here.
func (s *scene) read() {
	store := s.lab.node.Store()
	for {
		_, err := store.ReadPosts(ctx)
		s.must(err)
		waits, err := store.Unread(ctx)
		s.must(err)
		if !waits {
			return
		}
		runtime.Gosched()
	}
}
