package fetch

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"tulou/protocol/fault"
)

// answers serves documents by host and path as ActivityPub.
func answers(docs map[string]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		doc, ok := docs[r.Host+r.URL.RequestURI()]
		switch to, moved := strings.CutPrefix(doc, "-> "); {
		case !ok:
			http.NotFound(w, r)
		case moved:
			http.Redirect(w, r, to, http.StatusFound)
		default:
			w.Header().Set("Content-Type", ActivityJSON)
			_, _ = w.Write([]byte(doc))
		}
	}
}

// If this fails, one server can plant objects in the name of another, or honest aliases are lost.
func TestA011ObjectsAreBelievedOnlyUnderTheirOwnAddress(t *testing.T) {
	c := public(t, answers(map[string]string{
		"a.example.com/note":      `{"id":"https://a.example.com/note"}`,
		"a.example.com/frag":      `{"id":"https://a.example.com/frag#it"}`,
		"a.example.com/old":       "-> https://a.example.com/note",
		"a.example.com/page":      `{"id":"https://a.example.com/note"}`,
		"a.example.com/remote":    `{"id":"https://b.example.com/post","planted":true}`,
		"b.example.com/post":      `{"id":"https://b.example.com/post"}`,
		"a.example.com/ghost":     `{"id":"https://b.example.com/absent"}`,
		"b.example.com/open":      "-> https://evil.example.com/fake",
		"evil.example.com/fake":   `{"id":"https://b.example.com/open","planted":true}`,
		"evil.example.com/twice":  `{"id":"https://b.example.com/mask"}`,
		"b.example.com/mask":      `{"id":"https://b.example.com/other"}`,
		"b.example.com/other":     `{"id":"https://b.example.com/other"}`,
		"a.example.com/noid":      `{"type":"Note"}`,
		"a.example.com/badid":     `{"id":"urn:x"}`,
		"a.example.com/arrayid":   `{"id":["https://a.example.com/arrayid"]}`,
		"a.example.com/twoids":    `{"id":"https://a.example.com/twoids","id":"https://b.example.com/post"}`,
		"a.example.com/nojson":    `<html>`,
		"a.example.com/trailing":  `{"id":"https://a.example.com/trailing"} {}`,
		"a.example.com:8443/note": `{"id":"https://a.example.com/note"}`,
	}))
	for path, want := range map[string]string{
		"a.example.com/note":      "https://a.example.com/note",
		"A.example.com/note":      "https://a.example.com/note",
		"a.example.com/note#it":   "https://a.example.com/note",
		"a.example.com/frag":      "https://a.example.com/frag#it",
		"a.example.com/old":       "https://a.example.com/note",
		"a.example.com/page":      "https://a.example.com/note",
		"a.example.com/remote":    "https://b.example.com/post",
		"a.example.com/ghost":     "not_found",
		"b.example.com/open":      "forbidden",
		"evil.example.com/fake":   "forbidden",
		"evil.example.com/twice":  "forbidden",
		"a.example.com/noid":      "unprocessable",
		"a.example.com/badid":     "unprocessable",
		"a.example.com/arrayid":   "unprocessable",
		"a.example.com/twoids":    "unprocessable",
		"a.example.com/nojson":    "unprocessable",
		"a.example.com/trailing":  "unprocessable",
		"a.example.com:8443/note": "https://a.example.com/note",
	} {
		doc, err := c.Object(t.Context(), "https://"+path)
		got := doc.ID
		if err != nil {
			got = string(fault.CodeOf(err))
		}
		if got != want || strings.Contains(string(doc.Body), "planted") || err != nil && doc.Body != nil {
			t.Errorf("%s: got %s (%s, %v), want %s", path, got, doc.Body, err, want)
		}
	}
}

