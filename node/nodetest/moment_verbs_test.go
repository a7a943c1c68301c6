package nodetest

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"tulou/protocol/fault"
)

// momentVerbs is what people show their friends, and what they see of it.
var momentVerbs = map[string]func(*story, *person, sentence){
	"shares":    shares,    // ana shares m1 "text" with friends place="…"; with circle Family; with all but bob; with myself
	"looks":     looks,     // bob looks at m1 "text" place="…": it is in the feed, on the author's page and by itself
	"misses":    misses,    // carl misses m1: it is nowhere, and guessing its id finds nothing
	"feed":      feed,      // bob feed is m2 m1
	"remarks":   remarks,   // bob remarks c1 on m1 "text"; bob remarks c2 on m1 answering c1 "text"
	"reads":     reads,     // iris reads of m1: c1 c2 likes=bob,ana: these and nothing else
	"hearts":    hearts,    // bob hearts m1; bob hearts m1 no more
	"retracts":  retracts,  // ana retracts m1; bob retracts c1
	"lookback":  lookback,  // ana lookback three_days
	"noticed":   noticed,   // ana noticed comment bob, like bob: the newest first; noticed nothing
	"unread":    unread,    // bob unread moments=2 notices=0
	"marks":     marksRead, // bob marks m1 read
	"forbidden": forbidden, // carl forbidden to like m1
}

// momentsRefused are rows of Moments that must not be left anywhere.
var momentsRefused = map[string]string{
	"Moment of nobody's friend": `SELECT COUNT(*) FROM moment m JOIN account a ON a.id = m.account_id WHERE a.host <> '' AND NOT EXISTS (
		SELECT 1 FROM moment_audience x JOIN friend f ON f.account_id = x.account_id AND f.friend_id = m.account_id AND f.state = 'friend' WHERE x.moment_id = m.id AND NOT x.ended)`,
	"Moment of somebody gone":     `SELECT COUNT(*) FROM moment m JOIN account a ON a.id = m.account_id WHERE a.deleted_at > 0`,
	"comment of somebody gone":    `SELECT COUNT(*) FROM moment_comment c JOIN account a ON a.id = c.account_id WHERE a.deleted_at > 0`,
	"comment that nobody may see": `SELECT COUNT(*) FROM moment_comment c JOIN account k ON k.id = c.account_id JOIN moment m ON m.id = c.moment_id JOIN account a ON a.id = m.account_id WHERE k.host <> '' AND a.host <> '' AND NOT EXISTS (SELECT 1 FROM friend f WHERE f.friend_id = k.id AND f.state = 'friend')`,
	"Moment not for its author":   `SELECT COUNT(*) FROM moment m JOIN account a ON a.id = m.account_id WHERE a.host = '' AND NOT EXISTS (SELECT 1 FROM moment_audience x WHERE x.moment_id = m.id AND x.account_id = m.account_id)`,
	"Moment that is a post":       `SELECT COUNT(*) FROM moment m JOIN status s ON s.uri = m.uri OR s.id = m.id`,
	"Moment that is a document":   `SELECT COUNT(*) FROM document d WHERE d.uri LIKE '%/moments/%'`,
	"comment not asked for":       `SELECT COUNT(*) FROM moment_pointer WHERE waiting`,
	"picture of a Moment for all": `SELECT COUNT(*) FROM moment_file x JOIN file f ON f.key = x.key`,
	"picture of a Moment missing": `SELECT COUNT(*) FROM moment_media m WHERE m.state = 'ready' AND NOT EXISTS (SELECT 1 FROM moment_file f WHERE f.key = m.file_key)`,
	"picture still to come":       `SELECT COUNT(*) FROM moment_media m WHERE m.state = 'waiting'`,
	"comment not told of":         `SELECT COUNT(*) FROM moment_comment WHERE NOT named`,
	"reach for nobody's friend":   `SELECT COUNT(*) FROM moment_reach w WHERE NOT EXISTS (SELECT 1 FROM friend f WHERE f.account_id = w.reader_id AND f.friend_id = w.author_id)`,
}

// The entities of Moments, as far as tests look at them.
type (
	momentSeen struct {
		ID       string
		Account  account
		Text     string
		Place    string
		Link     *struct{ URL, Title string }
		Media    []mediaSeen
		Audience *struct{ Kind string }
		Liked    bool
		Likes    []account
		Comments []commentSeen
	}
	mediaSeen struct {
		State, Kind, URL, Description string
		PreviewURL                    string `json:"preview_url"`
		Width, Height                 int
	}
	commentSeen struct {
		ID        string
		Account   account
		Text      string
		Answers   *account
		CanDelete bool `json:"can_delete"`
	}
	momentPage struct {
		Items []momentSeen
		Next  string
	}
)

// momentID is the id of a Moment, or a comment, at the person's node, whoever may see it; "" if it
// is not there.
func (p *person) momentID(q *post) string {
	m, err := p.home.node.Store().MomentByURI(p.village.t.Context(), q.uri)
	if err == nil {
		return fmt.Sprint(m.ID)
	}
	c, err := p.home.node.Store().MomentCommentByURI(p.village.t.Context(), q.uri)
	if fault.Is(err, fault.NotFound) {
		return ""
	}
	check(p.village.t, err)
	return fmt.Sprint(c.ID)
}

