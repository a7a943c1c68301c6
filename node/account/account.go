// Package account is the pages on which people make and keep their accounts, without JavaScript:
// signing in and up, what links in mails lead to, the settings of who is signed in, and following
// whom a page of another server shows.
//
// A page is a form that is described, not drawn: handlers fill in a form or a list, and two
// templates show them all. What is done is apps/people's; whose browser it is, edge.Browsers says.
//
// The invariant to remember: a link in a mail does nothing when it is opened, because programs that
// look for harm in mails open it, too. What it is for happens when the button is pressed.
package account

import (
	"context"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"tulou/apps/guard"
	"tulou/apps/people"
	"tulou/node/edge"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// Deps is what the pages work with; all of it.
type Deps struct {
	Store    *storage.Store
	People   *people.Service
	Browsers *edge.Browsers
	Paths    ids.Paths
	// Host is the one in handles.
	Host string
	// Title is what the node is called.
	Title func(context.Context) string
	// Finder finds whom somebody wants to follow.
	Finder Finder
	// Guard keeps what people answer to moderators.
	Guard *guard.Service
}

// Pages are the pages of one node. They are safe for concurrent use.
type Pages struct{ Deps }

// New makes the pages.
func New(d Deps) *Pages { return &Pages{d} }

const (
	// formBytesMax bounds forms; the longest real one has a reason of 500 characters.
	formBytesMax = 32 << 10
	// provedFor is how long a password that was given counts for what it is asked for again.
	provedFor = 15 * time.Minute
)

// Routes adds the pages.
func (p *Pages) Routes(r chi.Router) {
	both := func(path string, show, do edge.Handler) {
		r.Get(path, p.page(show))
		r.Post(path, p.page(do))
	}
	both(people.SignInPath, p.showSignIn, p.signIn)
	r.Post("/auth/code", p.page(p.secondStep))
	r.Post("/auth/sign_out", p.page(p.signOut))
	both("/auth/prove", p.signedIn(p.showProve), p.signedIn(p.prove))
	both("/auth/sign_up", p.showSignUp, p.signUp)
	both(people.InvitePath+"{secret}", p.showSignUp, p.signUp)
	both(people.ConfirmPath+"{secret}", p.showConfirm, p.confirm)
	both(people.AddressPath+"{secret}", p.showAddress, p.changeAddress)
	both("/auth/reset", p.showAskReset, p.askReset)
	both(people.ResetPath+"{secret}", p.showReset, p.reset)
	r.Get("/settings", p.page(p.signedIn(p.settings)))
	both("/settings/password", p.signedIn(p.proved(p.showPassword)), p.signedIn(p.proved(p.changePassword)))
	both("/settings/email", p.signedIn(p.proved(p.showEmail)), p.signedIn(p.proved(p.askAddress)))
	both("/settings/codes", p.signedIn(p.proved(p.showCodes)), p.signedIn(p.proved(p.changeCodes)))
	r.Get("/settings/codes/picture.png", p.page(p.signedIn(p.proved(p.codePicture))))
	both("/settings/sessions", p.signedIn(p.showSessions), p.signedIn(p.endSession))
	both("/settings/invites", p.signedIn(p.showInvites), p.signedIn(p.changeInvites))
	both(people.RequestsPath, p.signedIn(p.staff(p.showRequests)), p.signedIn(p.staff(p.decideRequest)))
	both(people.AppealPath+"{secret}", p.showAppeal, p.appeal)
	both(people.AppealsPath, p.signedIn(p.moderating(p.showAppeals)), p.signedIn(p.moderating(p.decideAppeal)))
	both("/settings/delete", p.signedIn(p.showDelete), p.signedIn(p.delete))
	both(ids.InteractionPath, p.signedIn(p.showFollow), p.signedIn(p.follow))
}

// page adapts a handler: errors are pages, forms of other sites are refused (A132).
func (p *Pages) page(h edge.Handler) http.HandlerFunc { return edge.Form(p.Title, formBytesMax, h) }

// member answers a request of somebody who is signed in.
type member func(w http.ResponseWriter, r *http.Request, b edge.Browser) error

// signedIn leads whoever is not signed in to where they can, and back.
func (p *Pages) signedIn(h member) edge.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		browser, err := p.Browsers.Of(r)
		if err != nil {
			return err
		}
		if !browser.Known() {
			return leadTo(w, r, people.SignInPath)
		}
		return h(w, r, browser)
	}
}

// proved asks for the password again if it was given a while ago, so that a browser that was left
// open is not enough to take an account over.
func (p *Pages) proved(h member) member {
	return func(w http.ResponseWriter, r *http.Request, b edge.Browser) error {
		if time.Since(b.Session.ProvedAt.Time()) > provedFor {
			return leadTo(w, r, "/auth/prove")
		}
		return h(w, r, b)
	}
}

// leadTo leads to a page that comes back to this one.
func leadTo(w http.ResponseWriter, r *http.Request, path string) error {
	to := r.URL.Path
	if to == ids.InteractionPath { // which says nothing without whom it is about
		to = followAddress(r.FormValue("uri"))
	}
	http.Redirect(w, r, path+"?"+url.Values{"return_to": {to}}.Encode(), http.StatusSeeOther)
	return nil
}

