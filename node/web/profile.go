package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5"

	"tulou/apps/people"
	"tulou/node/edge"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// profilePage is somebody, with a page of what they posted.
type profilePage struct {
	Person person
	Tab    string // "", "with_replies" or "media"
	Path   string // of the profile
	Pinned []post
	Posts  []post
	Older  string // the address of the next page, "" for none
	First  bool
	Meta   meta
	Feed   string
	Moved  string // where they are now, "" for here
}

func (s *Site) profile(w http.ResponseWriter, r *http.Request) error {
	if strings.HasSuffix(chi.URLParam(r, "name"), feedSuffix) {
		return s.profileFeed(w, r)
	}
	account, err := s.local(r)
	if err != nil {
		return err
	}
	if s.toObject(w, r, account.URI) {
		return nil
	}
	if there, err := s.toFriend(w, r, account); there || err != nil {
		return err
	}
	return s.profileTab(w, r, account, "", s.postsOf(account, storage.AccountFilter{ExcludeReplies: true}))
}

// toFriend opens a friend link in the client, for whoever is signed in here: it shows whose it is
// and asks. Everybody else sees the profile.
func (s *Site) toFriend(w http.ResponseWriter, r *http.Request, account storage.Account) (bool, error) {
	code := r.URL.Query().Get(people.FriendCodeParam)
	if code == "" {
		return false, nil
	}
	link := s.Paths.Profile(account.Name) + "?" + url.Values{people.FriendCodeParam: {code}}.Encode()
	return s.toApp(w, r, "add?"+url.Values{"text": {link}}.Encode())
}

func (s *Site) withReplies(w http.ResponseWriter, r *http.Request) error {
	account, err := s.local(r)
	if err != nil {
		return err
	}
	return s.profileTab(w, r, account, "with_replies", s.postsOf(account, storage.AccountFilter{}))
}

func (s *Site) media(w http.ResponseWriter, r *http.Request) error {
	account, err := s.local(r)
	if err != nil {
		return err
	}
	if account.HideMedia {
		return fault.New(fault.NotFound, "there is no such page")
	}
	return s.profileTab(w, r, account, "media", func(ctx context.Context, p storage.Page) ([]storage.Stamp, error) {
		return s.mediaOf(ctx, account, p)
	})
}

// reader reads a page of a timeline.
type reader func(ctx context.Context, p storage.Page) ([]storage.Stamp, error)

func (s *Site) postsOf(account storage.Account, f storage.AccountFilter) reader {
	return func(ctx context.Context, p storage.Page) ([]storage.Stamp, error) {
		return s.Store.AccountStatuses(ctx, 0, account.ID, f, p)
	}
}

// mediaReads is how many pages of posts are looked through for those with media: 400 posts. Who has
// fewer pictures than that gets a shorter page, and the next one goes on below.
const mediaReads = 10

// mediaOf reads posts with media. The last stamp may be one without, so that the next page begins
// where this one ended.
func (s *Site) mediaOf(ctx context.Context, account storage.Account, p storage.Page) (found []storage.Stamp, err error) {
	for range mediaReads {
		stamps, err := s.Store.AccountStatuses(ctx, 0, account.ID, storage.AccountFilter{ExcludeBoosts: true, ExcludeReplies: account.HideMediaReplies},
			storage.Page{MaxID: p.MaxID, Limit: storage.StatusPageMax})
		if err != nil || len(stamps) == 0 {
			return found, err
		}
		media, err := s.Store.Attachments(ctx, storage.StatusIDs(stamps))
		if err != nil {
			return nil, err
		}
		for _, stamp := range stamps {
			p.MaxID = stamp.Key
			if len(media[stamp.ID]) == 0 {
				continue
			}
			if found = append(found, stamp); len(found) == p.Limit {
				return found, nil
			}
		}
	}
	return found, nil
}