// If this fails, an uploaded file can be passed off as an object.
func TestA007OnlyActivityPubTypesAreObjects(t *testing.T) {
	for contentType, want := range map[string]bool{
		"application/activity+json":                                                              true,
		"application/activity+json; charset=utf-8":                                               true,
		"Application/Activity+JSON":                                                              true,
		`application/ld+json; profile="https://www.w3.org/ns/activitystreams"`:                   true,
		`application/ld+json; profile="https://x.example https://www.w3.org/ns/activitystreams"`: true,
		`application/ld+json;charset=utf-8;profile="https://www.w3.org/ns/activitystreams"`:      true,
		"application/ld+json":                                                                    false,
		`application/ld+json; profile="https://x.example"`:                                       false,
		"application/json":                                                                       false,
		"text/html":                                                                              false,
		"application/octet-stream":                                                               false,
		"image/png":                                                                              false,
		"application/activity+jsonx":                                                             false,
		"text/plain; x=application/activity+json":                                                false,
		"":                             false,
		"application/activity+json; =": false,
	} {
		if IsActivityType(contentType) != want {
			t.Errorf("%q: %v", contentType, !want)
		}
		c := public(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			_, _ = w.Write([]byte(`{"id":"https://a.example.com/x"}`))
		})
		_, err := c.Object(t.Context(), "https://a.example.com/x")
		if want && err != nil || !want && !fault.Is(err, fault.Unsupported) {
			t.Errorf("%q: %v", contentType, err)
		}
	}
}

// If this fails, documents are believed by code that calls CheckOrigin by itself.
func TestCheckOriginComparesSchemeHostAndPort(t *testing.T) {
	for _, test := range []struct {
		url, id string
		ok      bool
	}{
		{"https://a.example/x", "https://a.example/y", true},
		{"https://a.example/x", "https://A.EXAMPLE:443/y", true},
		{"https://a.example/x", "http://a.example/x", false},
		{"https://a.example/x", "https://a.example:8443/x", false},
		{"https://a.example/x", "https://b.a.example/x", false},
		{"https://a.example/x", "https://a.example@b.example/x", false},
		{"https://a.example/x", "", false},
		{"", "", false},
	} {
		if err := CheckOrigin(Document{URL: test.url, ID: test.id}); (err == nil) != test.ok || !test.ok && !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s for %s: %v", test.url, test.id, err)
		}
	}
}

// If this fails, followers, replies or pinned posts of some server cannot be read.
func TestWalkReadsEveryShapeOfCollection(t *testing.T) {
	c := public(t, answers(map[string]string{
		"a.example.com/inline":    `{"type":"Collection","items":["https://x/1",{"id":"https://x/2"}]}`,
		"a.example.com/single":    `{"orderedItems":"https://x/1"}`,
		"a.example.com/empty":     `{"type":"OrderedCollection","totalItems":0,"next":null}`,
		"a.example.com/paged":     `{"first":"https://a.example.com/paged?p=1"}`,
		"a.example.com/paged?p=1": `{"orderedItems":["1"],"next":"https://a.example.com/paged?p=2"}`,
		"a.example.com/paged?p=2": `{"items":["2","3"]}`,
		"a.example.com/embedded":  `{"first":{"items":["1"],"next":"https://a.example.com/paged?p=2"}}`,
		"a.example.com/both":      `{"items":["0"],"first":"https://a.example.com/paged?p=2"}`,
	}))
	for path, want := range map[string]string{
		"inline":    `["https://x/1" {"id":"https://x/2"}]`,
		"single":    `["https://x/1"]`,
		"empty":     `[]`,
		"paged":     `["1" "2" "3"]`,
		"embedded":  `["1" "2" "3"]`,
		"both":      `["0" "2" "3"]`,
		"paged?p=2": `["2" "3"]`,
	} {
		got, err := c.Walk(t.Context(), "https://a.example.com/"+path)
		if err != nil || fmt.Sprint(got.Items) != want || !got.Complete {
			t.Errorf("%s: %v, complete %v, %v", path, got.Items, got.Complete, err)
		}
	}
}

