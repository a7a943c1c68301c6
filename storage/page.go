package storage

import (
	"context"
	"math"
	"slices"
)

// Page says which part of a list is wanted, by keys and never by offset. Zero values mean no bound.
// Results are newest first: below MaxID and above SinceID. With MinID they are those that follow
// MinID directly, still newest first, which is how clients fill gaps.
type Page struct {
	MaxID, MinID, SinceID int64
	Limit                 int
}

// The longest pages; what is asked beyond is cut. Clients of Mastodon know these figures.
const (
	PageDefault    = 20
	StatusPageMax  = 40
	AccountPageMax = 80
	AdminPageMax   = 200 // what those who moderate read
)

// inMax bounds the values of one IN list; longer ones are several queries.
const inMax = 1024

// Entry is a row of a list that is paged by something else than what it lists: followers are paged
// by the follow.
type Entry struct {
	Key int64 `db:"page_key"` // for MaxID and the rest
	ID  int64 // the account or status
}

// IDs returns what a list lists.
func IDs(entries []Entry) []int64 {
	found := make([]int64, len(entries))
	for i, e := range entries {
		found[i] = e.ID
	}
	return found
}

// paged runs a query that ends in a condition, for one page of it by key, at most most rows.
func paged[T any](ctx context.Context, r Reader, p Page, most int, key, query string, args ...any) (rows []T, err error) {
	order, floor, ceiling := " DESC", p.SinceID, p.MaxID
	if p.MinID > 0 {
		order, floor = " ASC", max(p.MinID, p.SinceID)
	}
	if ceiling == 0 {
		ceiling = math.MaxInt64
	}
	limit := p.Limit
	if limit <= 0 {
		limit = PageDefault
	}
	query += " AND " + key + " < ? AND " + key + " > ? ORDER BY " + key + order + " LIMIT ?"
	err = r.list(ctx, &rows, query, append(args, ceiling, floor, min(limit, most))...)
	if p.MinID > 0 {
		slices.Reverse(rows)
	}
	return rows, err
}

// listIn runs a query with an "(?)" once for every inMax keys. Other arguments are numbered and
// come first.
func listIn[T, K any](ctx context.Context, r Reader, query string, keys []K, args ...any) (rows []T, err error) {
	for part := range slices.Chunk(keys, inMax) {
		text, values := in(query, part)
		var some []T
		if err := r.list(ctx, &some, text, append(slices.Clone(args), values...)...); err != nil {
			return nil, err
		}
		rows = append(rows, some...)
	}
	return rows, nil
}

// grouped collects rows by a key.
func grouped[K comparable, T any](rows []T, key func(T) K) map[K][]T {
	groups := make(map[K][]T, len(rows))
	for _, row := range rows {
		groups[key(row)] = append(groups[key(row)], row)
	}
	return groups
}
