package web

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"tulou/protocol/ids"
	"tulou/storage"
)

// full fills a site with a post of every kind and returns the paths of all pages.
func (s *site) full() []string {
	s.Helper()
	plain := s.say("for everybody", storage.VisibilityPublic, storage.Everybody)
	s.make(storage.NewStatus{Status: storage.Status{Spoiler: "an ending", Content: "<p>the butler</p>", Sensitive: true, Language: "en"},
		Tags: []storage.Tag{{Tag: "books", Name: "Books"}}})
	s.make(storage.NewStatus{Status: storage.Status{Content: "<p>which?</p>"},
		Poll: &storage.Poll{Options: storage.Options{{Title: "tea", Votes: 3}, {Title: "<b>", Votes: 1}}, Voters: 4, ExpiresAt: storage.At(time.Now().Add(time.Hour))}})
	s.make(storage.NewStatus{Status: storage.Status{Content: "<p>pictures</p>"}, Attachments: []storage.Attachment{
		{Kind: storage.KindImage, MediaType: "image/png", RemoteURL: "https://far.example/a.png", Description: "a boat"},
		{Kind: storage.KindVideo, MediaType: "video/mp4", RemoteURL: "https://far.example/b.mp4"},
		{Kind: storage.KindAudio, MediaType: "audio/mpeg", RemoteURL: "https://far.example/c.mp3"},
		{Kind: storage.KindUnknown, RemoteURL: "https://far.example/d"}}})
	quiet := s.make(storage.NewStatus{Status: storage.Status{Content: "<p>quiet</p>", Visibility: storage.VisibilityUnlisted}})
	answer := s.make(storage.NewStatus{Status: storage.Status{Content: "<p>an answer</p>", ReplyToID: plain.ID, ReplyToURI: plain.URI}})
	s.make(storage.NewStatus{Status: storage.Status{Type: "Announce", BoostOfID: quiet.ID}})
	s.do(func(tx *storage.Tx) error {
		_, err := tx.PutPin(s.Context(), s.ana.ID, plain.ID, storage.PinsMax)
		return err
	})
	post := "/@ana/" + ids.Format(plain.ID)
	return []string{"/", "/about", "/rules", "/privacy", "/terms", "/@ana", "/@ana/with_replies", "/@ana/media", "/@ana/follow", post,
		"/@ana/" + ids.Format(answer.ID), "/tags/books", "/tags/nothing", "/@nobody", "/nothing"}
}

// make adds a post of ana's.
func (s *site) make(n storage.NewStatus) storage.Status {
	s.Helper()
	id, at := s.store.NewID()
	paths := ids.Paths{Base: s.url}
	n.ID, n.CreatedAt, n.AccountID, n.Local = id, storage.At(at), s.ana.ID, true
	n.URI, n.URL = paths.Status("ana", id), paths.StatusPage("ana", id)
	if n.Type == "" {
		n.Type = "Note"
	}
	if n.Visibility == "" {
		n.Visibility = storage.VisibilityPublic
	}
	if n.Audience == nil {
		n.Audience = []int64{storage.Everybody}
	}
	var made storage.Status
	s.do(func(tx *storage.Tx) (err error) {
		made, err = tx.CreateStatus(s.Context(), n)
		return err
	})
	return made
}

// page reads a page in a language and parses it.
func (s *site) page(path, lang string) (*http.Response, *html.Node) {
	s.Helper()
	sign := "?"
	if strings.Contains(path, "?") {
		sign = "&"
	}
	res, body := s.get(path+sign+"lang="+lang, browser)
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	return res, root
}

func attribute(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func has(n *html.Node, name string) bool {
	_, ok := attribute(n, name)
	return ok
}

func value(n *html.Node, name string) string {
	text, _ := attribute(n, name)
	return text
}

// all returns the elements of a name.
func all(root *html.Node, names ...string) (found []*html.Node) {
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && slices.Contains(names, n.Data) {
			found = append(found, n)
		}
	}
	return found
}

// textOf is what an element says to somebody who hears it.
func textOf(n *html.Node) string {
	var out strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			out.WriteString(d.Data)
		} else if d.Data == "img" {
			out.WriteString(value(d, "alt"))
		}
	}
	return strings.TrimSpace(out.String() + value(n, "aria-label"))
}