// If this fails, one collection keeps us reading for ever.
func TestA063WalksEnd(t *testing.T) {
	requests := 0
	c := public(t, func(w http.ResponseWriter, r *http.Request) {
		requests++
		w.Header().Set("Content-Type", ActivityJSON)
		next := map[string]string{
			"/self":   `"https://a.example.com/self"`,
			"/circle": `"https://a.example.com/round"`,
			"/round":  `"https://a.example.com/circle#again"`,
		}[r.URL.Path]
		if next == "" {
			next = fmt.Sprintf(`"https://a.example.com/%s?%d"`, strings.Trim(r.URL.Path, "/"), requests)
		}
		items := `"x"`
		if r.URL.Path == "/many" {
			items = strings.Repeat(`"x",`, 299) + `"x"`
		}
		_, _ = fmt.Fprintf(w, `{"first":%s,"next":%s,"items":[%s]}`, next, next, items)
	})
	for path, want := range map[string]struct {
		items, requests int
		code            fault.Code
	}{
		"endless": {PagesMax + 1, PagesMax + 1, ""},
		"many":    {ItemsMax, 4, ""},
		"self":    {1, 1, fault.Unprocessable},
		"circle":  {2, 2, fault.Unprocessable},
	} {
		requests = 0
		got, err := c.Walk(t.Context(), "https://a.example.com/"+path)
		if fault.CodeOf(err) != want.code || len(got.Items) != want.items || requests != want.requests || got.Complete {
			t.Errorf("%s: %d items, %d requests, complete %v, %v", path, len(got.Items), requests, got.Complete, err)
		}
	}
}

// If this fails, pages inside pages are read without end, or a thousand items are taken for all.
func TestA063EmbeddedPagesCount(t *testing.T) {
	deep := `{"items":["x"]}`
	for range 50 {
		deep = `{"items":["x"],"next":` + deep + `}`
	}
	c := public(t, answers(map[string]string{
		"a.example.com/deep": `{"first":` + deep + `}`,
		"a.example.com/full": `{"items":[` + strings.Repeat(`"x",`, ItemsMax) + `"x"]}`,
	}))
	for path, want := range map[string]int{"deep": PagesMax, "full": ItemsMax} {
		got, err := c.Walk(t.Context(), "https://a.example.com/"+path)
		if err != nil || len(got.Items) != want || got.Complete {
			t.Errorf("%s: %d items, complete %v, %v", path, len(got.Items), got.Complete, err)
		}
	}
}

// If this fails, a collection sends us to other servers in its name.
func TestA063WalksStayOnTheirOrigin(t *testing.T) {
	c := public(t, answers(map[string]string{
		"a.example.com/next":    `{"items":["1"],"first":"https://b.example.com/page"}`,
		"a.example.com/moved":   `{"items":["1"],"first":"https://a.example.com/away"}`,
		"a.example.com/away":    "-> https://b.example.com/page",
		"b.example.com/page":    `{"items":["planted"]}`,
		"a.example.com/broken":  `{"items":["1"],"first":7}`,
		"a.example.com/gone":    `{"items":["1"],"first":"https://a.example.com/absent"}`,
		"a.example.com/nothing": `[]`,
	}))
	for path, code := range map[string]fault.Code{
		"next": fault.Forbidden, "moved": fault.Forbidden, "away": fault.Forbidden, "broken": fault.Unprocessable,
		"gone": fault.NotFound, "nothing": fault.Unprocessable,
	} {
		got, err := c.Walk(t.Context(), "https://a.example.com/"+path)
		if fault.CodeOf(err) != code || strings.Contains(fmt.Sprint(got.Items), "planted") || got.Complete {
			t.Errorf("%s: %v, %v", path, got.Items, err)
		}
		if first := path == "away" || path == "nothing"; !first && len(got.Items) != 1 {
			t.Errorf("%s: what was read before is lost: %v", path, got.Items)
		}
	}
}