func shares(s *story, p *person, in sentence) {
	audience := map[string]any{"kind": "friends"}
	switch how := in.words[1:]; {
	case len(how) < 2 || how[1] == "friends":
	case how[1] == "myself":
		audience["kind"] = "myself"
	case how[1] == "circle":
		audience["kind"], audience["circles"] = "circles", []string{p.circle(how[2])}
	case how[1] == "all": // with all but bob
		var people, circles []string
		for _, name := range how[3:] {
			if id := p.circle(name); id != "" {
				circles = append(circles, id)
			} else {
				people = append(people, p.knows(s.handle(name)).ID)
			}
		}
		audience["kind"], audience["people"], audience["circles"] = "except", people, circles
	}
	sent := map[string]any{"audience": audience, "text": strings.Join(in.texts, "\n"), "place": in.options["place"], "link": in.options["link"]}
	var made momentSeen
	p.must200("POST", "/moments", sent, &made)
	var uri string
	check(s.t, p.home.db.QueryRow(`SELECT uri FROM moment WHERE id = `+made.ID).Scan(&uri))
	s.posts[in.words[0]] = &post{uri: uri, author: p.name}
}

// circle is the id of a circle of the person's by its name, "" if there is none.
func (p *person) circle(name string) string {
	var page struct{ Items []struct{ ID, Name string } }
	p.must200("GET", "/circles", nil, &page)
	for _, c := range page.Items {
		if c.Name == name {
			return c.ID
		}
	}
	return ""
}

func (p *person) moments(path string) []momentSeen {
	p.village.t.Helper()
	var page momentPage
	p.must200("GET", path, nil, &page)
	return page.Items
}

func holdsMoment(list []momentSeen, id string) bool {
	return id != "" && slices.ContainsFunc(list, func(m momentSeen) bool { return m.ID == id })
}

func looks(s *story, p *person, in sentence) {
	q := s.post(in.words[1])
	id := p.momentID(q)
	if id == "" {
		s.t.Errorf("%s is not at %s", in.words[1], p.home.name)
		return
	}
	var m momentSeen
	p.must200("GET", "/moments/"+id, nil, &m)
	if len(in.texts) > 0 && m.Text != in.texts[0] {
		s.t.Errorf("%s reads %q", p, m.Text)
	}
	if want, asked := in.options["place"]; asked && m.Place != want {
		s.t.Errorf("%s sees the place %q", p, m.Place)
	}
	if (m.Audience != nil) != (q.author == p.name) {
		s.t.Errorf("%s sees for whom it is: %v", p, m.Audience)
	}
	if in.options["feed"] != "false" && !holdsMoment(p.moments("/moments"), id) {
		s.t.Errorf("%s does not see %s in the feed", p, in.words[1])
	}
	if !holdsMoment(p.moments("/accounts/"+p.knows(s.handle(q.author)).ID+"/moments"), id) {
		s.t.Errorf("%s does not see %s among those of %s", p, in.words[1], q.author)
	}
}

func misses(s *story, p *person, in sentence) {
	q := s.post(in.words[0])
	id := p.momentID(q)
	lists := p.moments("/moments")
	if author, ok := p.finds(s.handle(q.author)); ok {
		lists = append(lists, p.moments("/accounts/"+author.ID+"/moments")...)
	}
	if holdsMoment(lists, id) {
		s.t.Errorf("%s sees %s", p, in.words[0])
	}
	if id != "" {
		for _, ask := range []string{"GET /moments/" + id, "POST /moments/" + id + "/like", "DELETE /moments/" + id} {
			method, path, _ := strings.Cut(ask, " ")
			if code := p.own(method, path, nil, nil); code != http.StatusNotFound {
				s.t.Errorf("%s: %s: %d", p, ask, code)
			}
		}
		if code := p.own("POST", "/moments/"+id+"/comments", map[string]any{"text": "guess"}, nil); code != http.StatusNotFound {
			s.t.Errorf("%s comments on what they do not see: %d", p, code)
		}
	}
	p.hasNoPost(q)
}

// hasNoPost looks for a Moment wherever posts are.
func (p *person) hasNoPost(q *post) {
	t := p.village.t
	t.Helper()
	if _, ok := p.findsPost(q.uri); ok {
		t.Errorf("%s finds a Moment by its address", p)
	}
	var r found
	p.get("/api/v2/search?resolve=true&q="+url.QueryEscape(q.uri), &r)
	if len(r.Statuses)+len(r.Accounts) > 0 {
		t.Errorf("%s finds a Moment by searching: %+v", p, r)
	}
	if id := p.storedID(q.uri); id != "" {
		t.Errorf("a Moment is a post at %s", p.home.name)
	}
}