func TestEveryPageCanBeUsedByEverybody(t *testing.T) {
	// If this failed, somebody who cannot see, or who has no mouse, could not use a page.
	s := newSite(t)
	for _, path := range s.full() {
		for _, lang := range []string{"en", "es", "zh-Hans", "ar"} {
			_, root := s.page(path, lang)
			where := path + " in " + lang
			checkFrame(t, where, lang, root)
			checkParts(t, where, root)
			checkForms(t, where, root)
		}
	}
}

func checkFrame(t *testing.T, where, lang string, root *html.Node) {
	t.Helper()
	top := all(root, "html")[0]
	dir := map[bool]string{true: "rtl", false: "ltr"}[lang == "ar"]
	if value(top, "lang") != lang || value(top, "dir") != dir {
		t.Errorf("%s: lang %q dir %q", where, value(top, "lang"), value(top, "dir"))
	}
	for name, want := range map[string]int{"h1": 1, "main": 1, "header": 1, "footer": 1, "title": 1} {
		if got := len(all(root, name)); got != want {
			t.Errorf("%s: %d of <%s>", where, got, name)
		}
	}
	if title := textOf(all(root, "title")[0]); title == "" || strings.Contains(title, "page.") {
		t.Errorf("%s: the title is %q", where, title)
	}
	if skip := all(root, "a")[0]; value(skip, "href") != "#main" || value(all(root, "main")[0], "id") != "main" {
		t.Errorf("%s: no way over the header", where)
	}
	if text := textOf(all(root, "body")[0]); strings.Contains(text, "%!") || strings.Contains(text, "page.") || strings.Contains(text, "<no value>") {
		t.Errorf("%s: a message is broken in %s", where, text)
	}
}

func checkParts(t *testing.T, where string, root *html.Node) {
	t.Helper()
	if found := all(root, "script", "style", "iframe", "object", "embed", "base"); len(found) > 0 {
		t.Errorf("%s: a page has <%s>", where, found[0].Data)
	}
	known := map[string]bool{}
	for n := range root.Descendants() {
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || strings.HasPrefix(a.Val, "javascript:") {
				t.Errorf("%s: <%s %s=%q>", where, n.Data, a.Key, a.Val)
			}
			if a.Key == "id" {
				if known[a.Val] {
					t.Errorf("%s: two elements are %s", where, a.Val)
				}
				known[a.Val] = true
			}
		}
	}
	for n := range root.Descendants() {
		for _, of := range []string{"aria-labelledby", "aria-describedby", "for"} {
			for id := range strings.FieldsSeq(value(n, of)) {
				if !known[id] {
					t.Errorf("%s: <%s %s> names %s, which is not there", where, n.Data, of, id)
				}
			}
		}
	}
	for _, img := range all(root, "img") {
		if !has(img, "alt") || !has(img, "width") || !has(img, "height") {
			t.Errorf("%s: a picture without alt or size: %v", where, img.Attr)
		}
		if src := value(img, "src"); strings.HasPrefix(src, "https://") {
			t.Errorf("%s: a picture is loaded from %s", where, src)
		}
	}
	for _, n := range all(root, "a", "button", "summary") {
		if textOf(n) == "" && !has(n, "hidden") {
			t.Errorf("%s: <%s> says nothing: %v", where, n.Data, n.Attr)
		}
	}
	for _, n := range all(root, "video", "audio", "nav") {
		if !has(n, "aria-label") || has(n, "autoplay") {
			t.Errorf("%s: <%s> has no name, or plays by itself", where, n.Data)
		}
	}
}

func checkForms(t *testing.T, where string, root *html.Node) {
	t.Helper()
	labels := map[string]bool{}
	for _, label := range all(root, "label") {
		labels[value(label, "for")] = true
	}
	for _, field := range all(root, "input", "textarea", "select") {
		if value(field, "type") != "hidden" && !labels[value(field, "id")] {
			t.Errorf("%s: a field without a label: %v", where, field.Attr)
		}
	}
	for _, form := range all(root, "form") {
		if method, action := value(form, "method"), value(form, "action"); method != "post" || !strings.HasPrefix(action, "/") {
			t.Errorf("%s: a form goes to %s by %s", where, action, method)
		}
	}
}

// metas returns the tags for programs that show links.
func metas(root *html.Node) map[string]string {
	found := map[string]string{}
	for _, n := range all(root, "meta") {
		if name := value(n, "property") + value(n, "name"); name != "" {
			found[name] = value(n, "content")
		}
	}
	for _, n := range all(root, "link") {
		found[value(n, "rel")+" "+value(n, "type")] = value(n, "href")
	}
	return found
}

