package web

import (
	"html/template"
	"net/http"
	"strings"

	"tulou/node/edge"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// Following somebody from another server: whoever wants to says who they are, and is shown the way
// to the page of their own server that asks them whether they do. It is a link and not a redirect,
// so that nobody goes on without having read where.

// followPage asks for a handle, or shows the way on.
type followPage struct {
	Person person
	Path   string
	Handle edge.Field
	On     template.URL // the page to go on to, "" for none yet
	Host   string       // of that
	NoWay  bool         // the server has no such page
}

func followField(words *edge.Words, value, wrong string) edge.Field {
	return edge.Field{Name: "handle", Label: words.T("page.own-address"), Hint: words.T("page.own-address-hint"), Value: value, Error: wrong,
		Plain: true, Autocomplete: "on", MaxLength: handleBytesMax}
}

// handleBytesMax is more than a name and a host have together.
const handleBytesMax = 400

func (s *Site) followForm(w http.ResponseWriter, r *http.Request) error {
	account, err := s.local(r)
	if err != nil {
		return err
	}
	return s.showFollow(w, r, account, followPage{Handle: followField(edge.WordsOf(r), "", "")})
}

func (s *Site) follow(w http.ResponseWriter, r *http.Request) error {
	account, err := s.local(r)
	if err != nil {
		return err
	}
	words := edge.WordsOf(r)
	typed := strings.TrimSpace(r.PostForm.Get("handle"))
	it := followPage{}
	wrong := func(key string) error {
		it.Handle = followField(words, typed, words.T(key))
		return s.showFollow(w, r, account, it)
	}
	handle, err := ids.ParseHandle(typed)
	switch {
	case err != nil || handle.Host == "":
		return wrong("page.not-an-address")
	case handle.Host == s.Host:
		return wrong("page.own-server")
	}
	address, err := s.Follower.FollowPage(r.Context(), handle, account.URI)
	switch {
	case fault.Is(err, fault.NotFound):
		return wrong("page.nobody-there")
	case fault.Is(err, fault.Unsupported), fault.Is(err, fault.Unprocessable), fault.Is(err, fault.Invalid):
		it.NoWay, it.Host = true, handle.Host
		return s.showFollow(w, r, account, it)
	case err != nil:
		return wrong("page.server-away")
	}
	it.On, it.Host = template.URL(address), ids.Host(address)
	return s.showFollow(w, r, account, it)
}

func (s *Site) showFollow(w http.ResponseWriter, r *http.Request, account storage.Account, it followPage) error {
	named, err := s.named(r.Context(), []storage.Account{account})
	if err != nil {
		return err
	}
	it.Person, it.Path = named[account.ID], "/@"+account.Name
	title := edge.WordsOf(r).T("page.follow-title", it.Person.Display)
	return s.write(w, r, "follow", edge.Page{Title: title, Shape: edge.ShapeCard, NoIndex: true, Here: it.Path + "/follow"}, it)
}
