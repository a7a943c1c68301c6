package oauth

import (
	"embed"
	"net/http"

	"tulou/node/edge"
)

//go:embed pages
var files embed.FS

var pages = edge.MustPages(files)

// consentForm is the page consent.
type consentForm struct {
	App, Website, Handle, Account                         string
	Powers                                                []string
	ReturnTo, ClientID, Redirect, Scope, State, Challenge string
	OutOfBand                                             bool
}

// page adapts a handler for people: errors are pages, forms of other sites are refused (A132).
func (s *Server) page(h edge.Handler) http.HandlerFunc { return edge.Form(s.title, formBytesMax, h) }

// render answers with a page of this package, which no search engine is to list.
func (s *Server) render(w http.ResponseWriter, r *http.Request, status int, name string, p edge.Page, it any) error {
	p.Site, p.Shape, p.NoIndex = s.title(r.Context()), edge.ShapeCard, true
	return pages.Write(w, r, status, name, p, it)
}
