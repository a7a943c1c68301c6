// Package web is the pages that people see who follow a link to this node: its front page, a
// profile and a post. They work without JavaScript and show what a stranger may see, nothing else.
//
// Who asks for ActivityPub at such an address is sent to the actor or the object it is about, since
// people paste the address of a page into the search field of their own server.
//
// The invariant to remember: the viewer is always nobody (0), whoever is signed in.
package web

import (
	"bytes"
	"context"
	"embed"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"

	"tulou/federation"
	"tulou/node/edge"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

//go:embed pages.html
var files embed.FS

var pages = template.Must(template.New("pages.html").Funcs(template.FuncMap{"count": count}).ParseFS(files, "pages.html"))

// count writes a number with its noun.
func count(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.FormatInt(n, 10) + " " + many
}

// postsMax is how many posts a page shows.
const postsMax = 20

// Site serves the pages of one node. It is safe for concurrent use.
type Site struct {
	store *storage.Store
	paths ids.Paths
	host  string // in handles
	// avatar is the picture of a local name.
	avatar func(name string) string

	mu      sync.Mutex
	stats   storage.Stats
	counted time.Time
}

// statsKept is how long the front page shows the same figures: counting reads whole tables, and
// strangers may ask.
const statsKept = time.Minute

func (s *Site) count(ctx context.Context) (storage.Stats, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if now.Sub(s.counted) < statsKept {
		return s.stats, nil
	}
	stats, err := s.store.Stats(ctx, now)
	if err == nil {
		s.stats, s.counted = stats, now
	}
	return stats, err
}

// New makes a Site.
func New(store *storage.Store, paths ids.Paths, host string, avatar func(name string) string) *Site {
	return &Site{store: store, paths: paths, host: host, avatar: avatar}
}

// Routes adds the pages.
func (s *Site) Routes(r chi.Router) {
	r.Get("/", s.page(s.front))
	r.Get("/@{name}", s.page(s.profile))
	r.Get("/@{name}/{id}", s.page(s.post))
	r.Get("/tags/{tag}", s.page(s.tag))
	r.NotFound(s.page(func(http.ResponseWriter, *http.Request) error {
		return fault.New(fault.NotFound, "there is nothing here")
	}))
}

// view is what a page shows.
type view struct {
	edge.Page
	Person  *person
	People  []person
	Posts   []post
	Alone   bool // the page is about its one post
	Heading string
	Message string
	Stats   storage.Stats
}

type person struct {
	Name, Handle, Display, URL, Avatar, Since string
	Bio                                       template.HTML
	Fields                                    []field
	Posts, Followers, Following               int64
	Local                                     bool
}

type field struct {
	Name  string
	Value template.HTML
}

type post struct {
	By, BoostedBy            person
	URL, At, Stamp, Language string
	Spoiler, Reply           string
	Content                  template.HTML
	Replies, Boosts, Likes   int64
	Edited                   bool
}

// page adapts a handler: errors become pages, or problems for those who want no pages.
func (s *Site) page(h edge.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		if err == nil {
			return
		}
		if accept := r.Header.Get("Accept"); accept != "" && !strings.Contains(accept, "*/*") && !federation.WantsPage(r) {
			edge.WriteProblem(w, err)
			return
		}
		status := edge.Fail(w, err)
		s.render(w, status, view{Page: edge.Page{Title: http.StatusText(status)}, Heading: http.StatusText(status), Message: fault.DetailOf(err)})
	}
}

func (s *Site) render(w http.ResponseWriter, status int, v view) error {
	v.Host = s.host
	return edge.WritePage(w, status, v.Page, func(p edge.Page, to *bytes.Buffer) error {
		v.Page = p
		return pages.Execute(to, v)
	})
}

// front is the page of the node: who lives here and what was said last.
func (s *Site) front(w http.ResponseWriter, r *http.Request) error {
	stamps, err := s.store.Public(r.Context(), 0, storage.LocalOnly, storage.Page{Limit: postsMax})
	if err != nil {
		return err
	}
	v := view{Page: edge.Page{Title: s.host}, Heading: s.host}
	if v.Posts, err = s.posts(r.Context(), stamps); err != nil {
		return err
	}
	if v.Stats, err = s.count(r.Context()); err != nil {
		return err
	}
	return s.render(w, http.StatusOK, v)
}

func (s *Site) profile(w http.ResponseWriter, r *http.Request) error {
	account, err := s.local(r)
	if err != nil {
		return err
	}
	if s.toObject(w, r, account.URI) {
		return nil
	}
	stamps, err := s.store.AccountStatuses(r.Context(), 0, account.ID, storage.AccountFilter{ExcludeReplies: true}, storage.Page{Limit: postsMax})
	if err != nil {
		return err
	}
	p := s.person(account)
	v := view{Page: edge.Page{Title: p.Display + " (@" + p.Handle + ")"}, Person: &p}
	if v.Posts, err = s.posts(r.Context(), stamps); err != nil {
		return err
	}
	return s.render(w, http.StatusOK, v)
}

