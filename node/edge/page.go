package edge

import (
	"bytes"
	"context"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/go-chi/chi/v5"

	"tulou/protocol/fault"
)

// Page is what the shared layout needs to know of a page.
type Page struct {
	Title string
	// Site is what the node is called, at the top of the page; its host if it has no title.
	Site string
	// Shape is how the page is laid out: ShapeColumn, ShapeCard or ShapeText.
	Shape string
	// Description is for those who list or share the page, "" for none.
	Description string
	// Canonical is the address of the page among several, "" for none.
	Canonical string
	// NoIndex asks search engines not to list the page.
	NoIndex bool
	// FormAction is an origin or scheme, besides this node, that a form may lead to; browsers hold
	// forms to it after redirects, too.
	FormAction string
	// Here is where choosing a language leads back to; if it is "" it is the address of the request,
	// or the front page for an answer to a form.
	Here string
	// Files is the origin of media if they have a host of their own.
	Files string
}

// The shapes of pages.
const (
	ShapeColumn = "column" // a column of posts
	ShapeCard   = "card"   // one form or one message
	ShapeText   = "text"   // something to read
)

// Pages are the templates of one edge in every language. It is safe for concurrent use.
type Pages struct {
	byLanguage map[*Words]map[string]*template.Template
}

// partsFile is the file of an edge whose templates all its pages may use.
const partsFile = "parts.html"

// MustPages reads the templates of an edge: every file defines "main", and "head" if it has
// something for the head of the page; parts.html defines what they share. The dot of both is what
// Write is given. Besides the parts of this package (parts.html) they have the functions
//
//	t KEY ARGS…   a message           th KEY ARGS…  a message with markup
//	date, moment, month, ago TIME     number N
//	href ADDRESS  an address that was checked, as an argument of th
//
// Files come with the program, so it panics if they are wrong, and every package has them in a
// variable.
func MustPages(files fs.FS) Pages {
	var names []string
	for _, pattern := range []string{"*.html", "*/*.html"} {
		found, err := fs.Glob(files, pattern)
		if err != nil {
			panic(err)
		}
		names = append(names, found...)
	}
	pages := Pages{map[*Words]map[string]*template.Template{}}
	for _, words := range languages {
		shared := template.Must(template.New("layout.html").Funcs(words.functions()).ParseFS(lookFiles, "layout.html", "parts.html"))
		for _, name := range names {
			if path.Base(name) == partsFile {
				template.Must(shared.ParseFS(files, name))
			}
		}
		pages.byLanguage[words] = map[string]*template.Template{}
		for _, name := range names {
			if base := path.Base(name); base != partsFile {
				page := template.Must(template.Must(shared.Clone()).ParseFS(files, name))
				pages.byLanguage[words][strings.TrimSuffix(base, ".html")] = page
			}
		}
	}
	return pages
}

// functions are what templates may call.
func (w *Words) functions() template.FuncMap {
	return template.FuncMap{
		"t": w.T, "th": w.HTML, "number": w.Number,
		"date": w.Date, "moment": w.Moment, "month": w.Month, "ago": w.Ago,
		"mark": func() template.HTML { return mark },
		"href": func(address string) template.URL { return template.URL(address) },
	}
}

// frame is the dot of the layout.
type frame struct {
	Page
	*Words
	It        any
	Here      string
	Look      string
	Languages []*Words
}

// FullTitle is the title with the name of the site.
func (f frame) FullTitle() string {
	if f.Title == "" || f.Title == f.Site {
		return f.Site
	}
	return f.Title + " · " + f.Site
}

// Write answers with a page, in the language of whoever asks, under a policy with which nothing
// runs, nothing is loaded but the style and pictures of this node, and nobody frames it. Unless the
// handler said how long the page may be kept, it is not.
func (p Pages) Write(w http.ResponseWriter, r *http.Request, status int, name string, page Page, it any) error {
	words := WordsOf(r)
	t := p.byLanguage[words][name]
	if t == nil {
		return fault.New(fault.Internal, "there is no page %s", name)
	}
	f := frame{Page: page, Words: words, It: it, Here: page.Here, Look: lookPath, Languages: languages}
	if f.Here == "" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		f.Here = withoutLanguage(r.URL)
	}
	var body bytes.Buffer
	if err := t.ExecuteTemplate(&body, "layout.html", f); err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	target := "'self'"
	if page.FormAction != "" {
		target += " " + page.FormAction
	}
	files := "'self'"
	if page.Files != "" {
		files += " " + page.Files
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", words.Lang())
	h.Add("Vary", "Accept-Language, Cookie")
	h.Set("Referrer-Policy", "same-origin") // with "no-referrer" forms would come from the origin null
	h.Set("X-Frame-Options", "DENY")
	h.Set("Content-Security-Policy", "default-src 'none'; img-src "+files+"; media-src "+files+"; style-src 'self'; form-action "+target+
		"; frame-ancestors 'none'; base-uri 'none'")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	w.WriteHeader(status)
	_, err := body.WriteTo(w)
	return err
}

// messagePages has one page: a heading and a sentence.
var messagePages = MustPages(messageFiles)

// Message is a page that says one thing.
type Message struct {
	Heading, Text string
	Kind          string // the class of the text: "", "ok" or "wrong"
	// Link and LinkText are where to go on, "" for nowhere.
	Link     template.URL
	LinkText string
}

// WriteMessage answers with a page that says one thing. Its title is the heading.
func WriteMessage(w http.ResponseWriter, r *http.Request, status int, page Page, m Message) error {
	page.Title, page.Shape, page.NoIndex = m.Heading, ShapeCard, true
	return messagePages.Write(w, r, status, "message", page, m)
}

// WriteFailure answers with a page that says why something failed, and notes err for the log.
func WriteFailure(w http.ResponseWriter, r *http.Request, page Page, err error) {
	words := WordsOf(r)
	status := Fail(w, err)
	_ = WriteMessage(w, r, status, page, Message{Heading: words.Failure(err), Text: words.Reason(err), Link: "/", LinkText: words.T("base.home")})
}

// Form adapts a handler of forms for people: errors are pages, forms of other sites are refused
// (A132), and r.PostForm is there, of at most bytesMax. site is what the node is called.
func Form(site func(context.Context) string, bytesMax int64, h Handler) http.HandlerFunc {
	origin := http.NewCrossOriginProtection()
	return func(w http.ResponseWriter, r *http.Request) {
		err := origin.Check(r)
		if err != nil {
			err = Tell(err, fault.Forbidden, "error.other-site")
		} else if r.Method == http.MethodPost {
			r.Body = http.MaxBytesReader(w, r.Body, bytesMax)
			if parse := r.ParseForm(); parse != nil {
				err = Tell(parse, fault.Invalid, "error.form")
			}
		}
		if err == nil {
			err = h(w, r)
		}
		if err != nil {
			WriteFailure(w, r, Page{Site: site(r.Context())}, err)
		}
	}
}

// Routes adds what pages need beside themselves: the style, the mark, and the choice of a language.
func Routes(r chi.Router) {
	r.Get(lookPath, asset("text/css; charset=utf-8", look))
	r.Get(iconPath, asset("image/svg+xml", []byte(icon)))
	r.Post(languagePath, chooseLanguage)
}