func TestLinksToPagesAreShownAsTheyAre(t *testing.T) {
	// If this failed, chats would show a link without a picture, or what stands behind a warning.
	s := newSite(t)
	plain := s.say("for everybody", storage.VisibilityPublic, storage.Everybody)
	covered := s.make(storage.NewStatus{Status: storage.Status{Spoiler: "an ending", Content: "<p>the butler</p>"},
		Attachments: []storage.Attachment{{Kind: storage.KindImage, MediaType: "image/png", RemoteURL: "https://far.example/secret.png"}}})
	pictured := s.make(storage.NewStatus{Status: storage.Status{Content: "<p>look</p>"},
		Attachments: []storage.Attachment{{Kind: storage.KindImage, MediaType: "image/png", RemoteURL: "https://far.example/boat.png", Description: "a boat"}}})
	quiet := s.make(storage.NewStatus{Status: storage.Status{Content: "<p>quiet</p>", Visibility: storage.VisibilityUnlisted}})
	meta := func(path string) map[string]string {
		_, root := s.page(path, "en")
		return metas(root)
	}
	got := meta("/@ana/" + ids.Format(plain.ID))
	for name, want := range map[string]string{
		"og:type": "article", "og:title": "Ana <b> (@ana@harbor.example)", "og:description": "for everybody", "og:url": plain.URL,
		"og:site_name": "harbor.example", "twitter:card": "summary", "og:image": s.url + "/avatars/ana.png",
		"alternate application/activity+json": plain.URI, "canonical ": plain.URL, "robots": "",
		"article:published_time": plain.CreatedAt.Time().UTC().Format("2006-01-02T15:04:05Z"),
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	if got := meta("/@ana/" + ids.Format(pictured.ID)); got["twitter:card"] != "summary_large_image" || !strings.HasPrefix(got["og:image"], s.url+"/media/") ||
		got["og:image:alt"] != "a boat" {
		t.Errorf("a post with a picture: %v", got)
	}
	if got := meta("/@ana/" + ids.Format(covered.ID)); got["og:description"] != "an ending" || got["twitter:card"] != "summary" || strings.Contains(got["og:image"], "/media/") {
		t.Errorf("a post with a warning: %v", got)
	}
	if got := meta("/@ana/" + ids.Format(quiet.ID)); !strings.Contains(got["robots"], "noindex") {
		t.Error("a quiet post may be listed by search engines")
	}
	if got := meta("/@ana"); got["og:type"] != "profile" || got["profile:username"] != "ana@harbor.example" || got["robots"] != "" ||
		got["alternate application/atom+xml"] != s.url+"/@ana.atom" {
		t.Errorf("a profile: %v", got)
	}
	s.ana.Indexable, s.ana.Discoverable = false, false
	s.do(func(tx *storage.Tx) (err error) { s.ana, err = tx.UpdateProfile(t.Context(), s.ana); return err })
	for _, path := range []string{"/@ana", "/@ana/" + ids.Format(plain.ID)} {
		if !strings.Contains(meta(path)["robots"], "noindex") {
			t.Errorf("%s may be listed against its owner's will", path)
		}
	}
}

func TestProfilesAndPostsSpeakMicroformats(t *testing.T) {
	// If this failed, readers and sites of the IndieWeb could not read a profile or a post.
	s := newSite(t)
	s.ana.Fields = storage.Fields{
		{Name: "Yard", Value: `<a href="https://yard.example" rel="me nofollow noopener noreferrer">yard</a>`, VerifiedAt: storage.Now()}}
	s.do(func(tx *storage.Tx) (err error) { s.ana, err = tx.UpdateProfile(t.Context(), s.ana); return err })
	s.say("hello", storage.VisibilityPublic, storage.Everybody)
	_, root := s.page("/@ana", "en")
	classes := map[string]bool{}
	for n := range root.Descendants() {
		for class := range strings.FieldsSeq(value(n, "class")) {
			classes[class] = true
		}
	}
	for _, want := range []string{"h-card", "p-name", "u-photo", "u-url", "p-note", "h-feed", "h-entry", "e-content", "dt-published", "verified"} {
		if !classes[want] {
			t.Errorf("nothing is %s", want)
		}
	}
	me := slices.ContainsFunc(all(root, "a"), func(a *html.Node) bool {
		return strings.Contains(value(a, "rel"), "me ") && value(a, "href") == "https://yard.example"
	})
	if !me {
		t.Error(`the verified link is not rel="me"`)
	}
}
