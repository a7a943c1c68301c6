package social

import (
	"context"
	"maps"
	"slices"

	"tulou/storage"
)

// interactedMax bounds how many likers, boosters and repliers of a post, each, are told that it was
// edited or deleted. Servers beyond it keep an old copy, as those do that only fetched it.
const interactedMax = 2000

// interacted returns who liked, boosted or answered a post, as its author sees them, and of those
// who voted from other servers one for each.
func interacted(ctx context.Context, r storage.Reader, posted storage.Status) ([]storage.Account, error) {
	entries := func(list func(context.Context, int64, int64, storage.Page) ([]storage.Entry, error)) func(storage.Page) ([]row, error) {
		return func(p storage.Page) (rows []row, err error) {
			found, err := list(ctx, posted.AccountID, posted.ID, p)
			for _, e := range found {
				rows = append(rows, row{e.Key, e.ID})
			}
			return rows, err
		}
	}
	replies := func(p storage.Page) (rows []row, err error) {
		found, err := r.Replies(ctx, posted.AccountID, posted.ID, p)
		for _, s := range found {
			rows = append(rows, row{s.Key, s.AccountID})
		}
		return rows, err
	}
	people := map[int64]bool{}
	for _, list := range []func(storage.Page) ([]row, error){entries(r.Likers), entries(r.Boosters), replies} {
		if err := walk(list, people); err != nil {
			return nil, err
		}
	}
	voters, err := r.VotersElsewhere(ctx, posted.AccountID, posted.ID, interactedMax)
	if err != nil {
		return nil, err
	}
	for _, id := range voters {
		people[id] = true
	}
	return accountsOf(ctx, r, people)
}

// accountsOf reads the accounts of ids.
func accountsOf(ctx context.Context, r storage.Reader, people map[int64]bool) ([]storage.Account, error) {
	accounts, err := r.AccountsByIDs(ctx, slices.Collect(maps.Keys(people)))
	return slices.Collect(maps.Values(accounts)), err
}

// concerned is interacted with those who quote the post: whose servers are told of what becomes of
// it.
func concerned(ctx context.Context, r storage.Reader, posted storage.Status) ([]storage.Account, error) {
	people, err := interacted(ctx, r, posted)
	if err != nil {
		return nil, err
	}
	others, err := quoters(ctx, r, posted)
	return append(people, others...), err
}

// row is one line of a list: the key that it is paged by, and whom it is about.
type row struct{ key, account int64 }

// walk adds whom the pages of a list are about to people.
func walk(list func(storage.Page) ([]row, error), people map[int64]bool) error {
	page := storage.Page{Limit: storage.AccountPageMax}
	for seen := 0; seen < interactedMax; {
		rows, err := list(page)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, r := range rows {
			people[r.account] = true
		}
		seen += len(rows)
		page.MaxID = rows[len(rows)-1].key
	}
	return nil
}

// readers is concerned without those who may not see the post any more, such as followers who were
// removed: what it says now is not for them.
func readers(ctx context.Context, r storage.Reader, posted storage.Status) ([]storage.Account, error) {
	people, err := concerned(ctx, r, posted)
	if err != nil || isOpen(posted.Visibility) {
		return people, err
	}
	kept := people[:0:0]
	for _, a := range people {
		sees, err := r.CanSee(ctx, a.ID, posted.ID)
		if err != nil {
			return nil, err
		}
		if sees {
			kept = append(kept, a)
		}
	}
	return kept, nil
}

// oneEachServer returns the ids of people of other servers, one for each inbox that they share.
func oneEachServer(people []storage.Account) (uris []string) {
	seen := map[string]bool{}
	for _, a := range people {
		if inbox := a.DeliveryInbox().URL; !a.Local() && !seen[inbox] {
			seen[inbox] = true
			uris = append(uris, a.URI)
		}
	}
	return uris
}
