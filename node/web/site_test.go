package web

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

func TestThreadsShowWhatStrangersMaySee(t *testing.T) {
	// If this failed, a page would show an answer that is not for everybody, or lose those below it.
	s := newSite(t)
	root := s.say("the root", storage.VisibilityPublic, storage.Everybody)
	answer := func(to storage.Status, text, visibility string, audience ...int64) storage.Status {
		return s.make(storage.NewStatus{Status: storage.Status{Content: "<p>" + text + "</p>", Visibility: visibility, ReplyToID: to.ID, ReplyToURI: to.URI}, Audience: audience})
	}
	one := answer(root, "first answer", storage.VisibilityPublic, storage.Everybody)
	hidden := answer(one, "for followers", storage.VisibilityPrivate, storage.FollowersOf(s.ana.ID))
	below := answer(hidden, "below the hidden one", storage.VisibilityPublic, storage.Everybody)
	_, body := s.get("/@ana/"+ids.Format(one.ID), browser)
	for _, want := range []string{"the root", "first answer", "below the hidden one"} {
		if !strings.Contains(body, want) {
			t.Errorf("the thread lacks %q", want)
		}
	}
	if strings.Contains(body, "for followers") {
		t.Error("a hidden answer is shown")
	}
	at := func(text string) int { return strings.Index(body, "<p>"+text) }
	if at("the root") > at("first answer") || at("below the hidden") < at("first answer") {
		t.Error("the thread is out of order")
	}
	if _, body := s.get("/@ana/"+ids.Format(below.ID), browser); !strings.Contains(body, "first answer") || strings.Contains(body, "for followers") {
		t.Error("what stands above a hidden post is not shown, or it is")
	}
}

func TestLongThreadsGoOnAnotherPage(t *testing.T) {
	// If this failed, a page could be as long as a stranger likes, or the rest of a thread would be
	// lost.
	s := newSite(t)
	root := s.say("the root", storage.VisibilityPublic, storage.Everybody)
	for i := range answersMax + 5 {
		s.make(storage.NewStatus{Status: storage.Status{Content: fmt.Sprintf("<p>answer %d.</p>", i), ReplyToID: root.ID, ReplyToURI: root.URI}})
	}
	seen := 0
	path := "/@ana/" + ids.Format(root.ID)
	for pages := 0; path != ""; pages++ {
		_, body := s.get(path, browser)
		seen += strings.Count(body, "<p>answer ")
		path = next(body)
		if pages > 3 {
			t.Fatal("pages do not end")
		}
	}
	if seen != answersMax+5 {
		t.Errorf("%d answers are shown", seen)
	}
}

// next is the address of the next page.
func next(body string) string {
	_, after, ok := strings.Cut(body, `rel="next" href="`)
	if !ok {
		return ""
	}
	address, _, _ := strings.Cut(after, `"`)
	return strings.ReplaceAll(address, "&amp;", "&")
}

