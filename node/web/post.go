package web

import (
	"context"
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"

	"tulou/node/edge"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// Bounds of a thread on one page.
const (
	// depthMax is how far answers are moved in; on a phone more would leave no room for words.
	depthMax = 3
	// answersMax is how many answers a page has.
	answersMax = 60
)

// postPage is a post in its thread.
type postPage struct {
	Above, Below []post
	Post         post
	More         string // the address of the page with further answers, "" for none
	Later        bool   // this page is not the first
	Path         string
	Elsewhere    string // where the conversation began, if that is not known here
	Meta         meta
	Feed         string
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
	status, err := s.Store.VisibleStatus(r.Context(), 0, id)
	if err != nil || status.AccountID != account.ID || status.BoostOfID != 0 {
		return s.unlessDeleted(r, account, id, err)
	}
	if s.toObject(w, r, status.URI) {
		return nil
	}
	it, err := s.thread(r, status)
	if err != nil {
		return err
	}
	words, title := edge.WordsOf(r), s.Title(r.Context())
	it.Feed = s.Paths.Profile(account.Name) + feedSuffix
	it.Meta = s.postMeta(words, it.Post, title)
	return s.write(w, r, "post", edge.Page{Title: words.T("page.post-title", it.Post.By.Display), Site: title, Shape: edge.ShapeColumn,
		Description: it.Meta.Description, Canonical: it.Post.URL,
		NoIndex: !account.Indexable || it.Post.Quiet}, it)
}

// unlessDeleted tells a post that was for everybody and is deleted from one that is not there.
func (s *Site) unlessDeleted(r *http.Request, account storage.Account, id int64, err error) error {
	if err = unlessOther(err); err != errNothing {
		return err
	}
	grave, err := s.Store.Tombstone(r.Context(), s.Paths.Status(account.Name, id))
	if err != nil {
		return unlessOther(err)
	}
	if !grave.Everybody {
		return errNothing
	}
	return fault.New(fault.Gone, "this post was deleted")
}

// thread reads what a post answers, and a page of what answers it.
func (s *Site) thread(r *http.Request, status storage.Status) (it postPage, err error) {
	ctx := r.Context()
	above, below, err := s.Store.Context(ctx, 0, status)
	if err != nil {
		return it, err
	}
	it.Path = "/@" + chi.URLParam(r, "name") + "/" + ids.Format(status.ID)
	after, _ := ids.Parse(r.URL.Query().Get("after"))
	below, it.Later = beyond(below, after)
	if len(below) > answersMax {
		below = below[:answersMax]
		it.More = it.Path + "?" + url.Values{"after": {ids.Format(below[answersMax-1])}}.Encode()
	}
	if it.Above, _, err = s.some(ctx, above); err != nil {
		return it, err
	}
	answers, parents, err := s.some(ctx, below)
	if err != nil {
		return it, err
	}
	posts, err := s.render(ctx, []storage.Status{status})
	if err != nil {
		return it, err
	}
	it.Post = posts[0]
	it.Post.Focused = true
	it.Below = indent(status.ID, answers, parents)
	for i := range it.Above {
		it.Above[i].ReplyTo = nil // it stands right above
	}
	if len(it.Above) > 0 {
		it.Post.ReplyTo = nil
	}
	first := it.Post
	if len(it.Above) > 0 {
		first = it.Above[0]
	}
	it.Elsewhere = first.ReplyToUnknown
	return it, nil
}

// some renders statuses by id, in their order, and returns what each answers.
func (s *Site) some(ctx context.Context, wanted []int64) (posts []post, parents map[int64]int64, err error) {
	byID, err := s.Store.StatusesByIDs(ctx, wanted)
	if err != nil {
		return nil, nil, err
	}
	list, parents := make([]storage.Status, 0, len(wanted)), make(map[int64]int64, len(wanted))
	for _, id := range wanted {
		if found, ok := byID[id]; ok {
			list = append(list, found)
			parents[id] = found.ReplyToID
		}
	}
	posts, err = s.render(ctx, list)
	return posts, parents, err
}

// indent moves answers in below what they answer. What answers something on an earlier page, or
// something that is not for strangers, stands at the edge.
func indent(top int64, answers []post, parents map[int64]int64) []post {
	depths := map[int64]int{top: -1}
	for i := range answers {
		depth, known := depths[parents[answers[i].ID]]
		if !known {
			depth = -1
		}
		depths[answers[i].ID] = depth + 1
		answers[i].Depth = min(depth+1, depthMax)
		if known && depth < depthMax { // where it stands says what it answers
			answers[i].ReplyTo = nil
		}
	}
	return answers
}

// beyond returns what follows an id in a list, all of it if the id is not there, and whether it
// was.
func beyond(list []int64, id int64) ([]int64, bool) {
	for i, each := range list {
		if each == id {
			return list[i+1:], true
		}
	}
	return list, false
}
