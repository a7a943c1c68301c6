package federation

import (
	"context"
	"net/http"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/vocab"
	"tulou/storage"
)

const (
	// outboxPage is how many activities are on a page, whole.
	outboxPage = 20
	// peoplePage and repliesPage are how many ids are.
	peoplePage  = 80
	repliesPage = 40
)

// collection is one of the collections of this node. They are paged by key: a page says which key
// the next one begins below.
type collection struct {
	id    string
	kind  string // Collection, OrderedCollection
	total int    // -1: not told
	size  int    // of a page
	page  func(ctx context.Context, p storage.Page) (items []vocab.Item, keys []int64, err error)
}

// serve writes the collection, or the page of it that is asked for.
func (c collection) serve(s *server, w http.ResponseWriter, r *http.Request, private bool) error {
	query := r.URL.Query()
	if query.Get("page") == "" {
		doc := vocab.Collection{ID: c.id, Type: c.kind, TotalItems: c.total}
		if c.page == nil && c.total <= 0 {
			doc.Items = []vocab.Item{}
		} else if c.page != nil {
			doc.First = ids.FirstPage(c.id)
		}
		return s.render(w, r, http.StatusOK, private)(vocab.BuildCollection(&doc))
	}
	doc := vocab.Collection{ID: ids.FirstPage(c.id), Type: c.kind + "Page", TotalItems: -1, PartOf: c.id}
	if c.page == nil {
		return missing()
	}
	p := storage.Page{Limit: c.size}
	if below := query.Get("max_id"); below != "" {
		id, ok := ids.Parse(below)
		if !ok {
			return fault.New(fault.Invalid, "max_id is not a number")
		}
		p.MaxID = id
		doc.ID += "&max_id=" + ids.Format(id)
	}
	items, keys, err := c.page(r.Context(), p)
	if err != nil {
		return err
	}
	doc.Items = items
	if len(keys) == c.size {
		doc.Next = ids.FirstPage(c.id) + "&max_id=" + ids.Format(keys[len(keys)-1])
	}
	return s.render(w, r, http.StatusOK, private)(vocab.BuildCollection(&doc))
}

// outbox serves what somebody posted for everybody, and boosted. Whoever signs sees no more: a
// collection that is public holds nothing else (A098).
func (s *server) outbox(w http.ResponseWriter, r *http.Request) error {
	account, viewer, err := s.open(r)
	if err != nil {
		return err
	}
	return collection{
		id: s.config.Paths.Actor(account.Name) + ids.Outbox, kind: "OrderedCollection",
		total: int(account.StatusesCount), size: outboxPage,
		page: func(ctx context.Context, p storage.Page) ([]vocab.Item, []int64, error) {
			return s.posted(ctx, account, viewer, p)
		},
	}.serve(s, w, r, false)
}

// posted returns a page of an outbox: the activities as they were sent.
func (s *server) posted(ctx context.Context, account storage.Account, viewer int64, p storage.Page) (items []vocab.Item, keys []int64, err error) {
	stamps, err := s.store.AccountStatuses(ctx, storage.Everybody, account.ID, storage.AccountFilter{}, p)
	if err != nil {
		return nil, nil, err
	}
	keys = storage.StatusIDs(stamps)
	seen, err := s.store.Visible(ctx, viewer, keys) // somebody who is blocked sees nothing
	if err != nil {
		return nil, nil, err
	}
	for _, id := range keys {
		if !seen[id] {
			continue
		}
		item := vocab.Item{ID: s.config.Paths.StatusActivity(account.Name, id)}
		doc, err := s.store.Document(ctx, item.ID)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return nil, nil, err
		}
		item.Raw = doc.Body
		items = append(items, item)
	}
	return items, keys, nil
}

// instanceOutbox is empty: the node itself says nothing.
func (s *server) instanceOutbox(w http.ResponseWriter, r *http.Request) error {
	return collection{id: s.config.Paths.InstanceActor() + ids.Outbox, kind: "OrderedCollection"}.serve(s, w, r, false)
}

// followers serves who follows somebody, as Mastodon does for everybody.
func (s *server) followers(w http.ResponseWriter, r *http.Request) error {
	account, _, err := s.open(r)
	if err != nil {
		return err
	}
	return s.people(w, r, account, ids.Followers, account.FollowersCount,
		func(ctx context.Context, p storage.Page) ([]storage.Entry, error) {
			return s.store.Followers(ctx, storage.Everybody, account.ID, p)
		})
}

// following serves whom somebody follows.
func (s *server) following(w http.ResponseWriter, r *http.Request) error {
	account, _, err := s.open(r)
	if err != nil {
		return err
	}
	return s.people(w, r, account, ids.Following, account.FollowingCount,
		func(ctx context.Context, p storage.Page) ([]storage.Entry, error) {
			return s.store.Following(ctx, storage.Everybody, account.ID, p)
		})
}

// people serves a list of accounts: how many they are, and who, unless its owner hides that.
func (s *server) people(w http.ResponseWriter, r *http.Request, of storage.Account, which string, total int64,
	list func(context.Context, storage.Page) ([]storage.Entry, error)) error {
	if of.HideCollections {
		return collection{id: s.config.Paths.Actor(of.Name) + which, kind: "OrderedCollection", total: int(total)}.serve(s, w, r, false)
	}
	return collection{
		id: s.config.Paths.Actor(of.Name) + which, kind: "OrderedCollection", total: int(total), size: peoplePage,
		page: func(ctx context.Context, p storage.Page) (items []vocab.Item, keys []int64, err error) {
			entries, err := list(ctx, p)
			if err != nil {
				return nil, nil, err
			}
			accounts, err := s.store.AccountsByIDs(ctx, storage.IDs(entries))
			for _, entry := range entries {
				keys = append(keys, entry.Key)
				if a, ok := accounts[entry.ID]; ok {
					items = append(items, vocab.Item{ID: a.URI})
				}
			}
			return items, keys, err
		},
	}.serve(s, w, r, false)
}

// replies serves the ids of the answers to a post that everybody may see, here or elsewhere (A098).
func (s *server) replies(w http.ResponseWriter, r *http.Request) error {
	name, id, err := statusIn(r)
	if err != nil {
		return err
	}
	paths := s.config.Paths
	_, err = s.store.Document(r.Context(), paths.Status(name, id))
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	private, err := s.allow(r, err == nil, id)
	if err != nil {
		return err
	}
	return collection{
		id: paths.Replies(name, id), kind: "Collection", total: -1, size: repliesPage,
		page: func(ctx context.Context, p storage.Page) (items []vocab.Item, keys []int64, err error) {
			stamps, err := s.store.Replies(ctx, storage.Everybody, id, p)
			if err != nil {
				return nil, nil, err
			}
			answers, err := s.store.Statuses(ctx, stamps)
			for _, answer := range answers {
				items = append(items, vocab.Item{ID: answer.URI})
			}
			return items, storage.StatusIDs(stamps), err
		},
	}.serve(s, w, r, private)
}

// open returns the account in the path for a read that everybody may make.
func (s *server) open(r *http.Request) (account storage.Account, viewer int64, err error) {
	if viewer, err = s.admit(r); err != nil {
		return account, 0, err
	}
	account, err = s.account(r)
	return account, viewer, err
}