func (s *Site) post(w http.ResponseWriter, r *http.Request) error {
	account, err := s.local(r)
	if err != nil {
		return err
	}
	id, ok := ids.Parse(chi.URLParam(r, "id"))
	if !ok {
		return errNothing
	}
	status, err := s.store.VisibleStatus(r.Context(), 0, id)
	if err != nil || status.AccountID != account.ID || status.BoostOfID != 0 {
		return unlessOther(err)
	}
	if s.toObject(w, r, status.URI) {
		return nil
	}
	posts, err := s.posts(r.Context(), []storage.Stamp{{ID: id}})
	if err != nil || len(posts) == 0 {
		return unlessOther(err)
	}
	return s.render(w, http.StatusOK, view{Page: edge.Page{Title: posts[0].By.Display + " on " + s.host}, Posts: posts, Alone: true})
}

func (s *Site) tag(w http.ResponseWriter, r *http.Request) error {
	name := strings.ToLower(chi.URLParam(r, "tag"))
	stamps, err := s.store.Tag(r.Context(), 0, name, storage.Everywhere, storage.Page{Limit: postsMax})
	if err != nil {
		return err
	}
	v := view{Page: edge.Page{Title: "#" + name}, Heading: "#" + name}
	if v.Posts, err = s.posts(r.Context(), stamps); err != nil {
		return err
	}
	return s.render(w, http.StatusOK, v)
}

var errNothing = fault.New(fault.NotFound, "there is nothing here")

// unlessOther gives what is missing and what is not for strangers the same answer.
func unlessOther(err error) error {
	if err == nil || fault.Is(err, fault.NotFound) {
		return errNothing
	}
	return err
}

// local returns the person of this node that a path names.
func (s *Site) local(r *http.Request) (storage.Account, error) {
	name, host, _ := strings.Cut(chi.URLParam(r, "name"), "@")
	if host != "" && host != s.host {
		return storage.Account{}, errNothing
	}
	account, err := s.store.AccountByHandle(r.Context(), name, "")
	if err != nil || account.Hidden {
		return storage.Account{}, unlessOther(err)
	}
	return account, nil
}

// toObject sends whoever asks for ActivityPub on, and tells whether it did.
func (s *Site) toObject(w http.ResponseWriter, r *http.Request, iri string) bool {
	h := w.Header()
	h.Set("Vary", "Accept")
	accept := r.Header.Get("Accept")
	if strings.Contains(accept, "application/") && strings.Contains(accept, "json") && !federation.WantsPage(r) {
		http.Redirect(w, r, iri, http.StatusFound)
		return true
	}
	h.Set("Link", "<"+iri+`>; rel="alternate"; type="application/activity+json"`)
	return false
}

func (s *Site) person(a storage.Account) person {
	p := person{Name: a.Name, Display: a.DisplayName, URL: a.URL, Bio: template.HTML(a.Bio), Since: a.CreatedAt.Time().Format("January 2006"),
		Posts: a.StatusesCount, Followers: a.FollowersCount, Following: a.FollowingCount, Local: a.Local()}
	if p.Display == "" {
		p.Display = a.Name
	}
	p.Handle = a.Handle().String()
	if a.Local() {
		p.Handle, p.Avatar = a.Name+"@"+s.host, s.avatar(a.Name)
	}
	for _, f := range a.Fields {
		p.Fields = append(p.Fields, field{f.Name, template.HTML(f.Value)})
	}
	return p
}

// posts reads what a page shows, with boosts as the post that was boosted.
func (s *Site) posts(ctx context.Context, stamps []storage.Stamp) (list []post, err error) {
	statuses, err := s.store.Statuses(ctx, stamps)
	if err != nil {
		return nil, err
	}
	var wanted, people []int64
	for _, status := range statuses {
		wanted = append(wanted, status.BoostOfID)
		people = append(people, status.AccountID, status.ReplyToAccount)
	}
	boosted, err := s.store.StatusesByIDs(ctx, wanted)
	if err != nil {
		return nil, err
	}
	for _, status := range boosted {
		people = append(people, status.AccountID, status.ReplyToAccount)
	}
	accounts, err := s.store.AccountsByIDs(ctx, people)
	if err != nil {
		return nil, err
	}
	for _, status := range statuses {
		var by person
		if original, ok := boosted[status.BoostOfID]; ok {
			by, status = s.person(accounts[status.AccountID]), original
		}
		p := s.postOf(status, accounts)
		p.BoostedBy = by
		list = append(list, p)
	}
	return list, nil
}

func (s *Site) postOf(status storage.Status, accounts map[int64]storage.Account) post {
	at := status.CreatedAt.Time()
	p := post{By: s.person(accounts[status.AccountID]), URL: status.URL, At: at.Format("2 January 2006, 15:04 UTC"), Stamp: at.Format("2006-01-02T15:04:05Z"),
		Language: status.Language, Spoiler: status.Spoiler, Content: template.HTML(status.Content),
		Replies: status.RepliesCount, Boosts: status.BoostsCount, Likes: status.LikesCount, Edited: status.EditedAt != 0}
	if to, ok := accounts[status.ReplyToAccount]; ok && to.ID != status.AccountID {
		p.Reply = to.Handle().String()
	}
	return p
}
