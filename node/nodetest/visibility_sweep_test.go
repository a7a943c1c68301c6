package nodetest

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"tulou/apps/people"
	"tulou/node/nodetest/peer"
	"tulou/protocol/ids"
	"tulou/storage"
)

// The sweep asks everything that can be read, as everybody, about everything there is: each route
// of the node, with each thing that may stand in its address. What answers say is recognised by
// words that nothing else has. testdata/visibility/reads.txt says of each route what it may show,
// so that none comes in that nobody thought about.

// What a route shows, as in reads.txt.
const (
	readsPosts   = "posts"   // posts, to those who may see them
	readsMoments = "moments" // Moments and what is said about them
	readsStream  = "stream"  // it is listened to (earshot)
	readsNothing = "nothing" // neither posts nor Moments, ever
	readsUnseen  = "unseen"  // posts, which this test cannot bring about; why is said, and where they are tested
)

// sweepEvery is every how many rounds there is a sweep, of some thousand requests.
const sweepEvery = 8

// readRow is one row of reads.txt: a route, what it shows, and what is put behind its path besides
// nothing, in which {post}, {person} and so on stand for each of them.
type readRow struct {
	path, kind string
	queries    []string
}

// forms returns in which forms a route is asked for: the API has one.
func (r readRow) forms() []string {
	if strings.HasPrefix(r.path, "/api/") {
		return []string{"application/json"}
	}
	return []string{"application/activity+json", "text/html"}
}