func TestProfilesArePagedByTabs(t *testing.T) {
	// If this failed, older posts could not be found, or answers and boosts would stand where they do
	// not belong.
	s := newSite(t)
	other := storage.Account{URI: "https://far.example/users/zoe", Name: "zoe", Host: "far.example", Type: "Person", Inbox: "https://far.example/inbox"}
	s.do(func(tx *storage.Tx) (err error) { other, err = tx.PutRemoteAccount(t.Context(), other); return err })
	for i := range postsMax + 3 {
		s.say(fmt.Sprintf("post %d.", i), storage.VisibilityPublic, storage.Everybody)
	}
	s.make(storage.NewStatus{Status: storage.Status{Content: "<p>an answer</p>", ReplyToURI: "https://far.example/1", ReplyToAccount: other.ID}})
	s.make(storage.NewStatus{Status: storage.Status{Content: "<p>a picture</p>"},
		Attachments: []storage.Attachment{{Kind: storage.KindImage, MediaType: "image/png", RemoteURL: "https://far.example/a.png"}}})
	_, first := s.get("/@ana", browser)
	_, second := s.get(next(first), browser)
	if strings.Count(first+second, "<p>post ") != postsMax+3 || next(second) != "" {
		t.Errorf("%d posts on two pages", strings.Count(first+second, "<p>post "))
	}
	if strings.Contains(first, "an answer") {
		t.Error("an answer is among the posts")
	}
	if _, body := s.get("/@ana/with_replies", browser); !strings.Contains(body, "an answer") {
		t.Error("answers are not shown with replies")
	}
	if _, body := s.get("/@ana/media", browser); !strings.Contains(body, "a picture") || strings.Contains(body, "<p>post ") {
		t.Error("the media tab shows something else")
	}
	for _, path := range []string{"/@ana?max_id=x", "/@ana/1x", "/@ana/media?max_id=-"} {
		if res, _ := s.get(path, browser); res.StatusCode != 404 {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
}

func TestWhatWasDeletedIsGone(t *testing.T) {
	// If this failed, a link to a deleted post would look like a typing error, or tell that a post
	// which was not for everybody had been there.
	s := newSite(t)
	public := s.say("for everybody", storage.VisibilityPublic, storage.Everybody)
	private := s.say("for followers", storage.VisibilityPrivate, storage.FollowersOf(s.ana.ID))
	for _, status := range []storage.Status{public, private} {
		s.do(func(tx *storage.Tx) error {
			if err := tx.PutStatusTombstone(t.Context(), status, s.ana.URI); err != nil {
				return err
			}
			_, err := tx.DeleteStatus(t.Context(), status.ID)
			return err
		})
	}
	if res, body := s.get("/@ana/"+ids.Format(public.ID), browser); res.StatusCode != 410 || !strings.Contains(body, "This is gone") {
		t.Errorf("a deleted public post: %d", res.StatusCode)
	}
	if res, _ := s.get("/@ana/"+ids.Format(private.ID), browser); res.StatusCode != 404 {
		t.Errorf("a deleted private post: %d", res.StatusCode)
	}
}

// atom is a feed as RFC 4287 has it, read strictly.
type atom struct {
	XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
	ID      string   `xml:"http://www.w3.org/2005/Atom id"`
	Title   string   `xml:"http://www.w3.org/2005/Atom title"`
	Updated string   `xml:"http://www.w3.org/2005/Atom updated"`
	Author  struct {
		Name string `xml:"name"`
	} `xml:"author"`
	Links []struct {
		Rel  string `xml:"rel,attr"`
		Href string `xml:"href,attr"`
		Type string `xml:"type,attr"`
	} `xml:"http://www.w3.org/2005/Atom link"`
	Entries []struct {
		ID        string `xml:"id"`
		Title     string `xml:"title"`
		Updated   string `xml:"updated"`
		Published string `xml:"published"`
		Author    struct {
			Name string `xml:"name"`
		} `xml:"author"`
		Content struct {
			Type string `xml:"type,attr"`
			Text string `xml:",chardata"`
		} `xml:"content"`
		Categories []struct {
			Term string `xml:"term,attr"`
		} `xml:"category"`
	} `xml:"entry"`
}

// valid checks what RFC 4287 section 4 demands.
func (a atom) valid(t *testing.T) {
	t.Helper()
	when := func(text string) {
		if _, err := time.Parse(time.RFC3339, text); err != nil {
			t.Errorf("%q is no time", text)
		}
	}
	iri := func(text string) {
		if u, err := url.Parse(text); err != nil || !u.IsAbs() {
			t.Errorf("%q is no IRI", text)
		}
	}
	iri(a.ID)
	when(a.Updated)
	self := false
	for _, link := range a.Links {
		iri(link.Href)
		self = self || link.Rel == "self"
	}
	if a.Title == "" || !self {
		t.Errorf("the feed has the title %q and a link to itself: %v", a.Title, self)
	}
	ids := map[string]bool{}
	for _, e := range a.Entries {
		iri(e.ID)
		when(e.Updated)
		when(e.Published)
		if ids[e.ID] || e.Title == "" || e.Author.Name == "" || e.Content.Type != "html" || e.Content.Text == "" || e.Updated > a.Updated {
			t.Errorf("an entry is not whole: %+v", e)
		}
		ids[e.ID] = true
	}
}

func (s *site) feed(path string) (atom, *http.Response) {
	s.Helper()
	res, body := s.get(path, "application/atom+xml")
	var a atom
	decoder := xml.NewDecoder(strings.NewReader(body))
	decoder.Strict = true
	if err := decoder.Decode(&a); err != nil && err != io.EOF {
		s.Fatalf("%s: %v in %s", path, err, body)
	}
	return a, res
}

func TestFeedsAreValidAtom(t *testing.T) {
	// If this failed, readers of feeds would show nothing, everything twice, or what is not for all.
	s := newSite(t)
	empty, _ := s.feed("/@ana.atom")
	empty.valid(t)
	s.full()
	s.say("for followers", storage.VisibilityPrivate, storage.FollowersOf(s.ana.ID))
	a, res := s.feed("/@ana.atom")
	a.valid(t)
	if res.Header.Get("Content-Type") != "application/atom+xml; charset=utf-8" || a.Author.Name != "Ana <b>" {
		t.Errorf("%v by %q", res.Header, a.Author.Name)
	}
	var titles []string
	for _, e := range a.Entries {
		titles = append(titles, e.Title)
		if strings.Contains(e.Content.Text, "for followers") {
			t.Error("the feed has what is for followers")
		}
	}
	slices.Sort(titles)
	if diff := cmp.Diff([]string{"an answer", "an ending", "for everybody", "pictures", "quiet", "which?"}, titles); diff != "" {
		t.Error(diff)
	}
	tagged, _ := s.feed("/tags/Books.atom")
	tagged.valid(t)
	if len(tagged.Entries) != 1 || len(tagged.Entries[0].Categories) != 1 || tagged.Entries[0].Categories[0].Term != "Books" {
		t.Errorf("tagged: %+v", tagged.Entries)
	}
	r, _ := http.NewRequestWithContext(t.Context(), "GET", s.url+"/@ana.atom", nil)
	r.Header.Set("If-None-Match", res.Header.Get("ETag"))
	again, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || again.StatusCode != http.StatusNotModified {
		t.Errorf("asked again: %v %v", again, err)
	}
	if res, _ := s.get("/@nobody.atom", "application/atom+xml"); res.StatusCode != 404 {
		t.Errorf("the feed of nobody: %d", res.StatusCode)
	}
}

func (s *site) post(path string, form url.Values) (int, string) {
	s.Helper()
	res, err := http.DefaultTransport.RoundTrip(func() *http.Request {
		r, _ := http.NewRequestWithContext(s.Context(), "POST", s.url+path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return r
	}())
	if err != nil {
		s.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(body)
}

func TestSomebodyElsewhereIsShownTheWayToFollow(t *testing.T) {
	// If this failed, people of other servers would have to know how to follow somebody, or could be
	// sent anywhere without having read where.
	s := newSite(t)
	s.way = "https://far.example/authorize?uri=" + url.QueryEscape(s.ana.URI)
	status, body := s.post("/@ana/follow", url.Values{"handle": {" @Zoe@Far.example "}})
	if status != 200 || !strings.Contains(body, `href="`+strings.ReplaceAll(s.way, "&", "&amp;")+`"`) || !strings.Contains(body, "<bdi>far.example</bdi>") {
		t.Errorf("%d %s", status, body)
	}
	if s.asked != "Zoe@far.example "+s.ana.URI {
		t.Errorf("asked %q", s.asked)
	}
	for _, c := range []struct {
		typed string
		err   error
		says  string
	}{
		{"nonsense", nil, "This is not an address"}, {"@zoe", nil, "This is not an address"}, {"", nil, "This is not an address"},
		{"<script>@far.example", nil, "This is not an address"}, {"@ana@harbor.example", nil, "This is an address of this server"},
		{"@zoe@far.example", fault.New(fault.NotFound, ""), "Your server knows nobody"},
		{"@zoe@far.example", fault.New(fault.Unsupported, ""), "does not say how to follow"},
		{"@zoe@far.example", fault.New(fault.Unavailable, ""), "does not answer"},
		{"@zoe@far.example", fault.New(fault.Forbidden, ""), "does not answer"},
	} {
		s.err = c.err
		if status, body := s.post("/@ana/follow", url.Values{"handle": {c.typed}}); status != 200 || !strings.Contains(body, c.says) || strings.Contains(body, "<script") {
			t.Errorf("%q, %v: %d %s", c.typed, c.err, status, body)
		}
	}
	if status, _ := s.post("/@nobody/follow", url.Values{"handle": {"@zoe@far.example"}}); status != 404 {
		t.Errorf("following nobody: %d", status)
	}
}

func TestAPrivateSiteSaysNothingAboutAnybody(t *testing.T) {
	// If this failed, strangers could read what a family says, or find out who belongs to it.
	s := startSite(t, true)
	for _, path := range s.full() {
		res, body := s.get(path, browser)
		for _, secret := range []string{"Ana", "for everybody</p>", "the butler", "which?", "avatars"} {
			if strings.Contains(body, secret) {
				t.Errorf("%s shows %q", path, secret)
			}
		}
		if !strings.Contains(body, "noindex") {
			t.Errorf("%s may be listed", path)
		}
		if strings.HasPrefix(path, "/@") || strings.HasPrefix(path, "/tags") {
			if res.StatusCode != 403 {
				t.Errorf("%s: %d", path, res.StatusCode)
			}
		}
	}
	_, known := s.get("/@ana.atom", browser)
	_, unknown := s.get("/@nobody.atom", browser)
	if withoutPath(known) != withoutPath(unknown) {
		t.Error("a name that is there is answered otherwise than one that is not")
	}
	if _, robots := s.get("/robots.txt", "*/*"); robots != "User-agent: *\nDisallow: /\n" {
		t.Errorf("robots: %q", robots)
	}
	if _, robots := newSite(t).get("/robots.txt", "*/*"); strings.Contains(robots, "Disallow: /\n") || !strings.Contains(robots, "Disallow: /api/") {
		t.Errorf("robots of an open site: %q", robots)
	}
}

func TestWhatTheOperatorWroteIsShown(t *testing.T) {
	// If this failed, people would join a server without having read its rules.
	s := newSite(t)
	s.do(func(tx *storage.Tx) error {
		for name, body := range map[string]string{"title": "The Harbour", "description": "Boats & people", "about": "# Since 1911\n\n*Salt.*", "privacy": "We keep **logs**.",
			"email": "pier@harbor.example", "contact": "ana"} {
			if err := tx.PutNodeText(t.Context(), storage.NodeText{Name: name, Body: body}); err != nil {
				return err
			}
		}
		for _, day := range []string{"2020-01-01", "2999-01-01"} {
			if err := tx.PutNodeText(t.Context(), storage.NodeText{Name: "terms", EffectiveOn: day, Body: "Terms of " + day}); err != nil {
				return err
			}
		}
		_, err := tx.CreateRule(t.Context(), "No shouting", "The harbour echoes.")
		return err
	})
	for path, wants := range map[string][]string{
		"/":                 {"<title>The Harbour</title>", "Boats &amp; people", "No shouting", "by <a"},
		"/about":            {"<em>Salt.</em>", "pier@harbor.example", "@ana@harbor.example"},
		"/rules":            {"No shouting", "The harbour echoes."},
		"/privacy":          {"<strong>logs</strong>"},
		"/terms":            {"Terms of 2020-01-01", `href="/terms/2999-01-01"`, "1 January 2020"},
		"/terms/2999-01-01": {"Terms of 2999-01-01"},
	} {
		res, body := s.get(path, browser)
		for _, want := range wants {
			if res.StatusCode != 200 || !strings.Contains(body, want) {
				t.Errorf("%s: %d without %q", path, res.StatusCode, want)
			}
		}
	}
	if res, _ := s.get("/terms/2001-01-01", browser); res.StatusCode != 404 {
		t.Errorf("terms of no day: %d", res.StatusCode)
	}
}

func TestEmojiStandInTextsOnly(t *testing.T) {
	// If this failed, a shortcode could break out of a tag, or pictures of one server stand in the
	// words of another.
	e := emojis{"": {"cat": `https://harbor.example/media/k/emoji`}, "far.example": {"dog": "x"}}
	got := string(e.in("", `<p>a :cat: <a href="https://x.example/:cat:">:cat:</a> :dog: &lt;</p>`))
	if strings.Count(got, "<img") != 2 || !strings.Contains(got, `href="https://x.example/:cat:"`) || !strings.Contains(got, ":dog: &lt;") {
		t.Error(got)
	}
	if got := e.in("other.example", ":cat:"); got != ":cat:" {
		t.Error(got)
	}
	if got := e.in("", ":cat: <broken"); !strings.HasSuffix(string(got), "<broken") {
		t.Error(got)
	}
}

func TestPollsAreCountedLikeElsewhere(t *testing.T) {
	// If this failed, a poll would show other shares than the server that counts it, or a secret
	// early.
	options := storage.Options{{Title: "a", Votes: 2}, {Title: "b", Votes: 1}, {Title: "c"}}
	of := func(p storage.Poll) (percents []int64) {
		for _, c := range pollOf(p).Choices {
			percents = append(percents, c.Percent)
		}
		return percents
	}
	if diff := cmp.Diff([]int64{67, 33, 0}, of(storage.Poll{Options: options, Voters: 3})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int64{100, 50, 0}, of(storage.Poll{Options: options, Voters: 2, Multiple: true})); diff != "" {
		t.Error(diff)
	}
	secret := storage.Poll{Options: options, Voters: 3, HideTotals: true, ExpiresAt: storage.At(time.Now().Add(time.Hour))}
	if diff := cmp.Diff([]int64{0, 0, 0}, of(secret)); diff != "" {
		t.Error(diff)
	}
	secret.ExpiresAt = 1
	if diff := cmp.Diff([]int64{67, 33, 0}, of(secret)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int64{0, 0, 0}, of(storage.Poll{Options: storage.Options{{}, {}, {}}})); diff != "" {
		t.Error(diff)
	}
}
