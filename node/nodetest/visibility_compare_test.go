package nodetest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"tulou/protocol/ids"
)

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
		Quote  *shownQuote
		Reblog *struct {
			ID    string
			Quote *shownQuote
		}
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
			if p.boostOf == nil {
				s.compareQuote(v, p, one.Quote, path)
			} else {
				s.compareQuote(v, p.boostOf, one.Reblog.Quote, path)
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
		return p.visibility == "public" && p.boostOf == nil && !p.answersOther() && !s.limited(p.author) && wanted(p)
	}
	s.shows(v, "/api/v1/timelines/public?limit=40", public)
	s.shows(v, "/api/v1/timelines/public?limit=40&local=true", func(p *modelPost) bool { return public(p) && p.author.host == "" })
	s.shows(v, "/api/v1/timelines/public?limit=40&remote=true", func(p *modelPost) bool { return public(p) && p.author.host != "" })
	s.shows(v, "/api/v1/timelines/tag/"+s.tag+"?limit=40", func(p *modelPost) bool {
		return p.tagged && p.visibility == "public" && !s.limited(p.author) && wanted(p)
	})
	for _, a := range s.people {
		path := "/api/v1/accounts/" + ids.Format(a.id) + "/statuses?limit=40"
		if s.hidden(a) {
			missing := strings.Replace(path, ids.Format(a.id), "123456789", 1)
			for _, more := range []string{"", "&pinned=true"} {
				s.same(s.ask(v, "GET", path+more, nil), s.absent(v, "GET", missing+more, nil), "posts of somebody hidden")
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
	s.comparePeople(v)
	s.compareSearch(v)
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
// by the first post of their thread. A quote links to what it quotes, for programs that know none.
var (
	numbers = regexp.MustCompile(`\d{15,}`)
	told    = regexp.MustCompile(`"in_reply_to_id":"\d+"|"id":"\d+","unread"|quote-inline.*?/p(?:>|\\u003e)`)
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
	for _, row := range []string{"GET ", "GET /context", "GET /history", "GET /favourited_by", "GET /reblogged_by", "GET /card"} {
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
	if sees {
		s.compareQuotes(v, p)
	}
	if v == nil {
		return
	}
	if !sees {
		for _, row := range []string{"GET /source", "POST /favourite", "POST /unfavourite", "POST /reblog", "POST /unreblog", "POST /bookmark",
			"POST /unbookmark", "POST /pin", "POST /unpin", "POST /mute", "POST /unmute", "PUT ", "DELETE ", "GET /quotes", "PUT /interaction_policy", "POST /quotes/123456789/revoke"} {
			method, rest, _ := strings.Cut(row, " ")
			s.same(s.ask(v, method, "/api/v1/statuses/"+p.id+rest, url.Values{"status": {"x"}}),
				s.absent(v, method, "/api/v1/statuses/123456789"+rest, url.Values{"status": {"x"}}), p.String()+rest)
		}
		s.same(s.ask(v, "GET", "/api/v1/polls/"+p.id, nil), s.absent(v, "GET", "/api/v1/polls/123456789", nil), p.String()+" as a poll")
	}
	if code := s.ask(v, "GET", "/api/v1/polls/"+p.id, nil).Code; (code == 200) != (sees && p.polled) {
		s.r.Fatalf("the poll of %s for %s: %d, sees it %v", p, v.name, code, sees)
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
		if s.likes[a][p] && !s.hidden(a) && (v == nil || !s.blocked(v, a)) {
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
		if p.author.host != "" || p.deleted || p.boostOf != nil || s.sees(nil, p) || s.hidden(p.author) {
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

// answered tells whether a post answers or quotes p, whose address it names then.
func answered(posts []*modelPost, p *modelPost) bool {
	return slices.ContainsFunc(posts, func(q *modelPost) bool { return q.answered == p || q.quotes == p })
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