func (s *Site) profileTab(w http.ResponseWriter, r *http.Request, account storage.Account, tab string, read reader) error {
	ctx, words := r.Context(), edge.WordsOf(r)
	named, err := s.named(ctx, []storage.Account{account})
	if err != nil {
		return err
	}
	it := profilePage{Person: named[account.ID], Tab: tab, Path: "/@" + account.Name, Moved: account.MovedTo}
	it.Feed = s.Paths.Profile(account.Name) + feedSuffix
	at, ok := pageFrom(r)
	if !ok {
		return errNothing
	}
	if it.Posts, it.Older, err = s.timeline(r, at, read); err != nil {
		return err
	}
	if it.First = at.MaxID == 0; it.First && tab == "" {
		pins, err := s.Store.Pinned(ctx, 0, account.ID, storage.Page{Limit: storage.PinsMax})
		if err != nil {
			return err
		}
		if it.Pinned, err = s.posts(ctx, pins); err != nil {
			return err
		}
		for i := range it.Pinned {
			it.Pinned[i].Pinned = true
		}
	}
	it.Meta = s.personMeta(ctx, words, it.Person)
	page := edge.Page{Title: it.Person.Display + " (@" + it.Person.Handle + ")", Shape: edge.ShapeColumn, Description: it.Meta.Description,
		NoIndex: !account.Indexable && !account.Discoverable}
	if it.First && tab == "" {
		page.Canonical = s.Paths.Profile(account.Name)
	}
	return s.write(w, r, "profile", page, it)
}

// pageFrom reads which page of a timeline is asked for.
func pageFrom(r *http.Request) (p storage.Page, ok bool) {
	p.Limit = postsMax
	below := r.URL.Query().Get("max_id")
	if below == "" {
		return p, true
	}
	p.MaxID, ok = ids.Parse(below)
	return p, ok
}

// timeline reads a page and the address of the next one.
func (s *Site) timeline(r *http.Request, at storage.Page, read reader) (list []post, older string, err error) {
	stamps, err := read(r.Context(), at)
	if err != nil {
		return nil, "", err
	}
	if list, err = s.posts(r.Context(), stamps); err != nil {
		return nil, "", err
	}
	if len(stamps) == at.Limit {
		older = r.URL.EscapedPath() + "?" + url.Values{"max_id": {ids.Format(stamps[len(stamps)-1].Key)}}.Encode()
	}
	return list, older, nil
}

// tagPage is what was posted with a hashtag.
type tagPage struct {
	Name  string
	Posts []post
	Older string
	First bool
	Feed  string
	Meta  meta
}

// tagName is the hashtag that a path names, folded.
func tagName(r *http.Request) string {
	name := chi.URLParam(r, "tag")
	if r.URL.RawPath != "" { // chi matched the escaped form
		if plain, err := url.PathUnescape(name); err == nil {
			name = plain
		}
	}
	return strings.ToLower(name)
}

func (s *Site) tag(w http.ResponseWriter, r *http.Request) error {
	name, wantsFeed := strings.CutSuffix(tagName(r), feedSuffix)
	read := func(ctx context.Context, p storage.Page) ([]storage.Stamp, error) {
		return s.Store.Tag(ctx, 0, storage.TagFilter{Any: []string{name}}, storage.Everywhere, p)
	}
	if wantsFeed {
		return s.tagFeed(w, r, name, read)
	}
	at, ok := pageFrom(r)
	if !ok {
		return errNothing
	}
	it := tagPage{Name: name, First: at.MaxID == 0, Feed: s.Paths.Tag(name) + feedSuffix}
	var err error
	if it.Posts, it.Older, err = s.timeline(r, at, read); err != nil {
		return err
	}
	title := s.Title(r.Context())
	it.Meta = meta{Kind: "website", Title: "#" + name, URL: s.Paths.Tag(name), Site: title,
		Description: edge.WordsOf(r).T("page.tag-description", name, title)}
	page := edge.Page{Title: "#" + name, Site: title, Shape: edge.ShapeColumn, Description: it.Meta.Description}
	if it.First {
		page.Canonical = s.Paths.Tag(name)
	}
	// Who posts does not say whether search engines may list the page of a tag: many people are on it.
	page.NoIndex = true
	return s.write(w, r, "tag", page, it)
}
