package oauth

import (
	"embed"
	"net/http"

	"tulou/node/edge"
)

//go:embed pages
var files embed.FS

var pages = edge.MustPages(files)

// signInForm is the page sign-in.
type signInForm struct {
	Name, ReturnTo, App      string
	Wrong                    bool
	NameField, PasswordField edge.Field // filled in by showSignIn
}

// consentForm is the page consent.
type consentForm struct {
	App, Website, Handle                                  string
	Powers                                                []string
	ReturnTo, ClientID, Redirect, Scope, State, Challenge string
	OutOfBand                                             bool
}

// page adapts a handler for people: errors are pages, forms of other sites are refused (A132).
func (s *Server) page(h edge.Handler) http.HandlerFunc { return edge.Form(s.host, formBytesMax, h) }

// render answers with a page of this package, which no search engine is to list.
func (s *Server) render(w http.ResponseWriter, r *http.Request, status int, name string, p edge.Page, it any) error {
	p.Site, p.Shape, p.NoIndex = s.host, edge.ShapeCard, true
	return pages.Write(w, r, status, name, p, it)
}

// showSignIn asks for name and password.
func (s *Server) showSignIn(w http.ResponseWriter, r *http.Request, status int, f signInForm) error {
	words := edge.WordsOf(r)
	f.NameField = edge.Field{Name: "name", Label: words.T("oauth.name"), Value: f.Name, Autocomplete: "username", Plain: true, Focus: !f.Wrong}
	f.PasswordField = edge.Field{Name: "password", Type: "password", Label: words.T("oauth.password"), Autocomplete: "current-password", Focus: f.Wrong}
	return s.render(w, r, status, "sign-in", edge.Page{Title: words.T("oauth.sign-in"), Here: f.ReturnTo}, f)
}