func feed(s *story, p *person, in sentence) {
	var got []string
	for _, m := range p.moments("/moments") {
		var uri string
		check(s.t, p.home.db.QueryRow(`SELECT uri FROM moment WHERE id = `+m.ID).Scan(&uri))
		got = append(got, uri)
	}
	want := in.words[1:]
	if want[0] == "empty" {
		want = nil
	}
	s.compare(p, got, want)
}

func remarks(s *story, p *person, in sentence) {
	sent := map[string]any{"text": in.texts[0]}
	if i := slices.Index(in.words, "answering"); i > 0 {
		sent["answers"] = p.momentID(s.post(in.words[i+1]))
	}
	var made commentSeen
	p.must200("POST", "/moments/"+p.momentID(s.post(in.words[2]))+"/comments", sent, &made)
	var uri string
	check(s.t, p.home.db.QueryRow(`SELECT uri FROM moment_comment WHERE id = `+made.ID).Scan(&uri))
	if strings.Contains(uri, p.name) || strings.Contains(uri, "users") {
		s.t.Errorf("the id of a comment says whose it is: %s", uri)
	}
	s.posts[in.words[0]] = &post{uri: uri, author: p.name}
}

// reads checks what somebody sees of likes and comments, to the last one.
func reads(s *story, p *person, in sentence) {
	var m momentSeen
	p.must200("GET", "/moments/"+p.momentID(s.post(strings.TrimSuffix(in.words[1], ":"))), nil, &m)
	var got, likes []string
	for _, c := range m.Comments {
		var uri string
		check(s.t, p.home.db.QueryRow(`SELECT uri FROM moment_comment WHERE id = `+c.ID).Scan(&uri))
		got = append(got, uri)
	}
	want := in.words[2:]
	if len(want) == 1 && want[0] == "nothing" {
		want = nil
	}
	s.compare(p, got, want)
	for _, a := range m.Likes {
		name, _, _ := strings.Cut(a.Acct, "@")
		likes = append(likes, name)
	}
	slices.Sort(likes)
	if text := strings.Join(likes, ","); text != in.options["likes"] {
		s.t.Errorf("%s sees that %q like it, not %q", p, text, in.options["likes"])
	}
	if m.Liked != slices.Contains(likes, p.name) {
		s.t.Errorf("%s: liked is %v", p, m.Liked)
	}
}

func hearts(s *story, p *person, in sentence) {
	method := "POST"
	if len(in.words) > 1 { // no more
		method = "DELETE"
	}
	p.must200(method, "/moments/"+p.momentID(s.post(in.words[0]))+"/like", nil, nil)
}

func retracts(s *story, p *person, in sentence) {
	q := s.post(in.words[0])
	id := p.momentID(q)
	var of string
	if err := p.home.db.QueryRow(`SELECT moment_id FROM moment_comment WHERE id = ` + id).Scan(&of); err == nil {
		id = of + "/comments/" + id
	}
	if code := p.own("DELETE", "/moments/"+id, nil, nil); code != http.StatusNoContent && in.options["code"] != fmt.Sprint(code) {
		s.t.Errorf("%s retracts %s: %d", p, in.words[0], code)
	}
}

func lookback(s *story, p *person, in sentence) {
	p.must200("PATCH", "/moments/settings", map[string]any{"visible_for": in.words[0]}, nil)
}

func noticed(s *story, p *person, in sentence) {
	var page struct {
		Items []struct {
			Kind    string
			Account account
		}
	}
	p.must200("GET", "/moments/notices", nil, &page)
	var got []string
	for _, n := range page.Items {
		name, _, _ := strings.Cut(n.Account.Acct, "@")
		got = append(got, n.Kind+" "+name)
	}
	if want := strings.Join(in.words, " "); strings.Join(got, ", ") != want && (want != "nothing" || len(got) > 0) {
		s.t.Errorf("%s noticed %q, not %q", p, strings.Join(got, ", "), want)
	}
}

func unread(s *story, p *person, in sentence) {
	var count map[string]int
	p.must200("GET", "/moments/unread", nil, &count)
	for key, want := range in.options {
		if fmt.Sprint(count[key]) != want {
			s.t.Errorf("%s has %d unread %s, not %s", p, count[key], key, want)
		}
	}
}

func marksRead(s *story, p *person, in sentence) {
	p.must200("POST", "/moments/read", map[string]any{"moment": p.momentID(s.post(in.words[0]))}, nil)
}

func forbidden(s *story, p *person, in sentence) {
	if code := p.own("POST", "/moments/"+p.momentID(s.post(in.words[2]))+"/"+in.words[1], nil, nil); code != http.StatusNotFound {
		s.t.Errorf("%s may %s %s: %d", p, in.words[1], in.words[2], code)
	}
}

// fetches reads an address with somebody's token and returns the status.
func (p *person) fetches(address string) (int, http.Header, []byte) {
	t := p.village.t
	t.Helper()
	response, err := p.client.Do(must(http.NewRequestWithContext(t.Context(), "GET", address, nil)))
	check(t, err)
	defer response.Body.Close()
	return response.StatusCode, response.Header, must(io.ReadAll(response.Body))
}
