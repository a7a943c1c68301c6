package edge

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"tulou/protocol/fault"
)

// shown is what a page answers to a reader of a language.
func shown(t *testing.T, lang string, page Page, status int, m Message) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/somewhere?x=1", nil)
	r.Header.Set("Accept-Language", lang)
	w := httptest.NewRecorder()
	check(t, WriteMessage(w, r, status, page, m))
	return w
}

func TestPagesSayWhichLanguageTheySpeak(t *testing.T) {
	// If this failed, screen readers would read Arabic with an English voice, and Arabic would run the
	// wrong way.
	for lang, want := range map[string]string{"en": `lang="en" dir="ltr"`, "es": `lang="es" dir="ltr"`, "zh": `lang="zh-Hans" dir="ltr"`, "ar": `lang="ar" dir="rtl"`} {
		w := shown(t, lang, Page{Site: "harbor.example"}, 200, Message{Heading: "x"})
		if !strings.Contains(w.Body.String(), "<html "+want+">") || !strings.Contains(strings.Join(w.Header().Values("Vary"), ","), "Accept-Language") {
			t.Errorf("%s: %v %.200s", lang, w.Header(), w.Body)
		}
	}
}

func TestPagesHaveAStrictPolicy(t *testing.T) {
	// If this failed, a hole in one template could run a script or send a form elsewhere.
	policy := func(p Page) string {
		return shown(t, "en", p, 200, Message{Heading: "x"}).Header().Get("Content-Security-Policy")
	}
	want := "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
	if diff := cmp.Diff(want, policy(Page{})); diff != "" {
		t.Error(diff)
	}
	got := policy(Page{FormAction: "https://phone.example", Files: "https://media.example"})
	if !strings.Contains(got, "form-action 'self' https://phone.example;") || !strings.Contains(got, "img-src 'self' https://media.example;") ||
		strings.Contains(got, "script") {
		t.Error(got)
	}
	body := shown(t, "en", Page{Site: "<b>"}, 200, Message{Heading: "<script>", Text: "<img>"}).Body.String()
	if strings.Contains(body, "<script") || strings.Contains(body, "<img>") || strings.Contains(body, "<b>") || strings.Contains(body, "style=") {
		t.Error(body)
	}
}

func TestBrowsersSayWhereFormsComeFrom(t *testing.T) {
	// If this failed, browsers that send no Sec-Fetch-Site, such as Safari before 16.4, or any on a
	// node without TLS, would say Origin: null with every form, and all would be refused:
	// "no-referrer" hides it from the page's own server, too (Fetch, "append a request Origin").
	got := shown(t, "en", Page{}, 200, Message{Heading: "x"}).Header().Get("Referrer-Policy")
	if diff := cmp.Diff("same-origin", got); diff != "" {
		t.Error(diff)
	}
}

func TestTheStyleIsKeptByBrowsers(t *testing.T) {
	// If this failed, every page would load the style anew, or an old style would be used for a new
	// page.
	router := chi.NewRouter()
	Routes(router)
	page := shown(t, "en", Page{}, 200, Message{}).Body.String()
	if !strings.Contains(page, `href="`+lookPath+`"`) || !strings.Contains(lookPath, hashOf(look)) {
		t.Errorf("the page does not link to %s", lookPath)
	}
	for path, kind := range map[string]string{lookPath: "text/css; charset=utf-8", iconPath: "image/svg+xml"} {
		w := httptest.NewRecorder()
		router.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != 200 || w.Header().Get("Content-Type") != kind || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
	}
}

func TestChoosingALanguageLeadsBack(t *testing.T) {
	// If this failed, a choice would be forgotten, or the form would lead people to another site
	// (A085).
	router := chi.NewRouter()
	Routes(router)
	for _, c := range []struct{ lang, back, to, cookie string }{
		{"ar", "/@ana?max_id=1", "/@ana?max_id=1", "lang=ar"},
		{"zh-Hans", "//evil.example/", "/", "lang=zh-Hans"},
		{"ar", "https://evil.example/", "/", "lang=ar"},
		{"ar", `/\evil.example`, "/", "lang=ar"},
		{"ar", "/\t/evil.example", "/", "lang=ar"},
		{"ar", "javascript:alert(1)", "/", "lang=ar"},
		{"xx", "/about", "/about", ""},
	} {
		r := httptest.NewRequest(http.MethodPost, languagePath, strings.NewReader(url.Values{"lang": {c.lang}, "back": {c.back}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		router.ServeHTTP(w, r)
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != c.to || !strings.HasPrefix(w.Header().Get("Set-Cookie"), c.cookie) {
			t.Errorf("%+v: %d %v", c, w.Code, w.Header())
		}
	}
	r := httptest.NewRequest(http.MethodGet, "/x?lang=ar&y=1", nil)
	if got := withoutLanguage(r.URL); got != "/x?y=1" {
		t.Errorf("back to %s", got)
	}
}

func TestFormsOfOtherSitesAreRefusedInTheReadersLanguage(t *testing.T) {
	// If this failed, another site could send forms in somebody's name (A132), or fill the memory.
	h := Form(func(context.Context) string { return "The Harbor" }, 16, func(w http.ResponseWriter, r *http.Request) error {
		if r.PostForm.Get("x") == "gone" {
			return fault.New(fault.Gone, "secret detail")
		}
		return nil
	})
	send := func(site, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", site)
		r.Header.Set("Accept-Language", "zh")
		w := httptest.NewRecorder()
		h(w, r)
		return w
	}
	if w := send("same-origin", "x=1"); w.Code != 200 {
		t.Errorf("a form of our own: %d", w.Code)
	}
	for _, c := range []struct {
		site, body, key string
		status          int
	}{
		{"cross-site", "x=1", "error.other-site", 403}, {"same-origin", "x=" + strings.Repeat("y", 20), "error.form", 400},
		{"same-origin", "x=gone", "error.gone-reason", 410},
	} {
		if w := send(c.site, c.body); w.Code != c.status || !strings.Contains(w.Body.String(), languages[1].T(c.key)) || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%+v: %d %s", c, w.Code, w.Body)
		}
	}
}

func TestFieldsAreBoundToWhatExplainsThem(t *testing.T) {
	// If this failed, people who hear a form would not know what a field is for or what is wrong with
	// it.
	pages := MustPages(fstest.MapFS{"form.html": {Data: []byte(`{{define "main"}}{{template "field" .}}{{end}}`)}})
	w := httptest.NewRecorder()
	f := Field{Name: "name", Label: "Name", Value: `"<`, Hint: "a hint", Error: "wrong", MaxLength: 30, Plain: true}
	check(t, pages.Write(w, httptest.NewRequest(http.MethodGet, "/", nil), 200, "form", Page{}, f))
	for _, want := range []string{`<label for="name">Name</label>`, `id="name"`, `aria-describedby="name-error name-hint"`, `id="name-error" role="alert"`,
		`id="name-hint"`, `aria-invalid="true"`, `value="&#34;&lt;"`, ` required`, `maxlength="30"`, `autocapitalize="none"`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("no %s in %s", want, w.Body)
		}
	}
}