func readRows() (rows []readRow) {
	for line := range strings.Lines(string(must(os.ReadFile("testdata/visibility/reads.txt")))) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		row := readRow{path: words[0], kind: words[1], queries: []string{""}}
		for _, word := range words[2:] {
			if more, found := strings.CutPrefix(word, "+"); found {
				row.queries = append(row.queries, more)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// placed demands that the list has every route that is read, and that those showed what it says.
func (l *lab) placed() {
	routes, rows := map[string]bool{}, readRows()
	check(l.t, chi.Walk(l.node.Handler().(chi.Routes), func(method, path string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if method == http.MethodGet && !strings.HasPrefix(path, "/assets/") {
			routes[path] = true
		}
		return nil
	}))
	for _, row := range rows {
		if !routes[row.path] {
			l.t.Errorf("reads.txt has %s, which is not served, or twice", row.path)
		}
		delete(routes, row.path)
		if shows := row.kind == readsPosts || row.kind == readsMoments; shows != l.shown[row.path] && row.kind != readsStream {
			l.t.Errorf("%s shows %s, says reads.txt; whether it showed any: %v", row.path, row.kind, l.shown[row.path])
		}
	}
	for _, path := range slices.Sorted(maps.Keys(routes)) {
		l.t.Errorf("reads.txt does not say what GET %s shows, and to whom", path)
	}
}

// appoint makes somebody who moderates the node.
func (s *scene) appoint() {
	judge := s.local("judge")
	secret, hash := people.NewSecret()
	s.tx(func(tx *storage.Tx) error {
		if err := tx.SetRole(ctx, judge.id, storage.RoleOwner); err != nil {
			return err
		}
		app, err := tx.CreateApp(ctx, storage.App{ClientID: "gavel", Name: "Gavel", Scopes: scopes + " admin:read"})
		if err != nil {
			return err
		}
		_, err = tx.CreateToken(ctx, storage.Token{Hash: hash, AppID: app.ID, AccountID: judge.id, Scopes: scopes + " admin:read"})
		return err
	})
	s.lab.judge, s.lab.token = judge, secret
}

// word returns one that nothing else has.
func (s *scene) word() string {
	s.written++
	return fmt.Sprintf("zq%dq%dq", s.lab.round, s.written)
}

var written = regexp.MustCompile(`zq\d+q\d+q`)

// reader is somebody who reads: a stranger, people of the node, one who moderates it, people of
// other servers who sign.
type reader struct {
	who *modelPerson
	ask func(path, accept string) *httptest.ResponseRecorder
}

func (s *scene) readers() (all []reader) {
	for _, v := range append(slices.Clone(s.viewers), s.lab.judge, s.people[len(s.people)-2], s.people[len(s.people)-1]) {
		all = append(all, reader{v, func(path, accept string) *httptest.ResponseRecorder {
			return s.ask(v, "GET", path, nil, "Accept", accept)
		}})
	}
	for _, p := range s.people {
		if p.host == "" {
			continue
		}
		a := &peer.Actor{KeyID: p.uri + "#main-key", Key: s.lab.key}
		all = append(all, reader{p, func(path, accept string) *httptest.ResponseRecorder {
			r := a.Request(ctx, peer.Message{Method: "GET", URL: "https://harbor.example" + path, Edit: func(r *http.Request) { r.Header.Set("Accept", accept) }})
			r.RequestURI, r.RemoteAddr = r.URL.RequestURI(), "192.0.2.1:1234"
			w := httptest.NewRecorder()
			s.lab.node.Handler().ServeHTTP(w, r)
			return w
		}})
	}
	return all
}

// sweep asks everything.
func (s *scene) sweep() {
	s.tokens[s.lab.judge] = s.lab.token
	s.plenty()
	s.prepare()
	all := s.readers()
	defer s.offersNobodyLimited()
	for _, row := range readRows() {
		if row.kind == readsStream {
			continue
		}
		for _, path := range s.addresses(row, all) {
			for _, w := range all {
				for _, accept := range row.forms() {
					s.judge(row, w, path, accept)
				}
			}
		}
	}
}

// offersNobodyLimited demands that nothing that is offered to everybody has posts of somebody who
// is limited, although it had.
func (s *scene) offersNobodyLimited() {
	p := s.people[len(s.people)-2]
	offers := []string{"/api/v1/timelines/public", "/api/v1/timelines/tag/" + s.tag, "/api/v1/timelines/link?url=" + pageOfAll, "/api/v1/trends/statuses"}
	offered := func(path string) bool {
		return strings.Contains(s.ask(nil, "GET", path, nil).Body.String(), `"username":"`+p.name+`"`)
	}
	for _, path := range offers {
		if !offered(path) {
			s.r.Fatalf("%s does not have %s", path, p.name)
		}
	}
	s.tx(func(tx *storage.Tx) error { return tx.SetSilenced(ctx, p.id, true) })
	for _, path := range offers {
		if offered(path) {
			s.r.Fatalf("%s offers %s, who is limited", path, p.name)
		}
	}
}

// plenty brings two people who do everything that can be read with each other, so that every sweep
// has something of every kind to find.
func (s *scene) plenty() {
	p, q := s.enter("pia", true), s.enter("quin", true)
	s.follow(p, q)
	s.follow(q, p)
	s.befriend(p, q)
	m := &modelMoment{author: p, words: s.word(), readers: map[*modelPerson]bool{q: true}}
	s.publish(m, "friends")
	s.sayOf(q, m)
	s.own(q, "POST", "/moments/"+m.id+"/like", "")
	list := s.lists[len(s.lists)-1]
	s.object(q, "POST", "/api/v1/lists/"+list.id+"/accounts", url.Values{"account_ids[]": {ids.Format(p.id)}})
	s.joined(list, p)
	said := &modelPost{author: p, visibility: "public", tagged: true, polled: true, mentions: []*modelPerson{q}}
	s.postHere(said)
	s.postHere(&modelPost{author: p, visibility: "direct", mentions: []*modelPerson{q}})
	s.postHere(&modelPost{author: q, visibility: "public", parent: said, answered: said, answers: p})
	s.postHere(&modelPost{author: p, visibility: "private"})
	s.postHere(&modelPost{author: q, visibility: "public", quotes: said})
	for _, what := range []string{"favourite", "bookmark", "reblog"} {
		s.object(q, "POST", "/api/v1/statuses/"+said.id+"/"+what, nil)
	}
	s.likes[q][said], s.bookmarks[q][said] = true, true
	s.object(p, "POST", "/api/v1/statuses/"+said.id+"/pin", nil)
	s.going(p)
	s.read()
}

// going has all posts go around, and some link to a page and have a picture with them.
func (s *scene) going(p *modelPerson) {
	for _, visibility := range []string{"public", "private"} {
		s.arrive(&modelPost{author: p, visibility: visibility, linked: true})
	}
	s.tx(func(tx *storage.Tx) error {
		page, err := tx.CardByURL(ctx, pageOfAll)
		if err != nil {
			return err
		}
		page.Type, page.Title, page.FetchedAt = "link", "A page", storage.Now()
		if err := tx.PutCard(ctx, page); err != nil {
			return err
		}
		var all []storage.Popular
		for _, p := range s.posts {
			number, _ := ids.Parse(p.id)
			all = append(all, storage.Popular{ID: number})
		}
		return tx.PutTrends(ctx, storage.TrendStatus, all)
	})
}

// pageOfAll is the page to which posts link.
const pageOfAll = "https://page.example/"

// prepare has what else there is to read: a report of what its reporter sees, something for later,
// notes of one's own.
func (s *scene) prepare() {
	for i, v := range s.people[:viewers] {
		for _, p := range s.alive(func(p *modelPost) bool { return p.author != v && p.boostOf == nil && s.sees(v, p) }) {
			s.object(v, "POST", "/api/v1/reports", url.Values{"account_id": {ids.Format(p.author.id)}, "status_ids[]": {p.id}})
			p.reported = true
			break
		}
		secret := s.word()
		s.circle.whispers[secret] = v
		s.object(v, "POST", "/api/v1/statuses", url.Values{"status": {secret}, "scheduled_at": {time.Now().Add(time.Hour).UTC().Format(time.RFC3339)}})
		s.object(v, "POST", "/api/v1/accounts/"+ids.Format(s.people[(i+1)%viewers].id)+"/note", url.Values{"comment": {secret}})
		s.object(v, "POST", "/api/v2/filters", url.Values{"title": {secret}, "context[]": {"home"}, "keywords_attributes[][keyword]": {secret}})
	}
}

// judge asks one thing as somebody and demands that nothing is shown that is not for them, and that
// what is not for them is answered as what is missing.
func (s *scene) judge(row readRow, w reader, path, accept string) {
	if strings.HasPrefix(row.path, "/api/") && w.who != nil && w.who.host != "" {
		w.who = nil // a signature is nothing to the API
	}
	got := w.ask(path, accept)
	if id := s.forbidden(w, row, path); id != "" {
		s.same(got, w.ask(strings.Replace(path, id, "123456789", 1), accept), "GET "+path+" as "+name(w.who))
	}
	kinds := map[string]bool{}
	for _, word := range written.FindAllString(got.Body.String(), -1) {
		if !strings.HasPrefix(word, fmt.Sprintf("zq%dq", s.lab.round)) {
			continue // of an earlier round
		}
		kind, may := s.may(w, row, word)
		if !may {
			s.r.Fatalf("GET %s (%s) shows %s what is not for them, %s: %s", path, accept, name(w.who), word, got.Body)
		}
		kinds[kind] = true
	}
	for id := range idsIn(got.Body.String()) {
		i := slices.IndexFunc(s.posts, func(p *modelPost) bool { return p.id == id })
		if i < 0 || strings.Contains(path, id) {
			continue
		}
		if p := s.posts[i]; !s.sees(w.who, p) && !answered(s.posts, p) && !s.known(w, row, p) {
			s.r.Fatalf("GET %s (%s) tells %s that there is %s: %s", path, accept, name(w.who), p, got.Body)
		} else if row.kind == readsPosts && got.Code == 200 {
			kinds[readsPosts] = true
		}
	}
	for kind := range kinds {
		if kind != "" && kind != row.kind && row.kind != readsUnseen {
			s.r.Fatalf("GET %s (%s) shows %s: %s", path, accept, kind, got.Body)
		}
		s.lab.shown[row.path] = s.lab.shown[row.path] || kind == row.kind
	}
}

// forbidden returns the id in an address of the API of a post or Moment that is not for somebody.
func (s *scene) forbidden(w reader, row readRow, path string) string {
	if !strings.HasPrefix(row.path, "/api/") || !strings.Contains(row.path, "{id}") {
		return ""
	}
	for _, p := range s.posts {
		if strings.Contains(path, p.id) && !s.sees(w.who, p) {
			return p.id
		}
	}
	for _, m := range s.circle.moments {
		if strings.Contains(path, m.id) && !s.seesMoment(w.who, m) {
			return m.id
		}
	}
	return ""
}

// may tells what a word is of, and whether somebody may read it on a route.
func (s *scene) may(w reader, row readRow, word string) (kind string, may bool) {
	for _, p := range s.posts {
		if slices.Contains(p.words, word) {
			return readsPosts, s.sees(w.who, p) || s.known(w, row, p)
		}
	}
	for _, m := range s.circle.moments {
		if m.words == word {
			return readsMoments, s.seesMoment(w.who, m)
		}
	}
	for _, c := range s.circle.said {
		if c.words == word {
			return readsMoments, s.hears(w.who, c)
		}
	}
	owner := s.circle.whispers[word]
	return "", owner != nil && owner == w.who
}

// known tells whether somebody may read a post on a route who could not read it elsewhere: as a
// stranger, on pages, for pages (oembed.com) and as what other servers read, or as one who
// moderates, if it was reported.
func (s *scene) known(w reader, row readRow, p *modelPost) bool {
	asksNobody := !strings.HasPrefix(row.path, "/api/") || row.path == "/api/oembed"
	if asksNobody && s.sees(nil, p) {
		return true
	}
	return w.who == s.lab.judge && p.reported && strings.HasPrefix(row.path, "/api/v1/admin/")
}

// addresses fills what a route leaves open with everything there is.
func (s *scene) addresses(row readRow, all []reader) (found []string) {
	fixed := strings.NewReplacer("{tag}", s.tag, "{version}", "2.1", "{year}", "2026", "{date}", "0", "{day}", "0", "{secret}", "0", "{group_key}", "{key}", "*", "x")
	for _, query := range row.queries {
		path := fixed.Replace(row.path) + query
		switch {
		case strings.Contains(path, "{name}") && strings.Contains(path, "{id}"):
			for _, p := range s.posts {
				found = append(found, strings.NewReplacer("{name}", p.author.name, "{id}", p.id).Replace(path))
			}
		case strings.Contains(path, "{post}"):
			found = append(found, s.each(path, "{post}", s.postIDs())...)
		case strings.Contains(path, "{address}"):
			for _, p := range s.posts {
				found = append(found, strings.Replace(path, "{address}", url.QueryEscape("https://harbor.example/@"+p.author.name+"/"+p.id), 1))
			}
		case strings.Contains(path, "{name}"):
			for _, p := range s.people {
				found = append(found, strings.ReplaceAll(path, "{name}", p.name))
			}
		case strings.Contains(path, "{person}"):
			found = append(found, s.each(path, "{person}", s.personIDs())...)
		case strings.Contains(path, "{id}"):
			found = append(found, s.each(path, "{id}", s.idsOf(row, all))...)
		case strings.Contains(path, "{key}"):
			found = append(found, s.each(path, "{key}", append(s.harvest("/api/v2/notifications", `"group_key":"([^"]+)"`, all), "0"))...)
		default:
			found = append(found, path)
		}
	}
	return found
}

func (s *scene) each(path, part string, with []string) (found []string) {
	for _, one := range with {
		found = append(found, strings.NewReplacer(part, one, "{key}", "0").Replace(path))
	}
	return found
}

func (s *scene) postIDs() (list []string) {
	for _, p := range s.posts {
		list = append(list, p.id)
	}
	return append(list, "123456789")
}

func (s *scene) personIDs() (list []string) {
	for _, p := range s.people {
		list = append(list, ids.Format(p.id))
	}
	return list
}

// idsOf returns what {id} can be in a route: posts, people, Moments, or what the list at the head
// of the route shows to anybody.
func (s *scene) idsOf(row readRow, all []reader) (list []string) {
	before, _, _ := strings.Cut(row.path, "/{id}")
	switch {
	case strings.HasSuffix(before, "/statuses") || strings.HasSuffix(before, "/polls"):
		return s.postIDs()
	case strings.HasSuffix(before, "/accounts") || strings.HasSuffix(before, "/friends"):
		return s.personIDs()
	case strings.HasSuffix(before, "/moments"):
		for _, m := range s.circle.moments {
			list = append(list, m.id)
		}
	case strings.HasSuffix(before, "/list"):
		before = "/api/v1/lists"
	}
	return append(list, s.harvest(before, `"id":"(\d+)"`, all)...)
}

// harvest returns what an expression finds in what a list shows to anybody.
func (s *scene) harvest(path, expression string, all []reader) []string {
	found := map[string]bool{"123456789": true}
	for _, w := range all {
		for _, match := range regexp.MustCompile(expression).FindAllStringSubmatch(w.ask(path, "*/*").Body.String(), -1) {
			found[url.PathEscape(match[1])] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}