const (
	// app is the web client, where people go on to who come from nowhere.
	app = "/app/"
	// home is the first page of the settings.
	home = "/settings"
)

// back returns where to go on to: only pages that lead people here, so that nobody is led elsewhere
// (A085).
func back(to string) string {
	page, _, _ := strings.Cut(to, "?")
	here := strings.HasPrefix(to, "/oauth/authorize?") || strings.HasPrefix(to, ids.InteractionPath+"?") || page == home ||
		strings.HasPrefix(page, home+"/") || strings.HasPrefix(page, app)
	if page == app {
		page = strings.TrimSuffix(page, "/")
	}
	if !here || path.Clean(page) != page || strings.Contains(page, "%") || strings.ContainsAny(to, "\\\r\n\t#") {
		return app
	}
	return to
}

// form is a page that asks for something.
type form struct {
	Heading string
	Intro   []string
	Notice  string
	Kind    string // of the notice: "wrong", "warn", "ok" or ""
	Picture string // a path, "" for none
	Secret  string // to be copied
	Secrets []string
	Action  string // "": the page itself
	Hidden  map[string]string
	Fields  []edge.Field
	Checks  []tick
	Button  string // "": there is nothing to send
	Danger  bool
	Links   []link
}

// tick is a box to tick.
type tick struct {
	Name  string
	Label template.HTML
	On    bool
	Error string
}

// link leads on.
type link struct{ Path, Text string }

// list is a page of rows, some with a button.
type list struct {
	Heading, Intro string
	Notice, Kind   string
	Secret         string
	Groups         []group
	Form           *form
	Links          []link
}

// group is rows under a heading.
type group struct {
	Heading, None string
	Rows          []row
}

// row is one thing with what can be done about it.
type row struct {
	Title, Text string
	Path        string // where the title leads, "" for nowhere
	Name, Value string // what the button sends
	Button      string
	Also        *act // another button
}

// act is a button beside another.
type act struct{ Name, Value, Button string }

//go:embed pages
var files embed.FS

var pages = edge.MustPages(files)

func (p *Pages) show(w http.ResponseWriter, r *http.Request, status int, f form) error {
	return pages.Write(w, r, status, "form", edge.Page{Title: f.Heading, Site: p.Title(r.Context()), Shape: edge.ShapeCard, NoIndex: true, Here: here(r)}, f)
}

func (p *Pages) list(w http.ResponseWriter, r *http.Request, status int, l list) error {
	return pages.Write(w, r, status, "list", edge.Page{Title: l.Heading, Site: p.Title(r.Context()), Shape: edge.ShapeText, NoIndex: true, Here: here(r)}, l)
}

// here is the page to come back to with another language; a form that was sent is asked for anew.
func here(r *http.Request) string {
	if r.Method == http.MethodPost {
		return r.URL.Path
	}
	return ""
}

// say answers with a page that says one thing and leads on.
func (p *Pages) say(w http.ResponseWriter, r *http.Request, heading, text string, to link) error {
	return edge.WriteMessage(w, r, http.StatusOK, edge.Page{Site: p.Title(r.Context())},
		edge.Message{Heading: heading, Text: text, Kind: "ok", Link: template.URL(to.Path), LinkText: to.Text})
}

// sent says that a link was mailed; on a node that has no mail server, whom to ask for it.
func (p *Pages) sent(w http.ResponseWriter, r *http.Request, text string, to link) error {
	words := edge.WordsOf(r)
	if !p.People.Mailer.Delivers() {
		return p.say(w, r, words.T("account.no-mail-heading"), words.T("account.no-mail"), to)
	}
	return p.say(w, r, words.T("account.look-for-mail"), text, to)
}

// waits says to somebody who wants to join that others decide about it.
func (p *Pages) waits(words *edge.Words) string {
	if !p.People.Mailer.Delivers() {
		return words.T("account.unapproved-no-mail")
	}
	return words.T("account.unapproved")
}

// spent says the same about links that never were, that were used and that are over.
func spent(err error) error {
	if fault.Is(err, fault.NotFound) {
		return edge.Tell(err, fault.NotFound, "account.spent-link")
	}
	return err
}

// handle is what others call somebody, as a part of a sentence.
func (p *Pages) handle(words *edge.Words, name string) string {
	return words.Isolate("@" + name + "@" + p.Host)
}

// password is a field for a new password.
func newPassword(words *edge.Words, label, wrong string) edge.Field {
	return edge.Field{Name: "password", Type: "password", Label: label, Autocomplete: "new-password", Error: wrong,
		Hint: words.T("account.password-hint", people.PasswordCharsMin), MinLength: people.PasswordCharsMin, MaxLength: people.PasswordBytesMax}
}

// codeField is a field for a code.
func codeField(words *edge.Words, wrong string) edge.Field {
	return edge.Field{Name: "code", Label: words.T("account.code"), Hint: words.T("account.code-hint"), Autocomplete: "one-time-code",
		Plain: true, MaxLength: 32, Error: wrong}
}
